/**
 * What a user must have proven in the portal before secrets of their own are shown or changed. A missing proof is named, so that
 * a front end can ask for it and the lock (owner-locks.ts) can refuse by the same answer.
 */
import type { Desk } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import { minutes } from '../../rules/duration.js';
import { gaveFactor } from '../../rules/mfa-login.js';
import { type Owner, type PortalLogin, whoOf } from './customer-login.js';

/**
 * `password`: the application password (or single sign-on, for users who sign in so) within the last minutes. `fresh`: that and,
 * with MFA on, a factor in this login; a remembered device does not count, because it was chosen instead of being asked (B38).
 * `view`: both within these minutes. `methods`: the login was by more than a remembered device. Such a login gave no factor and
 * must not set one up: with a new method, or backup codes, the next login would ask for nothing that the owner has (B38, B40,
 * B41).
 */
export type OwnerProof = 'password' | 'fresh' | 'view' | 'methods';

export type MissingProof = 'password' | 'factor' | 'factor-lately' | 'more-than-device';

/** Empty if nothing is missing. `now` is the trusted time, ms. */
export function missingProofs(
  desk: Desk,
  { account, session }: PortalLogin,
  proof: OwnerProof,
  now: number,
): readonly MissingProof[] {
  if (proof === 'methods') return session.method === 'password+device' ? ['more-than-device'] : [];
  const span = minutes(desk.policy.limits.portalSession.freshPasswordMinutes);
  const lately = (at: number): boolean => at > 0 && now >= at && now < at + span;
  const missing: MissingProof[] = lately(session.passwordAt) ? [] : ['password'];
  if (proof === 'password' || account.mfaRequiredAt === null) return missing;
  if (!gaveFactor(session)) return [...missing, 'factor'];
  // The factor was given after the login began, so it is not older than the login.
  return proof === 'view' && !lately(session.openedAt) ? [...missing, 'factor-lately'] : missing;
}

/** not-signed-in for a password that is too old, factor-needed for the rest. */
export function refusalOfProof(desk: Desk, owner: Owner, missing: MissingProof): Refusal {
  const { freshPasswordMinutes } = desk.policy.limits.portalSession;
  const refusals = {
    password: refusal(
      'not-signed-in',
      'password-needed-lately',
      { minutes: freshPasswordMinutes },
      'give-password-again',
    ),
    factor: refusal('factor-needed', 'factor-needed', whoOf(owner), 'sign-in-with-factor'),
    'factor-lately': refusal('factor-needed', 'factor-needed-lately', {}, 'give-password-and-code'),
    'more-than-device': refusal('factor-needed', 'factor-for-methods', whoOf(owner), 'sign-in-without-device'),
  } as const;
  return refusals[missing];
}
