/** Who had a hand in whom (B81): written where an operator is made or changed, asked where a second operator decides. */
import type { Reads } from '../../desk.js';
import type { Policy } from '../../rules/policy.js';
import { type HandKind, handBetween, operatorsOf } from '../../rules/two-persons.js';
import type { Acting } from '../authorise.js';

/** What is known when somebody asks for a second operator, before a transaction or inside one. */
export interface Asking {
  readonly policy: Policy;
  readonly reads: Pick<Reads, 'operators' | 'lifeCycle'>;
  readonly now: number;
}

export type Person = Awaited<ReturnType<typeof personOf>>;

/** The person behind an operator; by the id alone if the store does not know it. `handWith`: the hand that two still have in each other. */
export async function personOf({ policy, reads, now }: Asking, operatorId: string) {
  const all = await reads.operators.all();
  const idsOf = (id: string) => operatorsOf(all.find((row) => row.id === id) ?? { id, also_user_id: null }, all);
  const own = idsOf(operatorId);
  const hands = await reads.lifeCycle.handsOf(own);
  return {
    all,
    isAlso: (id: string) => own.includes(id),
    handWith: (id: string) => handBetween(hands, [own, idsOf(id)], { policy, now }),
  };
}

/** Notes that the acting operator, and whoever made the token that acts, had a hand in another operator. */
export async function layHand({ write, now, by }: Acting<'operator:manage'>, operatorId: string, what: HandKind) {
  for (const id of new Set([by.operator.id, by.token?.made_by ?? by.operator.id]))
    if (id !== operatorId) await write.lifeCycle.putHand({ operator_id: operatorId, by_id: id, what, at: now });
}
