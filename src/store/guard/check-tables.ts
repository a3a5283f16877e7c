/** Compares the tables with their sealed sums (table-sums.ts): the watched ones in each act, all of them and each tag in a full check. */
import { CompiledQuery, type RawBuilder, sql } from 'kysely';
import { Refusal } from '../../errors.js';
import { type TableFault, tableFault } from '../../rules/table-fault.js';
import type { Engine, SchemaTraits } from '../engine.js';
import release from '../migrations/0008-release.json' with { type: 'json' };
import type { Db } from '../schema/directory.js';
import { derivedColumns, GUARDED, type GuardedTable, type Row, TAG_COLUMN } from './guarded-tables.js';
import { type Book, Delta, emptyBook, firstSpan, folded, type SumKeys, sumFor } from './table-sums.js';
import { fits, pagesOf, type Tagging } from './tag-rows.js';

interface Checking extends Pick<Tagging, 'traits' | 'tags'> {
  readonly sums: SumKeys;
}

/** `<key id>.` stands before the digest of a tag. */
const DIGEST_FROM = 18;
const DIGEST_TEXT = 22;
const PAGE = 10_000;
const NAMED = 5;

const ALL = Object.entries(GUARDED);
const WATCHED = ALL.filter(([, { watched }]) => watched !== 'none');
const OTHERS = 'audit_head audit_entries calls search_words sink_cursors kysely_migration'.split(' ');
/** Every table of the desk, and how its unique index of the first release is made: what swallows a message, or lets two rows be one, stops each act. */
const OWN = Object.fromEntries([...ALL.map(([name]) => name), ...OTHERS].map((name) => [name, uniqueOf(name)]));

function uniqueOf(table: string): string {
  const [columns] = (release.unique as Readonly<Record<string, readonly string[][]>>)[table] ?? [];
  return columns ? `create unique index ${table}_by_${columns.join('_')} on ${table} (${columns.join(', ')})` : '';
}

/**
 * Compares the watched tables with the book, or all of them without their tags. The caller decides on rows of the same snapshot: another
 * hand can write between two statements. Refusal `store-corrupt`.
 */
export async function requireSums(
  db: Db,
  traits: SchemaTraits,
  { sumOf }: SumKeys,
  book: Book,
  which: 'watched' | 'all' = 'watched',
): Promise<void> {
  const from = (name: string) => (which === 'all' ? undefined : firstSpan(name, book.at));
  const tables = which === 'all' ? ALL : WATCHED;
  const [trick] = await tricksIn(db, traits);
  if (trick !== undefined) throw notOurs(trick);
  const statements = tables.map(([name, table]) => statementOf(name, table, traits, from(name)));
  const all = sql<{ t: string; n: number; digests: string | null }>`${sql.join(statements, sql` union all `)}`;
  const { rows } = await all.execute(db);
  // Otherwise an index could show other rows to a decision than the table to the sum, or the other way round.
  const { indexCheck } = traits;
  if (indexCheck !== undefined) {
    const whole = tables.filter(([, { watched }]) => which === 'all' || watched === 'all');
    for (const [name] of whole) {
      const { rows: seen } = await db.executeQuery<{ fault: string }>(CompiledQuery.raw(indexCheck(name)));
      if (seen.some(({ fault }) => fault !== 'ok')) throw notOurs({ table: name, surplus: 0, changed: [] });
    }
  }
  for (const { t, n, digests } of rows) {
    const tags = digests === null ? [] : digests.split(',');
    const { n: meant, sum } = sumFor(book, t, from(t));
    const whole = tags.length === n && tags.every((tag) => tag.length === DIGEST_TEXT);
    const same = n === meant && whole && (sumOf(book.key, tags) - sum) % (1n << 128n) === 0n;
    if (!same) throw notOurs({ table: t, surplus: n - meant, changed: [] });
  }
}

/** Bytes changed under the engine's feet are noticed after this time, what others commit at once. */
const LOOK_AGAIN_MS = 2_000;

/** Compares the watched tables with their sums, unless this process did so a moment ago and nobody else has committed since. */
export function lookingAgain(
  { traits, changedBy }: Pick<Engine, 'traits' | 'changedBy'>,
  sums: SumKeys,
  clock: { here(): number } | undefined,
) {
  let looked: { readonly changes: number; readonly at: number } | undefined;
  return async (tx: Db, book: Book): Promise<void> => {
    const [changes, at] = [changedBy?.(), clock?.here()];
    const lately = looked !== undefined && at !== undefined && Math.abs(at - looked.at) < LOOK_AGAIN_MS;
    if (lately && looked?.changes === changes) return;
    await requireSums(tx, traits, sums, book);
    looked = changes === undefined || at === undefined ? undefined : { changes, at };
  };
}

