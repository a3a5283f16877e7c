/** Finds an account by number, id or unique name, and a user by login, id, unique e-mail or `account/login`. */
import type { Desk } from '../../desk.js';
import { type ErrorCode, isRefusal, type Refusal, refusal } from '../../errors.js';
import { foldKey } from '../../rules/directory-keys.js';
import type { Account, User } from '../../rules/people.js';
import { sharedBy } from './directory-rows-of-store.js';

/** What is found; undefined where it is refused with one of these codes. */
export async function unlessRefused<T>(codes: readonly ErrorCode[], find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    if (isRefusal(error) && codes.includes(error.code)) return undefined;
    throw error;
  }
}

/** Refusal `not-found`, or `ambiguous` with the candidates' ids. */
export async function findAccount(desk: Desk, reference: string): Promise<Account> {
  const { accounts } = desk.store.read;
  const key = foldKey(reference);
  const exact =
    (reference.startsWith('acc_') ? await accounts.byId(reference) : undefined) ?? (await accounts.byNumber(key));
  if (exact !== undefined) return exact;
  const named = await accounts.byName(key);
  const [only] = named;
  if (only !== undefined && named.length === 1) return only;
  if (named.length > 1) {
    throw refusal('ambiguous', 'account-ambiguous', { count: named.length, name: reference }, 'name-by-number', {
      problems: named.map((account) => ({ message: `${account.id}  number ${account.number}  ${account.name}` })),
      also: { candidates: named.map(({ id, number, name }) => ({ id, number, name })) },
    });
  }
  throw refusal('not-found', 'account-unknown', { reference }, 'search-accounts');
}

/**
 * A user of one account. `reference` is a login, an id or a unique e-mail, or `account/login` if no account is given. A user of
 * another account is not found, whatever the reference (B05). What is the login of one and the e-mail of another names neither (B09).
 */
export async function findUser(desk: Desk, reference: string, account?: Account) {
  const { users, accounts } = desk.store.read;
  if (account === undefined) {
    if (reference.startsWith('usr_')) {
      const user = await users.byId(reference);
      const home = user && (await accounts.byId(user.accountId));
      if (user !== undefined && home !== undefined) return { user, account: home };
    }
    const slash = reference.indexOf('/');
    if (slash > 0)
      return findUser(desk, reference.slice(slash + 1), await findAccount(desk, reference.slice(0, slash)));
    throw reference.startsWith('usr_')
      ? notFound(reference)
      : refusal('missing-option', 'account-missing', { reference }, 'give-account');
  }
  const byId = reference.startsWith('usr_') ? await users.byId(reference) : undefined;
  if (byId?.accountId === account.id) return { user: byId, account };
  const login = reference.startsWith(`${account.number}/`) ? reference.slice(account.number.length + 1) : reference;
  const named = await users.byLogin(account.id, foldKey(login));
  const reached = await users.byEmail(account.id, foldKey(login));
  const others = reached.filter((user) => user.id !== named?.id);
  return { user: onlyOne(named === undefined ? others : [named, ...others], reference, account), account };
}

function onlyOne(found: readonly User[], reference: string, account: Account): User {
  const [only] = found;
  if (only === undefined) throw notFound(reference, account);
  if (found.length === 1) return only;
  const facts = { count: found.length, account: account.name, email: reference };
  throw refusal('ambiguous', 'user-ambiguous', facts, 'name-by-login', {
    problems: found.map((user) => ({ message: `${user.id}  login ${user.login}  ${user.name}` })),
    also: { candidates: found.map(({ id, login, name }) => ({ id, login, name })) },
  });
}

const notFound = (reference: string, account?: Account): Refusal =>
  account === undefined
    ? refusal('not-found', 'user-unknown', { reference }, 'search-users')
    : refusal('not-found', 'user-unknown-in', { reference, number: account.number }, 'search-users');

/** How many other logins anywhere have the same e-mail or phone (B09). */
export async function sharedContacts(desk: Desk, user: User): Promise<number> {
  return desk.store.read.users.countSharing(sharedBy(user));
}
