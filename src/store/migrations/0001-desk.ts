/**
 * The first schema: directory, secrets, factors, operators, verifications, outbox and the audit log.
 * Table meanings are in ../database.ts. A migration never changes once released; a new column is a new file.
 */
import { type CreateTableBuilder, sql } from 'kysely';
import type { Db } from '../database.js';
import type { SchemaTraits } from '../engine.js';

type Column = 'text' | 'text?' | 'time' | 'time?' | 'count' | 'key';
type Columns = Readonly<Record<string, Column>>;

const TABLES: Readonly<Record<string, Columns>> = {
  accounts: {
    number: 'text', number_key: 'key', name: 'text', name_key: 'key', edition: 'text', sso: 'text?', sso_issuer: 'text?',
    sso_audience: 'text?', sso_jwks: 'text?', mfa_required_at: 'time?', phone_reset_forbidden: 'count',
    disabled_at: 'time?', created_at: 'time', updated_at: 'time',
  },
  users: {
    account_id: 'text', login: 'text', login_key: 'key', name: 'text', email: 'text', email_key: 'key', phone: 'text',
    phone_digits: 'key', role: 'text', scopes: 'text', sign_in: 'text', authority_version: 'count',
    contact_changed_at: 'time', former_contacts: 'text', disabled_at: 'time?', created_at: 'time', updated_at: 'time',
  },
  one_time_codes: {
    user_id: 'text', purpose: 'text', factor_id: 'text?', digest: 'text', tries: 'count', created_at: 'time',
    expires_at: 'time', used_at: 'time?',
  },
  factors: {
    user_id: 'text', kind: 'text', label: 'text', secret: 'text?', state: 'text', last_step: 'time?',
    created_at: 'time', confirmed_at: 'time?', suspended_by: 'text?',
  },
  backup_codes: {
    user_id: 'text', slot: 'count', verifier: 'text', state: 'text', used_at: 'time?', created_at: 'time',
    suspended_by: 'text?',
  },
  devices: { user_id: 'text', digest: 'text', created_at: 'time' },
  portal_sessions: {
    user_id: 'text', digest: 'text', state: 'text', method: 'text', created_at: 'time', last_seen_at: 'time',
    password_at: 'time',
  },
  operators: {
    name: 'text', name_key: 'key', role: 'text', verifier: 'text?', totp: 'text?', totp_last_step: 'time?',
    also_user_id: 'text?', disabled_at: 'time?', created_at: 'time',
  },
  operator_sessions: {
    operator_id: 'text', digest: 'text', created_at: 'time', last_seen_at: 'time', expires_at: 'time', code_at: 'time?',
    ended_at: 'time?',
  },
  operator_tokens: {
    operator_id: 'text', label: 'text', role: 'text', digest: 'text', created_at: 'time', expires_at: 'time',
    revoked_at: 'time?',
  },
  verifications: {
    operator_id: 'text', account_id: 'text', user_id: 'text?', caller_key: 'text', action: 'text', ticket: 'text?',
    outcome: 'text', reason: 'text?', started_at: 'time', decided_at: 'time?',
  },
  grants: {
    verification_id: 'text', operator_id: 'text', account_id: 'text', user_id: 'text', action: 'text',
    authority_version: 'count', created_at: 'time', expires_at: 'time', used_at: 'time?', revoked_at: 'time?',
  },
  outbox: {
    channel: 'text', kind: 'text', account_id: 'text?', user_id: 'text?', address: 'text', content: 'text?',
    state: 'text', attempts: 'count', next_attempt_at: 'time?', last_error: 'text?', reference: 'text?',
    created_at: 'time', delivered_at: 'time?',
  },
};

