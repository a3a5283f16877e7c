/** Whom a verified caller may have reset (B55, B56). Pure. */
import { refusal } from '../errors.js';
import { hasAdminStatus } from './customer-roles.js';
import type { Account, User } from './people.js';
import type { Policy } from './policy.js';
import { isHeld } from './power-hold.js';

export interface TargetQuestion {
  readonly policy: Policy;
  /** The customer login of the operator, or null. */
  readonly operatorUserId: string | null;
  readonly account: Account;
  readonly caller: User;
  readonly target: User;
  /** An objection to an earlier reset of the target is open (B62). */
  readonly objected: boolean;
  /** The trusted time, ms. */
  readonly now: number;
}

/** Throws a refusal if the reset is not allowed; returns whether a second operator must approve (B56). */
export function decideTarget({ policy, operatorUserId, account, caller, target, objected, now }: TargetQuestion): {
  readonly approval: 'own-reset' | 'admin-target' | 'objected-reset' | null;
} {
  if (target.accountId !== account.id || caller.accountId !== account.id)
    throw refusal('forbidden', 'other-account', {}, 'someone-of-account');
  if (operatorUserId === target.id) throw refusal('forbidden', 'own-reset', {}, 'ask-other-operator');
  if (account.phoneResetForbidden)
    throw refusal('refused-by-policy', 'phone-resets-forbidden', { account: account.name }, 'admin-in-console');
  if (caller.id !== target.id && caller.powerHeldUntil !== null && isHeld(caller, now))
    throw refusal('forbidden', 'power-held', { until: caller.powerHeldUntil }, 'other-admin-or-wait');
  const targetIsAdmin = hasAdminStatus(policy, account, target);
  if (targetIsAdmin && !hasAdminStatus(policy, account, caller))
    throw refusal('forbidden', 'admin-by-secondary', {}, 'admin-must-call');
  // A caller who talked the desk into the first reset must not get past the objection by calling again.
  if (objected) return { approval: 'objected-reset' };
  const { ownResetByPhone, adminTargets } = policy.limits.approval;
  if (adminTargets && targetIsAdmin) return { approval: 'admin-target' };
  if (ownResetByPhone && caller.id === target.id) return { approval: 'own-reset' };
  return { approval: null };
}
