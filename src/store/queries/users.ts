/** Logins inside accounts. Reads return the rules' `User` type; the caller folds comparison keys. */
import { type ExpressionBuilder, sql } from 'kysely';
import type { CustomerRole, User } from '../../rules/people.js';
import { again, countOf, inParts, insertingAll, updating } from '../guard/statements.js';
import type { Database, Db, NewRow, RowPatch, TableRow, Tx } from '../schema/directory.js';
import { isChanged, thereAt, userAsChanged } from './imports.js';
import { contactReads } from './user-contacts.js';
import { all, contactsOf, inPairs, seen, toContacts, toUser, type UserContacts, usersOf } from './user-rows.js';

async function userBy(db: Db, id: string): Promise<TableRow<'users'> | undefined> {
  const [row] = await again(db, 'user by id', [id], () => all(db).where('id', '=', id));
  return row && userAsChanged(row);
}

/** With all columns of a user they stay below both engines' limits of bound values. */
const PATCHED_AT_ONCE = 250;

export const userReads = (db: Db) => ({
  ...contactReads(db),
  byIds: async (ids: readonly string[]) => (ids.length === 0 ? [] : usersOf(all(db).where('id', 'in', ids))),
  /** When each last signed in, ms; without those who never did. Not tagged: to be shown, and nothing more. */
  async lastSignIns(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (ids.length === 0) return new Map();
    const signed = db.selectFrom('users').select(['id', 'signed_in_at as at']).where('id', 'in', ids);
    const rows = await signed.where('signed_in_at', 'is not', null).execute();
    return new Map(rows.map(({ id, at }) => [id, Number(at)]));
  },
  async byId(id: string): Promise<User | undefined> {
    const row = await userBy(db, id);
    return row && toUser(row);
  },
  async byLogin(accountId: string, loginKey: string): Promise<User | undefined> {
    const [row] = await again(db, 'user by login', [accountId, loginKey], () =>
      all(db).where('account_id', '=', accountId).where('login_key', '=', loginKey),
    );
    return row && toUser(userAsChanged(row));
  },
  /** The contacts of many users at once, for notices and enrolment codes. */
  contacts: async (ids: readonly string[]) => (ids.length === 0 ? [] : contactsOf(all(db).where('id', 'in', ids))),
  /** Everybody in one of the accounts with one of the roles, disabled logins too, with all contacts. */
  holders: async (accountIds: readonly string[], roles: readonly CustomerRole[]) =>
    accountIds.length === 0
      ? []
      : contactsOf(
          all(db)
            .where('account_id', 'in', accountIds)
            .where('role', 'in', roles)
            // Computed: SQLite would rather read a whole company in this order than sort its few admins.
            .orderBy(sql`account_id || ' ' || login_key`),
        ),
  /** The logins that exist among these pairs, by the unique index in one statement. */
  byLoginPairs: async (pairs: readonly { readonly accountId: string; readonly loginKey: string }[]) =>
    pairs.length === 0 ? [] : usersOf(all(db).where(inPairs('login_key', pairs, ({ loginKey }) => loginKey))),
  ofAccount: async (accountId: string) => usersOf(all(db).where('account_id', '=', accountId).orderBy('login_key')),
  /** The next logins of an account. */
  afterLogin: async (accountId: string, loginKey: string, limit: number) =>
    usersOf(
      all(db).where('account_id', '=', accountId).where('login_key', '>', loginKey).orderBy('login_key').limit(limit),
    ),
  /** The next logins of the accounts after this number, by number and login. */
  afterAccount: async (numberKey: string, limit: number) =>
    usersOf(
      seen(db)
        .innerJoin('accounts', 'accounts.id', 'users.account_id')
        .selectAll('users')
        .select(thereAt('users'))
        .where('accounts.number_key', '>', numberKey)
        .orderBy('accounts.number_key')
        .orderBy('users.login_key')
        .limit(limit),
    ),
  /** Counts the logins of an account by role, sign-in and state. */
  async tally(accountId: string) {
    const disabled = sql<number>`case when disabled_at is null then 0 else 1 end`;
    return seen(db)
      .select((e) => ['role', 'sign_in as signIn', disabled.as('disabled'), e.fn.countAll<number>().as('n')])
      .where('account_id', '=', accountId)
      .groupBy(['role', 'sign_in', disabled])
      .execute();
  },
  /** How many have a phone number, and of how many it could not be read. */
  async countPhones(): Promise<{ readonly all: number; readonly unread: number }> {
    return seen(db)
      .select([sql<number>`count(phone)`.as('all'), sql<number>`count(phone) - count(phone_e164)`.as('unread')])
      .where('phone', '<>', '')
      .executeTakeFirstOrThrow();
  },
  /** How many have had another e-mail or phone since then. */
  async countMoved(since: number): Promise<number> {
    const moved = seen(db).where('contact_changed_at', '>', since);
    return countOf(moved.whereRef('contact_changed_at', '!=', 'created_at'));
  },
  /** People whom a settled import changes, before that is written into their rows: those of one import, or those among these. */
  async changed(which: { readonly import: string; readonly limit: number } | { readonly ids: readonly string[] }) {
    if ('ids' in which && which.ids.length === 0) return [];
    const waiting = all(db).where(isChanged('users'));
    const rows = await ('ids' in which
      ? waiting.where('users.id', 'in', which.ids)
      : waiting.where('staged_in', '=', which.import).limit(which.limit)
    ).execute();
    return rows.map((row) => ({ before: toUser(row), after: toUser(userAsChanged(row)), import: row.staged_in ?? '' }));
  },
  /** When the login was created, ms. */
  createdAt: async (id: string) => (await userBy(db, id))?.created_at,
  /** Of one account, or of all. */
  count: async (accountId?: string) =>
    countOf(accountId === undefined ? seen(db) : seen(db).where('account_id', '=', accountId)),
});

export const userWrites = (tx: Tx) => ({
  insert: insertingAll(tx, 'users'),
  update: updating(tx, 'users'),
  /** Changes many people, each in its own way, with a few statements. `patchOf` is given each as the columns say. */
  async patch(ids: readonly string[], patchOf: (person: UserContacts) => RowPatch<'users'>): Promise<void> {
    for (const some of inParts(ids, PATCHED_AT_ONCE)) {
      const found = await seen(tx).selectAll().where('id', 'in', some).execute();
      const rows = found.map((row) => ({ ...row, ...patchOf(toContacts(row)) }));
      const columns = Object.keys(rows[0] ?? {}).filter((column) => column !== 'id') as (keyof NewRow<'users'>)[];
      if (columns.length === 0) continue;
      const changed = (e: ExpressionBuilder<{ excluded: Database['users'] }, 'excluded'>) =>
        Object.fromEntries(columns.map((column) => [column, e.ref(`excluded.${column}`)]));
      const rowsIn = tx.insertInto('users').values(rows as NewRow<'users'>[]);
      await rowsIn.onConflict((on) => on.column('id').doUpdateSet((e) => changed(e as never))).execute();
    }
  },
  /** Makes every grant of the older version invalid (B08). */
  async bumpAuthority(id: string): Promise<void> {
    await tx.updateTable('users').set({ authority_version: sql`authority_version + 1` }).where('id', '=', id).execute();
  },
});