/** Tables whose key is not an `id`. */
const KEYED: Readonly<Record<string, { key: string; columns: Columns }>> = {
  meta: { key: 'key', columns: { value: 'text' } },
  passphrases: {
    key: 'user_id',
    columns: {
      verifier: 'text?', form_version: 'count', owner_copy: 'text?', set_by: 'text', set_at: 'time', setup_at: 'time?',
    },
  },
  application_passwords: { key: 'user_id', columns: { verifier: 'text', changed_at: 'time' } },
  throttles: {
    key: 'subject',
    columns: { failures: 'count', reserved: 'count', locked_until: 'time?', disabled_at: 'time?', updated_at: 'time' },
  },
};

const REFERENCES: Readonly<Record<string, string>> = {
  account_id: 'accounts.id', user_id: 'users.id', operator_id: 'operators.id', verification_id: 'verifications.id',
};
/** Columns that keep their value when the row they name is gone, or that name rows of another kind. */
const LOOSE = new Set(['outbox.account_id', 'outbox.user_id']);

const UNIQUE: readonly (readonly [string, readonly string[]])[] = [
  ['accounts', ['number_key']],
  ['users', ['account_id', 'login_key']],
  ['operators', ['name_key']],
  ['operator_sessions', ['digest']],
  ['operator_tokens', ['digest']],
  ['portal_sessions', ['digest']],
  ['devices', ['digest']],
];

const INDEXES: readonly (readonly [string, readonly string[]])[] = [
  ['accounts', ['name_key']],
  ['users', ['email_key']],
  ['users', ['phone_digits']],
  ['one_time_codes', ['user_id']],
  ['factors', ['user_id']],
  ['backup_codes', ['user_id']],
  ['devices', ['user_id']],
  ['portal_sessions', ['user_id']],
  ['operator_sessions', ['operator_id']],
  ['operator_tokens', ['operator_id']],
  ['verifications', ['caller_key', 'started_at']],
  ['verifications', ['account_id', 'started_at']],
  ['verifications', ['operator_id', 'started_at']],
  ['verifications', ['started_at']],
  ['grants', ['user_id']],
  ['grants', ['expires_at']],
  ['outbox', ['state', 'next_attempt_at']],
  ['audit_entries', ['at']],
  ['audit_entries', ['kind', 'seq']],
  ['audit_entries', ['by_id', 'seq']],
  ['audit_entries', ['account_id', 'seq']],
  ['audit_entries', ['user_id', 'seq']],
];

export async function up(db: Db, traits: SchemaTraits): Promise<void> {
  for (const [name, columns] of Object.entries(TABLES)) await createTable(db, traits, name, 'id', columns);
  for (const [name, { key, columns }] of Object.entries(KEYED)) await createTable(db, traits, name, key, columns);
  await createSearchWords(db, traits);
  await createAuditLog(db, traits);
  for (const [table, columns] of UNIQUE) await createIndex(db, table, columns, true);
  for (const [table, columns] of INDEXES) await createIndex(db, table, columns, false);
}

async function createTable(db: Db, traits: SchemaTraits, name: string, key: string, columns: Columns): Promise<void> {
  let table: CreateTableBuilder<string, string> = db.schema.createTable(name);
  table = table.addColumn(key, 'text', (c) => c.primaryKey().notNull());
  for (const [column, type] of Object.entries(columns)) table = addColumn(table, traits, name, column, type);
  if (key === 'user_id') table = table.addForeignKeyConstraint(`${name}_user`, ['user_id'], 'users', ['id']);
  await table.modifyEnd(sql.raw(traits.tableEnd)).execute();
}

function addColumn(
  table: CreateTableBuilder<string, string>, traits: SchemaTraits, tableName: string, column: string, type: Column,
): CreateTableBuilder<string, string> {
  const target = LOOSE.has(`${tableName}.${column}`) ? undefined : REFERENCES[column];
  const sqlType =
    type === 'key' ? sql.raw(`text collate ${traits.keyCollation}`)
    : type.startsWith('text') ? sql.raw('text')
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

async function createIndex(db: Db, table: string, columns: readonly string[], unique: boolean): Promise<void> {
  const index = db.schema.createIndex(`${table}_by_${columns.join('_')}`).on(table).columns([...columns]);
  await (unique ? index.unique() : index).execute();
}
