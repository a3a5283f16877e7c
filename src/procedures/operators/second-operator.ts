/**
 * Four eyes (B81): who had a hand in whom, written where an operator is made or changed, and asked where a second operator decides. When a
 * request cannot wait in the store itself, because the store is replaced, the second operator is there in person and gives password and code.
 */
import type { Desk, OperatorRow, Reads } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import { apartFrom, type HandKind, handBetween, operatorsOf } from '../../rules/approval.js';
import { foldKey } from '../../rules/directory-keys.js';
import { needsSecondFactor, permits } from '../../rules/operator-roles.js';
import type { OperatorRole } from '../../rules/people.js';
import type { Policy } from '../../rules/policy.js';
import { type Acting, logIfPossible } from '../authorise.js';
import { type SignIn, signInOperator } from './sign-in-operator.js';

/** What is known when somebody asks for a second operator, before a transaction or inside one. */
export interface Asking {
  readonly policy: Policy;
  readonly reads: Pick<Reads, 'operators' | 'lifeCycle'>;
  readonly now: number;
}

/** The person behind an operator; by the id alone if the store does not know it. `handWith`: the hand that two still have in each other. */
export async function personOf({ policy, reads, now }: Asking, operatorId: string) {
  const all = await reads.operators.all();
  const idsOf = (id: string) => operatorsOf(all.find((row) => row.id === id) ?? { id, also_user_id: null }, all);
  const own = idsOf(operatorId);
  const hands = await reads.lifeCycle.hands();
  return {
    all,
    hands,
    isAlso: (id: string) => own.includes(id),
    handWith: (id: string) => handBetween(hands, [own, idsOf(id)], { policy, now }),
  };
}

/** Notes that the acting operator, and whoever made the token that acts, had a hand in another operator. */
export async function layHand({ write, now, by }: Acting<'operator:manage'>, operatorId: string, what: HandKind) {
  for (const id of new Set([by.operator.id, by.token?.made_by ?? by.operator.id]))
    if (id !== operatorId) await write.lifeCycle.putHand({ operator_id: operatorId, by_id: id, what, at: now });
}

/**
 * `about` is the operator whom the request is about, if it is about one. Refusals: forbidden (the requester, the one whom it is about, or a
 * role that may not approve), and those of signing in; attempts count as there.
 */
export async function secondOperator(desk: Desk, signIn: SignIn, asker: string | null, about: string | null = null) {
  const named = await desk.store.read.operators.byName(foldKey(signIn.name));
  if (named !== undefined && (named.id === asker || named.id === about)) throw await refused(desk, named, ownRequest());
  const { operator } = await signInOperator(desk, signIn);
  const { id, name, role } = operator;
  if (!permits(desk.policy, role as OperatorRole, 'approval:decide'))
    throw await refused(desk, operator, refusal('forbidden', 'role-does-not-approve', { role }, 'ask-lead'));
  const asking = { policy: desk.policy, reads: desk.store.read, now: desk.now() };
  const tied = asker === null ? null : await notTwoPersons(asking, asker, id, about);
  if (tied !== null) throw await refused(desk, operator, tied);
  return { kind: 'operator', id, name } as const;
}

/** Whoever was named as the second, proven or not, is in the log (B99). */
async function refused(desk: Desk, { id, name }: Pick<OperatorRow, 'id' | 'name'>, no: Refusal) {
  const by = { kind: 'operator', id, name } as const;
  const entry = { kind: 'approval.decision-refused', outcome: 'refused', at: desk.now(), by, reason: no.code } as const;
  await logIfPossible(desk, { ...entry, detail: { why: no.because?.reason ?? '' } });
  return no;
}

