/** The only list of the kinds of second factor, one line each. The contract suite tests every kind in it. */
import { Refusal } from '../errors.js';
import type { FactorKind, SentFactor } from './factor.js';
import { passkey } from './passkey.js';
import { sentCode } from './sent-factor.js';
import { totp } from './totp.js';

/** The SMS factor (B31): a code to the phone on file. */
export const sms = {
  id: 'sms',
  title: 'Text message (SMS)',
  question: 'Code from the text message',
  credential: 'phone-sms',
  contact: 'phone',
  ...sentCode,
} as const satisfies SentFactor;

/** The e-mail factor (B31): a code to the address on file. */
export const email = {
  id: 'email',
  title: 'E-mail',
  question: 'Code from the e-mail',
  credential: 'email',
  contact: 'email',
  ...sentCode,
} as const satisfies SentFactor;

const KINDS = [totp, email, sms, passkey] as const satisfies readonly FactorKind[];

export type FactorId = (typeof KINDS)[number]['id'];

export type Registered<K extends FactorKind = FactorKind> = K & { readonly id: FactorId };

/** In the order in which they are offered. */
export const factorKinds: readonly Registered[] = KINDS;

/** The kind with this id, or a Refusal('invalid-input') that names the known ids. */
export function factorKind(id: string): Registered {
  const kind = factorKinds.find((each) => each.id === id);
  if (kind !== undefined) return kind;
  throw new Refusal('invalid-input', 'there is no second factor with that name', {
    hint: `Choose one of: ${factorKinds.map((each) => each.id).join(', ')}.`,
  });
}

/** Name of the message text that carries its code (data/messages). */
export const codeMessageOf = ({ id }: Pick<SentFactor, 'id'>): string => `login-code-${id}`;

/** All such texts, with the kind of contact that each goes to. */
export const codeMessages = factorKinds.flatMap((kind) =>
  kind.family === 'sent' ? [{ name: codeMessageOf(kind), contact: kind.contact }] : [],
);

/** The authenticator app, for operators, who cannot choose their factor. */
export { totp };
