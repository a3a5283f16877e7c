/**
 * What a portal login needs next, once the password or the ID token was accepted (B30–B42, B57). Also: when a device may be
 * remembered, and which advice is due. The caller puts the answers into words.
 */
import { days } from './duration.js';
import type { Edition, SignIn } from './people.js';

/** How far a login has come; procedures/portal/customer-login.ts draws the way through these states. */
export const LOGIN_STATES = ['done', 'factor-needed', 'enrolment-code-needed', 'enrolment-needed'] as const;
export type LoginState = (typeof LOGIN_STATES)[number];

/**
 * How a session was signed in to: `sso`; `password` while nothing else was asked; then `password+device` for a remembered device,
 * `password+enrolment` for the login that enrolled a factor, `password+<factor>` or `password+backup` for a code.
 */
export type LoginMethod = 'sso' | 'password' | `password+${string}`;

export interface LoginStanding {
  readonly state: LoginState;
  readonly method: LoginMethod;
}

/** True if a second factor was given or set up in this very login; a remembered device only replaces one. */
export const gaveFactor = ({ method }: Pick<LoginStanding, 'method'>): boolean =>
  method.startsWith('password+') && method !== 'password+device';

/** What a login needs next. `offersRemember`: this device may be remembered now (B38). */
export type NextStep =
  | { readonly step: 'factor' | 'enrolment-code' }
  | { readonly step: 'enrolment'; readonly because: 'required' | 'last-backup-code' }
  | { readonly step: 'none'; readonly offersRemember: boolean };

/** The order of the steps, for every front end. For an unknown state, a factor is asked for. */
export function nextOf({ state, method }: LoginStanding): NextStep {
  if (state === 'enrolment-code-needed') return { step: 'enrolment-code' };
  if (state === 'enrolment-needed')
    return { step: 'enrolment', because: method === 'password+backup' ? 'last-backup-code' : 'required' };
  if (state !== 'done') return { step: 'factor' };
  // Where the factor was only enrolled it would be too early (B38).
  return { step: 'none', offersRemember: gaveFactor({ method }) && method !== 'password+enrolment' };
}

export interface LoginQuestion {
  readonly edition: Edition;
  /** MFA is on for the whole account (B32). */
  readonly mfaRequired: boolean;
  /** How the user is meant to sign in. */
  readonly signIn: SignIn;
  /** How the user did sign in just now. */
  readonly method: SignIn;
  /** Admin status (B04). */
  readonly isAdmin: boolean;
  /** Kinds of the confirmed factors, without backup codes. */
  readonly factors: readonly string[];
  readonly backupCodesLeft: number;
  /** The device file was shown, is known, and is within its period; see `deviceStillRemembered`. */
  readonly deviceRemembered: boolean;
  /** A reset happened after which enrolling needs the one-time enrolment code (B57). */
  readonly enrolmentCodeNeeded: boolean;
  /** The last backup code was used up as the only method, and no factor was enrolled since (B42). */
  readonly mustEnrolAfterLastBackup: boolean;
}

export type LoginNeed = { readonly next: LoginState } | { readonly next: 'refused'; readonly reason: LoginRefusal };

/**
 * `sso-only`: an ordinary SSO user has no native login (B36). `native-only`: a token was shown for a user who does not sign in by
 * SSO, which would bypass MFA (*ours*). `mfa-not-in-edition`: MFA cannot be on in a classic account (B30), so nobody gets in.
 */
export type LoginRefusal = 'sso-only' | 'native-only' | 'mfa-not-in-edition';

export function decideLogin(question: LoginQuestion): LoginNeed {
  const { edition, mfaRequired, signIn, method, isAdmin } = question;
  if (method === 'sso') return signIn === 'sso' ? { next: 'done' } : { next: 'refused', reason: 'native-only' };
  if (signIn === 'sso' && !isAdmin) return { next: 'refused', reason: 'sso-only' };
  if (!mfaRequired) return { next: 'done' };
  if (edition !== 'x-series') return { next: 'refused', reason: 'mfa-not-in-edition' };
  return needOfNativeLogin(question);
}

/**
 * A device is remembered *instead of being asked* for a method (B38). If no method is left to ask for, the device does not count,
 * and if the user owes a real factor (B42), it does not put that off.
 */
function needOfNativeLogin(question: LoginQuestion): LoginNeed {
  const { factors, backupCodesLeft, deviceRemembered, enrolmentCodeNeeded, mustEnrolAfterLastBackup } = question;
  const hasFactor = factors.length > 0;
  if (!hasFactor && backupCodesLeft === 0)
    return { next: enrolmentCodeNeeded ? 'enrolment-code-needed' : 'enrolment-needed' };
  const owesFactor = mustEnrolAfterLastBackup && !hasFactor;
  return { next: deviceRemembered && !owesFactor ? 'done' : 'factor-needed' };
}

/**
 * What is left to do after a factor or backup code was accepted. The figures are those *after* its use: if the last backup code
 * was the only method, this login passes, but must enrol a real factor before anything else (B42).
 */
export function afterFactor(
  left: Pick<LoginQuestion, 'factors' | 'backupCodesLeft' | 'mustEnrolAfterLastBackup'>,
): 'done' | 'enrolment-needed' {
  const owesFactor = left.backupCodesLeft === 0 || left.mustEnrolAfterLastBackup;
  return left.factors.length === 0 && owesFactor ? 'enrolment-needed' : 'done';
}

/**
 * True until `rememberDays` (limits.device) have passed since the device was remembered; using it does not extend them (B38).
 * `now` must be a trusted time (rules/throttle). A device from the future means that a clock was moved, so the user is asked
 * again.
 */
export function deviceStillRemembered(createdAt: number, now: number, rememberDays: number): boolean {
  const age = now - createdAt;
  return age >= 0 && age < days(rememberDays);
}

/** `passphrase-heard`: an operator knows the passphrase (B85). `no-backup-codes`: advice to get them. `only-backup-codes`: a warning at every login. */
export type LoginWarning = 'passphrase-heard' | 'no-backup-codes' | 'only-backup-codes';

/** For a native login that is done, with the figures after it (B41). Without MFA there is nothing to warn of. */
export function loginWarnings(
  login: Pick<LoginQuestion, 'mfaRequired' | 'method' | 'factors' | 'backupCodesLeft'>,
): readonly LoginWarning[] {
  if (!login.mfaRequired || login.method === 'sso') return [];
  if (login.backupCodesLeft === 0) return ['no-backup-codes'];
  return login.factors.length === 0 ? ['only-backup-codes'] : [];
}
