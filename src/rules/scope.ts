/**
 * The two decisions at the heart of a call: may this caller have this action (B02, B04, B07), and is the caller verified (B03,
 * B05). Both decide on facts given to them; nothing here looks anything up.
 */
import { customerRule, hasAdminStatus } from './customer-roles.js';
import type { Account, User } from './people.js';
import { type Action, findAction, type Policy } from './policy.js';
import { heldOnPhone } from './power-hold.js';

/** `admin`: by a role that holds everything (B04). `scope`: by the scope named, the narrowest that covers the action. */
export type ScopeDecision =
  | { readonly allowed: true; readonly by: 'admin' }
  | { readonly allowed: true; readonly by: 'scope'; readonly scope: string }
  | { readonly allowed: false };

interface ScopeQuestion extends Pick<Account, 'edition'>, Pick<User, 'role' | 'scopes'> {
  readonly policy: Policy;
  readonly action: Action;
}

/**
 * Whether role and scopes cover the action. Everything unknown is refused: a role the edition does not have, an edition
 * or an action the policy does not have, a scope that no longer names anything.
 */
export function decideScope({ policy, edition, role, scopes, action }: ScopeQuestion): ScopeDecision {
  const known = findAction(policy, action.id);
  if (known === undefined) return { allowed: false };
  if (hasAdminStatus(policy, { edition }, { role })) return { allowed: true, by: 'admin' };
  if (customerRule(policy, edition, role)?.holds !== 'its-scopes') return { allowed: false };
  const scope = [known.id, known.category].find((covering) => scopes.includes(covering));
  return scope === undefined ? { allowed: false } : { allowed: true, by: 'scope', scope };
}

/** The result of the phrase check. `none`: the caller has no passphrase yet (B12). */
export type PassphraseCheck = 'matches' | 'wrong' | 'none' | 'unknown-caller';

export interface VerificationQuestion {
  readonly policy: Policy;
  /** The account the call is about. */
  readonly account: Pick<Account, 'id' | 'edition' | 'disabledAt'>;
  /** Whom the look-up found; null for nobody. */
  readonly caller: Pick<User, 'accountId' | 'role' | 'scopes' | 'disabledAt' | 'powerHeldUntil'> | null;
  readonly passphrase: PassphraseCheck;
  readonly action: Action;
  /** The trusted time, ms. */
  readonly now: number;
}

export type VerificationDecision =
  | { readonly outcome: 'verified'; readonly by: 'admin' }
  | { readonly outcome: 'verified'; readonly by: 'scope'; readonly scope: string }
  | { readonly outcome: 'refused'; readonly reason: 'not-verified' | 'not-privileged' | 'no-passphrase' | 'held' };

/**
 * Verified = the passphrase matches and (a scope for the action or admin status) (B03).
 * Nobody found, a caller of another account (B05) and anyone disabled are `not-verified`, whatever was said. Privilege is
 * checked only after the phrase, so `not-privileged` and `held` (B84) always mean that callers are who they say they are.
 */
export function decideVerification(question: VerificationQuestion): VerificationDecision {
  const { policy, account, caller, passphrase, action, now } = question;
  if (caller === null || caller.accountId !== account.id) return { outcome: 'refused', reason: 'not-verified' };
  if (account.disabledAt !== null || caller.disabledAt !== null) return { outcome: 'refused', reason: 'not-verified' };
  if (passphrase === 'none') return { outcome: 'refused', reason: 'no-passphrase' };
  if (passphrase !== 'matches') return { outcome: 'refused', reason: 'not-verified' };
  const decision = decideScope({ policy, edition: account.edition, role: caller.role, scopes: caller.scopes, action });
  if (!decision.allowed) return { outcome: 'refused', reason: 'not-privileged' };
  if (heldOnPhone(policy, account, caller, { action: action.id, now })) return { outcome: 'refused', reason: 'held' };
  const { allowed: _, ...by } = decision;
  return { outcome: 'verified', ...by };
}
