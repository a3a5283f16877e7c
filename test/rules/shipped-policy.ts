/** The policy as shipped in data/, and a way to read it with parts changed: what these tests argue about is the real data. */
import { readFileSync } from 'node:fs';
import { type Policy, readPolicy } from '../../src/rules/policy.js';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export interface PolicyTexts {
  readonly actions: Json;
  readonly roles: Json;
  readonly limits: Json;
}

export function shippedFiles(): PolicyTexts {
  return { actions: read('actions'), roles: read('roles'), limits: read('limits') };
}

export function shippedPolicy(): Policy {
  return readPolicy(shippedFiles(), 'data');
}

/** A deep copy of the files in which the value at `path` is replaced; `undefined` removes it. */
export function filesWith(
  file: keyof PolicyTexts,
  path: readonly (string | number)[],
  value: Json | undefined,
): PolicyTexts {
  const files = shippedFiles();
  let holder = files[file] as { [key: string]: Json };
  for (const step of path.slice(0, -1)) holder = holder[step] as { [key: string]: Json };
  const last = path.at(-1) ?? '';
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return files;
}

function read(name: string): Json {
  return JSON.parse(readFileSync(new URL(`../../data/${name}.json`, import.meta.url), 'utf8')) as Json;
}
