/**
 * Contributions of rows to the sealed sum of their table (store/guard/table-sums.ts): AES-256 of the row's tag under a random key. Nobody
 * without that key can choose rows whose contributions add up to the same number.
 */
import { type Cipher, createCipheriv } from 'node:crypto';

const BLOCK = 16;
/** The digest at the end of a tag (tag.ts): 16 bytes as base64url. */
const DIGEST_TEXT = 22;
/** Sums of so many 32-bit parts are exact as numbers. */
const AT_ONCE = 1 << 20;

/** The sum of the contributions, not reduced. The order of the tags does not matter. */
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
