/** Rows of users, as the rules see them: of a settled import all changes count, also those that are not written yet (imports.ts). */
import { sql } from 'kysely';
import type { CustomerRole, FormerContact, SignIn, User } from '../../rules/people.js';
import type { Db, TableRow } from '../schema/directory.js';
import { settled, thereAt, userAsChanged } from './imports.js';

export function toUser(row: TableRow<'users'>): User {
  return {
    id: row.id,
    accountId: row.account_id,
    login: row.login,
    name: row.name,
    email: row.email,
    phone: row.phone,
    phoneE164: row.phone_e164,
    role: row.role as CustomerRole,
    scopes: row.scopes === '' ? [] : row.scopes.split(' '),
    signIn: row.sign_in as SignIn,
    contactChangedAt: row.contact_changed_at,
    disabledAt: row.disabled_at,
    authorityVersion: row.authority_version,
    powerHeldUntil: row.power_held_until,
    language: row.language,
    external: row.external,
  };
}

/** A user with all contacts to which notices go. */
export type UserContacts = Readonly<ReturnType<typeof toContacts>>;

export const toContacts = (row: TableRow<'users'>) => ({
  user: toUser(row),
  createdAt: row.created_at,
  formerContacts: JSON.parse(row.former_contacts) as readonly FormerContact[],
});

export const seen = (db: Db) => db.selectFrom('users').where(settled('users'));
export const all = (db: Db) => seen(db).selectAll('users').select(thereAt('users'));
export type All = ReturnType<typeof all>;
export const rowsOf = async (query: Pick<All, 'execute'>) => (await query.execute()).map(userAsChanged);
export const usersOf = async (query: Pick<All, 'execute'>): Promise<readonly User[]> =>
  (await rowsOf(query)).map(toUser);
export const contactsOf = async (query: All): Promise<readonly UserContacts[]> => (await rowsOf(query)).map(toContacts);
export const inPairs = <P extends { readonly accountId: string }>(
  key: 'email_key' | 'login_key',
  pairs: readonly P[],
  textOf: (pair: P) => string,
) =>
  sql<boolean>`(account_id, ${sql.ref(key)}) in (values ${sql.join(pairs.map((one) => sql`(${one.accountId}, ${textOf(one)})`))})`;
