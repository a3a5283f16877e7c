/** Every kind of second factor, one line each: the only list of them. The contract suite runs over it. */
import { Refusal } from '../errors.js';
import { email } from './email.js';
import type { FactorKind, SentFactor } from './factor.js';
import { sms } from './sms.js';
import { totp } from './totp.js';

const KINDS = [totp, email, sms] as const satisfies readonly FactorKind[];

export type FactorId = (typeof KINDS)[number]['id'];

/** A kind of the list. */
export type Registered<K extends FactorKind = FactorKind> = K & { readonly id: FactorId };

/** In the order in which they are offered. */
export const factorKinds: readonly Registered[] = KINDS;

/** The kind of this id, or a Refusal('invalid-input') that names the ids there are. */
export function factorKind(id: string): Registered {
  const kind = factorKinds.find((each) => each.id === id);
  if (kind !== undefined) return kind;
  throw new Refusal('invalid-input', 'There is no second factor of that name.', {
    hint: `Choose one of: ${factorKinds.map((each) => each.id).join(', ')}.`,
  });
}

/** Name of the text that takes its code to a user (data/messages). */
export const codeMessageOf = ({ id }: Pick<SentFactor, 'id'>): string => `login-code-${id}`;

/** All such texts, and where each goes. */
export const codeMessages = factorKinds.flatMap((kind) =>
  kind.family === 'sent' ? [{ name: codeMessageOf(kind), contact: kind.contact }] : [],
);

/** The one generated kind, for operators, who have no choice of factors. */
export { totp };
