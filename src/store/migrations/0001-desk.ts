/**
 * The first schema: directory, secrets, factors, operators, verifications, outbox and the audit log.
 * ../schema describes the tables. A migration never changes after its release; a new column is a new file.
 */
import { type CreateTableBuilder, sql } from 'kysely';
import type { SchemaTraits } from '../engine.js';
import type { Db } from '../schema/directory.js';
import { type Column, type Columns, INDEXES, KEYED, LOOSE, REFERENCES, TABLES, UNIQUE } from './0001-tables.js';

export async function up(db: Db, traits: SchemaTraits): Promise<void> {
  for (const [name, columns] of Object.entries(TABLES)) await createTable(db, traits, name, 'id', columns);
  for (const [name, { key, columns }] of Object.entries(KEYED)) await createTable(db, traits, name, key, columns);
  await createSearchWords(db, traits);
  await createAuditLog(db, traits);
  for (const [table, columns] of UNIQUE) await createIndex(db, table, columns, true);
  for (const [table, columns] of INDEXES) await createIndex(db, table, columns, false);
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
      : type.startsWith('text')
        ? sql.raw('text')
        : sql.raw(traits.bytes === 'bytea' ? 'bigint' : 'integer');
  return table.addColumn(column, sqlType, (c) => {
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
  await createIndex(db, 'search_words', ['target_id'], false);
}

async function createAuditLog(db: Db, traits: SchemaTraits): Promise<void> {
  const integer = sql.raw(traits.bytes === 'bytea' ? 'bigint' : 'integer');
  await db.schema
    .createTable('audit_head')
    .addColumn('id', 'integer', (c) => c.primaryKey().notNull())
    .addColumn('size', integer, (c) => c.notNull())
    .addColumn('frontier', 'text', (c) => c.notNull())
    .addColumn('latest_at', integer, (c) => c.notNull())
    .addColumn('mac', 'text', (c) => c.notNull())
    .modifyEnd(sql.raw(traits.tableEnd))
    .execute();
  let entries = db.schema
    .createTable('audit_entries')
    .addColumn('seq', integer, (c) => c.primaryKey().notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    .addColumn('leaf', sql.raw(traits.bytes), (c) => c.notNull()) as CreateTableBuilder<string, string>;
  const derived = { kind: 'kind', outcome: 'outcome', by_id: 'by.id', account_id: 'account', user_id: 'user' };
  entries = entries.addColumn('at', integer, (c) => c.modifyEnd(traits.bodyColumn('at', 'integer')));
  for (const [column, path] of Object.entries(derived)) {
    entries = entries.addColumn(column, 'text', (c) => c.modifyEnd(traits.bodyColumn(path, 'text')));
  }
  await entries.modifyEnd(sql.raw(traits.tableEnd)).execute();
}

export async function createIndex(db: Db, table: string, columns: readonly string[], unique: boolean): Promise<void> {
  const index = db.schema
    .createIndex(`${table}_by_${columns.join('_')}`)
    .on(table)
    .columns([...columns]);
  await (unique ? index.unique() : index).execute();
}
