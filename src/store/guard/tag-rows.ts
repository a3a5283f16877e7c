/**
 * Reads and tags many rows at once: when a migration adds columns that are tagged, in a rekey, and for a look at whole tables. Works below the guard (row-guard.ts), chunk by
 * chunk, in the order of keys.
 */
import { type RawBuilder, sql } from 'kysely';
import type { SchemaTraits } from '../engine.js';
import type { Db } from '../schema/directory.js';
import {
  checkedRow,
  type GuardedTable,
  type Row,
  type RowTags,
  rowText,
  TAG_COLUMN,
  tableOf,
} from './guarded-tables.js';
import type { Delta } from './table-sums.js';

/** What code below the guard needs to write rows that the guard accepts. */
export interface Tagging {
  readonly traits: SchemaTraits;
  readonly tags: RowTags;
  /** Counts the changes inside the write door; absent in migrations, which make a new book. */
  readonly delta?: Delta | undefined;
}

/** The key to continue after, and the number of rows. */
export interface Page {
  readonly after: string;
  readonly limit: number;
}

const CHUNK = 1_000;
const TAG = sql.ref(TAG_COLUMN);

/** Tags rows again whose tag does not cover these columns yet, nor those of later steps. A row with any other tag was changed, and keeps it. */
export async function tagAnew(db: Db, tagging: Tagging, name: string, added: readonly string[]): Promise<void> {
  const table = tableOf(name);
  for await (const all of pagesOf(db, name)) {
    const rows = all.filter((row) => row[TAG_COLUMN] !== null);
    const columns = table.columns.filter((column) => column in (all[0] ?? {}) && !added.includes(column));
    const good = rows.filter((row) => fits(tagging.tags, name, { ...table, columns }, row));
    await writeTags(db, name, good, tagging);
  }
}

export interface Retagged {
  /** Key of the last row that was read, to continue after it; undefined if no row was left. */
  readonly last: string | undefined;
  readonly count: number;
  /** Keys of rows whose tag does not match; they keep that tag. */
  readonly changed: readonly string[];
}

/** Checks the next rows of a table that are not tagged with the current key, and tags them with it. */
export async function retag(db: Db, name: string, keyId: string, tagging: Tagging, page: Page): Promise<Retagged> {
  const table = tableOf(name);
  const key = sql.ref(table.key);
  const { rows } = await sql<Row>`select * from ${sql.table(name)}
    where ${key} > ${page.after} and (${TAG} is null or ${TAG} not like ${`${keyId}.%`})
    order by ${key} limit ${page.limit}`.execute(db);
  const good = rows.filter((row) => fits(tagging.tags, name, table, row));
  await writeTags(db, name, good, tagging);
  const keys = rows.map((row) => String(row[table.key]));
  const kept = new Set(good.map((row) => String(row[table.key])));
  return { last: keys.at(-1), count: good.length, changed: keys.filter((key) => !kept.has(key)) };
}

/** Rows of a guarded table by their keys, without those whose tag does not match. */
export async function checkedRows(
  db: Db,
  name: string,
  keys: readonly string[],
  tags: RowTags,
): Promise<readonly Row[]> {
  const table = tableOf(name);
  const { rows } = await sql<Row>`select * from ${sql.table(name)}
    where ${sql.ref(table.key)} in (${sql.join(keys)})`.execute(db);
  return rows.filter((row) => fits(tags, name, table, row));
}

/** Tags rows as they are given here; the tag that they bring is the one they had. */
export async function writeTags(db: Db, name: string, rows: readonly Row[], tagging: Tagging): Promise<void> {
  if (rows.length === 0) return;
  const { traits, tags, delta } = tagging;
  const table = tableOf(name);
  const pairs = rows.map((row) => {
    const tag = tags.make(rowText(name, table, row));
    delta?.went(name, row, row[TAG_COLUMN]);
    delta?.came(name, row, tag);
    return [String(row[table.key]), tag] as const;
  });
  await setEach(db, traits, { table: name, key: table.key, column: TAG_COLUMN }, pairs);
}

type TextColumn = Readonly<Record<'table' | 'key' | 'column', string>>;

/** Sets one text column of many rows; `texts` is a JSON object of key → text. */
export const settingEach = ({ pairs }: SchemaTraits, { table, key, column }: TextColumn, texts: string) =>
  sql`update ${sql.table(table)} set ${sql.ref(column)} = j.v from ${pairs(texts)}
    where ${sql.ref(`${table}.${key}`)} = j.k`;

export async function setEach(
  db: Db,
  traits: SchemaTraits,
  at: TextColumn,
  texts: readonly (readonly [string, string])[],
): Promise<void> {
  if (texts.length > 0) await settingEach(traits, at, JSON.stringify(Object.fromEntries(texts))).execute(db);
}

/** Every row of a table, by its key, with all columns or some; the key must be among them. */
export async function* pagesOf(
  db: Db,
  name: string,
  columns: RawBuilder<unknown> = sql`*`,
  limit = CHUNK,
): AsyncGenerator<readonly Row[]> {
  const { key } = tableOf(name);
  for (let after: unknown; ; ) {
    const next = after === undefined ? sql`` : sql`where ${sql.ref(key)} > ${after}`;
    const { rows } = await sql<Row>`select ${columns} from ${sql.table(name)} ${next}
      order by ${sql.ref(key)} limit ${limit}`.execute(db);
    if (rows.length > 0) yield rows;
    if (rows.length < limit) return;
    after = rows.at(-1)?.[key];
  }
}

export function fits(tags: RowTags, name: string, table: GuardedTable, row: Row): boolean {
  try {
    checkedRow(tags, name, table, row);
    return true;
  } catch {
    return false;
  }
}
