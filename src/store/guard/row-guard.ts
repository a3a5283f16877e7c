/**
 * Makes and checks the tags of guarded rows (guarded-tables.ts). It is a Kysely plugin, so that no query can forget it.
 *
 *   insert   writes each row with its tag
 *   select   checks each row and removes its tag before anyone sees it. A read of single columns reads the whole row for
 *            this. Counts and the like are not checked, because nothing is decided on them alone.
 *   others   passed to guarded-writes.ts, because rows must be checked before they change, and each change is counted
 *
 * A statement on a guarded table in a form that cannot be checked is a bug, and throws.
 */
import {
  AliasNode,
  ColumnNode,
  ColumnUpdateNode,
  DeleteQueryNode,
  IdentifierNode,
  InsertQueryNode,
  type KyselyPlugin,
  OnConflictNode,
  type OperationNode,
  PrimitiveValueListNode,
  type QueryExecutor,
  ReferenceNode,
  type RootOperationNode,
  SelectAllNode,
  SelectionNode,
  SelectQueryNode,
  TableNode,
  UpdateQueryNode,
  ValueListNode,
  ValueNode,
  ValuesNode,
} from 'kysely';
import { Refusal } from '../../errors.js';
import type { Db, Tx } from '../schema/directory.js';
import {
  checkedRow,
  checkRow,
  GUARDED,
  type GuardedTable,
  type Row,
  type RowTags,
  rowText,
  TAG_COLUMN,
} from './guarded-tables.js';
import type { Delta } from './table-sums.js';

/** What a statement on a guarded table needs. */
export interface Guard {
  readonly name: string;
  readonly table: GuardedTable;
  readonly tags: RowTags;
  /** Counts what changes. Absent outside the write door, where no guarded row may be written. */
  readonly delta: Delta | undefined;
}

/** Writes that guarded-writes.ts must handle, by the compiled node. */
const writes = new WeakMap<OperationNode, Guard>();

export const guardOf = (node: OperationNode): Guard | undefined => writes.get(node);

/** The same database, which tags guarded rows on insert and checks them on read. */
export function guardRows(db: Db, tags: RowTags): Db {
  return db.withPlugin(rowGuard(tags));
}

/** The same inside the write door. */
export const countRows = (tx: Tx, tags: RowTags, delta: Delta): Tx =>
  tx.withoutPlugins().withPlugin(rowGuard(tags, delta)) as Tx;

/** What a read does to its rows: checks them, then keeps the requested columns (as → column). */
interface Reading extends Pick<Guard, 'name' | 'table'> {
  readonly wanted: ReadonlyMap<string, string> | undefined;
}

/** By the id of the query; of one that is compiled once (statements.ts), for every guard. */
const readings = new WeakMap<object, Reading>();
const guards = new WeakSet<KyselyPlugin>();

export const isGuarded = ({ plugins }: QueryExecutor): boolean => plugins.some((plugin) => guards.has(plugin));

function rowGuard(tags: RowTags, delta?: Delta): KyselyPlugin {
  const guardFor = (node: RootOperationNode): Guard | undefined => {
    const name = tableName(targetOf(node));
    const table = name === undefined ? undefined : GUARDED[name];
    return name === undefined || table === undefined ? undefined : { name, table, tags, delta };
  };
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }): RootOperationNode {
      const guard = guardFor(node);
      if (guard === undefined) return node;
      if (SelectQueryNode.is(node)) {
        const plan = planReading(node, guard);
        if (plan === undefined) return node;
        readings.set(queryId, plan.reading);
        return plan.node;
      }
      const write = InsertQueryNode.is(node) ? taggedInsert(node, guard) : node;
      writes.set(write, guard);
      return write;
    },
    async transformResult({ result, queryId }) {
      const reading = readings.get(queryId);
      if (reading === undefined) return result;
      // A column that is gone would be read as one that says nothing.
      const [row] = result.rows;
      const gone = row && reading.table.columns.find((column) => !(column in row));
      if (gone) throw new Refusal('store-corrupt', `the table ${reading.name} has no column ${gone}`);
      return { ...result, rows: result.rows.map((row) => readRow(tags, reading, row)) };
    },
  };
  guards.add(plugin);
  return plugin;
}

function targetOf(node: RootOperationNode): OperationNode | undefined {
  if (SelectQueryNode.is(node) || DeleteQueryNode.is(node)) return node.from?.froms[0];
  if (InsertQueryNode.is(node)) return node.into;
  return UpdateQueryNode.is(node) ? node.table : undefined;
}

