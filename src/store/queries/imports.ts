/**
 * Large imports (B90). While one is under way, its rows stand in `accounts`, `users` and `search_words`, name it, and are there for nobody; what it
 * changes stands beside the columns of a row and counts for nothing (staged.ts). It is settled by its state, however many rows it has.
 */
import { type RawBuilder, type Selectable, sql } from 'kysely';
import { inserting, updating } from '../guard/statements.js';
import type { Db, ImportsTable, Tx } from '../schema/directory.js';

type ImportRow = Selectable<ImportsTable>;
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

export const importReads = (db: Db) => ({
  /** Under way, or settled and not yet written into all rows. */
  all: async (): Promise<readonly ImportRow[]> => db.selectFrom('imports').selectAll().orderBy('id').execute(),
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
  async takeOff(id: string): Promise<void> {
    await tx.deleteFrom('imports').where('id', '=', id).execute();
  },
  /** Removes some of what it has staged: people first, because they name their companies. Returns how many rows. */
  async clear(id: string, limit: number): Promise<number> {
    const some = async (table: Staging, column: 'import_id' | 'staged_in') => {
      const rows = tx.selectFrom(table as 'users').select('id');
      return (await rows.where(column, '=', id).limit(limit).execute()).map((row) => row.id);
    };
    for (const table of ['users', 'accounts'] as const) {
      const changed = await some(table, 'staged_in');
      if (changed.length === 0) continue;
      const rows = tx.updateTable(table as 'users').set({ staged: null, staged_in: null });
      await rows.where('id', 'in', changed).execute();
      return changed.length;
    }
    for (const table of ['users', 'accounts'] as const) {
      const ids = await some(table, 'import_id');
      if (ids.length === 0) continue;
      await tx.deleteFrom('search_words').where('target_id', 'in', ids).execute();
      await tx
        .deleteFrom(table as 'users')
        .where('id', 'in', ids)
        .execute();
      return ids.length;
    }
    return 0;
  },
});
