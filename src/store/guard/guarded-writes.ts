/**
 * Writes of guarded rows. Before an update, the rows that it will change are read and checked, so that the new tag never covers a column
 * that was changed outside countersign. Then the rows are updated together with their tags. Every row that comes or goes is counted for the
 * sum of its table. All of this happens on the connection, inside the transaction and its write lock (record.ts).
 */
import {
  ColumnNode,
  ColumnUpdateNode,
  type CompiledQuery,
  type DatabaseConnection,
  DeleteQueryNode,
  type Dialect,
  type Driver,
  InsertQueryNode,
  type PrimitiveValueListNode,
  type QueryCompiler,
  type QueryResult,
  ReturningNode,
  type RootOperationNode,
  SelectionNode,
  SelectQueryNode,
  sql,
  UpdateQueryNode,
  ValueNode,
  ValuesNode,
  WhereNode,
} from 'kysely';
import type { SchemaTraits } from '../engine.js';
import { checkRow, type Row, rowText, TAG_COLUMN } from './guarded-tables.js';
import { type Guard, guardOf, uncheckable } from './row-guard.js';
import type { Delta } from './table-sums.js';
import { settingEach } from './tag-rows.js';

/** The dialect, with writes of guarded tables done as described above. */
export function guardingWrites(dialect: Dialect, traits: SchemaTraits): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => guardingDriver(dialect.createDriver(), dialect.createQueryCompiler(), traits),
  };
}

function guardingDriver(driver: Driver, compiler: QueryCompiler, traits: SchemaTraits): Driver {
  const inner = new WeakMap<DatabaseConnection, DatabaseConnection>();
  return {
    init: () => driver.init(),
    acquireConnection: async () => {
      const connection = await driver.acquireConnection();
      const guarding = new GuardingConnection(connection, compiler, traits);
      inner.set(guarding, connection);
      return guarding;
    },
    beginTransaction: (connection, settings) => driver.beginTransaction(connection, settings),
    commitTransaction: (connection) => driver.commitTransaction(connection),
    rollbackTransaction: (connection) => driver.rollbackTransaction(connection),
    releaseConnection: (connection) => driver.releaseConnection(inner.get(connection) ?? connection),
    destroy: () => driver.destroy(),
  };
}

/** Inside the write door. */
interface Counting extends Guard {
  readonly delta: Delta;
}

const EVERYTHING = [SelectionNode.createSelectAll()];
const returning = ReturningNode.create(EVERYTHING);

class GuardingConnection implements DatabaseConnection {
  readonly #inner: DatabaseConnection;
  readonly #compiler: QueryCompiler;
  readonly #traits: SchemaTraits;

  constructor(inner: DatabaseConnection, compiler: QueryCompiler, traits: SchemaTraits) {
    this.#inner = inner;
    this.#compiler = compiler;
    this.#traits = traits;
  }

  async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
    const { query } = compiled;
    const guard = guardOf(query);
    if (guard === undefined) return this.#inner.executeQuery<R>(compiled);
    const { delta, name } = guard;
    if (delta === undefined) throw new Error(`a write to ${name} outside the write door`);
    const counting = { ...guard, delta };
    if (UpdateQueryNode.is(query)) return this.#update<R>(query, counting);
    if (DeleteQueryNode.is(query)) return this.#delete<R>(query, counting);
    if (InsertQueryNode.is(query)) return this.#insert<R>(compiled, query, counting);
    throw uncheckable(name, 'statement');
  }

  streamQuery<R>(compiled: CompiledQuery, chunkSize?: number): AsyncIterableIterator<QueryResult<R>> {
    return this.#inner.streamQuery<R>(compiled, chunkSize);
  }

  /** One statement: it returns what it deleted, and a row is checked before it is forgotten. */
  async #delete<R>(node: DeleteQueryNode, { tags, name, table, delta }: Counting): Promise<QueryResult<R>> {
    if (node.using ?? node.joins ?? node.returning ?? node.limit) throw uncheckable(name, 'delete');
    const { rows } = await this.#run<Row>({ ...node, returning });
    for (const row of rows) {
      checkRow(tags, name, table, row);
      delta.went(name, row, row[TAG_COLUMN]);
    }
    return { numAffectedRows: BigInt(rows.length), rows: [] };
  }

  /** "Do nothing" returns what came; "insert or replace" reads what it will replace. */
  async #insert<R>(compiled: CompiledQuery, node: InsertQueryNode, guard: Counting): Promise<QueryResult<R>> {
    const { name, table, delta, tags } = guard;
    if (node.returning !== undefined) throw uncheckable(name, 'insert');
    if (node.onConflict?.doNothing === true) {
      const { rows } = await this.#run<Row>({ ...node, returning });
      for (const row of rows) delta.came(name, row, row[TAG_COLUMN]);
      return { numAffectedRows: BigInt(rows.length), rows: [] };
    }
    const rows = insertedRows(node);
    let replaced: readonly Row[] = [];
    if (node.onConflict !== undefined) {
      const keys = sql.join(rows.map((row) => row[table.key]));
      const query = sql<Row>`select * from ${sql.table(name)} where ${sql.ref(table.key)} in (${keys})`;
      replaced = (await this.#run<Row>(query.toOperationNode())).rows;
      for (const row of replaced) checkRow(tags, name, table, row);
    }
    // Counted once it is done: a change may catch a failed statement and go on.
    const result = await this.#inner.executeQuery<R>(compiled);
    for (const row of replaced) delta.went(name, row, row[TAG_COLUMN]);
    for (const row of rows) delta.came(name, row, row[TAG_COLUMN]);
    return result;
  }

  async #update<R>(node: UpdateQueryNode, guard: Counting): Promise<QueryResult<R>> {
    if (node.from ?? node.joins ?? node.returning) throw uncheckable(guard.name, 'update');
    // No tagged column changes, so the tags stay as they are.
    if (!changesTagged(node, guard)) return this.#run<R>(node);
    const before = await this.#checkedRows(node, guard);
    if (before.length === 0) return { numAffectedRows: 0n, rows: [] };
    const went = () => {
      for (const row of before) guard.delta.went(guard.name, row, row[TAG_COLUMN]);
    };
    const patch = taggedPatch(node, guard);
    if (patch === undefined) return this.#updateComputed<R>(node, guard, went);
    const after = before.map((row) => tagged(guard, row, patch));
    const { numAffectedRows } = await this.#run<R>(withTags(node, guard, after, this.#traits));
    went();
    for (const { row, tag } of after) guard.delta.came(guard.name, row, tag, patch);
    return { numAffectedRows: numAffectedRows ?? BigInt(after.length), rows: [] };
  }

  /** If the database computes tagged values, it returns the new rows, and their tags are written after that. */
  async #updateComputed<R>(node: UpdateQueryNode, guard: Counting, went: () => void): Promise<QueryResult<R>> {
    const { name, table, delta } = guard;
    const { rows } = await this.#run<Row>({ ...node, returning });
    const after = rows.map((row) => tagged(guard, row));
    went();
    for (const { row, tag } of after) delta.came(name, row, tag);
    const at = { table: name, key: table.key, column: TAG_COLUMN };
    await this.#run(settingEach(this.#traits, at, tagsOf(guard, after)).toOperationNode());
    return { numAffectedRows: BigInt(rows.length), rows: [] };
  }

  /** With their tags. */
  async #checkedRows(node: UpdateQueryNode, { tags, name, table }: Guard): Promise<readonly Row[]> {
    if (node.table === undefined) throw uncheckable(name, 'update');
    const all = SelectQueryNode.cloneWithSelections(SelectQueryNode.createFrom([node.table]), EVERYTHING);
    const { rows } = await this.#run<Row>(node.where === undefined ? all : { ...all, where: node.where });
    for (const row of rows) checkRow(tags, name, table, row);
    return rows;
  }

  #run<R>(node: RootOperationNode): Promise<QueryResult<R>> {
    return this.#inner.executeQuery<R>(this.#compiler.compileQuery(node, { queryId: 'guarded-write' }));
  }
}

