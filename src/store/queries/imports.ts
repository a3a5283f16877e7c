/**
 * Large imports (B90). While one is under way, its rows stand in `accounts`, `users` and `search_words`, name it, and are there for nobody; what it
 * changes of a row stands beside its columns, as JSON in `staged`, and counts for nothing. It is settled by its state, however many rows it has:
 * from that moment a row is read with those values, so that all rows change at once; then they are written into the columns, some rows at a time.
 */
import { type RawBuilder, sql } from 'kysely';
import type { FormerContact } from '../../rules/people.js';
import { deleting, inserting, updating } from '../guard/statements.js';
import type { Db, TableRow, Tx } from '../schema/directory.js';

type Staging = 'accounts' | 'users';

const LISTED = sql`(select id from imports where state <> 'settled')`;

/** Rows of a table that are not of an import under way. */
export const settled = (table: Staging): RawBuilder<boolean> => {
  const column = sql.ref(`${table}.import_id`);
  return sql<boolean>`(${column} is null or ${column} not in ${LISTED})`;
};

/** The same of the targets of search words. Nothing is looked up where no import is under way. */
export const settledTarget = (kind: 'account' | 'user'): RawBuilder<boolean> =>
  sql<boolean>`(not exists ${LISTED} or not exists (select 1 from ${sql.table(`${kind}s`)} as staged
    where staged.id = target_id and staged.import_id in ${LISTED}))`;

/** When the change of this row was settled, ms; null if it has none that counts. */
interface There {
  readonly there_at: number | null;
}
export type StagedAccount = TableRow<'accounts'> & There;
export type StagedUser = TableRow<'users'> & There;

/** Read beside all columns, for `accountAsChanged` and `userAsChanged`. */
export function thereAt(table: Staging) {
  const stagedIn = sql.ref(`${table}.staged_in`);
  const seenAt = sql<number | null>`(select seen_at from imports
    where imports.id = ${stagedIn} and imports.state = 'settled')`;
  return seenAt.as('there_at');
}

/** Rows whose columns are not what counts. The many rows of an import that is still under way are not looked at. Never null. */
export function isChanged(table: Staging) {
  const staged = sql.ref(`${table}.staged_in`);
  return sql<boolean>`(${staged} is not null and ${staged} in (select id from imports where state = 'settled'))`;
}

/** True where one of these values is among the changes, capitals aside: it stands there as in any JSON text. */
export function isAmong(value: Readonly<Record<string, string>>) {
  const text = JSON.stringify(value).slice(1, -1);
  // No value on file is so long, and SQLite refuses a pattern that is much longer.
  if (text.length > LONGEST) return sql<boolean>`(1 = 0)`;
  return sql<boolean>`(lower(staged) like lower(${`%${text.replace(/[%_\\]/g, '\\$&')}%`}) escape '\\')`;
}
const LONGEST = 2_000;

const changeOf = <Row extends StagedAccount | StagedUser>({ staged, there_at }: Row): Partial<Row> | undefined =>
  staged === null || there_at === null ? undefined : (JSON.parse(staged) as Partial<Row>);

export const accountAsChanged = (row: StagedAccount): StagedAccount => ({ ...row, ...changeOf(row) });

/** When a contact was replaced that nobody has been told of yet: no time passes for it (B57, B58). */
const NOT_YET = Number.MAX_SAFE_INTEGER;

/** Also with the contact before a changed one among the former contacts. */
export function userAsChanged(row: StagedUser): StagedUser {
  const change = changeOf(row);
  if (change === undefined || row.there_at === null) return row;
  if (change.contact_changed_at === undefined) return { ...row, ...change };
  const { former_contacts, email, phone, phone_e164: phoneE164, there_at } = row;
  const before = { email, phone, phoneE164, replacedAt: NOT_YET };
  const former = [...(JSON.parse(former_contacts) as FormerContact[]), before];
  return { ...row, ...change, contact_changed_at: there_at, former_contacts: JSON.stringify(former) };
}

export const importReads = (db: Db) => ({
  /** Under way, or settled and not yet written into all rows. */
  all: async () => db.selectFrom('imports').selectAll().orderBy('id').execute(),
  /** How many rows on file it changes. */
  async changes(id: string): Promise<number> {
    const { rows } = await sql<{ n: number }>`select (select count(*) from users where staged_in = ${id})
      + (select count(*) from accounts where staged_in = ${id}) as n`.execute(db);
    return Number(rows[0]?.n);
  },
  /** Whether an import under way adds this number, or this login. */
  async claims(claim: { readonly numberKey: string } | { readonly accountId: string; readonly loginKey: string }) {
    const found =
      'numberKey' in claim
        ? sql`accounts where number_key = ${claim.numberKey}`
        : sql`users where account_id = ${claim.accountId} and login_key = ${claim.loginKey}`;
    const { rows } = await sql`select id from ${found} and import_id in ${LISTED}`.execute(db);
    return rows.length > 0;
  },
});

export const importWrites = (tx: Tx) => ({
  insert: inserting(tx, 'imports'),
  update: updating(tx, 'imports'),
  /** Nothing is left to be written, or to be removed. */
  takeOff: deleting(tx, 'imports'),
  /** Removes some of what it has staged: people first, because they name their companies. Returns how many rows. */
  async clear(id: string, limit: number): Promise<number> {
    for (const column of ['staged_in', 'import_id'] as const) {
      for (const table of ['users', 'accounts'] as readonly 'users'[]) {
        const rows = await tx.selectFrom(table).select('id').where(column, '=', id).limit(limit).execute();
        const ids = rows.map((row) => row.id);
        if (ids.length === 0) continue;
        if (column === 'staged_in') {
          await tx.updateTable(table).set({ staged: null, staged_in: null }).where('id', 'in', ids).execute();
        } else {
          await tx.deleteFrom('search_words').where('target_id', 'in', ids).execute();
          await tx.deleteFrom(table).where('id', 'in', ids).execute();
        }
        return ids.length;
      }
    }
    return 0;
  },
});
