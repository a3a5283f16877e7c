/**
 * Binds the store to its keys, and seals the sums of its tables (B86). Every row gets its tag anew, and every secret its seal, under keys that
 * are derived with the store's id. A row whose tag shows that it was changed keeps that tag, and stays refused. Tables that had no tags (NEW)
 * are taken as they stand, and so is the fact that no row is missing: the operator who approves vouches for both.
 */
import { sql } from 'kysely';
import type { SchemaTraits } from '../engine.js';
import { GUARDED, type GuardedTable, type Row, TAG_COLUMN } from '../guard/guarded-tables.js';
import { fits, pagesOf, setEach, writeTags } from '../guard/tag-rows.js';
import { FREEZE_ID } from '../queries/meta.js';
import type { Db } from '../schema/directory.js';
import { createTable, indexOf, integer } from './0008-release.js';
import type { MigrationKeys } from './migration-keys.js';

/** Tables without tags until now. */
const NEW = [
  'backup_codes',
  'one_time_codes',
  'passphrases',
  'application_passwords',
  'used_id_tokens',
  'verifications',
  'resets',
  'jobs',
  'job_plans',
  'outbox',
  'meta',
];
const ADDED: Readonly<Record<string, readonly string[]>> = {
  users: ['passphrase_at', 'password_at', 'enrolled_at', 'tried'],
  operators: ['tried'],
};

export async function bindToKeys(db: Db, traits: SchemaTraits, keys: MigrationKeys): Promise<void> {
  await addColumns(db, traits);
  await moveSinkCursor(db, traits);
  await addFreeze(db, traits);
  await rememberFirsts(db);
  // A store with a past is opened only once somebody has vouched for it (custody/migrate-store.ts).
  if ((await db.selectFrom('audit_head').select('id').execute()).length > 0)
    await db.insertInto('meta').values({ key: 'unvouched', value: 'yes' }).execute();
  // A new store is named before anything in it is tagged.
  const named = { key: 'store-id', value: keys.notary.storeId };
  await db
    .insertInto('meta')
    .values(named)
    .onConflict((c) => c.column('key').doNothing())
    .execute();
  const accounts = await accountsOfUsers(db);
  // Tables of later steps are not there yet.
  const there = new Set((await db.introspection.getTables()).map(({ name }) => name));
  for (const name of Object.keys(GUARDED)) if (there.has(name)) await bind(db, name, { traits, keys, accounts });
}

/**
 * Whether a row is as countersign wrote it; all rows are, of a table that had no tags. A tag may have been made before or after another step
 * knew of the columns that are added here.
 */
function isOurs(name: string, row: Row, { former }: MigrationKeys): boolean {
  if (name === 'freezes' || NEW.includes(name)) return true;
  const table = GUARDED[name] as GuardedTable;
  const added = ADDED[name] ?? [];
  const before = Object.fromEntries(Object.entries(row).filter(([column]) => !added.includes(column)));
  const columns = table.columns.filter((column) => column in row && !added.includes(column));
  return fits(former.rows, name, { ...table, columns }, before) || fits(former.rows, name, table, before);
}

async function addColumns(db: Db, traits: SchemaTraits): Promise<void> {
  for (const table of NEW) await db.schema.alterTable(table).addColumn(TAG_COLUMN, 'text').execute();
  for (const [table, columns] of Object.entries(ADDED)) {
    for (const column of columns) {
      const type = column === 'tried' ? 'text' : integer(traits);
      await db.schema.alterTable(table).addColumn(column, type).execute();
    }
  }
  await db.schema
    .alterTable('audit_head')
    .addColumn('sums', 'text', (c) => c.notNull().defaultTo(''))
    .execute();
  for (const table of ['operator_sessions', 'approvals']) await indexOf(db, table, ['expires_at']).execute();
}

