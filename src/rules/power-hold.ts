/**
 * The hold on new power (B84): whoever gains power over other people in a company that has an admin already waits some days before it
 * counts, so that its admins, who are told at once, can object. This is the closed list of what waits. Pure.
 *
 * - by phone: resetting anybody else; for somebody with admin status also every other request, because each concerns the whole company
 * - in the portal: the team, multi-factor authentication for everybody, resets of others (`locks` of procedures/portal/owner-locks)
 *
 * One's own secrets and methods do not wait, and neither does an objection, because it only stops things.
 */
import { customerRule, hasAdminStatus } from './customer-roles.js';
import { hours } from './duration.js';
import type { Account, User } from './people.js';
import type { Policy } from './policy.js';
import { MFA_RESET } from './policy-checks.js';
import { categoryOf } from './scope-change.js';

type Home = Pick<Account, 'edition'>;
export type Holder = Pick<User, 'role' | 'scopes'>;

export const isHeld = ({ powerHeldUntil }: Pick<User, 'powerHeldUntil'>, now: number): boolean =>
  powerHeldUntil !== null && now < powerHeldUntil;

/** A request by phone that waits. Whom a reset is for is known only later (rules/reset-target). */
export const heldOnPhone = (
  policy: Policy,
  home: Home,
  caller: Pick<User, 'role' | 'powerHeldUntil'>,
  request: { readonly action: string; readonly now: number },
): boolean => isHeld(caller, request.now) && request.action !== MFA_RESET && hasAdminStatus(policy, home, caller);

/** Admin status, or resetting others by phone. */
function powerOver(policy: Policy, { edition }: Home, { role, scopes }: Holder): 'all' | 'resets' | 'none' {
  if (hasAdminStatus(policy, { edition }, { role })) return 'all';
  if (customerRule(policy, edition, role)?.holds !== 'its-scopes') return 'none';
  return [MFA_RESET, categoryOf(MFA_RESET)].some((scope) => scopes.includes(scope)) ? 'resets' : 'none';
}

/** Whether `after` has power over others that `before` did not have; null for a login that is new or was disabled. */
export function gainsPower(policy: Policy, home: Home, before: Holder | null, after: Holder): boolean {
  const had = before === null ? 'none' : powerOver(policy, home, before);
  const has = powerOver(policy, home, after);
  return has !== 'none' && had !== 'all' && had !== has;
}

export const heldUntil = (policy: Policy, now: number): number => now + hours(policy.limits.adminHoldHours);
