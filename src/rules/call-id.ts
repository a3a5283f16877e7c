/**
 * The name of a call, short enough to read aloud: `call_7kq2mp`. It is six symbols of Crockford's base32, in which no letter
 * sounds or looks like another. It is not a secret: it resumes a call for signed-in operators only.
 */
import { encodeCrockford, readCrockford } from './crockford.js';

const SYMBOLS = 6;
/** Thirty bits in whole bytes. */
export const CALL_ID_BYTES = 4;

export const callId = (bytes: Uint8Array): string => `call_${encodeCrockford(bytes).slice(0, SYMBOLS).toLowerCase()}`;

/** The id meant by `call_7kq2mp`, `call 7KQ-2MP` or `7kq2mp`; undefined if the text is not an id. */
export function readCallId(text: string): string | undefined {
  const symbols = readCrockford(text.trim().replace(/^call[\s_-]*/i, ''));
  return symbols?.length === SYMBOLS ? `call_${symbols.toLowerCase()}` : undefined;
}
