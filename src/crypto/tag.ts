/**
 * Tags: short keyed digests, stored beside the data that they protect (the head of the log, a guarded row, the anchor). A tag names its
 * key, `<key id>.<base64url of the first 16 bytes of HMAC-SHA-256>`, so that it can still be checked during a rekey. It keeps 128 bits:
 * RFC 2104, section 5, asks for at least half of the digest.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Keyring, MacPurpose } from './keyring.js';

const TAG = /^([0-9a-f]{16})\.([A-Za-z0-9_-]{22})$/;
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The tag of a text, made with the keyring's current key. The text must be JSON: joined pieces could be read in two ways. */
export function makeTag(keyring: Keyring, purpose: MacPurpose, text: string): string {
  const { keyId } = keyring;
  return `${keyId}.${digestOf(keyring, purpose, keyId, text)}`;
}

/** Whether the tag was made for this text, with any key of the ring. */
export function tagFits(keyring: Keyring, purpose: MacPurpose, text: string, tag: string): boolean {
  const [, keyId, encoded] = TAG.exec(tag) ?? [];
  if (keyId === undefined || encoded === undefined || !keyring.has(keyId)) return false;
  // Compares the text, because two base64 texts can have the same bytes, and only one spelling of a tag is valid.
  return timingSafeEqual(Buffer.from(digestOf(keyring, purpose, keyId, text)), Buffer.from(encoded));
}

/** Id of the key with which a tag was made; undefined for anything that is not a tag. */
export const keyOfTag = (tag: string): string | undefined => TAG.exec(tag)?.[1];

/**
 * The first 128 bits as base64url: 21 characters, and one of which only the upper two bits count. Cut from the text of the whole digest,
 * because a digest as a buffer takes twice as long, and a bulk run makes and checks 27 tags a person.
 */
function digestOf(keyring: Keyring, purpose: MacPurpose, keyId: string, text: string): string {
  const whole = createHmac('sha256', keyring.derive(purpose, keyId)).update(text).digest('base64url');
  return whole.slice(0, 21) + BASE64URL.charAt(BASE64URL.indexOf(whole.charAt(21)) & 0b110000);
}
