/**
 * Four eyes for replacing the store, when a request cannot wait in the store itself: a second operator, there in person, approves
 * by giving password and code.
 */
import type { Desk, OperatorRow } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import type { Actor } from '../../rules/audit-entry.js';
import { foldKey } from '../../rules/directory-keys.js';
import { needsSecondFactor, permits } from '../../rules/operator-roles.js';
import type { OperatorRole } from '../../rules/people.js';
import { apartFrom, type HandKind } from '../../rules/two-persons.js';
import { logIfPossible } from '../authorise.js';
import { type SignIn, signInOperator } from './sign-in-operator.js';
import { type Asking, personOf } from './two-persons.js';

/**
 * `about` is the operator whom the request is about, if it is about one. Refusals: forbidden (the requester, the one whom it is about, or a
 * role that may not approve), and those of signing in; attempts count as there.
 */
export async function secondOperator(
  desk: Desk,
  signIn: SignIn,
  requesterId: string | null,
  about: string | null = null,
): Promise<Actor> {
  const named = await desk.store.read.operators.byName(foldKey(signIn.name));
  if (named !== undefined && (named.id === requesterId || named.id === about))
    throw await refused(desk, named, ownRequest());
  const { operator } = await signInOperator(desk, signIn);
  const { id, name, role } = operator;
  if (!permits(desk.policy, role as OperatorRole, 'approval:decide')) {
    throw await refused(desk, operator, refusal('forbidden', 'role-does-not-approve', { role }, 'ask-lead'));
  }
  const asking = { policy: desk.policy, reads: desk.store.read, now: desk.now() };
  const tied = requesterId === null ? null : await notTwoPersons(asking, requesterId, id, about);
  if (tied !== null) throw await refused(desk, operator, tied);
  return { kind: 'operator', id, name };
}

/** Whoever was named as the second, proven or not, is in the log (B99). */
async function refused(desk: Desk, { id, name }: { readonly id: string; readonly name: string }, no: Refusal) {
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
export async function notTwoPersons(
  asking: Asking,
  requesterId: string,
  approverId: string,
  about: string | null = null,
): Promise<Refusal | null> {
  const person = await personOf(asking, requesterId);
  if (person.isAlso(approverId)) return ownRequest();
  const hand = person.handWith(approverId);
  if (hand === undefined) return null;
  const nameOf = (id: string) => person.all.find((row) => row.id === id)?.name ?? id;
  const others = await otherApprovers(asking, requesterId, about);
  const names = others.flatMap(({ id, name }) => (person.handWith(id) === undefined ? [name] : []));
  const facts = {
    by: nameOf(hand.by_id),
    whom: nameOf(hand.operator_id),
    what: hand.what as HandKind,
    at: hand.at,
    until: apartFrom(asking.policy, hand),
    names,
  };
  return refusal('forbidden', 'not-two-persons', facts, names.length > 0 ? 'ask-one-of' : 'ask-other-lead');
}

/**
 * Operators who may approve what this one asks, and can sign in. Whom the requester only changed, or made a token for, is still among
 * them, though not to approve: otherwise a change would open the way with a recovery code, where nobody else is.
 */
export async function otherApprovers(asking: Asking, requesterId: string, about: string | null = null) {
  const person = await personOf(asking, requesterId);
  const isThere = (row: OperatorRow): boolean => {
    const hand = person.handWith(row.id);
    return hand === undefined || (person.isAlso(hand.by_id) && ['changed', 'token'].includes(hand.what));
  };
  const may = (row: OperatorRow) => mayApprove(asking, row) && row.verifier !== null && hasItsFactor(asking, row);
  return person.all.filter((row) => row.id !== about && may(row) && !person.isAlso(row.id) && isThere(row));
}

/** A recovery code counts only where no second operator can be asked. */
export function notAlone(others: readonly OperatorRow[], next: 'approver-signs-in' | 'ask-other-lead'): Refusal {
  const names = others.map(({ name }) => name);
  return refusal('approval-needed', 'recovery-code-not-alone', { names }, next);
}

/** As stored now: enabled, with a role that approves. */
export const mayApprove = ({ policy }: Pick<Desk, 'policy'>, row: OperatorRow | undefined): boolean =>
  row !== undefined && row.disabled_at === null && permits(policy, row.role as OperatorRole, 'approval:decide');

const hasItsFactor = ({ policy }: Pick<Desk, 'policy'>, row: OperatorRow): boolean =>
  row.totp !== null || !needsSecondFactor(policy, row.role as OperatorRole);
