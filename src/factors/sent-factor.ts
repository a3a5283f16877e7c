/** What all factors that send a code have in common: everything except names and contact. */
import type { SentFactor } from './factor.js';
import { readTypedCode } from './typed-code.js';

/** NIST SP 800-63B-4, 4.2.1.2: an issued code has at least six digits. */
const FEWEST_DIGITS = 6;
/** 10^14 is still below 2^48, the range of the system's random integers. */
const MOST_DIGITS = 14;

export const sentCode: Pick<SentFactor, 'family' | 'newCode' | 'readCode'> = {
  family: 'sent',
  readCode: readTypedCode,
  newCode(randomInt, digits) {
    if (!Number.isInteger(digits) || digits < FEWEST_DIGITS || digits > MOST_DIGITS) {
      throw new RangeError(`A sent code has ${FEWEST_DIGITS} to ${MOST_DIGITS} digits.`);
    }
    return String(randomInt(10 ** digits)).padStart(digits, '0');
  },
};
