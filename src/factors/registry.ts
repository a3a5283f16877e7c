/** Every kind of second factor, one line each. The contract suite runs over this list. */
import { Refusal } from '../errors.js';
import { email } from './email.js';
import type { FactorKind } from './factor.js';
import { sms } from './sms.js';
import { totp } from './totp.js';

const KINDS = [totp, email, sms] as const satisfies readonly FactorKind[];

export type FactorId = (typeof KINDS)[number]['id'];

/** In the order in which they are offered. */
export const factorKinds: readonly (FactorKind & { readonly id: FactorId })[] = KINDS;

/** The kind of this id, or a Refusal('invalid-input') that names the ids there are. */
export function factorKind(id: string): FactorKind & { readonly id: FactorId } {
  const kind = factorKinds.find((each) => each.id === id);
  if (kind !== undefined) return kind;
  throw new Refusal('invalid-input', 'There is no second factor of that name.', {
    hint: `Choose one of: ${factorKinds.map((each) => each.id).join(', ')}.`,
  });
}

/** The one computed kind, for operators, who have no choice of factors. */
export { totp };
