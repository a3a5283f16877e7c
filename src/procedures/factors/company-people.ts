/** The people of a company, with their sign-in methods and what is pending, as an admin of it sees them (Admin Console, Users). */
import type { Desk } from '../../desk.js';
import { refusal } from '../../errors.js';
import { hasAdminStatus } from '../../rules/customer-roles.js';
import { foldKey } from '../../rules/directory-keys.js';
import { chunksOf } from '../../rules/lists.js';
import type { User } from '../../rules/people.js';
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

/** `count` is of all who match; `people` as `seen` says. Refusal `forbidden` for a user who is no admin. */
export async function companyPeople(desk: Desk, login: PortalLogin, { search, notEnrolled, from, most }: PeopleWanted) {
  await askOwner(desk, login, { lock: 'company:people' });
  const wanted = foldKey(search);
  const named = (await desk.store.read.users.ofAccount(login.account.id)).filter((user) =>
    [user.login, user.name, user.email].some((text) => foldKey(text).includes(wanted)),
  );
  if (!notEnrolled) return { count: named.length, people: await seen(desk, named.slice(from, from + most)) };
  const without = (await seen(desk, named)).filter((one) => one.backupCodesLeft === 0 && one.kinds.length === 0);
  return { count: without.length, people: without.slice(from, from + most) };
}

/** `kinds`: of the methods in use; `pending`: a mailed code is owed, also one that has expired. A company may have thousands of people. */
async function seen({ store: { read } }: Desk, users: readonly User[]) {
  const parts = chunksOf(users).map(async (some) => {
    const ids = some.map(({ id }) => id);
    const active = await read.factors.activeOf(ids);
    const signedIn = await read.users.lastSignIns(ids);
    const facts = new Map((await read.resets.facts(ids, 0)).map((one) => [one.userId, one]));
    return some.map((user) => {
      const { backupCodes = 0, open = null, codeLive = false } = facts.get(user.id) ?? {};
      const own = active.filter((row) => row.user_id === user.id).map(({ kind }) => kind);
      return {
        user,
        kinds: own.toSorted(),
        backupCodesLeft: backupCodes,
        pending: open !== null || codeLive,
        signedInAt: signedIn.get(user.id) ?? null,
      };
    });
  });
  return (await Promise.all(parts)).flat();
}

/** Who rules the company, by login. Refusal: as above. */
export async function companyAdmins(desk: Desk, login: PortalLogin): Promise<readonly User[]> {
  await askOwner(desk, login, { lock: 'company:people' });
  const users = await desk.store.read.users.ofAccount(login.account.id);
  return users.filter((user) => user.disabledAt === null && hasAdminStatus(desk.policy, login.account, user));
}

/** The named ones, in the order of their names. Refusals: as above; not-found for an id that is nobody's of this company. */
export async function companyUsers(desk: Desk, login: PortalLogin, ids: readonly string[]) {
  await askOwner(desk, login, { lock: 'company:people' });
  const users = await desk.store.read.users.byIds(ids);
  const own = users.filter((user) => user.accountId === login.account.id);
  if (own.length < new Set(ids).size) throw refusal('not-found', 'users-of-others', {});
  return own.toSorted((a, b) => (a.login < b.login ? -1 : 1));
}
