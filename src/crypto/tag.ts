/**
 * Tags: short keyed digests that stand beside what they vouch for (the head of the log, a row that decides, the anchor). A tag
 * names its key, `<key id>.<base64url of the first 16 bytes of HMAC-SHA-256>`, so that it can still be checked while a new
 * key is taking over. 128 bits are kept: RFC 2104, section 5, asks for half of the digest at least.
 */
import { timingSafeEqual } from 'node:crypto';
import { hmacSha256 } from './digests.js';
import type { Keyring, MacPurpose } from './keyring.js';

const TAG = /^([0-9a-f]{16})\.([A-Za-z0-9_-]{22})$/;
const TAG_BYTES = 16;

/** The tag of a text under the keyring's current key. The text must have one reading only: JSON, not joined pieces. */
export function makeTag(keyring: Keyring, purpose: MacPurpose, text: string): string {
  const { keyId } = keyring;
  return `${keyId}.${digestOf(keyring, purpose, keyId, text)}`;
}

/** Whether the tag was made for this text, under any key of the ring. */
export function tagFits(keyring: Keyring, purpose: MacPurpose, text: string, tag: string): boolean {
  const [, keyId, encoded] = TAG.exec(tag) ?? [];
  if (keyId === undefined || encoded === undefined || !keyring.has(keyId)) return false;
  // As text: two texts can stand for the same bytes in base64, and a tag has one spelling only.
  return timingSafeEqual(Buffer.from(digestOf(keyring, purpose, keyId, text)), Buffer.from(encoded));
}

/** Id of the key a tag was made under; undefined for anything that is no tag. */
export function keyOfTag(tag: string): string | undefined {
  return TAG.exec(tag)?.[1];
}

function digestOf(keyring: Keyring, purpose: MacPurpose, keyId: string, text: string): string {
  return hmacSha256(keyring.derive(purpose, keyId), text).toString('base64url', 0, TAG_BYTES);
}