/** Missing tables, and what shows or changes other rows than those of the tables: no sum notices that. */
async function tricksIn(db: Db, traits: SchemaTraits): Promise<readonly TableFault[]> {
  const query = CompiledQuery.raw(traits.tricks(OWN, derivedColumns(traits)));
  const { rows } = await db.executeQuery<{ name: string; odd: TableFault['odd'] }>(query);
  return [...new Map(rows.map(({ name, odd }) => [name, { table: name, surplus: 0, changed: [], odd }])).values()];
}

function statementOf(name: string, { watched }: GuardedTable, traits: SchemaTraits, from: number | undefined) {
  const live =
    typeof watched === 'object' && from !== undefined
      ? sql`where ${sql.ref(watched.column)} >= cast(${from * watched.span} as bigint)`
      : sql``;
  const digests = sql.raw(traits.joined(`substr("${TAG_COLUMN}", ${DIGEST_FROM})`));
  return sql`select ${sql.lit(name)} as t, count(*) as n, ${digests} as digests from ${sql.table(name)} ${live}`;
}

/** Every guarded table, read to the end. `each` is called with the rows of a page. Run it in one snapshot. */
export async function faultsOfTables(
  db: Db,
  { tags, sums, traits }: Checking,
  book: Book,
  each: (rows: number) => void = () => undefined,
  migrating = false,
): Promise<readonly TableFault[]> {
  const tricks = await tricksIn(db, traits);
  const gone = new Set(tricks.flatMap((one) => (one.odd === 'missing' ? [one.table] : [])));
  // A later step makes it; one that had rows was dropped by another hand.
  const faults = tricks.filter((one) => !(migrating && one.odd === 'missing' && sumFor(book, one.table).n === 0));
  for (const [name, newest] of ALL) {
    if (gone.has(name)) continue;
    const changed: string[] = [];
    let odd: TableFault['odd'];
    const seen = await addedUp(db, name, { sums, book }, (rows) => {
      // Of an older schema, a tag covers the columns that are there.
      const columns = newest.columns.filter((column) => rows.some((row) => column in row));
      if (columns.length < newest.columns.length && !migrating) odd = 'altered';
      const table = { ...newest, columns };
      for (const row of rows) if (!fits(tags, name, table, row)) changed.push(String(row[table.key]));
      each(rows.length);
    });
    const meant = sumFor(book, name);
    const surplus = seen.n - meant.n;
    if (surplus !== 0 || seen.sum !== meant.sum || changed.length > 0 || odd !== undefined)
      faults.push({ table: name, surplus, changed: changed.slice(0, NAMED), odd });
  }
  return faults;
}

/** A book of the tables as they stand, under a new key: for a new store, a migration, and the end of a rekey. */
export async function bookOf(db: Db, sums: SumKeys, at: number): Promise<Book> {
  let book = emptyBook(sums, at);
  for (const name of Object.keys(GUARDED)) {
    for await (const rows of pagesOf(db, name, tagsOnly(name), PAGE))
      book = folded(sums, book, counted(name, rows), at);
  }
  return book;
}

async function addedUp(
  db: Db,
  name: string,
  { sums, book: { key } }: { readonly sums: SumKeys; readonly book: Book },
  look: (rows: readonly Row[]) => void,
) {
  let book: Book = { key, at: 0, parts: new Map() };
  for await (const rows of pagesOf(db, name, sql`*`, PAGE)) {
    look(rows);
    book = folded(sums, book, counted(name, rows), 0);
  }
  const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}`.execute(db);
  // Rows with the same key hide behind each other on two pages; counted, they do not.
  return { ...sumFor(book, name), n: rows[0]?.n ?? 0 };
}

function counted(name: string, rows: readonly Row[]): Delta {
  const delta = new Delta();
  for (const row of rows) delta.came(name, row, row[TAG_COLUMN]);
  return delta;
}

/** What the sum of a table is made of. */
function tagsOnly(name: string): RawBuilder<unknown> {
  const { key = 'id', watched } = GUARDED[name] ?? {};
  const columns = [key, TAG_COLUMN, ...(typeof watched === 'object' ? [watched.column] : [])];
  return sql.join(columns.map((column) => sql.ref(column)));
}

const notOurs = (fault: TableFault): Refusal =>
  new Refusal('store-corrupt', `${tableFault(fault)}; nothing was changed`, {
    hint:
      fault.odd === 'operator'
        ? 'Give the desk a database of its own, or take the schema of the operator out of the search_path of its role.'
        : 'Someone wrote to the store outside countersign. Keep it as it is and tell your lead. To look at every table: countersign doctor',
  });
