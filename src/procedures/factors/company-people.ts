/** The people of a company, with their sign-in methods and what is pending, as an admin of it sees them (Admin Console, Users). */
import type { Desk } from '../../desk.js';
import { refusal } from '../../errors.js';
import { foldKey } from '../../rules/directory-keys.js';
import { type MfaStatus, mfaStatus } from '../codes/mfa-status.js';
import { askOwner } from '../portal/act-as-owner.js';
import type { PortalLogin } from '../portal/customer-login.js';

export interface PeopleWanted {
  /** Part of a login, a name or an e-mail address; empty for everyone. */
  readonly search: string;
  /** Only those who could not answer a sign-in: no method is set up, and no backup code is left. */
  readonly notEnrolled: boolean;
  /** How many to leave out, by login. */
  readonly from: number;
  readonly most: number;
}

/** `count` is of all who match. Refusal `forbidden` for a user who is no admin. */
export async function companyPeople(
  desk: Desk,
  login: PortalLogin,
  { search, notEnrolled, from, most }: PeopleWanted,
): Promise<{ readonly count: number; readonly people: readonly MfaStatus[] }> {
  await askOwner(desk, login, { lock: 'company:people' });
  const { account } = login;
  const wanted = foldKey(search);
  const named = (await desk.store.read.users.ofAccount(account.id)).filter((user) =>
    [user.login, user.name, user.email].some((text) => foldKey(text).includes(wanted)),
  );
  const statusOf = (users: typeof named) => Promise.all(users.map((user) => mfaStatus(desk, account, user)));
  if (!notEnrolled) return { count: named.length, people: await statusOf(named.slice(from, from + most)) };
  const without = (await statusOf(named)).filter(
    ({ factors, backupCodesLeft }) => backupCodesLeft === 0 && factors.every(({ state }) => state !== 'active'),
  );
  return { count: without.length, people: without.slice(from, from + most) };
}

/** The named ones, in the order of their names. Refusals: as above; not-found for an id that is nobody's of this company. */
export async function companyUsers(desk: Desk, login: PortalLogin, ids: readonly string[]) {
  await askOwner(desk, login, { lock: 'company:people' });
  const users = await desk.store.read.users.byIds(ids);
  const own = users.filter((user) => user.accountId === login.account.id);
  if (own.length < new Set(ids).size) throw refusal('not-found', 'users-of-others', {});
  return own.toSorted((a, b) => (a.login < b.login ? -1 : 1));
}
