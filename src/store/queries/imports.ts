/**
 * Imports that are being staged (B90). Their rows stand in `accounts`, `users` and `search_words` and name the import; while it is listed here,
 * they are there for nobody. An import is settled by taking it off the list, however many rows it has.
 */
import { type RawBuilder, type Selectable, sql } from 'kysely';
import { inserting, updating } from '../guard/statements.js';
import type { Db, ImportsTable, Tx } from '../schema/directory.js';

type ImportRow = Selectable<ImportsTable>;
type Staging = 'accounts' | 'users';

const LISTED = sql`(select id from imports)`;

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
  underWay: async (): Promise<readonly ImportRow[]> => db.selectFrom('imports').selectAll().orderBy('id').execute(),
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
  /** What it has staged is there from now on; or nothing of it is left. */
  async takeOff(id: string): Promise<void> {
    await tx.deleteFrom('imports').where('id', '=', id).execute();
  },
  /** Removes some of what it has staged: people first, because they name their companies. Returns how many rows. */
  async clear(id: string, limit: number): Promise<number> {
    for (const table of ['users', 'accounts'] as const) {
      const some = tx
        .selectFrom(table as 'users')
        .select('id')
        .where('import_id', '=', id)
        .limit(limit);
      const ids = (await some.execute()).map((row) => row.id);
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
