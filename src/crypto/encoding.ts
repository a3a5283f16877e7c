/**
 * Converts bytes to text and back, and refuses what would change on the way: half surrogates (UTF-8 turns each into the same replacement
 * character, so two different secrets would become one) and base64 that is not in its canonical form.
 */
import { Refusal } from '../errors.js';

/** With the flag `u` a whole pair is one character outside this range. */
const LONE_SURROGATE = /[\ud800-\udfff]/u;
/** `ignoreBOM` keeps a leading U+FEFF as part of the text; by default the decoder drops it. */
let strictUtf8: InstanceType<typeof TextDecoder> | undefined;

export const isWellFormed = (text: string): boolean => !LONE_SURROGATE.test(text);

/** UTF-8 bytes of a text; half a character pair is a Refusal('invalid-input'), never a silent replacement. */
export function encodeUtf8(text: string): Buffer {
  if (!isWellFormed(text)) {
    throw new Refusal('invalid-input', 'the text contains half of a character pair', {
      hint: 'The text was damaged on its way here. Type it again.',
    });
  }
  return Buffer.from(text, 'utf8');
}

/** A stored value that countersign did not write so. */
export const storeCorrupt = (what: string): Refusal =>
  new Refusal('store-corrupt', what, { hint: 'Check the store (countersign doctor), or restore it from a backup.' });

/** The text of UTF-8 bytes; TypeError if they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  strictUtf8 ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return strictUtf8.decode(bytes);
}

/** Bytes of a canonical base64 text (RFC 4648; `base64url` without padding), or null for any other spelling. */
export function decodeBase64(text: string, alphabet: 'base64' | 'base64url'): Buffer | null {
  const bytes = Buffer.from(text, alphabet);
  return bytes.toString(alphabet) === text ? bytes : null;
}
