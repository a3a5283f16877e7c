/**
 * Four eyes are two persons (B81). Whoever made, invited, recovered or changed an operator may still hold that operator's password, app or
 * token, so for some days the two do not count as two. Pure. Only the direct relation counts: two operators whom one admin made are two.
 */
import { days } from './duration.js';
import type { Policy } from './policy.js';

/** What one operator did to another, or in their name. `stopped`: they cannot approve now as they could. `linked`: to a customer login. */
export type HandKind = 'made' | 'invited' | 'recovered' | 'changed' | 'stopped' | 'linked' | 'token';

export interface Hand {
  readonly operator_id: string;
  readonly by_id: string;
  readonly what: string;
  readonly at: number;
}

/** The newest hand that one of them still has in the other, in either direction. A person may have several operators. */
export function handBetween(
  hands: readonly Hand[],
  [one, other]: readonly [readonly string[], readonly string[]],
  { policy, now }: { readonly policy: Pick<Policy, 'limits'>; readonly now: number },
): Hand | undefined {
  const between = ({ operator_id, by_id }: Hand) =>
    (one.includes(operator_id) && other.includes(by_id)) || (other.includes(operator_id) && one.includes(by_id));
  return hands.filter((hand) => between(hand) && now < apartFrom(policy, hand)).toSorted((a, b) => b.at - a.at)[0];
}

/** When they count as two persons again. */
export const apartFrom = ({ limits }: Pick<Policy, 'limits'>, { at }: Pick<Hand, 'at'>): number =>
  at + days(limits.approval.apartDays);

interface Known {
  readonly id: string;
  readonly also_user_id: string | null;
}

/** Every operator who is the same person: those with the same customer login. */
export const operatorsOf = ({ id, also_user_id: login }: Known, all: readonly Known[]): readonly string[] =>
  login === null ? [id] : [...new Set([id, ...all.flatMap((one) => (one.also_user_id === login ? [one.id] : []))])];
