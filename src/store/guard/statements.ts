/**
 * Statements that many tables need. Those that come again and again are built and compiled once on each engine, because that costs as much as
 * running them.
 */
import { type Compilable, type CompiledQuery, type SelectQueryBuilder, sql } from 'kysely';
import type { Database, Db, NewRow, RowPatch, TableRow, Tx } from '../schema/directory.js';
import { tableOf } from './guarded-tables.js';
import { guardOf, isGuarded } from './row-guard.js';

const compiled = new WeakMap<object, Map<string, CompiledQuery>>();

/** Runs the statement with this name. Of a write to a guarded table the values are part of what is checked, so it cannot be one of these. */
export async function again<R>(
  db: Db,
  name: string,
  values: readonly unknown[],
  build: () => Compilable<R>,
): Promise<readonly R[]> {
  const executor = db.getExecutor();
  const made = compiled.get(executor.adapter) ?? new Map<string, CompiledQuery>();
  compiled.set(executor.adapter, made);
  // The guard checks what comes back only if it has seen how the statement was built.
  const place = `${name} ${isGuarded(executor)}`;
  const query = made.get(place) ?? build().compile();
  if (guardOf(query.query) !== undefined || query.parameters.length !== values.length) {
    throw new Error(`the statement ${name} cannot be used again`);
  }
  made.set(place, query);
  return (await db.executeQuery<R>({ ...query, parameters: values } as CompiledQuery<R>)).rows;
}

type Table = keyof Database & string;
type Column<T extends Table> = keyof Database[T] & string;

/** The row with this value in a unique column. Half of all statements are such a read. */
export async function rowOf<T extends Table, C extends keyof TableRow<T> & string>(
  db: Db,
  table: T,
  column: C,
  value: TableRow<T>[C],
): Promise<TableRow<T> | undefined> {
  const build = () =>
    db
      .selectFrom(table as 'users')
      .selectAll()
      .where(column as 'id', '=', value as string);
  const [row] = await again(db, `${table} by ${column}`, [value], build);
  return row as TableRow<T> | undefined;
}

export const rowBy =
  <T extends Table, C extends keyof TableRow<T> & string>(db: Db, table: T, column: C) =>
  (value: TableRow<T>[C]) =>
    rowOf(db, table, column, value);

/** No text on file is so long, and SQLite refuses a pattern that is much longer. */
const LONGEST = 2_000;

/** True where the text stands anywhere in the column. */
export const contains = (column: string, text: string) =>
  text.length > LONGEST
    ? sql<boolean>`(1 = 0)`
    : sql<boolean>`(${sql.ref(column)} like ${`%${text.replace(/[%_\\]/g, '\\$&')}%`} escape '\\')`;

/** How many rows a query has that selects nothing yet. */
export async function countOf<T extends keyof Database>(
  query: SelectQueryBuilder<Database, T, unknown>,
): Promise<number> {
  const { n } = await query.select((e) => e.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  return n;
}

/** Bound values per statement stay below both engines' limits. */
const ROWS_AT_ONCE = 500;

export function* inParts<T>(all: readonly T[], most = ROWS_AT_ONCE): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += most) yield all.slice(from, from + most);
}

export const inserting =
  <T extends Table>(tx: Tx, table: T) =>
  (row: NewRow<T>): Promise<void> =>
    insertingAll(tx, table)([row]);

export const insertingAll =
  <T extends Table>(tx: Tx, table: T) =>
  async (rows: readonly NewRow<T>[]): Promise<void> => {
    for (const some of inParts(rows)) {
      const insert = tx.insertInto(table as 'users').values(some as never);
      await insert.execute();
    }
  };

/** Writes a row of a guarded table, or replaces the one with the same key: by that key the guard knows what is replaced. */
export const putting =
  <T extends Table>(tx: Tx, table: T) =>
  async (row: NewRow<T>): Promise<void> => {
    const key = tableOf(table).key;
    const { [key]: _key, ...rest } = row as Readonly<Record<string, unknown>>;
    const insert = tx.insertInto(table as 'users').values(row as never);
    await insert.onConflict((conflict) => conflict.column(key as 'id').doUpdateSet(rest)).execute();
  };

/** Changes the row with this value in a unique column. */
export const updating =
  <T extends Table>(tx: Tx, table: T, column = 'id' as Column<T>) =>
  async (value: string, patch: RowPatch<T>): Promise<void> => {
    const change = tx.updateTable(table as 'users').set(patch as RowPatch<'users'>);
    await change.where(column as 'id', '=', value).execute();
  };

/** How many rows a change reaches. */
export const countChanged = async (change: { executeTakeFirst(): Promise<{ readonly numUpdatedRows: bigint }> }) =>
  Number((await change.executeTakeFirst()).numUpdatedRows);

/** Compare-and-set: true for exactly one of several that try. */
export const changesOne = async (change: Parameters<typeof countChanged>[0]) => (await countChanged(change)) === 1;

export const countDeleted = async (gone: { executeTakeFirst(): Promise<{ readonly numDeletedRows: bigint }> }) =>
  Number((await gone.executeTakeFirst()).numDeletedRows);

/** Deletes the rows with this value in a column; how many there were. */
export const deleting =
  <T extends Table>(tx: Tx, table: T, column = 'id' as Column<T>) =>
  (value: string): Promise<number> =>
    countDeleted(tx.deleteFrom(table as 'users').where(column as 'id', '=', value));