/** The same once more in the transaction that acts: the second operator may have been disabled, or a hand laid, meanwhile (T15). */
export async function requireStillSecond(
  desk: Pick<Desk, 'policy'>,
  reads: Asking['reads'],
  { now, requester, approver }: { readonly now: number; readonly requester: string; readonly approver: string },
  about: string | null = null,
): Promise<void> {
  if (!mayApprove(desk, await reads.operators.byId(approver)))
    throw refusal('forbidden', 'approver-changed', {}, 'ask-other-lead');
  const tied = await notTwoPersons({ policy: desk.policy, reads, now }, requester, approver, about);
  if (tied !== null) throw tied;
}

const ownRequest = (): Refusal => refusal('forbidden', 'own-request', {}, 'ask-other-lead');

/** Why these two are not two persons (B81), with those who could approve instead; null if they are. */
export async function notTwoPersons(asking: Asking, asker: string, approverId: string, about: string | null = null) {
  const person = await personOf(asking, asker);
  if (person.isAlso(approverId)) return ownRequest();
  const hand = person.handWith(approverId);
  if (hand === undefined) return null;
  const nameOf = (id: string) => person.all.find((row) => row.id === id)?.name ?? id;
  const others = await otherApprovers(asking, asker, about);
  const isFree = (id: string): boolean => !person.isAlso(id) && person.handWith(id) === undefined;
  const free = others.filter((row) => canApprove(asking, row) && isFree(row.id));
  const hands = { by: nameOf(hand.by_id), whom: nameOf(hand.operator_id), what: hand.what as HandKind };
  const facts = { ...hands, at: hand.at, until: apartFrom(asking.policy, hand), names: free.map(({ name }) => name) };
  return refusal('forbidden', 'not-two-persons', facts, free.length > 0 ? 'ask-one-of' : 'ask-other-lead');
}

/**
 * Operators who may approve what this one asks, and can sign in. Whom somebody only changed is still among them, though not to approve; and for
 * as many days whoever was there and was stopped from approving, or became the same person as the requester, by whomever: otherwise a change
 * would open the way with a recovery code, where nobody else is. Who made the other may be both; but not by another name, which is made at once.
 */
export async function otherApprovers(asking: Asking, requesterId: string, about: string | null = null) {
  const { all, hands, isAlso } = await personOf(asking, requesterId);
  const { policy, now } = asking;
  const recent = (what: HandKind, ids: readonly string[]) =>
    hands.filter((hand) => hand.what === what && ids.includes(hand.operator_id) && now < apartFrom(policy, hand));
  const wasThere = ({ id }: OperatorRow, at: number): boolean => {
    const made = hands.filter((hand) => ['made', 'invited', 'recovered'].includes(hand.what) && hand.at <= at);
    if (handBetween(made, [[id], [requesterId]], { policy, now: at }) !== undefined) return false;
    return !isAlso(id) || recent('linked', [id, requesterId]).length > 0;
  };
  const isThere = (row: OperatorRow): boolean =>
    (canApprove(asking, row) && wasThere(row, now)) || recent('stopped', [row.id]).some(({ at }) => wasThere(row, at));
  return all.filter((row) => ![about, requesterId].includes(row.id) && isThere(row));
}

/** A recovery code counts only where no second operator can be asked. */
export function notAlone(others: readonly OperatorRow[], next: 'approver-signs-in' | 'ask-other-lead'): Refusal {
  const names = others.map(({ name }) => name);
  return refusal('approval-needed', 'recovery-code-not-alone', { names }, next);
}

/** As stored now: enabled, with a role that approves. */
export const mayApprove = ({ policy }: Pick<Desk, 'policy'>, row: OperatorRow | undefined): boolean =>
  row !== undefined && row.disabled_at === null && permits(policy, row.role as OperatorRole, 'approval:decide');

/** And with what a sign-in needs. */
export const canApprove = ({ policy }: Pick<Desk, 'policy'>, row: OperatorRow): boolean =>
  mayApprove({ policy }, row) &&
  row.verifier !== null &&
  (row.totp !== null || !needsSecondFactor(policy, row.role as OperatorRole));
