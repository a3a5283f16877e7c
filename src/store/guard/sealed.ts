/**
 * Finds sealed values that use an older key, whatever is in them, and replaces their blobs. Only a rekey uses this; all other code reads and
 * writes sealed values with their rows.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../schema/directory.js';
import { GUARDED, type Row } from './guarded-tables.js';
import { checkedRows, type Page, retag, setEach, type Tagging, writeTags } from './tag-rows.js';

/** A column of sealed values, with the key of its table; `ofUser` if the blob is bound to user and account. */
export interface SealedColumn {
  readonly table: string;
  readonly key: string;
  readonly column: string;
  readonly ofUser: boolean;
}

export interface SealedValue {
  readonly id: string;
  readonly user: string | null;
  readonly account: string | null;
  readonly blob: string;
}

/** Blobs of the vault begin with the id of their key (crypto/vault.ts). */
const under = (keyId: string): string => `cs1.${keyId}.%`;

export const sealedReads = (db: Db) => ({
  /** The next values of a column that use another key, in the order of their rows. */
  async otherThan(
    keyId: string,
    { table, key, column, ofUser }: SealedColumn,
    page: Page,
  ): Promise<readonly SealedValue[]> {
    const [id, blob] = [sql.ref(`t.${key}`), sql.ref(`t.${column}`)];
    const owner = ofUser ? sql`u.id as "user", u.account_id as account` : sql`null as "user", null as account`;
    const users = ofUser ? sql`join users u on u.id = t.user_id` : sql``;
    const { rows } = await sql<SealedValue>`select ${id} as id, ${blob} as blob, ${owner}
      from ${sql.table(table)} t ${users}
      where ${id} > ${page.after} and ${blob} is not null and ${blob} not like ${under(keyId)}
      order by ${id} limit ${page.limit}`.execute(db);
    return rows;
  },
  /** How many values of a column use another key. */
  countOther: (keyId: string, { table, column }: SealedColumn) =>
    countIn(db, table, sql`${sql.ref(column)} is not null and ${sql.ref(column)} not like ${under(keyId)}`),
  /** How many rows of a guarded table are not tagged with this key. */
  countOtherTags: (keyId: string, table: string) =>
    countIn(db, table, sql`mac is null or mac not like ${`${keyId}.%`}`),
});

async function countIn(db: Db, table: string, condition: RawBuilder<unknown>): Promise<number> {
  const counted = sql<{ n: number }>`select count(*) as n from ${sql.table(table)} where ${condition}`;
  return (await counted.execute(db)).rows[0]?.n ?? 0;
}

export const sealedWrites = (tx: Tx, tagging: Tagging) => ({
  /**
   * Replaces blobs. Rows with a tag are checked first and tagged again. Returns the ids of rows whose tag did not match; their blobs stay as
   * they are.
   */
  async replace(
    at: SealedColumn,
    values: readonly { readonly id: string; readonly blob: string }[],
  ): Promise<readonly string[]> {
    const { table, key, column } = at;
    if (values.length === 0) return [];
    const pairs = values.map(({ id, blob }) => [id, blob] as const);
    if (GUARDED[table] === undefined) {
      await setEach(tx, tagging.traits, at, pairs);
      return [];
    }
    const blobs = new Map(pairs);
    const rows = await checkedRows(tx, table, [...blobs.keys()], tagging.tags);
    const after: readonly Row[] = rows.map((row) => ({ ...row, [column]: blobs.get(String(row[key])) }));
    const changed = after.map((row) => [String(row[key]), String(row[column])] as const);
    await setEach(tx, tagging.traits, at, changed);
    await writeTags(tx, table, after, tagging);
    const good = new Set(rows.map((row) => String(row[key])));
    return values.flatMap(({ id }) => (good.has(id) ? [] : [id]));
  },
  /** Tags the next rows of a guarded table with this key. */
  retag: (table: string, keyId: string, page: Page) => retag(tx, table, keyId, tagging, page),
});
