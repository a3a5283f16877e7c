/** The SMS factor (B31): a code to the phone on file. */
import type { SentFactor } from './factor.js';
import { sentCode } from './sent-factor.js';

export const sms = {
  id: 'sms',
  title: 'Text message (SMS)',
  question: 'Code from the text message',
  credential: 'phone-sms',
  contact: 'phone',
  ...sentCode,
} as const satisfies SentFactor;
