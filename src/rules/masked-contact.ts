/** A contact shown so that its owner recognises it and nobody else learns it. Pure. */

import { maskedAddress } from './directory-fields.js';
import { phoneDigits } from './phone-number.js';

/** `n…@alfki.example`, or `…57` for a phone: its last two digits. Empty if none is on file. */
export function maskedContact(kind: 'email' | 'phone', contact: string): string {
  if (contact === '') return '';
  return kind === 'email' ? maskedAddress(contact) : `…${phoneDigits(contact).slice(-2)}`;
}

/** The most rows of a list or a search for operators who see contacts only in a call (B83). */
export const ROWS_IN_A_CALL = 20;

/** The most pages of a search for them. */
export const PAGES_IN_A_CALL = 5;
