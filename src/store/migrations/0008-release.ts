/**
 * The schema of the first release, which its steps 0001 to 0008 made: its tables and indexes are in 0008-release.json, and ../schema
 * describes them. A migration never changes after its release; a new column is a new step (since-release.ts).
 */
import { type CreateTableBuilder, sql } from 'kysely';
import type { SchemaTraits } from '../engine.js';
import { derivedColumns, GUARDED, type GuardedTable, rowText, TAG_COLUMN } from '../guard/guarded-tables.js';
import { PIN_ID } from '../queries/meta.js';
import type { Db } from '../schema/directory.js';
import release from './0008-release.json' with { type: 'json' };
import type { MigrationKeys } from './migration-keys.js';

/** `empty` is a text that was added later, so it has a default; `?` may be null; `key` is compared byte by byte. */
type Column = 'text' | 'text?' | 'time' | 'time?' | 'count' | 'key' | 'empty';
type Columns = Readonly<Record<string, Column>>;

const TABLES = release.tables as Readonly<Record<string, { readonly key: string; readonly columns: Columns }>>;

const REFERENCES: Readonly<Record<string, string>> = {
  account_id: 'accounts.id',
  user_id: 'users.id',
  operator_id: 'operators.id',
  verification_id: 'verifications.id',
};

/** The engine's type of 64 bits. */
export const integer = ({ bytes }: SchemaTraits) => sql.raw(bytes === 'bytea' ? 'bigint' : 'integer');

/** Columns that keep their value when the row that they name is deleted, or that name rows of another kind. */
const LOOSE = new Set(['outbox.account_id', 'outbox.user_id']);

/** `pinned` is the policy that the new desk accepts (B79). */
export async function createRelease(
  db: Db,
  traits: SchemaTraits,
  { former }: MigrationKeys,
  pinned: string,
): Promise<void> {
  for (const [name, { key, columns }] of Object.entries(TABLES)) await createTable(db, traits, name, key, columns);
  await createSearchWords(db, traits);
  await createAuditLog(db, traits);
  for (const [table, lists] of Object.entries(release.unique))
    for (const columns of lists) await indexOf(db, table, columns).unique().execute();
  for (const [table, lists] of Object.entries(release.indexes))
    for (const columns of lists) await indexOf(db, table, columns).execute();
  const row = { id: PIN_ID, pinned, accepted_at: 0 };
  const mac = former.rows.make(rowText('policy_pins', GUARDED['policy_pins'] as GuardedTable, row));
  const tagged = { ...row, [TAG_COLUMN]: mac };
  await db.insertInto('policy_pins').values(tagged).execute();
}

/** Creates one table, its primary key first; later migrations use it too. */
export async function createTable(
  db: Db,
  traits: SchemaTraits,
  name: string,
  key: string,
  columns: Columns,
): Promise<void> {
  let table: CreateTableBuilder<string, string> = db.schema.createTable(name);
  table = table.addColumn(key, 'text', (c) => c.primaryKey().notNull());
  for (const [column, type] of Object.entries(columns)) table = addColumn(table, traits, name, column, type);
  if (key === 'user_id') table = table.addForeignKeyConstraint(`${name}_user`, ['user_id'], 'users', ['id']);
  await table.modifyEnd(sql.raw(traits.tableEnd)).execute();
}

function addColumn(
  table: CreateTableBuilder<string, string>,
  traits: SchemaTraits,
  tableName: string,
  column: string,
  type: Column,
): CreateTableBuilder<string, string> {
  const target = LOOSE.has(`${tableName}.${column}`) ? undefined : REFERENCES[column];
  const sqlType =
    type === 'key'
      ? sql.raw(`text collate ${traits.keyCollation}`)
      : /^(text|empty)/.test(type)
        ? sql.raw('text')
        : integer(traits);
  return table.addColumn(column, sqlType, (c) => {
    if (type === 'empty') return c.notNull().defaultTo('');
    const strict = type.endsWith('?') ? c : c.notNull();
    return target === undefined ? strict : strict.references(target);
  });
}

async function createSearchWords(db: Db, traits: SchemaTraits): Promise<void> {
  await db.schema
    .createTable('search_words')
    .addColumn('word', sql.raw(`text collate ${traits.keyCollation}`), (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('target_id', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('search_words_key', ['kind', 'word', 'target_id'])
    .modifyEnd(sql.raw(traits.tableEnd))
    .execute();
}

async function createAuditLog(db: Db, traits: SchemaTraits): Promise<void> {
  const number = integer(traits);
  await db.schema
    .createTable('audit_head')
    .addColumn('id', 'integer', (c) => c.primaryKey().notNull())
    .addColumn('size', number, (c) => c.notNull())
    .addColumn('frontier', 'text', (c) => c.notNull())
    .addColumn('latest_at', number, (c) => c.notNull())
    .addColumn('mac', 'text', (c) => c.notNull())
    .modifyEnd(sql.raw(traits.tableEnd))
    .execute();
  let entries = db.schema
    .createTable('audit_entries')
    .addColumn('seq', number, (c) => c.primaryKey().notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    .addColumn('leaf', sql.raw(traits.bytes), (c) => c.notNull()) as CreateTableBuilder<string, string>;
  for (const [column, made] of derivedColumns(traits))
    entries = entries.addColumn(column, column === 'at' ? number : 'text', (c) => c.modifyEnd(sql.raw(made)));
  await entries.modifyEnd(sql.raw(traits.tableEnd)).execute();
}

/** Of these columns, named after them. */
export const indexOf = (db: Db, table: string, columns: readonly string[]) =>
  db.schema
    .createIndex(`${table}_by_${columns.join('_')}`)
    .on(table)
    .columns([...columns]);
