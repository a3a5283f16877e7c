/**
 * What a large import changes (B90). A row keeps its columns and bears the new values beside them, as JSON in `staged`. From the moment in which the
 * import is settled the row is read with them, so that all rows change at once; then they are written into the columns, some rows at a time.
 */
import { type Selectable, sql } from 'kysely';
import type { FormerContact } from '../../rules/former-contacts.js';
import type { AccountsTable, UsersTable } from '../schema/directory.js';

/** When the change of this row was settled, ms; null if it has none that counts. */
interface There {
  readonly there_at: number | null;
}
export type StagedAccount = Selectable<AccountsTable> & There;
export type StagedUser = Selectable<UsersTable> & There;

/** Read beside all columns, for `accountAsChanged` and `userAsChanged`. */
export const thereAt = (table: 'accounts' | 'users') =>
  sql<
    number | null
  >`(select seen_at from imports where imports.id = ${sql.ref(`${table}.staged_in`)} and imports.state = 'settled')`.as(
    'there_at',
  );

/** Rows whose columns are not what counts. The many rows of an import that is still under way are not looked at. Never null. */
export function isChanged(table: 'accounts' | 'users') {
  const staged = sql.ref(`${table}.staged_in`);
  return sql<boolean>`(${staged} is not null and ${staged} in (select id from imports where state = 'settled'))`;
}

/** True where one of these values is among the changes: it stands there as in any JSON text. */
export function isAmong(value: Readonly<Record<string, string>>) {
  const text = JSON.stringify(value).slice(1, -1);
  // No value on file is so long, and SQLite refuses a pattern that is much longer.
  if (text.length > LONGEST) return sql<boolean>`(1 = 0)`;
  return sql<boolean>`(staged like ${`%${text.replace(/[%_\\]/g, '\\$&')}%`} escape '\\')`;
}
const LONGEST = 2_000;

function changeOf<T>({ staged, there_at }: There & { readonly staged: string | null }): Partial<T> | undefined {
  return staged === null || there_at === null ? undefined : (JSON.parse(staged) as Partial<T>);
}

export function accountAsChanged(row: StagedAccount): StagedAccount {
  const change = changeOf<StagedAccount>(row);
  return change === undefined ? row : { ...row, ...change };
}

/** When a contact was replaced that nobody has been told of yet: no time passes for it (B57, B58). */
const NOT_YET = Number.MAX_SAFE_INTEGER;

/** Also with the contact before a changed one among the former contacts. */
export function userAsChanged(row: StagedUser): StagedUser {
  const change = changeOf<StagedUser>(row);
  if (change === undefined || row.there_at === null) return row;
  if (change.contact_changed_at === undefined) return { ...row, ...change };
  const { former_contacts, email, phone, phone_e164: phoneE164, there_at } = row;
  const before = { email, phone, phoneE164, replacedAt: NOT_YET };
  const former = [...(JSON.parse(former_contacts) as FormerContact[]), before];
  return { ...row, ...change, contact_changed_at: there_at, former_contacts: JSON.stringify(former) };
}
