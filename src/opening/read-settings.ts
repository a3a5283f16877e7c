/** Reads the config file, if there is one, and joins it with options and environment. Part of main's room. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ConfigFile, Environment, GlobalOptions, Person, Settings, Witness } from '../config.js';
import { configPath, readConfigFile, resolveSettings } from '../config.js';
import { Refusal } from '../errors.js';
import { countryCode } from '../rules/phone-number.js';
import { type Lock, lockedSettings, readLockText, refuseHome, refuseTyped, requireAccount } from './locked-mode.js';

/** What settings depend on besides what was typed. */
export interface Outside {
  readonly env: Environment;
  readonly lock: Lock;
  /** Config files of the account, which locked mode refuses. */
  readonly homeFiles: () => readonly string[];
  /** Account that runs this process. */
  readonly uid: number | undefined;
  /** Who runs this; undefined: the best that the machine can prove. */
  readonly person: (witness: Witness | undefined) => Person;
}

/** Refusal `config`, with path and place of the fault, or with what locked mode refuses. */
export async function readSettings(options: GlobalOptions, outside: Outside): Promise<Settings> {
  const { env, lock, person } = outside;
  const locked = await readLock(lock);
  if (locked !== undefined) {
    refuseTyped(lock, options, env);
    refuseHome(lock, outside.homeFiles());
    const settings = lockedSettings(env, locked, lock);
    requireAccount(settings.folders, outside.uid);
    return { ...settings, person: person(locked.person ?? 'sudo') };
  }
  const { path, named } = configPath(options, env);
  const text = readText(path, named);
  const file: ConfigFile = text === undefined ? {} : await parseConfig(text, path);
  if (file.locked === true) {
    throw new Refusal('config', `${path}: locked counts only in ${lock.path}, because root must own it`, {
      hint: `Move the settings to ${lock.path}, or remove the line.`,
    });
  }
  return { ...resolveSettings(options, env, file, dirname(path)), configFile: path, person: person(file.person) };
}

/** The settings of a locked machine; undefined if they are not locked. Refusal `config`. */
export async function readLock(lock: Lock): Promise<ConfigFile | undefined> {
  const text = readLockText(lock);
  const file = text === undefined ? undefined : await parseConfig(text, lock.path);
  return file?.locked === true ? file : undefined;
}

async function parseConfig(text: string, path: string): Promise<ConfigFile> {
  const { parse } = await import('smol-toml');
  if (text.includes('\uFFFD'))
    throw new Refusal('config', `the config file ${path} is not UTF-8`, { hint: 'Save it again, as UTF-8.' });
  try {
    const file = readConfigFile(parse(text), path);
    if (file.country === undefined || countryCode(file.country) !== undefined) return file;
    throw new Refusal('config', `${path}: country = "${file.country}" is no country`, {
      hint: 'Write its code of two letters, such as DE or US.',
    });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('config', `the config file ${path} is not valid TOML${placeOf(error)}`, {
      hint: 'Text must be in quotes. For an example: countersign help config',
    });
  }
}

/** Only the line number and the first line of the message: the rest quotes lines of the file, which may contain a password. */
function placeOf(error: unknown): string {
  const [what = ''] = (error instanceof Error ? error.message : '').split('\n', 1);
  const line = error instanceof Error && 'line' in error ? `, line ${String(error.line)}` : '';
  return `${line}: ${what.replace(/^Invalid TOML document: /, '')}`;
}

/** Undefined if the default file does not exist, which is normal; a named file must exist. */
function readText(path: string, named: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!named && error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Refusal('config', `the config file ${path} cannot be read`, {
      hint: 'Check the path and its permissions.',
      cause: error,
    });
  }
}