/** It is written without a log entry, so it cannot stand among values that are counted. */
async function moveSinkCursor(db: Db, traits: SchemaTraits): Promise<void> {
  await createTable(db, traits, 'sink_cursors', 'key', { value: 'text' });
  await db
    .deleteFrom('meta')
    .where('key', '=', 'sink' as never)
    .execute();
}

/** The log was verified just now, and until now it alone said whether resets are frozen. */
async function addFreeze(db: Db, traits: SchemaTraits): Promise<void> {
  await createTable(db, traits, 'freezes', 'id', {
    frozen_at: 'time?',
    frozen_until: 'time?',
    by_id: 'text?',
    by_name: 'text?',
    reason: 'text?',
    [TAG_COLUMN]: 'text?',
  });
  const entries = await db
    .selectFrom('audit_entries')
    .select('body')
    .where('kind', 'in', ['mfa.frozen', 'mfa.thawed'])
    .orderBy('seq', 'desc')
    .limit(1)
    .execute();
  const last = JSON.parse(entries[0]?.body ?? '{}') as Frozen;
  const frozen = last.kind === 'mfa.frozen' ? last : undefined;
  const row = {
    id: FREEZE_ID,
    frozen_at: frozen?.at ?? null,
    frozen_until: frozen?.detail?.until ?? null,
    by_id: frozen?.by.id ?? null,
    by_name: frozen?.by.name ?? null,
    reason: frozen?.reason ?? null,
  };
  await db.insertInto('freezes').values(row).execute();
}

interface Frozen {
  readonly kind?: string;
  readonly at: number;
  readonly by: { readonly id: string; readonly name: string };
  readonly reason?: string;
  readonly detail?: { readonly until?: number | null };
}

async function rememberFirsts(db: Db): Promise<void> {
  await sql`update users set
    passphrase_at = (select p.set_at from passphrases p where p.user_id = users.id),
    password_at = (select p.changed_at from application_passwords p where p.user_id = users.id),
    enrolled_at = (select max(f.at) from (
      select user_id, confirmed_at as at from factors where state <> 'pending'
      union all select user_id, created_at from backup_codes) f where f.user_id = users.id)`.execute(db);
  const { rows } = await sql<{ subject: string }>`select subject from throttles order by subject`.execute(db);
  const tried = new Map<string, string[]>();
  for (const { subject } of rows) {
    const id = /(?:usr|op)_[^/:]+$/.exec(subject)?.[0];
    if (id !== undefined) tried.set(id, [...(tried.get(id) ?? []), subject.split(':')[0] ?? '']);
  }
  for (const [id, kinds] of tried) {
    const table = sql.table(id.startsWith('op_') ? 'operators' : 'users');
    await sql`update ${table} set tried = ${kinds.join(' ')} where id = ${id}`.execute(db);
  }
}

async function accountsOfUsers(db: Db): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ id: string; account_id: string }>`select id, account_id from users`.execute(db);
  return new Map(rows.map((row) => [row.id, row.account_id]));
}

interface Binding {
  readonly traits: SchemaTraits;
  readonly keys: MigrationKeys;
  readonly accounts: ReadonlyMap<string, string>;
}

async function bind(db: Db, name: string, { traits, keys, accounts }: Binding): Promise<void> {
  const { key } = GUARDED[name] as GuardedTable;
  for await (const all of pagesOf(db, name)) {
    const rows = all.filter((row) => isOurs(name, row, keys));
    const again = rows.map(
      (row) => ({ ...row, ...keys.reseal(name, row, accounts.get(String(row['user_id']))) }) as Row,
    );
    for (const column of Object.keys(rows[0] ?? {})) {
      const changed = again.filter((row, at) => row[column] !== rows[at]?.[column]);
      const pairs = changed.map((row) => [String(row[key]), String(row[column])] as const);
      await setEach(db, traits, { table: name, key, column }, pairs);
    }
    await writeTags(db, name, again, { traits, tags: keys.notary.rows });
  }
}
