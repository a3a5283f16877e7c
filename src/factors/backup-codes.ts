/**
 * Backup codes (B41): 80 random bits each in Crockford base32, shown once as `7-X4T2-9KQM-0HVB-ZC3R`.
 *
 * The number in front is the slot. It is not secret: it says which stored hash to try, so that one try costs one argon2 run and
 * not ten. Only `secret`, the sixteen characters, is hashed. The store marks a code as used by compare-and-set.
 *
 * Reading is as tolerant as Crockford's alphabet allows (crockford.com/base32.html): case, spaces and dashes do not
 * matter, O is read as 0, I and L as 1. No code contains U.
 */
import type { RandomBytes } from './factor.js';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SECRET_BYTES = 10;
const MOST_CODES = 99;
/** Far more than 18 characters and their dashes. A longer text is refused without reading it. */
const LONGEST = 64;
/** Spaces, and every dash that a word processor or phone may type instead of a hyphen. */
const SEPARATORS = /[\s\p{Pd}\u2212]+/gu;
const TYPED = /^([0-9]{1,2})([0-9A-HJKMNP-TV-Z]{16})$/;

/** `text` is shown to the user, once; `secret` goes to the hasher. Neither is stored. Slots count from 1. */
export interface BackupCode {
  readonly slot: number;
  readonly text: string;
  readonly secret: string;
}

/** `count` (1 to 99) fresh codes. RangeError if `random` gives too few bytes. */
export function makeBackupCodes(random: RandomBytes, count: number): readonly BackupCode[] {
  if (!Number.isInteger(count) || count < 1 || count > MOST_CODES) {
    throw new RangeError(`There are 1 to ${MOST_CODES} backup codes.`);
  }
  return Array.from({ length: count }, (_, index) => {
    const bytes = random(SECRET_BYTES);
    if (bytes.length !== SECRET_BYTES) throw new RangeError(`A backup code needs ${SECRET_BYTES} random bytes.`);
    const slot = index + 1;
    const secret = crockford(bytes);
    return { slot, secret, text: `${slot}-${secret.replace(/.{4}(?=.)/g, '$&-')}` };
  });
}

/** Slot and secret of a typed code, or null if it cannot be a code. Never throws. Only the hash decides whether it is valid. */
export function readBackupCode(typed: string): { slot: number; secret: string } | null {
  if (typed.length > LONGEST) return null;
  // ASCII letters only: toUpperCase() would also turn a long s or a dotless i into S and I.
  const plain = typed
    .replace(SEPARATORS, '')
    .replace(/[a-z]+/g, (letters) => letters.toUpperCase())
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  const [, digits, secret] = TYPED.exec(plain) ?? [];
  const slot = Number(digits);
  return secret !== undefined && slot >= 1 ? { slot, secret } : null;
}

/** Five bits per character, highest first. Ten bytes make exactly sixteen characters. */
const crockford = (bytes: Uint8Array): string =>
  BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
    .toString(32)
    .padStart(16, '0')
    .replace(/[a-v]/g, (digit) => ALPHABET.charAt(Number.parseInt(digit, 32)));
