/** What a user must have proven in the portal before secrets of their own are shown or changed. */
import type { Desk } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { minutes } from '../../rules/duration.js';
import { type PortalLogin, requireState, whoOf } from './authenticate-user.js';
import { gaveFactor } from './open-session.js';

/**
 * The application password (or, for who signs in so, single sign-on) within the last minutes and, with MFA on, a factor in this
 * login: a remembered device is none, it was chosen instead of being asked (B38). `now` is the trusted time.
 * Refusals: as `requireState`, not-signed-in (password too long ago), factor-needed.
 */
export function requireFreshProof(desk: Desk, login: PortalLogin, now: number): void {
  requireState(login, ['done']);
  const { freshPasswordMinutes } = desk.policy.limits.portalSession;
  const { passwordAt, method } = login.session;
  if (passwordAt === 0 || now < passwordAt || now >= passwordAt + minutes(freshPasswordMinutes)) {
    throw new Refusal(
      'not-signed-in',
      `this needs your application password, given within the last ${freshPasswordMinutes} minutes`,
      {
        hint: 'Give it again: by prompt, with --password-stdin, or with countersign portal login.',
      },
    );
  }
  if (login.account.mfaRequiredAt !== null && !gaveFactor({ method })) {
    throw new Refusal('factor-needed', 'this needs your second factor', {
      hint: `Sign in with it, not by a remembered device: countersign portal login ${whoOf(login)}`,
    });
  }
}

/** Whether the factor of a login is as fresh as a password must be: it was given after the login began. */
export function freshFactor(desk: Desk, { openedAt, method }: PortalLogin['session'], now: number): boolean {
  const { freshPasswordMinutes } = desk.policy.limits.portalSession;
  return gaveFactor({ method }) && now >= openedAt && now < openedAt + minutes(freshPasswordMinutes);
}

/** Before the passphrase is shown: both as fresh. Refusals: as `requireFreshProof`. */
export function requireProofForView(desk: Desk, login: PortalLogin, now: number): void {
  requireFreshProof(desk, login, now);
  if (login.account.mfaRequiredAt === null || freshFactor(desk, login.session, now)) return;
  throw new Refusal('factor-needed', 'this needs your second factor again: this login is some minutes old', {
    hint: 'Give the password with the command, and with --code the code; or sign in anew: countersign portal login',
  });
}

/**
 * Before sign-in methods are changed. A remembered device was let in without a factor, so it must not make itself one: with a new
 * method, or backup codes, the next login would be asked for nothing that the owner holds (B38, B40, B41). Refusal factor-needed.
 */
export function requireMoreThanDevice(login: PortalLogin): void {
  if (login.session.method !== 'password+device') return;
  throw new Refusal('factor-needed', 'changing sign-in methods needs your second factor', {
    hint: `Sign in with it, without --device: countersign portal login ${whoOf(login)}`,
  });
}
