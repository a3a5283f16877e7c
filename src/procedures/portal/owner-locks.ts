/**
 * The customers' locks by name (B78): what each asks of the login, of the role in the company, and of proofs given recently. Only
 * act-as-owner.ts judges by them, inside the transaction that acts. A missing proof is named, so that a front end can ask for it first
 * (`proofsToGive`), and the lock refuses by the same answer.
 */
import type { Desk } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import { customerRule, hasAdminStatus, hasPassphrase } from '../../rules/customer-roles.js';
import { minutes } from '../../rules/duration.js';
import { gaveFactor, type LoginState } from '../../rules/mfa-login.js';
import type { Owner } from '../../rules/people.js';
import { isHeld } from '../../rules/power-hold.js';
import { firstMethod } from '../codes/methods.js';
import { type PortalLogin, requireState, whoOf } from './customer-login.js';

/**
 * `login`: not ended, and in one of the named states. `owner`: finished, as for all that follow. `owner:methods`: more than a
 * remembered device. `owner:fresh`: a recent password, and with MFA a factor. `passphrase:…`: for users whose role has one (B17).
 * `company:…`: admin status (B04), or a role that assigns privileges (B16); for what has an effect on others, one that does not wait (B84).
 */
export type OwnerLock = keyof typeof LOCKS;

export interface OwnerDoor<L extends OwnerLock = OwnerLock> {
  readonly lock: L;
  /** Only `done` if it is left out. */
  readonly states?: readonly LoginState[];
  /** Queued messages are sent at the end of the run. */
  readonly sendLater?: boolean;
}

/**
 * `fresh`: the application password (or single sign-on, for users who sign in so) within the last minutes and, with MFA on, a factor in this
 * login; a remembered device does not count, because it was chosen instead of being asked (B38). `view`: both within these minutes.
 * `methods`: the login was by more than a remembered device. Such a login gave no factor and must not set one up: with a new method, or
 * backup codes, the next login would ask for nothing that the owner has (B38, B40, B41).
 */
type Proof = 'fresh' | 'view' | 'methods';

type MissingProof = 'password' | 'factor' | 'factor-lately' | 'more-than-device';

/** Who in the company may, and what everybody else reads. */
interface Role {
  readonly may: (desk: Desk, owner: Owner) => boolean;
  readonly refused: () => Refusal;
}

interface Demands {
  readonly role?: Role;
  /** It acts on others, so new power waits (rules/power-hold). */
  readonly onOthers?: true;
  readonly proof?: Proof;
}

const admin = (refused: () => Refusal): Role => ({
  may: ({ policy }, { account, user }) => hasAdminStatus(policy, account, user),
  refused,
});

const holder: Role = {
  may: ({ policy }, { account, user }) => hasPassphrase(policy, account, user),
  refused: () => refusal('forbidden', 'plain-user-no-passphrase', {}, 'admins-have-one'),
};

const assigner: Role = {
  may: ({ policy }, { account, user }) => customerRule(policy, account.edition, user.role)?.assignsScopes === true,
  refused: () => refusal('forbidden', 'admins-assign', {}, 'ask-primary-admin'),
};

const LOCKS = {
  login: {},
  owner: {},
  'owner:methods': { proof: 'methods' },
  'owner:fresh': { proof: 'fresh' },
  'passphrase:set': { role: holder, proof: 'fresh' },
  'passphrase:view': { role: holder, proof: 'view' },
  'company:people': { role: admin(() => refusal('forbidden', 'admins-reset', {}, 'ask-admin')) },
  'company:mfa': {
    role: admin(() => refusal('forbidden', 'admins-require-mfa', { kind: firstMethod }, 'ask-admin-set-up-own')),
    proof: 'methods',
    onOthers: true,
  },
  'company:resets': {
    role: admin(() => refusal('forbidden', 'admins-reset', {}, 'ask-admin')),
    proof: 'fresh',
    onOthers: true,
  },
  'company:objections': { role: admin(() => refusal('forbidden', 'admins-object', {}, 'ask-admin-or-desk')) },
  'company:scopes': { role: assigner },
  'company:assigning': { role: assigner, onOthers: true },
  'company:hand-over': { role: assigner, proof: 'fresh', onOthers: true },
} satisfies Readonly<Record<string, Demands>>;

const demandsOf = (lock: OwnerLock): Demands => LOCKS[lock];

/** Refusals: factor-needed, enrolment-needed, usage (state); forbidden (role); not-signed-in, factor-needed (proof). `now` is trusted. */
export function judgeOwner(desk: Desk, login: PortalLogin, door: OwnerDoor, now: number): void {
  const [missing] = proofsToGive(desk, login, door, now);
  if (missing !== undefined) throw refusalOfProof(desk, login, missing);
}

/**
 * What must still be proven before this door opens: a front end asks for it. Only a new login can give a missing factor.
 * Refusals: those of state and role, which no proof can change.
 */
export function proofsToGive(desk: Desk, login: PortalLogin, { lock, states = ['done'] }: OwnerDoor, now: number) {
  requireState(login, states);
  const { role, proof, onOthers } = demandsOf(lock);
  if (role?.may(desk, login) === false) throw role.refused();
  const { powerHeldUntil: until } = login.user;
  if (onOthers === true && until !== null && isHeld(login.user, now))
    throw refusal('forbidden', 'power-held', { until }, 'other-admin-or-wait');
  return proof === undefined ? [] : missingProofs(desk, login, proof, now);
}

/** True if a login by a remembered device would open this door. */
export const deviceWillDo = ({ lock }: OwnerDoor): boolean => demandsOf(lock).proof === undefined;

/** Empty if nothing is missing. `now` is the trusted time, ms. */
function missingProofs(desk: Desk, login: PortalLogin, proof: Proof, now: number): readonly MissingProof[] {
  const { account, session } = login;
  if (proof === 'methods') return session.method === 'password+device' ? ['more-than-device'] : [];
  const span = minutes(desk.policy.limits.portalSession.freshPasswordMinutes);
  const lately = (at: number): boolean => at > 0 && now >= at && now < at + span;
  const missing: MissingProof[] = lately(session.passwordAt) ? [] : ['password'];
  if (account.mfaRequiredAt === null) return missing;
  if (!gaveFactor(session)) return [...missing, 'factor'];
  // The factor was given after the login began, so it is not older than the login.
  return proof === 'view' && !lately(session.openedAt) ? [...missing, 'factor-lately'] : missing;
}

/** not-signed-in for a password that is too old, factor-needed for the rest. */
function refusalOfProof(desk: Desk, owner: Owner, missing: MissingProof): Refusal {
  const lately = { minutes: desk.policy.limits.portalSession.freshPasswordMinutes };
  const refusals = {
    password: refusal('not-signed-in', 'password-needed-lately', lately, 'give-password-again'),
    factor: refusal('factor-needed', 'factor-needed', whoOf(owner), 'sign-in-with-factor'),
    'factor-lately': refusal('factor-needed', 'factor-needed-lately', {}, 'give-password-and-code'),
    'more-than-device': refusal('factor-needed', 'factor-for-methods', whoOf(owner), 'sign-in-without-device'),
  } as const;
  return refusals[missing];
}
