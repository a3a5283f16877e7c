/** What users see of themselves in the portal (My Profile): facts about their secrets, never the secrets. */
import type { Desk } from '../../desk.js';
import { hasAdminStatus, hasPassphrase } from '../../rules/customer-roles.js';
import { askOwner } from './act-as-owner.js';
import type { Owner, PortalLogin } from './customer-login.js';
import { keepsOwnerCopies } from './owner-copy.js';

export interface Profile {
  /** `everything`, or the scopes held. */
  readonly privileges: 'everything' | readonly string[];
  readonly passphrase: ProfilePassphrase;
  /** When the application password was last set, ms; null if there is none (single sign-on). */
  readonly passwordChangedAt: number | null;
}

export interface ProfilePassphrase {
  /** `no-use`: a plain user makes no protected requests. `desk`: set on the set-up call. */
  readonly state: 'no-use' | 'none' | 'owner' | 'desk';
  readonly setAt: number | null;
  /** `portal passphrase show` can show it. */
  readonly readable: boolean;
}

/** Refusals: not-signed-in, factor-needed, enrolment-needed. */
export async function readProfile(desk: Desk, login: PortalLogin): Promise<Profile> {
  await askOwner(desk, login, { lock: 'owner' });
  const { account, user } = login;
  const password = await desk.store.read.secrets.applicationPassword(user.id);
  return {
    privileges: hasAdminStatus(desk.policy, account, user) ? 'everything' : user.scopes,
    passphrase: await passphraseOf(desk, login),
    passwordChangedAt: password?.changed_at ?? null,
  };
}

export async function passphraseOf(desk: Desk, { account, user }: Owner): Promise<ProfilePassphrase> {
  if (!hasPassphrase(desk.policy, account, user)) return { state: 'no-use', setAt: null, readable: false };
  const row = await desk.store.read.secrets.passphrase(user.id);
  if (row?.verifier == null) return { state: 'none', setAt: null, readable: false };
  const readable = keepsOwnerCopies(desk) && row.owner_copy !== null;
  return { state: row.set_by === 'desk' ? 'desk' : 'owner', setAt: row.set_at, readable };
}
