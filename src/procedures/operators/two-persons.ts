/** Who had a hand in whom (B81): written where an operator is made or changed, asked where a second operator decides. */
import type { OperatorRow, Reads } from '../../desk.js';
import type { Policy } from '../../rules/policy.js';
import { type Hand, type HandKind, handBetween, operatorsOf } from '../../rules/two-persons.js';
import type { Acting } from '../authorise.js';

/** What is known when somebody asks for a second operator, before a transaction or inside one. */
export interface Asking {
  readonly policy: Policy;
  readonly reads: Pick<Reads, 'operators' | 'lifeCycle'>;
  readonly now: number;
}

export interface Person {
  readonly all: readonly OperatorRow[];
  isAlso(operatorId: string): boolean;
  /** The hand that the two still have in each other. */
  handWith(operatorId: string): Hand | undefined;
}

/** The person behind an operator; by the id alone if the store does not know it. */
export async function personOf({ policy, reads, now }: Asking, operatorId: string): Promise<Person> {
  const all = await reads.operators.all();
  const idsOf = (id: string) => operatorsOf(all.find((row) => row.id === id) ?? { id, also_user_id: null }, all);
  const own = idsOf(operatorId);
  const hands = await reads.lifeCycle.handsOf(own);
  return {
    all,
    isAlso: (id) => own.includes(id),
    handWith: (id) => handBetween(hands, [own, idsOf(id)], { policy, now }),
  };
}

/** Notes that the acting operator, and whoever made the token that acts, had a hand in another operator. */
export async function layHand(
  { write, now, by }: Acting<'operator:manage'>,
  operatorId: string,
  what: HandKind,
): Promise<void> {
  for (const id of new Set([by.operator.id, by.token?.made_by ?? by.operator.id]))
    if (id !== operatorId) await write.lifeCycle.putHand({ operator_id: operatorId, by_id: id, what, at: now });
}
