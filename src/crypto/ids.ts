/**
 * Ids: a typed prefix and a UUIDv7 (RFC 9562) in 26 characters of lower-case Crockford base32, `usr_01j9…`. They sort by
 * the time at which they were made. An id is a name, not a secret: knowing one must never give access to anything.
 *
 * After the 48 bits of time comes a 42-bit counter (RFC 9562, section 6.2, method 1) that starts anywhere in its lower
 * half and rises within one millisecond, then 32 fresh random bits. The counter is that wide because time is an
 * argument, and a bulk command makes all its ids with the millisecond at which it began.
 */
import { randomBytes } from './digests.js';

type RandomSource = (n: number) => Uint8Array;

const PREFIX = /^[a-z]{2,8}$/;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const MAX_TIME = 2 ** 48 - 1;
const COUNTER_SEED_BITS = 41;

/** The last millisecond and its counter, one pair for each source, so that a seeded source gives the same ids again. */
const counters = new WeakMap<RandomSource, { now: number; counter: number }>();

/** `<prefix>_<26 characters>` for the time `now` in milliseconds. Ids of one millisecond sort in the order in which they were made. */
export function newId(prefix: string, now: number, random: RandomSource = randomBytes): string {
  if (!PREFIX.test(prefix)) throw new RangeError('An id prefix is 2 to 8 lower-case letters.');
  if (!Number.isInteger(now) || now < 0 || now > MAX_TIME)
    throw new RangeError('The time of an id is in milliseconds.');
  const counter = nextCounter(now, random);
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(now, 0, 6);
  // 12 bits of the counter after the version 7, 30 after the variant 2.
  bytes.writeUInt16BE(0x7000 + Math.floor(counter / 2 ** 30), 6);
  bytes.writeUInt32BE(0x8000_0000 + (counter % 2 ** 30), 8);
  bytes.set(random(4).subarray(0, 4), 12);
  return `${prefix}_${base32(bytes)}`;
}

function nextCounter(now: number, random: RandomSource): number {
  const last = counters.get(random);
  if (last?.now === now) return ++last.counter;
  const counter = Buffer.from(random(6)).readUIntBE(0, 6) % 2 ** COUNTER_SEED_BITS;
  counters.set(random, { now, counter });
  return counter;
}

/** 128 bits as 26 digits of five bits, the first digit holding three: text sorts as the number does. */
const base32 = (bytes: Buffer): string =>
  BigInt(`0x${bytes.toString('hex')}`)
    .toString(32)
    .padStart(26, '0')
    .replace(/[i-v]/g, (digit) => ALPHABET.charAt(Number.parseInt(digit, 32)));
