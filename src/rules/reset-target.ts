/** Whom a verified caller may have reset (B55, B56). Pure. */
import { Refusal } from '../errors.js';
import { hasAdminStatus } from './customer-roles.js';
import type { Account, User } from './people.js';
import type { Policy } from './policy.js';

export interface TargetQuestion {
  readonly policy: Policy;
  /** The customer login of the operator, or null. */
  readonly operatorUserId: string | null;
  readonly account: Account;
  readonly caller: User;
  readonly target: User;
  /** An objection to an earlier reset of the target is open (B62). */
  readonly objected: boolean;
}

/** Throws a refusal if the reset is not allowed; returns whether a second operator must approve (B56). */
export function decideTarget({ policy, operatorUserId, account, caller, target, objected }: TargetQuestion): {
  readonly approval: 'own-reset' | 'admin-target' | 'objected-reset' | null;
} {
  if (target.accountId !== account.id || caller.accountId !== account.id) {
    throw new Refusal('forbidden', 'caller and user are not of the same account', {
      hint: 'Someone of that account must call.',
    });
  }
  if (operatorUserId === target.id)
    throw new Refusal('forbidden', 'nobody resets themselves', { hint: 'Ask another operator.' });
  if (account.phoneResetForbidden) {
    throw new Refusal('refused-by-policy', `${account.name} forbids resets by phone`, {
      hint: "The account's admin can reset the user in the Admin Console. This cannot be lifted on a call.",
    });
  }
  const targetIsAdmin = hasAdminStatus(policy, account, target);
  if (targetIsAdmin && !hasAdminStatus(policy, account, caller)) {
    throw new Refusal('forbidden', 'a secondary admin cannot have an admin reset', {
      hint: 'An admin of the account must call.',
    });
  }
  // A caller who talked the desk into the first reset must not get past the objection by calling again.
  if (objected) return { approval: 'objected-reset' };
  const { ownResetByPhone, adminTargets } = policy.limits.approval;
  if (adminTargets && targetIsAdmin) return { approval: 'admin-target' };
  if (ownResetByPhone && caller.id === target.id) return { approval: 'own-reset' };
  return { approval: null };
}
