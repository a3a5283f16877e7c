/** Logins inside accounts. Reads return the rules' `User` type; the caller folds comparison keys. */
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { CustomerRole, SignIn, User } from '../../rules/people.js';
import { again, rowOf } from '../guard/statements.js';
import type { Db, Tx, UsersTable } from '../schema/directory.js';

export type NewUser = Insertable<UsersTable>;

export function toUser(row: Selectable<UsersTable>): User {
  return {
    id: row.id,
    accountId: row.account_id,
    login: row.login,
    name: row.name,
    email: row.email,
    phone: row.phone,
    role: row.role as CustomerRole,
    scopes: row.scopes === '' ? [] : row.scopes.split(' '),
    signIn: row.sign_in as SignIn,
    contactChangedAt: row.contact_changed_at,
    disabledAt: row.disabled_at,
    authorityVersion: row.authority_version,
    powerHeldUntil: row.power_held_until,
  };
}

/** A contact that the user had before. Notices of resets go there too for some days (B58). */
export interface FormerContact {
  readonly email: string;
  readonly phone: string;
  /** When it was replaced, ms. */
  readonly replacedAt: number;
}

/** A user with all contacts to which notices go. */
export interface UserContacts {
  readonly user: User;
  readonly createdAt: number;
  readonly formerContacts: readonly FormerContact[];
}

const toContacts = (row: Selectable<UsersTable>): UserContacts => ({
  user: toUser(row),
  createdAt: row.created_at,
  formerContacts: JSON.parse(row.former_contacts) as FormerContact[],
});

