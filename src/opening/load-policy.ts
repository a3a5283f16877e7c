/**
 * Reads the three policy files of a folder. Files that the build has checked, byte for byte, are not checked again at each start; all
 * others are, also in the folder that comes with countersign. Part of main's room.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../crypto/digests.js';
import { Refusal } from '../errors.js';
import { type Policy, readPolicy } from '../rules/policy.js';

/** Fingerprint of the files that the build has checked with this code; undefined if the sources run unbuilt. */
declare const CHECKED_POLICY: string | undefined;

const checkedByBuild = typeof CHECKED_POLICY === 'string' ? CHECKED_POLICY : undefined;

/** A policy is frozen, and a run inside a run (tour, smoke) opens the desk again. */
const known = new Map<string, Policy>();

/** Refusal `config` for files that cannot be read, are not JSON, or are not a policy; `checked` is for tests. */
export function loadPolicy(folder: string, checked: string | undefined = checkedByBuild): Policy {
  const texts = ofEach((name) => read(folder, name));
  const fingerprint = fingerprintOf(texts);
  const place = `${fingerprint} ${checked} ${folder}`;
  const files = () => ofEach((name) => parse(folder, name, texts[name]));
  const policy = known.get(place) ?? readPolicy(files(), folder, { alreadyChecked: fingerprint === checked });
  known.set(place, policy);
  return policy;
}

/** A digest of the bytes of a folder's policy files. For the build, after `loadPolicy` has accepted them. */
export const policyFingerprint = (folder: string): string => fingerprintOf(ofEach((name) => read(folder, name)));

type PolicyName = 'actions' | 'roles' | 'limits';

const ofEach = <T>(make: (name: PolicyName) => T): Record<PolicyName, T> => ({
  actions: make('actions'),
  roles: make('roles'),
  limits: make('limits'),
});

const fingerprintOf = ({ actions, roles, limits }: Record<PolicyName, string>): string =>
  sha256Hex(JSON.stringify([actions, roles, limits]));

const placeOf = (folder: string, name: PolicyName): string => join(folder, `${name}.json`);

function read(folder: string, name: PolicyName): string {
  try {
    return readFileSync(placeOf(folder, name), 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
    throw unreadable(folder, name, code === 'ENOENT' ? 'there is no such file' : code);
  }
}

function parse(folder: string, name: PolicyName, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw unreadable(folder, name, notJson(text, error));
  }
}

/** Only the place of the fault: Node's message quotes the text, and the file may be another one, with a password in it. */
function notJson(text: string, error: unknown): string {
  const position = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  if (position === undefined) return 'it is not JSON';
  const before = text.slice(0, Number(position)).split('\n');
  return `it is not JSON (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}

const unreadable = (folder: string, name: PolicyName, why: string): Refusal =>
  new Refusal('config', `the policy file ${placeOf(folder, name)} cannot be read: ${why}`, {
    hint: `Check it with: countersign policy check '${folder}'`,
  });