/** The rows of a tagged insert, by column. */
function insertedRows({ columns, values }: InsertQueryNode): readonly Row[] {
  if (columns === undefined || values === undefined || !ValuesNode.is(values)) throw new Error('not a tagged insert');
  return values.values.map((list) =>
    Object.fromEntries(columns.map(({ column }, at) => [column.name, (list as PrimitiveValueListNode).values[at]])),
  );
}

/** A row, and its tag with the changes that are made to it. */
interface Tagged {
  readonly row: Row;
  readonly tag: string;
}

const tagged = ({ tags, name, table }: Guard, row: Row, patch?: Row): Tagged => ({
  row,
  tag: tags.make(rowText(name, table, row, patch)),
});

/** A JSON object, key to tag. As text, because an object with hundreds of names is slow to make. */
const tagsOf = ({ table }: Guard, rows: readonly Tagged[]): string =>
  `{${rows.map(({ row, tag }) => `${JSON.stringify(String(row[table.key]))}:${JSON.stringify(tag)}`).join()}}`;

const changesTagged = ({ updates = [] }: UpdateQueryNode, { table }: Guard): boolean =>
  updates.some(({ column }) => !ColumnNode.is(column) || table.columns.includes(column.column.name));

/** The new values of the columns; undefined if the database computes a tagged one. */
function taggedPatch(node: UpdateQueryNode, { table }: Guard): Row | undefined {
  const patch: Record<string, unknown> = {};
  for (const { column, value } of node.updates ?? []) {
    const name = ColumnNode.is(column) ? column.column.name : undefined;
    if (name === undefined) return undefined;
    if (ValueNode.is(value)) patch[name] = value.value ?? null;
    else if (table.columns.includes(name)) return undefined;
  }
  return patch;
}

/** The same update, each row with its own new tag. */
function withTags(
  node: UpdateQueryNode,
  guard: Guard,
  after: readonly Tagged[],
  traits: SchemaTraits,
): UpdateQueryNode {
  const mac = ColumnNode.create(TAG_COLUMN);
  const [only] = after;
  if (only !== undefined && after.length === 1) {
    return UpdateQueryNode.cloneWithUpdates(node, [ColumnUpdateNode.create(mac, ValueNode.create(only.tag))]);
  }
  // The rows are known by their keys and nobody else writes now, so their condition is not needed again.
  const pairs = traits.pairs(tagsOf(guard, after)).toOperationNode();
  const joined = sql<boolean>`${sql.ref(`${guard.name}.${guard.table.key}`)} = j.k`.toOperationNode();
  const tagged = UpdateQueryNode.cloneWithUpdates(node, [
    ColumnUpdateNode.create(mac, sql.ref('j.v').toOperationNode()),
  ]);
  return { ...UpdateQueryNode.cloneWithFromItems(tagged, [pairs]), where: WhereNode.create(joined) };
}
