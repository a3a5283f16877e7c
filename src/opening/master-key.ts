/** Reads the master key from a 0600 file apart from the store, or from a command. Part of main's room. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Settings } from '../config.js';
import { randomBytes } from '../crypto/digests.js';
import { type Keyring, newMasterKey, openKeyring, parseMasterKeys, singleKeyText } from '../crypto/keyring.js';
import { Refusal } from '../errors.js';
import { isThere, makeFolder } from '../make-folder.js';

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
  if (!isThere(file)) {
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

/** Exported for its test. Refusal `key-missing`; a command that does not end in time is stopped, with all that it started. */
export function runKeyCommand(line: string, limitMs = 30_000): string {
  const mark = `KEY_COMMAND_RUN=${Buffer.from(randomBytes(12)).toString('hex')}`;
  try {
    return execFileSync('/usr/bin/env', [mark, '/bin/sh', '-c', line], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
  } catch (error) {
    const late = error instanceof Error && 'code' in error && error.code === 'ETIMEDOUT';
    if (late) killMarked(mark);
    const why = late ? `did not end within ${limitMs / 1_000} s and was stopped` : 'did not print a key';
    throw new Refusal('key-missing', `the key command ${why}`, {
      hint: 'Run the key command by hand (COUNTERSIGN_KEY_COMMAND, or keyCommand in the config file) and read its error.',
      cause: error,
    });
  }
}

/** Kills what the command started, by the mark in its environment: a group of its own would have no terminal to ask on. */
function killMarked(mark: string): void {
  const folder = '/proc';
  for (const id of existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+$/.test(name)) : []) {
    try {
      const environment = readFileSync(join(folder, id, 'environ'), 'utf8').split('\0');
      if (environment.includes(mark)) process.kill(Number(id), 'SIGKILL');
    } catch {
      // It has ended, or belongs to another account.
    }
  }
}

/** Checks the key that the settings name; creates a missing key file, 0600. Refusals as `readKeys`. */
export function ensureKey(settings: Settings): { place: string; made: boolean } {
  const place = keyPlace(settings);
  if ('command' in settings.key || isThere(settings.key.file)) {
    readKeys(settings);
    return { place, made: false };
  }
  const { file } = settings.key;
  makeFolder(dirname(file));
  inWords(file, () => {
    try {
      writeFileSync(file, singleKeyText(newMasterKey()), { mode: 0o600, flag: 'wx', flush: true });
    } catch (error) {
      // Half a key would stand in the way of the next try. One that was there already is somebody else's.
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) rmSync(file, { force: true });
      throw error;
    }
  });
  return { place, made: true };
}

/**
 * Replaces the key file: writes beside it, flushes, renames, and flushes the folder. If a power cut lost the new key, every value sealed
 * with it would be lost.
 */
export function replaceKeyText(file: string, text: string): void {
  inWords(file, () => {
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
  });
}

/** A disk that fails here may have taken the key all the same, so the refusal claims neither. */
function inWords(file: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new Refusal('config', `the key file ${file} could not be written for certain (${code})`, {
      hint: 'Nothing is lost. Make room or repair the disk, then run the same command again.',
      cause: error,
    });
  }
}
