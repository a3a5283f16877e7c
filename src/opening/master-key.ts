/** Reads the master key from a 0600 file apart from the store, or from a command. Part of main's room. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Settings } from '../config.js';
import { generateMasterKeyText, type Keyring, openKeyring, parseMasterKeys } from '../crypto/keyring.js';
import { Refusal } from '../errors.js';

/** Where the key is read from, for messages. */
export const keyPlace = ({ key }: Settings): string => ('file' in key ? key.file : 'the key command');

/**
 * The keys that the settings name, newest first: one, or two while a rekey runs. Refusals: key-missing, config (other users can read
 * the file, or it is not a key).
 */
export function readKeys(settings: Settings): readonly [Buffer, Buffer?] {
  return parseMasterKeys(readKeyText(settings), keyPlace(settings));
}

/** A keyring of these keys. It reads them again when it meets a key that it does not know. Refusals as `readKeys`. */
export function readKeyring(settings: Settings): Keyring {
  const [newest, older] = readKeys(settings);
  const reread = () => readKeys(settings).filter((key) => key !== undefined);
  return openKeyring(newest, older === undefined ? [] : [older], reread);
}

function readKeyText(settings: Settings): string {
  if ('command' in settings.key) return runKeyCommand(settings.key.command);
  const { file } = settings.key;
  if (!existsSync(file)) {
    throw new Refusal('key-missing', `there is no key file at ${file}`, {
      hint: 'Name the key file with --key-file or COUNTERSIGN_KEY_FILE. Nobody can open a store without its key.',
    });
  }
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw new Refusal('config', `other users can read the key file ${file} (mode ${mode.toString(8)})`, {
      hint: `Find out who has read it, then: chmod 600 '${file}'`,
    });
  }
  return readFileSync(file, 'utf8');
}

function runKeyCommand(line: string): string {
  try {
    return execFileSync('/bin/sh', ['-c', line], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 30_000,
    });
  } catch (error) {
    throw new Refusal('key-missing', 'the key command did not print a key', {
      hint: 'Run the key command by hand (COUNTERSIGN_KEY_COMMAND, or keyCommand in the config file) and read its error.',
      cause: error,
    });
  }
}

/** Checks the key that the settings name; creates a missing key file, 0600. Refusals as `readKeys`. */
export function ensureKey(settings: Settings): { place: string; made: boolean } {
  const place = keyPlace(settings);
  if ('command' in settings.key || existsSync(settings.key.file)) {
    readKeys(settings);
    return { place, made: false };
  }
  const { file } = settings.key;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, generateMasterKeyText(), { mode: 0o600, flag: 'wx' });
  return { place, made: true };
}

/**
 * Replaces the key file: writes beside it, flushes, renames, and flushes the folder. If a power cut lost the new key, every value sealed
 * with it would be lost.
 */
export function replaceKeyText(file: string, text: string): void {
  const target = existsSync(file) ? realpathSync(file) : file;
  const beside = join(dirname(target), `.${basename(target)}.new`);
  rmSync(beside, { force: true });
  writeFileSync(beside, text, { mode: 0o600, flag: 'wx', flush: true });
  renameSync(beside, target);
  const folder = openSync(dirname(target), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