export const userReads = (db: Db) => ({
  async byId(id: string): Promise<User | undefined> {
    const row = await rowOf(db, 'users', 'id', id);
    return row && toUser(row);
  },
  async byIds(ids: readonly string[]): Promise<readonly User[]> {
    if (ids.length === 0) return [];
    const rows = await db
      .selectFrom('users')
      .selectAll()
      .where('id', 'in', [...ids])
      .execute();
    return rows.map(toUser);
  },
  async byLogin(accountId: string, loginKey: string): Promise<User | undefined> {
    const [row] = await again(db, 'user by login', [accountId, loginKey], () =>
      db.selectFrom('users').selectAll().where('account_id', '=', accountId).where('login_key', '=', loginKey),
    );
    return row && toUser(row);
  },
  async byLogins(accountId: string, loginKeys: readonly string[]): Promise<readonly User[]> {
    if (loginKeys.length === 0) return [];
    const rows = await db
      .selectFrom('users')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('login_key', 'in', [...loginKeys])
      .execute();
    return rows.map(toUser);
  },
  /** Many logins may have the same e-mail (B09). */
  async byEmail(accountId: string, emailKey: string): Promise<readonly User[]> {
    const rows = await db
      .selectFrom('users')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('email_key', '=', emailKey)
      .orderBy('login_key')
      .limit(50)
      .execute();
    return rows.map(toUser);
  },
  /** The contacts of many users at once, for notices and enrolment codes. */
  async contacts(ids: readonly string[]): Promise<readonly UserContacts[]> {
    if (ids.length === 0) return [];
    const rows = await db
      .selectFrom('users')
      .selectAll()
      .where('id', 'in', [...ids])
      .execute();
    return rows.map(toContacts);
  },
  /** Everybody in one of the accounts with one of the roles, disabled logins too, with all contacts. */
  async holders(accountIds: readonly string[], roles: readonly CustomerRole[]): Promise<readonly UserContacts[]> {
    if (accountIds.length === 0) return [];
    const rows = await db
      .selectFrom('users')
      .selectAll()
      .where('account_id', 'in', [...accountIds])
      .where('role', 'in', [...roles])
      .orderBy('account_id')
      .orderBy('login_key')
      .execute();
    return rows.map(toContacts);
  },
  /** The logins that have one of these pairs of account and e-mail; many may have the same address (B09). */
  async byEmailPairs(
    pairs: readonly { readonly accountId: string; readonly emailKey: string }[],
  ): Promise<readonly User[]> {
    if (pairs.length === 0) return [];
    const values = sql.join(pairs.map(({ accountId, emailKey }) => sql`(${accountId}, ${emailKey})`));
    const rows = await db
      .selectFrom('users')
      .selectAll()
      .where(sql<boolean>`(account_id, email_key) in (values ${values})`)
      .execute();
    return rows.map(toUser);
  },
  async ofAccount(accountId: string): Promise<readonly User[]> {
    const rows = await db
      .selectFrom('users')
      .selectAll()
      .where('account_id', '=', accountId)
      .orderBy('login_key')
      .execute();
    return rows.map(toUser);
  },
  /** Logins of several accounts at once, in the order of account and login. */
  async ofAccounts(accountIds: readonly string[]): Promise<readonly User[]> {
    if (accountIds.length === 0) return [];
    const rows = await db
      .selectFrom('users')
      .selectAll()
      .where('account_id', 'in', [...accountIds])
      .orderBy('account_id')
      .orderBy('login_key')
      .execute();
    return rows.map(toUser);
  },
  /** The logins that exist among these pairs, by the unique index in one statement. */
  async byLoginPairs(
    pairs: readonly { readonly accountId: string; readonly loginKey: string }[],
  ): Promise<readonly User[]> {
    if (pairs.length === 0) return [];
    const values = sql.join(pairs.map(({ accountId, loginKey }) => sql`(${accountId}, ${loginKey})`));
    const rows = await db
      .selectFrom('users')
      .selectAll()
      .where(sql<boolean>`(account_id, login_key) in (values ${values})`)
      .execute();
    return rows.map(toUser);
  },
  /** Counts the logins of an account by role, sign-in and state. */
  async tally(accountId: string): Promise<readonly { role: string; signIn: string; disabled: number; n: number }[]> {
    return db
      .selectFrom('users')
      .select([
        'role',
        'sign_in as signIn',
        sql<number>`case when disabled_at is null then 0 else 1 end`.as('disabled'),
        (e) => e.fn.countAll<number>().as('n'),
      ])
      .where('account_id', '=', accountId)
      .groupBy(['role', 'sign_in', sql`case when disabled_at is null then 0 else 1 end`])
      .execute();
  },
  /** Other logins anywhere with the same e-mail or phone (B09). */
  async sharing(user: { id: string; emailKey: string; phoneDigits: string }, limit: number): Promise<readonly User[]> {
    const same = (column: 'email_key' | 'phone_digits', key: string) =>
      key === ''
        ? []
        : [db.selectFrom('users').select('id').where(column, '=', key).where('id', '!=', user.id).limit(limit)];
    const found = await Promise.all(
      [...same('email_key', user.emailKey), ...same('phone_digits', user.phoneDigits)].map((query) => query.execute()),
    );
    const ids = [...new Set(found.flat().map((row) => row.id))];
    return (await this.byIds(ids)).toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
  },
  /** Other logins with the same e-mail or phone, in any account (B09: the operator is warned). */
  async countSharing(user: { id: string; emailKey: string; phoneDigits: string }): Promise<number> {
    const row = await db
      .selectFrom('users')
      .select((e) => e.fn.countAll<number>().as('n'))
      .where('id', '!=', user.id)
      .where((e) =>
        e.or([
          e.and([e('email_key', '=', user.emailKey), e('email_key', '!=', '')]),
          e.and([e('phone_digits', '=', user.phoneDigits), e('phone_digits', '!=', '')]),
        ]),
      )
      .executeTakeFirstOrThrow();
    return row.n;
  },
  async formerContacts(id: string): Promise<readonly FormerContact[]> {
    const row = await db.selectFrom('users').select('former_contacts').where('id', '=', id).executeTakeFirst();
    return row === undefined ? [] : (JSON.parse(row.former_contacts) as FormerContact[]);
  },
  /** When the login was created, ms. */
  async createdAt(id: string): Promise<number | undefined> {
    const row = await db.selectFrom('users').select('created_at').where('id', '=', id).executeTakeFirst();
    return row?.created_at;
  },
  async count(): Promise<number> {
    const row = await db
      .selectFrom('users')
      .select((e) => e.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    return row.n;
  },
});

export const userWrites = (tx: Tx) => ({
  async insert(rows: readonly NewUser[]): Promise<void> {
    if (rows.length > 0)
      await tx
        .insertInto('users')
        .values([...rows])
        .execute();
  },
  async update(id: string, patch: Updateable<UsersTable>): Promise<void> {
    await tx.updateTable('users').set(patch).where('id', '=', id).execute();
  },
  /** Makes every grant of the older version invalid (B08). */
  async bumpAuthority(id: string): Promise<void> {
    await tx.updateTable('users').set({ authority_version: sql`authority_version + 1` }).where('id', '=', id).execute();
  },
});
