/** The e-mail factor (B31): a code to the address on file. */
import type { SentFactor } from './factor.js';
import { sentCode } from './sent-factor.js';

export const email = {
  id: 'email',
  title: 'E-mail',
  question: 'Code from the e-mail',
  credential: 'email',
  contact: 'email',
  ...sentCode,
} as const satisfies SentFactor;
