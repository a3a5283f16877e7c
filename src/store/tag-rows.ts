/**
 * Tags for many rows at once: for rows that stand when a migration brings tags, and for all rows when a new key takes over.
 * Works on the bare database, chunk by chunk, in the order of keys.
 */
import { CompiledQuery, sql } from 'kysely';
import type { Db } from './database.js';
import type { SchemaTraits } from './engine.js';
import { checkedRow, GUARDED, type Row, type RowTags, rowText, TAG_COLUMN } from './guarded-tables.js';

const CHUNK = 1_000;

type TagStatement = SchemaTraits['tagStatement'];

/** Tags every row that has no tag. Only for the migration that makes the column: later, a row without a tag is refused. */
export async function tagUntagged(db: Db, tags: RowTags, statement: TagStatement): Promise<void> {
  for (const [name, table] of Object.entries(GUARDED)) {
    for (let after = ''; ; ) {
      const rows = await rowsAfter(db, name, table.key, after, sql`${sql.ref(TAG_COLUMN)} is null`);
      const last = rows.at(-1);
      if (last === undefined) break;
      after = String(last[table.key]);
      await writeTags(
        db,
        statement,
        name,
        rows.map((row) => [String(row[table.key]), tags.make(rowText(name, table, row))]),
      );
    }
  }
}

/**
 * Checks up to `limit` rows of one table that are tagged under another key than the named one, and tags them anew. Answers
 * the key of the last row, to go on after it; undefined where none was left. Refusal `store-corrupt` names a changed row.
 */
export async function retagAfter(
  db: Db,
  { tags, keyId, statement }: { tags: RowTags; keyId: string; statement: TagStatement },
  { name, after, limit }: { name: string; after: string; limit: number },
): Promise<{ readonly last: string; readonly count: number } | undefined> {
  const table = GUARDED[name];
  if (table === undefined) throw new RangeError(`${name} is not guarded`);
  const older = sql`${sql.ref(TAG_COLUMN)} is null or ${sql.ref(TAG_COLUMN)} not like ${`${keyId}.%`}`;
  const rows = await rowsAfter(db, name, table.key, after, older, limit);
  const checked = rows.map((row) => checkedRow(tags, name, table, row));
  const last = checked.at(-1);
  if (last === undefined) return undefined;
  await writeTags(
    db,
    statement,
    name,
    checked.map((row) => [String(row[table.key]), tags.make(rowText(name, table, row))]),
  );
  return { last: String(last[table.key]), count: checked.length };
}

async function rowsAfter(
  db: Db,
  name: string,
  key: string,
  after: string,
  which: ReturnType<typeof sql>,
  limit = CHUNK,
): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`select * from ${sql.table(name)}
    where ${sql.ref(key)} > ${after} and (${which}) order by ${sql.ref(key)} limit ${limit}`.execute(db);
  return rows;
}

async function writeTags(
  db: Db,
  statement: TagStatement,
  name: string,
  pairs: readonly (readonly [string, string])[],
): Promise<void> {
  const key = GUARDED[name]?.key ?? 'id';
  await db.executeQuery(CompiledQuery.raw(statement(name, key), [JSON.stringify(Object.fromEntries(pairs))]));
}
