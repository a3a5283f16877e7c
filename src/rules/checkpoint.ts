/**
 * The text of a checkpoint (C2SP tlog-checkpoint): who keeps the log, how many entries it has, and its root. Signed as a note (crypto/signer)
 * it commits the desk to every entry up to then. Kept elsewhere, it reveals a log that was cut off or rewritten (B75).
 *
 *     countersign/sto_0192…
 *     1234
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 */
import { refusal } from '../errors.js';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** RFC 6962 tree hash of the first `size` entries, 32 bytes. */
  readonly root: Uint8Array;
}

const SIZE = /^(0|[1-9][0-9]{0,15})$/;

/** A note as it was written, whatever mail and ticket systems do to line ends, and to blanks at the end of lines and of the text. */
export function asWritten(text: string): string {
  const lines = text.split('\n').map((line) => line.trimEnd());
  return `${lines.join('\n').trim()}\n`;
}

export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
}

/** The short form that `audit receipt` prints for a ticket, in any text: the first eight bytes of the root. Nobody has signed it. */
const SHORT = /\bsize (\d{1,15}) · root ([0-9a-f]{16})\b/;

export function readShortForm(text: string): Omit<Checkpoint, 'origin'> | undefined {
  const [, size, root] = SHORT.exec(text) ?? [];
  if (size === undefined || root === undefined) return undefined;
  return { size: Number(size), root: new Uint8Array(Buffer.from(root, 'hex')) };
}

/** Reads what `checkpointText` wrote; further lines are extensions and ignored. Refusal `audit-broken` otherwise. */
export function readCheckpointText(text: string): Checkpoint {
  const [origin = '', size = '', encoded = ''] = text.split('\n');
  const root = Buffer.from(encoded, 'base64');
  const sound = origin !== '' && SIZE.test(size) && root.length === 32 && root.toString('base64') === encoded;
  if (!sound || !Number.isSafeInteger(Number(size))) {
    throw refusal('audit-broken', 'not-a-checkpoint', {}, 'use-checkpoint');
  }
  return { origin, size: Number(size), root: new Uint8Array(root) };
}
