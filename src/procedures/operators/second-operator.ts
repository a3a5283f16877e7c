/**
 * Four eyes for replacing the store, when a request cannot wait in the store itself: a second operator, there in person, approves
 * by giving password and code.
 */
import type { Desk, OperatorRow, Reads } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import type { Actor } from '../../rules/audit-entry.js';
import { foldKey } from '../../rules/directory-keys.js';
import { needsSecondFactor, permits } from '../../rules/operator-roles.js';
import type { OperatorRole } from '../../rules/people.js';
import { logIfPossible } from '../authorise.js';
import { type SignIn, signInOperator } from './sign-in-operator.js';

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
  if (named !== undefined && (named.id === requesterId || named.id === about)) {
    throw await refused(desk, named, refusal('forbidden', 'own-request', {}, 'ask-other-lead'));
  }
  const { operator } = await signInOperator(desk, signIn);
  if (!permits(desk.policy, operator.role as OperatorRole, 'approval:decide')) {
    const no = refusal('forbidden', 'role-does-not-approve', { role: operator.role }, 'ask-lead');
    throw await refused(desk, operator, no);
  }
  return { kind: 'operator', id: operator.id, name: operator.name };
}

/** Whoever was named as the second, proven or not, is in the log (B99). */
async function refused(
  desk: Desk,
  { id, name }: { readonly id: string; readonly name: string },
  no: Refusal,
): Promise<Refusal> {
  const by = { kind: 'operator', id, name } as const;
  const entry = { kind: 'approval.decision-refused', outcome: 'refused', at: desk.now(), by, reason: no.code } as const;
  await logIfPossible(desk, { ...entry, detail: { why: no.because?.reason ?? '' } });
  return no;
}

/** Operators beside these who may approve and can sign in. */
export async function otherApprovers(
  desk: Pick<Desk, 'policy'>,
  { operators }: Pick<Reads, 'operators'>,
  but: readonly string[],
): Promise<readonly OperatorRow[]> {
  return (await operators.all()).filter(
    (row) => !but.includes(row.id) && mayApprove(desk, row) && row.verifier !== null && hasItsFactor(desk, row),
  );
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
