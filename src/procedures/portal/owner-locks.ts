/**
 * The customers' locks by name (B78): what each asks of the login, of the role in the company, and of proofs given recently. Only
 * act-as-owner.ts judges by them, inside the transaction that acts. A front end calls `proofsToGive` to learn what it must ask
 * for first.
 */
import type { Desk } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import { customerRule, hasAdminStatus, hasPassphrase } from '../../rules/customer-roles.js';
import type { LoginState } from '../../rules/mfa-login.js';
import { isHeld } from '../../rules/power-hold.js';
import { firstMethod } from '../codes/methods.js';
import { type Owner, type PortalLogin, requireState } from './customer-login.js';
import { type MissingProof, missingProofs, type OwnerProof, refusalOfProof } from './owner-proof.js';

/**
 * `login`: not ended, and in one of the named states. `owner`: finished, as for all that follow. `owner:methods`: more than a
 * remembered device. `owner:fresh`: a recent password, and with MFA a factor. `passphrase:…`: for users whose role has one (B17).
 * `company:…`: admin status (B04), or a role that assigns privileges (B16); for what has an effect on others, one that does not wait (B84).
 */
export type OwnerLock =
  | 'login'
  | 'owner'
  | 'owner:methods'
  | 'owner:fresh'
  | 'passphrase:set'
  | 'passphrase:view'
  | 'company:people'
  | 'company:mfa'
  | 'company:resets'
  | 'company:objections'
  | 'company:scopes'
  | 'company:assigning'
  | 'company:hand-over';

export interface OwnerDoor<L extends OwnerLock = OwnerLock> {
  readonly lock: L;
  /** Only `done` if it is left out. */
  readonly states?: readonly LoginState[];
  /** Queued messages are sent at the end of the run. */
  readonly sendLater?: boolean;
}

/** Who in the company may, and what everybody else reads. */
interface Role {
  readonly may: (desk: Desk, owner: Owner) => boolean;
  readonly refused: () => Refusal;
}

interface Demands {
  readonly role?: Role;
  /** It acts on others, so new power waits (rules/power-hold). */
  readonly onOthers?: true;
  readonly proof?: OwnerProof;
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

const LOCKS: Readonly<Record<OwnerLock, Demands>> = {
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
  'company:objections': {
    role: admin(() => refusal('forbidden', 'admins-object', {}, 'ask-admin-or-desk')),
  },
  'company:scopes': { role: assigner },
  'company:assigning': { role: assigner, onOthers: true },
  'company:hand-over': { role: assigner, proof: 'fresh', onOthers: true },
};

/** Refusals: factor-needed, enrolment-needed, usage (state); forbidden (role); not-signed-in, factor-needed (proof). `now` is trusted. */
export function judgeOwner(desk: Desk, login: PortalLogin, door: OwnerDoor, now: number): void {
  const [missing] = proofsToGive(desk, login, door, now);
  if (missing !== undefined) throw refusalOfProof(desk, login, missing);
}

/**
 * What must still be proven before this door opens: a front end asks for it. Only a new login can give a missing factor.
 * Refusals: those of state and role, which no proof can change.
 */
export function proofsToGive(
  desk: Desk,
  login: PortalLogin,
  { lock, states = ['done'] }: OwnerDoor,
  now: number,
): readonly MissingProof[] {
  requireState(login, states);
  const { role, proof, onOthers } = LOCKS[lock];
  if (role?.may(desk, login) === false) throw role.refused();
  const { powerHeldUntil: until } = login.user;
  if (onOthers === true && until !== null && isHeld(login.user, now)) {
    throw refusal('forbidden', 'power-held', { until }, 'other-admin-or-wait');
  }
  return proof === undefined ? [] : missingProofs(desk, login, proof, now);
}

/** True if a login by a remembered device would open this door. */
export const deviceWillDo = ({ lock }: OwnerDoor): boolean => [undefined, 'password'].includes(LOCKS[lock].proof);
