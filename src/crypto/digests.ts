/**
 * Digests, keyed digests and randomness: small functions that are passed to the other rooms. Everything is SHA-256, except HMAC-SHA-1 for
 * TOTP.
 */
import {
  createHmac,
  hash,
  randomBytes as systemRandomBytes,
  randomInt as systemRandomInt,
  timingSafeEqual,
} from 'node:crypto';
import type { HexTreeHasher, TreeHasher } from '../rules/audit-tree.js';
import { encodeUtf8 } from './encoding.js';
import type { Keyring, MacPurpose } from './keyring.js';

const TOKEN_BYTES = 32;
const DRAWN_AHEAD = 4096;
const TOKEN_PREFIX = /^[a-z][a-z0-9]*$/;

/** 32 bytes. Text is hashed as UTF-8. */
export const sha256 = (data: Uint8Array | string): Buffer => hash('sha256', data, 'buffer');

/** 64 lower-case hex digits. */
export const sha256Hex = (data: Uint8Array | string): string => hash('sha256', data, 'hex');

/** HMAC-SHA-256 (RFC 2104), 32 bytes. */
export function hmacSha256(key: Uint8Array, data: Uint8Array | string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/**
 * HMAC-SHA-256 over a list of texts under the keyring's current key, as 64 hex digits. Each part goes in with its length
 * (4 bytes, big-endian), so that ("ab", "c") and ("a", "bc") differ.
 */
export function macHex(keyring: Keyring, purpose: MacPurpose, ...parts: string[]): string {
  return hmacSha256(keyring.derive(purpose), Buffer.concat(parts.flatMap(withLength))).toString('hex');
}

function withLength(part: string): [Buffer, Buffer] {
  const bytes = encodeUtf8(part);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}

/** Whether two secrets are the same. The time does not depend on them: SHA-256 of both, then `timingSafeEqual`. */
export function equalDigests(a: Uint8Array | string, b: Uint8Array | string): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}

/** HMAC-SHA-1, 20 bytes. Only for TOTP (RFC 6238), because every app expects it there. */
export const hmacSha1 = (key: Uint8Array, data: Uint8Array): Buffer => createHmac('sha1', key).update(data).digest();

/**
 * A bearer token of 256 random bits, `<prefix>_<base64url>`, and the digest to store instead of it. A fast digest is enough, because
 * nobody can guess 256 bits.
 */
export function newToken(prefix: string): { token: string; digest: string } {
  if (!TOKEN_PREFIX.test(prefix)) throw new RangeError('A token prefix is a short lower-case word.');
  const token = `${prefix}_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  return { token, digest: tokenDigest(token) };
}

/** What is stored of a token: its SHA-256, 64 hex digits. */
export const tokenDigest = (token: string): string => sha256Hex(token);

/** Drawn ahead: one call to the system's source costs as much for 16 bytes as for thousands, and a bulk run draws eight times a person. */
let drawn = Buffer.alloc(0);

/** `n` random bytes from the system's cryptographic source; what was given out is not kept. */
export function randomBytes(n: number): Buffer {
  if (n > DRAWN_AHEAD) return systemRandomBytes(n);
  if (n > drawn.length) drawn = systemRandomBytes(DRAWN_AHEAD);
  const given = Buffer.from(drawn.subarray(0, n));
  drawn.fill(0, 0, n);
  drawn = drawn.subarray(n);
  return given;
}

/** An evenly drawn whole number from 0 up to, not including, `maxExclusive` (at most 2^48). */
export const randomInt = (maxExclusive: number): number => systemRandomInt(maxExclusive);

/** 0x01 and two child hashes. All calls share one buffer, because hashing is synchronous and does not keep it. */
const nodeInput = Buffer.alloc(65, 1);

/** RFC 6962 section 2.1: leaf = SHA-256(0x00 ‖ entry), node = SHA-256(0x01 ‖ left ‖ right), empty = SHA-256(""). */
export const treeHasher: TreeHasher = {
  leaf: (entry) => sha256(typeof entry === 'string' ? `\0${entry}` : Buffer.concat([Buffer.alloc(1), entry])),
  node(left, right) {
    // A shorter hash would leave bytes of an earlier call in the buffer.
    if (left.length !== 32 || right.length !== 32) throw new RangeError('A tree hash has 32 bytes.');
    nodeInput.set(left, 1);
    nodeInput.set(right, 33);
    return sha256(nodeInput);
  },
  empty: () => sha256(''),
};

/** The same hashes as lower-case hex, for code that reads millions of entries: text costs less than half of what buffers do. */
export const hexTreeHasher: HexTreeHasher = {
  leaf: (entry) => hash('sha256', `\0${entry}`, 'hex'),
  node(left, right) {
    if (nodeInput.write(left, 1, 32, 'hex') !== 32 || nodeInput.write(right, 33, 32, 'hex') !== 32) {
      throw new RangeError('A tree hash has 64 hex digits.');
    }
    return hash('sha256', nodeInput, 'hex');
  },
  empty: () => hash('sha256', '', 'hex'),
};
