/** Statements that come again and again: built and compiled once on each engine, because that costs as much as running them. */
import type { Compilable, CompiledQuery, Insertable, Selectable, Updateable } from 'kysely';
import type { Database, Db, Tx } from '../schema/directory.js';
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

/** The row with this value in a unique column. Half of all statements are such a read. */
export async function rowOf<T extends keyof Database & string, C extends keyof Selectable<Database[T]> & string>(
  db: Db,
  table: T,
  column: C,
  value: Selectable<Database[T]>[C],
): Promise<Selectable<Database[T]> | undefined> {
  const build = () =>
    db
      .selectFrom(table as 'users')
      .selectAll()
      .where(column as 'id', '=', value as string);
  const [row] = await again(db, `${table} by ${column}`, [value], build);
  return row as Selectable<Database[T]> | undefined;
}

/** Reads the row with a value in this unique column. */
export const rowBy =
  <T extends keyof Database & string, C extends keyof Selectable<Database[T]> & string>(db: Db, table: T, column: C) =>
  (value: Selectable<Database[T]>[C]) =>
    rowOf(db, table, column, value);

/** Writes one row. */
export const inserting =
  <T extends keyof Database & string>(tx: Tx, table: T) =>
  async (row: Insertable<Database[T]>): Promise<void> => {
    await tx
      .insertInto(table as 'users')
      .values(row as never)
      .execute();
  };

/** Bound values per statement stay below both engines' limits. */
const ROWS_AT_ONCE = 500;

/** Writes rows. */
export const insertingAll =
  <T extends keyof Database & string>(tx: Tx, table: T) =>
  async (rows: readonly Insertable<Database[T]>[]): Promise<void> => {
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      const some = rows.slice(from, from + ROWS_AT_ONCE);
      await tx
        .insertInto(table as 'users')
        .values(some as never)
        .execute();
    }
  };

/** Changes the row with this value in a unique column. */
export const updating =
  <T extends keyof Database & string>(tx: Tx, table: T, column = 'id') =>
  async (value: string, patch: Updateable<Database[T]>): Promise<void> => {
    const change = tx.updateTable(table as 'users').set(patch as Updateable<Database['users']>);
    await change.where(column as 'id', '=', value).execute();
  };
