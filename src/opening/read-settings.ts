/** Reads the config file, if there is one, and joins it with options and environment. Part of main's room. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type ConfigFile,
  configPath,
  type Environment,
  type GlobalOptions,
  readConfigFile,
  resolveSettings,
  type Settings,
} from '../config.js';
import { Refusal } from '../errors.js';

/** Refusal `config`, with path and place of the fault. */
export async function readSettings(options: GlobalOptions, env: Environment): Promise<Settings> {
  const { path, named } = configPath(options, env);
  return resolveSettings(options, env, await readConfig(path, named), dirname(path));
}

async function readConfig(path: string, named: boolean): Promise<ConfigFile> {
  const text = readText(path, named);
  if (text === undefined) return {};
  const { parse } = await import('smol-toml');
  try {
    return readConfigFile(parse(text), path);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('config', `the config file ${path} is not valid TOML${placeOf(error)}`, {
      hint: 'Compare it with the example in the README. Text must be in quotes.',
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
