import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GUARDED, type GuardedTable, type Row, rowText } from '../../src/store/guard/guarded-tables.js';
import { migrate, NEWEST, requireCurrent, schemaState } from '../../src/store/migrations/index.js';
import type { Database } from '../../src/store/schema/directory.js';
import { openStore, unchecked } from '../../src/store/store.js';
import { engines } from '../support/test-desk.js';
import { entry, keysWith, notaryWith } from './rows.js';
import { type EmptyPlace, emptyPlace, faultsOfLog, schemaUntil } from './support.js';

const TABLES: readonly (keyof Database)[] = [
  'accounts',
  'application_passwords',
  'approvals',
  'audit_entries',
  'audit_head',
  'backup_codes',
  'calls',
  'devices',
  'factors',
  'freezes',
  'grants',
  'job_plans',
  'jobs',
  'meta',
  'one_time_codes',
  'operator_contacts',
  'operator_recovery_codes',
  'operator_sessions',
  'operator_starts',
  'operator_tokens',
  'operators',
  'outbox',
  'passphrases',
  'policy_pins',
  'portal_sessions',
  'resets',
  'search_words',
  'sink_cursors',
  'throttles',
  'used_id_tokens',
  'users',
  'verifications',
];

const OPERATOR = {
  id: 'op_1',
  name: 'a',
  name_key: 'a',
  role: 'lead',
  verifier: null,
  totp: null,
  totp_last_step: null,
  also_user_id: null,
  disabled_at: null,
  created_at: 1,
};

describe.each(engines)('migrations on %s', (name) => {
  let place: EmptyPlace;
  beforeEach(async () => {
    place = await emptyPlace(name);
  });
  afterEach(() => place.close());

  const tables = async () =>
    (await place.engine.db.introspection.getTables())
      .map((table) => table.name)
      .filter((table) => !table.startsWith('kysely_'))
      .sort();

  it('make every table from nothing', async () => {
    expect(await schemaState(place.engine)).toBe('none');
    expect((await migrate(place.engine, keysWith())).at(-1)).toBe(NEWEST);
    expect(await schemaState(place.engine)).toBe('current');
    expect(await tables()).toEqual(TABLES);
    await expect(requireCurrent(place.engine)).resolves.toBeUndefined();
  });

  it('do nothing the second time', async () => {
    await migrate(place.engine, keysWith());
    expect(await migrate(place.engine, keysWith())).toEqual([]);
    expect(await schemaState(place.engine)).toBe('current');
  });

  it('are all or nothing: what stands in the way leaves no half schema behind', async () => {
    await sql`create table search_words (obstacle integer)`.execute(place.engine.db);
    await expect(migrate(place.engine, keysWith())).rejects.toThrow(/search_words/);
    expect(await tables()).toEqual(['search_words']);
    await sql`drop table search_words`.execute(place.engine.db);
    expect((await migrate(place.engine, keysWith())).at(-1)).toBe(NEWEST);
    expect(await tables()).toEqual(TABLES);
  });

  const tagged = (table: string, row: Row) => ({
    ...row,
    mac: notaryWith().rows.make(rowText(table, GUARDED[table] as GuardedTable, row)),
  });
  const insertOperator = () =>
    place.engine.db
      .insertInto('operators')
      .values(tagged('operators', OPERATOR) as Row as typeof OPERATOR)
      .execute();

  it('take the plans of jobs along into their own table', async () => {
    const { db } = place.engine;
    await schemaUntil(place.engine, '0005-id-tokens');
    await insertOperator();
    await sql`insert into jobs (id, operator_id, state, plan, plan_hash, reason, ticket, total, done, created_at, updated_at)
      values ('job_1', 'op_1', 'unfinished', '{"rows":[]}', 'h', 'r', 't', 2, 1, 1, 1)`.execute(db);
    expect((await migrate(place.engine, keysWith()))[0]).toBe('0006-job-plans');
    const store = openStore(place.engine, notaryWith());
    expect(await store.read.jobs.byId('job_1')).toMatchObject({ id: 'job_1', done: 1, plan: '{"rows":[]}' });
  });

  it('end every session that belongs to nobody, and pin the policy in force (B79)', async () => {
    const { db } = place.engine;
    await schemaUntil(place.engine, '0007-operators');
    await insertOperator();
    await sql`insert into operator_sessions (id, operator_id, digest, created_at, last_seen_at, expires_at)
      values ('ses_1', 'op_1', 'd', 1, 1, 99)`.execute(db);
    await migrate(place.engine, keysWith(), 'a'.repeat(64));
    const store = openStore(place.engine, notaryWith());
    expect(await store.read.operators.sessionById('ses_1')).toBeUndefined();
    expect(await store.read.policyPin.get()).toBe('a'.repeat(64));
    await sql`update policy_pins set pinned = 'countersign'`.execute(db);
    await expect(store.read.policyPin.get()).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it('a place without a schema is no desk', async () => {
    await expect(requireCurrent(place.engine)).rejects.toMatchObject({
      code: 'store-unreachable',
      hint: expect.stringMatching(/countersign init/),
    });
    expect(await unchecked(place.engine, 'key-id')).toBeUndefined();
  });

  it('a store of a newer countersign is refused, and neither opened nor migrated', async () => {
    await migrate(place.engine, keysWith());
    await sql`insert into kysely_migration (name, timestamp) values ('9999-later', '2030-01-01')`.execute(
      place.engine.db,
    );
    expect(await schemaState(place.engine)).toBe('newer');
    await expect(requireCurrent(place.engine)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/newer version of countersign/),
    });
    await expect(migrate(place.engine, keysWith())).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/newer version of countersign/),
    });
  });

  it('founding a store again after an interruption keeps its log', async () => {
    const notary = notaryWith();
    await migrate(place.engine, keysWith(notary));
    await openStore(place.engine, notary).record(entry(), (write) => write.meta.put('created-at', '1'));
    await migrate(place.engine, keysWith(notary));
    expect((await openStore(place.engine, notary).read.audit.head())?.size).toBe(1);
    expect(await faultsOfLog(place.engine, notary)).toEqual([]);
  });

  it('a desk is finished once it names its key', async () => {
    const notary = notaryWith();
    await migrate(place.engine, keysWith(notary));
    expect(await unchecked(place.engine, 'key-id')).toBeUndefined();
    await openStore(place.engine, notary).record(entry('test.made'), (write) => write.meta.put('key-id', 'k'));
    expect(await unchecked(place.engine, 'key-id')).toBe('k');
  });
});
