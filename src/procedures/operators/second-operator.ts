/**
 * Four eyes for replacing the store, when a request cannot wait in the store itself: a second operator, there in person, approves
 * by giving password and code.
 */
import type { Desk } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { Actor } from '../../rules/audit-entry.js';
import { foldKey } from '../../rules/directory-keys.js';
import { permits } from '../../rules/operator-roles.js';
import type { OperatorRole } from '../../rules/people.js';
import { type SignIn, signInOperator } from './sign-in-operator.js';

/** Refusals: forbidden (the requester, or a role that may not approve), and those of signing in; attempts count as there. */
export async function secondOperator(desk: Desk, signIn: SignIn, requesterId: string | null): Promise<Actor> {
  const named = await desk.store.read.operators.byName(foldKey(signIn.name));
  if (named !== undefined && named.id === requesterId) {
    throw refusal('forbidden', 'own-request', {}, 'ask-other-lead');
  }
  const { operator } = await signInOperator(desk, signIn);
  if (!permits(desk.policy, operator.role as OperatorRole, 'approval:decide')) {
    throw refusal('forbidden', 'role-does-not-approve', { role: operator.role }, 'ask-lead');
  }
  return { kind: 'operator', id: operator.id, name: operator.name };
}

/** Where nobody was named and nobody can be asked (exit 5). */
