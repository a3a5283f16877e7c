/** A contact shown so that its owner recognises it and nobody else learns it. Pure. */

import { maskedAddress } from './directory-fields.js';
import { phoneDigits } from './directory-keys.js';

/** `n…@alfki.example`, or `…57` for a phone: its last two digits. */
export function maskedContact(kind: 'email' | 'phone', contact: string): string {
  return kind === 'email' ? maskedAddress(contact) : `…${phoneDigits(contact).slice(-2)}`;
}
