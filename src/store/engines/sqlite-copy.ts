/** A copy of a SQLite file, made while others write to it. */
import {
  chmodSync,
  closeSync,
  existsSync,
  fdatasyncSync,
  lstatSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Refusal } from '../../errors.js';

/** A connection of its own to the file that is copied. */
interface Copied {
  exec(words: string): unknown;
  backup(target: string, options: { progress(): number }): Promise<unknown>;
  close(): unknown;
}

const PAGES_A_TURN = 96;

/** The driver trims the name, so it would write to another file than the one that was checked, and could overwrite it. */
export function requirePlainName(target: string): void {
  if (target === target.trim()) return;
  throw new Refusal('invalid-input', `the file name "${target}" begins or ends with a space`, {
    hint: 'Remove the spaces at its ends.',
  });
}

/**
 * SQLite's own online backup, out of one read transaction on a connection of its own: a copy that follows the writes of others begins anew at
 * each of them, and never ends beside a working desk. What is begun and fails is not left there. `wording`: an error of the driver in words.
 */
export async function copyRows(file: Copied, target: string, wording: (error: unknown) => unknown): Promise<void> {
  const isNew = !existsSync(target);
  let copy: number | undefined;
  // A commit of a live call waits for all that the file system has yet to write: so the copy never leaves much to write.
  const progress = () => {
    copy ??= openSync(target, 'r+');
    fdatasyncSync(copy);
    return PAGES_A_TURN;
  };
  try {
    file.exec('begin; select 1 from sqlite_schema');
    await file.backup(target, { progress });
    chmodSync(target, 0o600);
  } catch (error) {
    const folder = dirname(resolve(target));
    if (!existsSync(folder)) {
      throw new Refusal('invalid-input', `there is no folder ${folder}`, {
        hint: 'Create the folder first, or name another place.',
        cause: error,
      });
    }
    if (isNew) for (const end of ['', '-journal', '-wal', '-shm']) rmSync(`${target}${end}`, { force: true });
    throw wording(error);
  } finally {
    file.close();
    // Not before: whoever closes a file gives up the locks that SQLite holds on it.
    if (copy !== undefined) closeSync(copy);
  }
}

/** Bytes that anybody may still write there. */
export function freeAt(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Refuses a store that other users can write to, because they could grant themselves anything. */
export function refuseIfOthersCanWrite(path: string): void {
  const facts = lstatSync(path).isSymbolicLink() ? statSync(path) : lstatSync(path);
  const sticky = facts.isDirectory() && (facts.mode & 0o1000) !== 0;
  if ((facts.mode & 0o022) === 0 || sticky) return;
  throw new Refusal('config', `other users can write to ${path} (mode ${(facts.mode & 0o777).toString(8)})`, {
    hint: `Find out who has changed it, then: chmod go-w '${path}'`,
  });
}
