/**
 * Tags: short keyed digests, stored beside the data that they protect (the head of the log, a guarded row, the anchor). A tag names its
 * key, `<key id>.<base64url of the first 16 bytes of HMAC-SHA-256>`, so that it can still be checked during a rekey. It keeps 128 bits:
 * RFC 2104, section 5, asks for at least half of the digest.
 */
import { type Cipher, createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';
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

const BLOCK = 16;
/** The digest at the end of a tag: 16 bytes as base64url. */
const DIGEST_TEXT = 22;
/** Sums of so many 32-bit parts are exact as numbers. */
const AT_ONCE = 1 << 20;

/**
 * What rows contribute to the sealed sum of their table (store/guard/table-sums.ts): AES-256 of each tag under a random key. Nobody without that
 * key can choose rows whose contributions add up to the same number. Not reduced. The order of the tags does not matter.
 */
export function sumOfTags(key: Uint8Array, tags: readonly string[]): bigint {
  let sum = 0n;
  for (let from = 0; from < tags.length; from += AT_ONCE) sum += sumOfSome(key, tags.slice(from, from + AT_ONCE));
  return sum;
}

/** ECB keeps no state between blocks, so one cipher serves all sums under a key. */
let latest: { readonly key: Buffer; readonly cipher: Cipher } | undefined;

function cipherOf(key: Uint8Array): Cipher {
  if (latest?.key.equals(key) !== true)
    latest = { key: Buffer.from(key), cipher: createCipheriv('aes-256-ecb', key, null).setAutoPadding(false) };
  return latest.cipher;
}

function sumOfSome(key: Uint8Array, tags: readonly string[]): bigint {
  const blocks = Buffer.alloc(BLOCK * tags.length);
  for (const [at, tag] of tags.entries()) blocks.write(tag.slice(-DIGEST_TEXT), at * BLOCK, BLOCK, 'base64url');
  const bytes = cipherOf(key).update(blocks);
  const parts = [0, 0, 0, 0] as [number, number, number, number];
  for (let at = 0; at < bytes.length; at += BLOCK) {
    parts[0] += bytes.readUInt32BE(at);
    parts[1] += bytes.readUInt32BE(at + 4);
    parts[2] += bytes.readUInt32BE(at + 8);
    parts[3] += bytes.readUInt32BE(at + 12);
  }
  return parts.reduce((sum, part) => (sum << 32n) + BigInt(part), 0n);
}
