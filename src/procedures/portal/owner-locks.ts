/**
 * The customers' locks by name (B78): what each asks of the login, of the role in the company, and of proofs given recently. Only
 * act-as-owner.ts judges by them, inside the transaction that acts. A front end calls `proofsToGive` to learn what it must ask
 * for first.
 */
import type { Desk } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { customerRule, hasAdminStatus, hasPassphrase } from '../../rules/customer-roles.js';
import type { LoginState } from '../../rules/mfa-login.js';
import { type Owner, type PortalLogin, requireState } from './customer-login.js';
import { type MissingProof, missingProofs, type OwnerProof, refusalOfProof } from './owner-proof.js';

/**
 * `login`: not ended, and in one of the named states. `owner`: finished, as for all that follow. `owner:methods`: more than a
 * remembered device. `owner:fresh`: a recent password, and with MFA a factor. `passphrase:…`: for users whose role has one (B17).
 * `company:…`: admin status (B04), or a role that assigns privileges (B16).
 */
export type OwnerLock =
  | 'login'
  | 'owner'
  | 'owner:methods'
  | 'owner:fresh'
  | 'passphrase:set'
  | 'passphrase:view'
  | 'company:mfa'
  | 'company:resets'
  | 'company:objections'
  | 'company:scopes';

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
  readonly message: string;
  readonly hint: string;
}

interface Demands {
  readonly role?: Role;
  readonly proof?: OwnerProof;
}

const admin = (message: string, hint: string): Role => ({
  may: ({ policy }, { account, user }) => hasAdminStatus(policy, account, user),
  message,
  hint,
});

const holder: Role = {
  may: ({ policy }, { account, user }) => hasPassphrase(policy, account, user),
  message: 'a plain user has no passphrase',
  hint: 'Admins have one: only they make protected requests.',
};

const assigner: Role = {
  may: ({ policy }, { account, user }) => customerRule(policy, account.edition, user.role)?.assignsScopes === true,
  message: 'only an admin who assigns privileges sees and changes the team',
  hint: 'Ask the primary admin of your company.',
};

const LOCKS: Readonly<Record<OwnerLock, Demands>> = {
  login: {},
  owner: {},
  'owner:methods': { proof: 'methods' },
  'owner:fresh': { proof: 'fresh' },
  'passphrase:set': { role: holder, proof: 'fresh' },
  'passphrase:view': { role: holder, proof: 'view' },
  'company:mfa': {
    role: admin(
      'only an admin of your company may require multi-factor authentication',
      'Ask an admin. You can set up a method for yourself: countersign portal mfa add totp',
    ),
    proof: 'methods',
  },
  'company:resets': {
    role: admin('only an admin of the account resets users', 'Ask an admin of your company.'),
    proof: 'password',
  },
  'company:objections': {
    role: admin(
      'only an admin of the account objects to a reset',
      'Ask an admin of your company, or call your support desk.',
    ),
  },
  'company:scopes': { role: assigner },
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
  const { role, proof } = LOCKS[lock];
  if (role?.may(desk, login) === false) throw new Refusal('forbidden', role.message, { hint: role.hint });
  return proof === undefined ? [] : missingProofs(desk, login, proof, now);
}

/** True if a login by a remembered device would open this door. */
export const deviceWillDo = ({ lock }: OwnerDoor): boolean => [undefined, 'password'].includes(LOCKS[lock].proof);
