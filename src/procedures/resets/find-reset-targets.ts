/**
 * Finds the users of a list, a few hundred at a time (B51): by id, by account and login, by account and e-mail. An
 * ambiguous line, or one whose columns name two people, resets nobody (B09, B90).
 */
import type { Desk } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { hasAdminStatus } from '../../rules/customer-roles.js';
import { externalAt } from '../../rules/directory-fields.js';
import { foldKey } from '../../rules/directory-keys.js';
import { byId, chunksOf, grouped, inChunks } from '../../rules/lists.js';
import type { Account, User } from '../../rules/people.js';
import type { FoundRow, FoundUser } from '../../rules/reset-plan.js';
import { findAccount } from '../directory/find-account.js';
import { hear } from '../pause.js';

/** One line as it was written; missing values are empty. */
export interface WrittenRow {
  readonly line: number;
  /** Id of a user. */
  readonly user: string;
  readonly account: string;
  /** Login, or a unique e-mail in its place. */
  readonly login: string;
  readonly email: string;
}

export async function findResetTargets(desk: Desk, rows: readonly WrittenRow[], signal?: AbortSignal) {
  const accounts = await lookUpAccounts(desk, rows);
  return inChunks(rows, (some) => hear(signal).then(() => lookUpBatch(desk, accounts, some)));
}

type Accounts = ReadonlyMap<string, Account | 'nobody' | 'several'>;

/** Every account that the list names, by the text that names it. */
async function lookUpAccounts(desk: Desk, rows: readonly WrittenRow[]): Promise<Accounts> {
  const written = [...new Set(rows.map((row) => row.account))].filter((text) => text !== '');
  const known = new Map<string, Account | 'nobody' | 'several'>();
  for (const batch of chunksOf(written)) {
    const stored = await desk.store.read.accounts.byNumbers(batch.map(foldKey));
    const byNumber = new Map(stored.map((account) => [foldKey(account.number), account]));
    for (const text of batch) known.set(text, byNumber.get(foldKey(text)) ?? (await byOtherName(desk, text)));
  }
  return known;
}

async function byOtherName(desk: Desk, text: string): Promise<Account | 'nobody' | 'several'> {
  try {
    return await findAccount(desk, text);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'ambiguous') return 'several';
    if (error instanceof Refusal && error.code === 'not-found') return 'nobody';
    throw error;
  }
}

async function lookUpBatch(desk: Desk, accounts: Accounts, rows: readonly WrittenRow[]): Promise<readonly FoundRow[]> {
  const { users } = desk.store.read;
  const accountOf = (row: WrittenRow) => accounts.get(row.account);
  const pairs = (pick: (row: WrittenRow) => string) =>
    rows.flatMap((row) => {
      const account = accountOf(row);
      const key = foldKey(row.user === '' ? pick(row) : '');
      return typeof account === 'object' && key !== '' ? [{ accountId: account.id, loginKey: key, emailKey: key }] : [];
    });
  const logins = pairs((row) => row.login);
  const emails = [...pairs((row) => row.email), ...pairs((row) => (row.login.includes('@') ? row.login : ''))];
  const ids = rows.map((row) => row.user).filter((id) => id !== '');
  const named = byId(await users.byIds(ids));
  const homes = [...new Set([...named.values()].map((user) => user.accountId))];
  const home = byId(await desk.store.read.accounts.byIds(homes));
  const byLogin = grouped(await users.byLoginPairs(logins), (user) => keyOf(user.accountId, user.login));
  const byEmail = grouped(await users.byEmailPairs(emails), (user) => keyOf(user.accountId, user.email));
  const find = (row: WrittenRow): FoundRow['found'] => {
    const account = accountOf(row);
    if (row.user !== '') {
      const user = named.get(row.user);
      const own = user && home.get(user.accountId);
      const elsewhere = row.account !== '' && (typeof account !== 'object' || account.id !== own?.id);
      if (user === undefined || own === undefined || elsewhere) return 'nobody';
      return agrees(row, user) ? toFound(desk, user, own) : 'several';
    }
    if (account === undefined || typeof account === 'string') return account ?? 'nobody';
    const reached = (text: string) => byEmail.get(keyOf(account.id, text)) ?? [];
    const owners = byLogin.get(keyOf(account.id, row.login)) ?? [];
    const others = reached(row.login || row.email).filter(({ id }) => id !== owners[0]?.id);
    const meant = [...owners, ...others];
    const [only] = meant;
    if (only === undefined) return reached(row.email).length === 0 ? 'nobody' : 'several';
    return meant.length > 1 || !agrees(row, only) ? 'several' : toFound(desk, only, account);
  };
  return rows.map((row) => ({
    line: row.line,
    account: row.account,
    login: row.login || row.email || row.user,
    ...asWritten(row),
    found: find(row),
  }));
}

const asWritten = ({ user, account, login, email }: WrittenRow) =>
  [user, login, email].filter((text) => text !== '').length < 2 ? {} : { written: [user, account, login, email] };

/** Every column that is filled names this user. One column that was sorted alone would otherwise reset colleagues (M9). */
function agrees({ login, email }: WrittenRow, user: User): boolean {
  const says = (text: string, ...names: readonly string[]) => text === '' || names.map(foldKey).includes(foldKey(text));
  return says(login, user.login, user.email) && says(email, user.email);
}

export const toFound = (desk: Desk, user: User, account: Account): FoundUser => ({
  id: user.id,
  login: user.login,
  account: account.number,
  admin: hasAdminStatus(desk.policy, account, user),
  sso: user.signIn === 'sso',
  connector: account.connector,
  external: externalAt(account.connector, user),
});

const keyOf = (accountId: string, text: string): string => `${accountId} ${foldKey(text)}`;
