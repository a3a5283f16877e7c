/**
 * Updates of guarded rows. Before an update, the rows that it will change are read and checked, so that the new tag never covers a column
 * that was changed outside countersign. Then the rows are updated together with their tags. All of this happens on the connection,
 * inside the transaction and its write lock (record.ts).
 */
import {
  ColumnNode,
  ColumnUpdateNode,
  CompiledQuery as Compiled,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryCompiler,
  type QueryResult,
  ReturningNode,
  SelectionNode,
  SelectQueryNode,
  sql,
  UpdateQueryNode,
  ValueNode,
  WhereNode,
} from 'kysely';
import type { SchemaTraits } from '../engine.js';
import { checkedRow, type Row, rowText, TAG_COLUMN } from './guarded-tables.js';
import { type Guard, guardOf, uncheckable } from './row-guard.js';

/** The dialect, with updates of guarded tables done as described above. */
export function guardingUpdates(dialect: Dialect, traits: SchemaTraits): Dialect {
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
    const guard = guardOf(compiled.query);
    if (guard === undefined || !UpdateQueryNode.is(compiled.query)) return this.#inner.executeQuery<R>(compiled);
    return this.#update<R>(compiled.query, guard);
  }

  streamQuery<R>(compiled: CompiledQuery, chunkSize?: number): AsyncIterableIterator<QueryResult<R>> {
    return this.#inner.streamQuery<R>(compiled, chunkSize);
  }

  async #update<R>(node: UpdateQueryNode, guard: Guard): Promise<QueryResult<R>> {
    if (node.from ?? node.joins ?? node.returning) throw uncheckable(guard.name, 'update');
    // No tagged column changes, so the tags stay as they are.
    if (!changesTagged(node, guard)) return this.#run<R>(node);
    const before = await this.#checkedRows(node, guard);
    if (before.length === 0) return { numAffectedRows: 0n, rows: [] };
    const patch = taggedPatch(node, guard);
    if (patch === undefined) return this.#updateComputed<R>(node, guard);
    const after = before.map((row) => ({ ...row, ...patch }));
    const { numAffectedRows } = await this.#run<R>(withTags(node, guard, after, this.#traits));
    return { numAffectedRows: numAffectedRows ?? BigInt(after.length), rows: [] };
  }

  /** If the database computes tagged values, it returns the new rows, and their tags are written after that. */
  async #updateComputed<R>(node: UpdateQueryNode, guard: Guard): Promise<QueryResult<R>> {
    const returning = ReturningNode.create([SelectionNode.createSelectAll()]);
    const { rows } = await this.#run<Row>({ ...node, returning });
    const tags = JSON.stringify(tagsOf(guard, rows));
    const { name, table } = guard;
    await this.#inner.executeQuery(Compiled.raw(this.#traits.setEach(name, table.key, TAG_COLUMN), [tags]));
    return { numAffectedRows: BigInt(rows.length), rows: [] };
  }

  async #checkedRows(node: UpdateQueryNode, { tags, name, table }: Guard): Promise<readonly Row[]> {
    if (node.table === undefined) throw uncheckable(name, 'update');
    const all = SelectQueryNode.cloneWithSelections(SelectQueryNode.createFrom([node.table]), [
      SelectionNode.createSelectAll(),
    ]);
    const { rows } = await this.#run<Row>(node.where === undefined ? all : { ...all, where: node.where });
    return rows.map((row) => checkedRow(tags, name, table, row));
  }

  #run<R>(node: UpdateQueryNode | SelectQueryNode): Promise<QueryResult<R>> {
    return this.#inner.executeQuery<R>(this.#compiler.compileQuery(node, { queryId: 'guarded-update' }));
  }
}

const tagOf = ({ tags, name, table }: Guard, row: Row): string => tags.make(rowText(name, table, row));

const tagsOf = (guard: Guard, rows: readonly Row[]): Readonly<Record<string, string>> =>
  Object.fromEntries(rows.map((row) => [String(row[guard.table.key]), tagOf(guard, row)]));

function changesTagged(node: UpdateQueryNode, { table }: Guard): boolean {
  return (node.updates ?? []).some(
    ({ column }) => !ColumnNode.is(column) || table.columns.includes(column.column.name),
  );
}

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
function withTags(node: UpdateQueryNode, guard: Guard, after: readonly Row[], traits: SchemaTraits): UpdateQueryNode {
  const mac = ColumnNode.create(TAG_COLUMN);
  const [only] = after;
  if (only !== undefined && after.length === 1) {
    return UpdateQueryNode.cloneWithUpdates(node, [ColumnUpdateNode.create(mac, ValueNode.create(tagOf(guard, only)))]);
  }
  // The rows are known by their keys and nobody else writes now, so their condition is not needed again.
  const pairs = traits.pairs(JSON.stringify(tagsOf(guard, after))).toOperationNode();
  const joined = sql<boolean>`${sql.ref(`${guard.name}.${guard.table.key}`)} = j.k`.toOperationNode();
  const tagged = UpdateQueryNode.cloneWithUpdates(node, [
    ColumnUpdateNode.create(mac, sql.ref('j.v').toOperationNode()),
  ]);
  return { ...UpdateQueryNode.cloneWithFromItems(tagged, [pairs]), where: WhereNode.create(joined) };
}
