import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GUARDED, rowText } from '../../src/store/guard/guarded-tables.js';
import { migrate, NEWEST, requireCurrent, schemaState } from '../../src/store/migrations/index.js';
import type { Database } from '../../src/store/schema/directory.js';
import { establishStore, holdsDesk, openStore } from '../../src/store/store.js';
import { engines } from '../support/test-desk.js';
import { accountRow, entry, notaryWith, userRow } from './rows.js';
import { type EmptyPlace, emptyPlace, faultsOfLog } from './support.js';

/** Takes the columns and the tables since 0009 away again. */
async function undoTwoPersons(db: EmptyPlace['engine']['db']): Promise<void> {
  await sql`alter table users drop column power_held_until`.execute(db);
  for (const table of ['operator_hands', 'sso_subjects']) await sql`drop table ${sql.table(table)}`.execute(db);
  await sql`alter table operator_tokens drop column made_by`.execute(db);
  await sql`alter table approvals drop column token_id`.execute(db);
}

/** Takes the columns and the tables since 0008 away again. */
async function undoPersons(db: EmptyPlace['engine']['db']): Promise<void> {
  await undoTwoPersons(db);
  await sql`drop table policy_pins`.execute(db);
  for (const table of ['operator_sessions', 'portal_sessions'])
    await sql`alter table ${sql.table(table)} drop column person`.execute(db);
}

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
  'grants',
  'job_plans',
  'jobs',
  'meta',
  'one_time_codes',
  'operator_contacts',
  'operator_hands',
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
  'sso_subjects',
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
    expect((await migrate(place.engine, notaryWith().rows)).at(-1)).toBe(NEWEST);
    expect(await schemaState(place.engine)).toBe('current');
    expect(await tables()).toEqual(TABLES);
    await expect(requireCurrent(place.engine)).resolves.toBeUndefined();
  });

  it('do nothing the second time', async () => {
    await migrate(place.engine, notaryWith().rows);
    expect(await migrate(place.engine, notaryWith().rows)).toEqual([]);
    expect(await schemaState(place.engine)).toBe('current');
  });

  it('are all or nothing: what stands in the way leaves no half schema behind', async () => {
    await sql`create table search_words (obstacle integer)`.execute(place.engine.db);
    await expect(migrate(place.engine, notaryWith().rows)).rejects.toThrow(/search_words/);
    expect(await tables()).toEqual(['search_words']);
    await sql`drop table search_words`.execute(place.engine.db);
    expect((await migrate(place.engine, notaryWith().rows)).at(-1)).toBe(NEWEST);
    expect(await tables()).toEqual(TABLES);
  });

  it('take the plans of jobs along into their own table', async () => {
    const { db } = place.engine;
    await migrate(place.engine, notaryWith().rows);
    await establishStore(place.engine, notaryWith());
    const store = openStore(place.engine, notaryWith());
    await store.record(entry(), (write) => write.operators.insert(OPERATOR));
    // As a store stood before 0006.
    await undoPersons(db);
    await sql`drop table job_plans`.execute(db);
    await sql`alter table jobs add column plan text not null default ''`.execute(db);
    for (const table of ['operator_recovery_codes', 'operator_starts', 'operator_contacts'])
      await sql`drop table ${sql.table(table)}`.execute(db);
    await sql`delete from kysely_migration where name >= '0006'`.execute(db);
    await sql`insert into jobs (id, operator_id, state, plan, plan_hash, reason, ticket, total, done, created_at, updated_at)
      values ('job_1', 'op_1', 'unfinished', '{"rows":[]}', 'h', 'r', 't', 2, 1, 1, 1)`.execute(db);
    expect(await migrate(place.engine, notaryWith().rows)).toEqual([
      '0006-job-plans',
      '0007-operators',
      '0008-persons',
      '0009-two-persons',
      '0010-power-holds',
      '0012-sso-subjects',
    ]);
    expect(await store.read.jobs.byId('job_1')).toMatchObject({ id: 'job_1', done: 1, plan: '{"rows":[]}' });
  });

  it('end every session that belongs to nobody, and pin the policy in force (B79)', async () => {
    const { db } = place.engine;
    await establishStore(place.engine, notaryWith());
    const store = openStore(place.engine, notaryWith());
    await store.record(entry(), (write) => write.operators.insert(OPERATOR));
    await undoPersons(db);
    await sql`delete from kysely_migration where name >= '0008'`.execute(db);
    await sql`insert into operator_sessions (id, operator_id, digest, created_at, last_seen_at, expires_at)
      values ('ses_1', 'op_1', 'd', 1, 1, 99)`.execute(db);
    await migrate(place.engine, notaryWith().rows, 'a'.repeat(64));
    expect(await store.read.operators.sessionById('ses_1')).toBeUndefined();
    expect(await store.read.policyPin.get()).toBe('a'.repeat(64));
    await sql`update policy_pins set pinned = 'countersign'`.execute(db);
    await expect(store.read.policyPin.get()).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it('B84 add the hold on power: every user is tagged anew, and a row that was changed before stays refused', async () => {
    const { db } = place.engine;
    const notary = notaryWith();
    await establishStore(place.engine, notary);
    const store = openStore(place.engine, notary);
    await store.record(entry(), (write) => write.accounts.insert([accountRow('1')]));
    await store.record(entry(), (write) => write.users.insert(['a', 'b'].map((login) => userRow('acc_1', login))));
    await sql`alter table users drop column power_held_until`.execute(db);
    await sql`drop table sso_subjects`.execute(db);
    await sql`delete from kysely_migration where name >= '0010'`.execute(db);
    // As an older countersign tagged them: without the new column. The tag of b fits another role.
    for (const login of ['a', 'b']) {
      const { power_held_until: _new, ...row } = userRow('acc_1', login);
      const older = {
        key: 'id',
        columns: (GUARDED['users']?.columns ?? []).filter((name) => name !== 'power_held_until'),
      };
      const mac = notary.rows.make(rowText('users', older, login === 'a' ? row : { ...row, role: 'admin' }));
      await sql`update users set mac = ${mac} where id = ${row.id}`.execute(db);
    }
    await migrate(place.engine, notary.rows);
    expect(await store.read.users.byId('usr_acc_1_a')).toMatchObject({ login: 'a', powerHeldUntil: null });
    await expect(store.read.users.byId('usr_acc_1_b')).rejects.toMatchObject({ code: 'store-corrupt' });
    await sql`update users set power_held_until = 5 where id = 'usr_acc_1_a'`.execute(db);
    await expect(store.read.users.byId('usr_acc_1_a')).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it('tag tokens and requests with their new columns, and leave what was changed refused (B81)', async () => {
    const { db } = place.engine;
    await establishStore(place.engine, notaryWith());
    const store = openStore(place.engine, notaryWith());
    const token = { operator_id: 'op_1', label: 'l', role: 'lead', created_at: 1, expires_at: 99, revoked_at: null };
    await store.record(entry(), async (write) => {
      await write.operators.insert(OPERATOR);
      for (const id of ['tok_1', 'tok_2']) await write.operators.insertToken({ ...token, id, digest: id });
    });
    await undoTwoPersons(db);
    await sql`delete from kysely_migration where name >= '0009'`.execute(db);
    // As they were tagged before: without the new column.
    const { rows } = notaryWith();
    const text = (id: string) => JSON.stringify(['row', 'operator_tokens', id, 'op_1', 'lead', id, 99, null]);
    for (const id of ['tok_1', 'tok_2'])
      await sql`update operator_tokens set mac = ${rows.make(text(id))} where id = ${id}`.execute(db);
    await sql`update operator_tokens set role = 'admin' where id = 'tok_2'`.execute(db);
    expect(await migrate(place.engine, rows)).toEqual(['0009-two-persons', '0010-power-holds', '0012-sso-subjects']);
    expect(await store.read.operators.tokenById('tok_1')).toMatchObject({ id: 'tok_1', made_by: null });
    await expect(store.read.operators.tokenById('tok_2')).rejects.toMatchObject({ code: 'store-corrupt' });
    await sql`update operator_tokens set made_by = 'op_1' where id = 'tok_1'`.execute(db);
    await expect(store.read.operators.tokenById('tok_1')).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it('a place without a schema is no desk', async () => {
    await expect(requireCurrent(place.engine)).rejects.toMatchObject({
      code: 'store-unreachable',
      hint: expect.stringMatching(/countersign init/),
    });
    expect(await holdsDesk(place.engine)).toBe(false);
  });

  it('a store of a newer countersign is refused, and neither opened nor migrated', async () => {
    await migrate(place.engine, notaryWith().rows);
    await sql`insert into kysely_migration (name, timestamp) values ('9999-later', '2030-01-01')`.execute(
      place.engine.db,
    );
    expect(await schemaState(place.engine)).toBe('newer');
    await expect(requireCurrent(place.engine)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/newer version of countersign/),
    });
    await expect(migrate(place.engine, notaryWith().rows)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/newer version of countersign/),
    });
  });

  it('founding a store again after an interruption keeps its log', async () => {
    const notary = notaryWith();
    await establishStore(place.engine, notary);
    await openStore(place.engine, notary).record(entry(), (write) => write.meta.put('created-at', '1'));
    await establishStore(place.engine, notary);
    expect((await openStore(place.engine, notary).read.audit.head())?.size).toBe(1);
    expect(await faultsOfLog(place.engine, notary)).toEqual([]);
  });

  it('a desk is finished once it has an id', async () => {
    const notary = notaryWith();
    await establishStore(place.engine, notary);
    expect(await holdsDesk(place.engine)).toBe(false);
    await openStore(place.engine, notary).record(entry('test.made'), (write) => write.meta.put('store-id', 'st_1'));
    expect(await holdsDesk(place.engine)).toBe(true);
  });
});
