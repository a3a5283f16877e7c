/**
 * Updates of rows that decide. Before an update the rows it will touch are read and checked, so that a change to one column
 * never vouches for another that somebody else had changed; then they are updated together with their new tags. All of
 * it happens on the connection, inside the transaction and its write lock (record.ts).
 */
import {
  ColumnNode,
  ColumnUpdateNode,
  CompiledQuery as Compiled,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type OperationNode,
  type QueryCompiler,
  type QueryResult,
  ReturningNode,
  SelectionNode,
  SelectQueryNode,
  UpdateQueryNode,
  ValueNode,
} from 'kysely';
import type { SchemaTraits } from './engine.js';
import { checkedRow, type Row, rowText, TAG_COLUMN } from './guarded-tables.js';
import { type Guard, guardOf, uncheckable } from './row-guard.js';

type SetEach = SchemaTraits['setEach'];

/** The dialect, its updates of guarded tables done as described above. */
export function guardingUpdates(dialect: Dialect, setEach: SetEach): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => guardingDriver(dialect.createDriver(), dialect.createQueryCompiler(), setEach),
  };
}

function guardingDriver(driver: Driver, compiler: QueryCompiler, setEach: SetEach): Driver {
  const inner = new WeakMap<DatabaseConnection, DatabaseConnection>();
  return {
    init: () => driver.init(),
    acquireConnection: async () => {
      const connection = await driver.acquireConnection();
      const guarding = new GuardingConnection(connection, compiler, setEach);
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

class GuardingConnection implements DatabaseConnection {
  readonly #inner: DatabaseConnection;
  readonly #compiler: QueryCompiler;
  readonly #setEach: SetEach;

  constructor(inner: DatabaseConnection, compiler: QueryCompiler, setEach: SetEach) {
    this.#inner = inner;
    this.#compiler = compiler;
    this.#setEach = setEach;
  }

  async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
    const guard = guardOf(compiled.query);
    if (guard === undefined || !UpdateQueryNode.is(compiled.query)) return this.#inner.executeQuery<R>(compiled);
    return this.#update<R>(compiled.query, guard);
  }

  streamQuery<R>(compiled: CompiledQuery, chunkSize?: number): AsyncIterableIterator<QueryResult<R>> {
    return this.#inner.streamQuery<R>(compiled, chunkSize);
  }

  async #update<R>(node: UpdateQueryNode, guard: Guard): Promise<QueryResult<R>> {
    if (node.from ?? node.joins ?? node.returning) throw uncheckable(guard.name, 'update');
    const before = await this.#checkedRows(node, guard);
    if (before.length === 0) return { numAffectedRows: 0n, rows: [] };
    const [only] = before;
    const patch = plainPatch(node);
    if (before.length === 1 && only !== undefined && patch !== undefined) {
      const tag = tagOf(guard, { ...only, ...patch });
      const column = ColumnUpdateNode.create(ColumnNode.create(TAG_COLUMN), ValueNode.create(tag));
      return this.#run<R>(UpdateQueryNode.cloneWithUpdates(node, [column]));
    }
    const after = patch === undefined ? await this.#returned(node) : before.map((row) => ({ ...row, ...patch }));
    if (patch !== undefined) await this.#run(node);
    await this.#retag(guard, after);
    return { numAffectedRows: BigInt(after.length), rows: [] };
  }

  async #checkedRows(node: UpdateQueryNode, { tags, name, table }: Guard): Promise<readonly Row[]> {
    if (node.table === undefined) throw uncheckable(name, 'update');
    const all = SelectQueryNode.cloneWithSelections(SelectQueryNode.createFrom([node.table]), [
      SelectionNode.createSelectAll(),
    ]);
    const { rows } = await this.#run<Row>(node.where === undefined ? all : { ...all, where: node.where });
    return rows.map((row) => checkedRow(tags, name, table, row));
  }

  /** Where values are computed by the database, it says what came of them. */
  async #returned(node: UpdateQueryNode): Promise<readonly Row[]> {
    const { rows } = await this.#run<Row>({
      ...node,
      returning: ReturningNode.create([SelectionNode.createSelectAll()]),
    });
    return rows;
  }

  async #retag(guard: Guard, rows: readonly Row[]): Promise<void> {
    const { name, table } = guard;
    const tags = Object.fromEntries(rows.map((row) => [String(row[table.key]), tagOf(guard, row)]));
    await this.#inner.executeQuery(Compiled.raw(this.#setEach(name, table.key, TAG_COLUMN), [JSON.stringify(tags)]));
  }

  #run<R>(node: UpdateQueryNode | SelectQueryNode): Promise<QueryResult<R>> {
    return this.#inner.executeQuery<R>(this.#compiler.compileQuery(node, { queryId: 'guarded-update' }));
  }
}

const tagOf = ({ tags, name, table }: Guard, row: Row): string => tags.make(rowText(name, table, row));

/** The new values, where all of them are given and none is computed. */
function plainPatch(node: UpdateQueryNode): Row | undefined {
  const pairs: (readonly [string, unknown])[] = [];
  for (const { column, value } of node.updates ?? []) {
    if (!ColumnNode.is(column) || !isPlain(value)) return undefined;
    pairs.push([column.column.name, value.value ?? null]);
  }
  return Object.fromEntries(pairs);
}

const isPlain = (node: OperationNode): node is ValueNode => ValueNode.is(node);
