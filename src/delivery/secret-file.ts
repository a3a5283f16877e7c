/**
 * Secrets of a channel come from files, which are read when a message is sent. So a rotated password works at the next attempt, and
 * a missing file is a temporary failure of that message and does not end the run.
 */

import type { DeliveryEffects } from './channel.js';

type Files = Pick<DeliveryEffects, 'readFile'>;

/** Thrown by `readSecret`. Its message can be used as `why`. */
export class SecretUnreadable extends Error {
  override readonly name = 'SecretUnreadable';
}

/** The first line of a secret file, without its line end. */
export async function readSecret(files: Files, path: string, what: string): Promise<string> {
  const [first] = (await readWhole(files, path, what)).split(/\r?\n|\r/, 1);
  if (first === undefined || first === '') throw new SecretUnreadable(`the ${what} file is empty`);
  return first;
}

/** The whole text of a secret file, without a byte order mark. */
export async function readWhole(files: Files, path: string, what: string): Promise<string> {
  try {
    return (await files.readFile(path)).replace(/^\uFEFF/, '');
  } catch {
    throw new SecretUnreadable(`the ${what} file could not be read`);
  }
}