function tableName(node: OperationNode | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (AliasNode.is(node)) return tableName(node.node);
  return TableNode.is(node) ? node.table.identifier.name : undefined;
}

function planReading(node: SelectQueryNode, guard: Guard): { node: SelectQueryNode; reading: Reading } | undefined {
  const selections = (node.selections ?? []).map(({ selection }) => selection);
  if (selections.some(isWhole)) {
    if ((node.from?.froms.length ?? 0) + (node.joins?.length ?? 0) > 1 && selections.some(SelectAllNode.is)) {
      throw new Error(`a joined read of ${guard.name} cannot be checked: select one table`);
    }
    return { node, reading: { name: guard.name, table: guard.table, wanted: undefined } };
  }
  const columns = selections.map(columnOf);
  const plain = columns.filter((column) => column !== undefined);
  const decides = plain.some(({ column }) => guard.table.columns.includes(column));
  if (plain.length < columns.length || !decides || node.groupBy !== undefined || node.joins !== undefined)
    return undefined;
  return {
    node: { ...node, selections: [SelectionNode.createSelectAll()] },
    reading: { name: guard.name, table: guard.table, wanted: new Map(plain.map(({ as, column }) => [as, column])) },
  };
}

const isWhole = (node: OperationNode): boolean =>
  SelectAllNode.is(node) || (ReferenceNode.is(node) && SelectAllNode.is(node.column));

/** The column and its name in the result; undefined for anything computed. */
function columnOf(node: OperationNode): { as: string; column: string } | undefined {
  if (AliasNode.is(node)) {
    const inner = columnOf(node.node);
    return inner && IdentifierNode.is(node.alias) ? { as: node.alias.name, column: inner.column } : undefined;
  }
  const column = ReferenceNode.is(node) ? node.column : node;
  return ColumnNode.is(column) ? { as: column.column.name, column: column.column.name } : undefined;
}

function readRow(tags: RowTags, { name, table, wanted }: Reading, row: Row): Record<string, unknown> {
  if (wanted === undefined) return checkedRow(tags, name, table, row);
  checkRow(tags, name, table, row);
  return Object.fromEntries([...wanted].map(([as, column]) => [as, row[column]]));
}

function taggedInsert(node: InsertQueryNode, { name, table, tags }: Guard): InsertQueryNode {
  const { columns, values, onConflict } = node;
  if (columns === undefined || values === undefined || !ValuesNode.is(values)) throw uncheckable(name, 'insert');
  const tagged = values.values.map((list) => {
    const row = valuesOf(name, list);
    const named: Record<string, unknown> = {};
    for (const [at, { column }] of columns.entries()) named[column.name] = row[at];
    return PrimitiveValueListNode.create([...row, tags.make(rowText(name, table, named))]);
  });
  return InsertQueryNode.cloneWith(node, {
    columns: [...columns, ColumnNode.create(TAG_COLUMN)],
    values: ValuesNode.create(tagged),
    ...(onConflict === undefined ? {} : { onConflict: taggedConflict(onConflict, name, table) }),
  });
}

/** The values of one inserted row; a column that is left out is null. */
function valuesOf(name: string, list: OperationNode): readonly unknown[] {
  if (PrimitiveValueListNode.is(list)) return list.values.map((value) => value ?? null);
  if (!ValueListNode.is(list)) throw uncheckable(name, 'insert');
  return list.values.map((value) => {
    if (ValueNode.is(value)) return value.value ?? null;
    if (value.kind === 'DefaultInsertValueNode') return null;
    throw uncheckable(name, 'insert');
  });
}

/** "Insert or replace" must replace every tagged column: then the new tag covers no stored value that was not checked. */
function taggedConflict(node: OnConflictNode, name: string, table: GuardedTable): OnConflictNode {
  if (node.doNothing === true) return node;
  const set = node.updates?.map(({ column }) => columnOf(column)?.column) ?? [];
  if (!table.columns.every((column) => set.includes(column))) throw uncheckable(name, 'insert with a partial update');
  const excluded = ReferenceNode.create(ColumnNode.create(TAG_COLUMN), TableNode.create('excluded'));
  const tag = ColumnUpdateNode.create(ColumnNode.create(TAG_COLUMN), excluded);
  return OnConflictNode.cloneWith(node, { updates: [...(node.updates ?? []), tag] });
}

export const uncheckable = (name: string, what: string): Error =>
  new Error(`an ${what} of ${name} in a form that cannot be tagged (store/row-guard.ts)`);
