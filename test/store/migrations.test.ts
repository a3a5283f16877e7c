import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GUARDED, type GuardedTable, type Row, rowText } from '../../src/store/guard/guarded-tables.js';
import { sealTables } from '../../src/store/head.js';
import { migrate, NEWEST, requireCurrent, schemaState } from '../../src/store/migrations/index.js';
import type { Database } from '../../src/store/schema/directory.js';
import { openStore, unchecked } from '../../src/store/store.js';
import { engines } from '../support/test-desk.js';
import { accountRow, entry, keysWith, notaryWith, userRow } from './rows.js';
import { type EmptyPlace, emptyPlace, faultsOfLog, schemaUntil } from './support.js';

const TABLES: readonly (keyof Database)[] = [
  'accounts',
  'alarms',
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
  'hearings',
  'imports',
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
  'sink_cursors',
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

  it('pin the policy that a new desk accepts (B79)', async () => {
    await migrate(place.engine, keysWith(), 'a'.repeat(64));
    const store = openStore(place.engine, notaryWith());
    expect(await store.read.policyPin.get()).toBe('a'.repeat(64));
    await sql`update policy_pins set pinned = 'countersign'`.execute(place.engine.db);
    await expect(store.read.policyPin.get()).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it('B84 add the hold on power: every user is tagged anew, and a row that was changed before stays refused', async () => {
    const { db } = place.engine;
    const { rows } = notaryWith();
    await schemaUntil(place.engine, '0009-two-persons');
    await db
      .insertInto('accounts')
      .values(tagged('accounts', accountRow('1')) as Row as ReturnType<typeof accountRow>)
      .execute();
    // As an older countersign tagged them: without the new columns. The tag of b fits another role.
    const later = [
      'power_held_until',
      'passphrase_at',
      'password_at',
      'enrolled_at',
      'tried',
      'phone_e164',
      'language',
      'external',
      'import_id',
      'staged',
      'staged_in',
    ];
    const { columns, ...users } = GUARDED['users'] as GuardedTable;
    const older = { ...users, columns: columns.filter((column) => !later.includes(column)) };
    for (const login of ['a', 'b']) {
      const { power_held_until: _new, ...row } = userRow('acc_1', login);
      const mac = rows.make(rowText('users', older, login === 'a' ? row : { ...row, role: 'admin' }));
      await db
        .insertInto('users')
        .values({ ...row, mac } as typeof row)
        .execute();
    }
    await migrate(place.engine, keysWith());
    const store = openStore(place.engine, notaryWith());
    expect(await store.read.users.byId('usr_acc_1_a')).toMatchObject({ login: 'a', powerHeldUntil: null });
    await expect(store.read.users.byId('usr_acc_1_b')).rejects.toMatchObject({ code: 'store-corrupt' });
    expect(await store.tableFaults()).toMatchObject([{ table: 'users', changed: ['usr_acc_1_b'] }]);
    await sql`update users set power_held_until = 5 where id = 'usr_acc_1_a'`.execute(db);
    await expect(store.read.users.byId('usr_acc_1_a')).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it('B96 read every number as it is dialled, and make the words of searches anew, of a store that nobody changed (B83)', async () => {
    const { db } = place.engine;
    const { rows } = notaryWith();
    await schemaUntil(place.engine, '0012-sso-subjects');
    const ofRelease = (table: string, row: Row) => {
      const guarded = GUARDED[table] as GuardedTable;
      const columns = guarded.columns.filter(
        (column) =>
          !['country', 'phone_e164', 'language', 'connector', 'external', 'import_id', 'staged', 'staged_in'].includes(
            column,
          ),
      );
      return { ...row, mac: rows.make(rowText(table, { ...guarded, columns }, row)) } as never;
    };
    const phones = { a: '030-0074321', b: '+44 20 7946 0018', c: 'n/a' };
    await db
      .insertInto('accounts')
      .values(ofRelease('accounts', accountRow('1', { name: 'Müller' })))
      .execute();
    for (const [login, phone] of Object.entries(phones)) {
      const row = userRow('acc_1', login, { name: `Jörg ${login}`, phone, email: `${login}@hidden.example` });
      await db.insertInto('users').values(ofRelease('users', row)).execute();
      await db.insertInto('search_words').values({ kind: 'user', target_id: row.id, word: 'hidden' }).execute();
    }
    // An invitation from before it opened the owner's copy (0014).
    const code = { id: 'inv_1', user_id: 'usr_acc_1_a', purpose: 'activate', factor_id: null, digest: 'd', tries: 0 };
    const invited = { ...code, created_at: 1, expires_at: 9, used_at: null };
    const { columns, ...codes } = GUARDED['one_time_codes'] as GuardedTable;
    const before = { ...codes, columns: columns.filter((column) => column !== 'copy_key') };
    await db
      .insertInto('one_time_codes')
      .values({ ...invited, mac: rows.make(rowText('one_time_codes', before, invited)) } as never)
      .execute();
    const later = ['alarms', 'hearings', 'imports'];
    for (const table of later)
      await sql`create table ${sql.table(table)} (id text, mac text, until bigint, expires_at bigint)`.execute(db);
    await sealTables(db as never, notaryWith());
    for (const table of later) await sql`drop table ${sql.table(table)}`.execute(db);
    await sql`update users set role = 'admin' where id = 'usr_acc_1_a'`.execute(db);
    await expect(migrate(place.engine, keysWith())).rejects.toMatchObject({ code: 'store-corrupt' });
    await sql`update users set role = 'user' where id = 'usr_acc_1_a'`.execute(db);
    expect((await migrate(place.engine, keysWith()))[0]).toBe('0013-phones');
    const { read } = openStore(place.engine, notaryWith());
    const number = async (login: string) => (await read.users.byId(`usr_acc_1_${login}`))?.phoneE164;
    expect([await number('a'), await number('b'), await number('c')]).toEqual(['+49300074321', '+442079460018', null]);
    expect(await read.accounts.byId('acc_1')).toMatchObject({ country: null });
    expect(await read.factors.newestCode('usr_acc_1_a', 'activate')).toMatchObject({ id: 'inv_1', copy_key: null });
    await sql`update one_time_codes set copy_key = 'k'`.execute(db);
    await expect(read.factors.newestCode('usr_acc_1_a', 'activate')).rejects.toMatchObject({ code: 'store-corrupt' });
    expect(await read.search.first('user', [['hidden']], 9)).toEqual([]);
    expect(await read.search.first('user', [['+49300074321'], ['jorg'], ['muller']], 9)).toEqual(['usr_acc_1_a']);
    await sql`update users set phone_e164 = '+4930666' where id = 'usr_acc_1_a'`.execute(db);
    await expect(read.users.byId('usr_acc_1_a')).rejects.toMatchObject({ code: 'store-corrupt' });
    await sql`update accounts set country = 'AT'`.execute(db);
    await expect(read.accounts.byId('acc_1')).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it('B93 B98 add languages and connectors: nobody has one yet, and what chooses them is tagged', async () => {
    const { db } = place.engine;
    await schemaUntil(place.engine, '0016-lookups');
    const guarded = GUARDED['accounts'] as GuardedTable;
    const before = {
      ...guarded,
      columns: guarded.columns.filter(
        (column) => !['language', 'connector', 'import_id', 'staged', 'staged_in'].includes(column),
      ),
    };
    const row = accountRow('1');
    const mac = notaryWith().rows.make(rowText('accounts', before, row));
    await db
      .insertInto('accounts')
      .values({ ...row, mac } as never)
      .execute();
    await sql`create table imports (id text, mac text)`.execute(db);
    await sealTables(db as never, notaryWith());
    await sql`drop table imports`.execute(db);
    await sql`update accounts set name = 'Another'`.execute(db);
    await expect(migrate(place.engine, keysWith())).rejects.toMatchObject({ code: 'store-corrupt' });
    await sql`update accounts set name = ${row.name}`.execute(db);
    expect(await migrate(place.engine, keysWith())).toContain('0017-languages');
    const { read } = openStore(place.engine, notaryWith());
    expect(await read.accounts.byId('acc_1')).toMatchObject({ language: null, connector: null });
    await sql`update accounts set connector = 'okta'`.execute(db);
    await expect(read.accounts.byId('acc_1')).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it('B81 T23 count of earlier jobs whom their approval did not name', async () => {
    const { db } = place.engine;
    await schemaUntil(place.engine, '0022-staged-changes');
    await insertOperator();
    const used = { state: 'used', requested_at: 1, expires_at: 9, decided_by: 'op_2', decided_at: 2, used_at: 3 };
    const approval = {
      id: 'apr_1',
      why: 'admin-target',
      subject: '{}',
      hash: 'h',
      operator_id: 'op_1',
      users: 1,
      ...used,
    };
    const request = { ...approval, decision_reason: null, token_id: null };
    await db
      .insertInto('approvals')
      .values(tagged('approvals', request) as Row as typeof request)
      .execute();
    const guarded = GUARDED['jobs'] as GuardedTable;
    const before = { ...guarded, columns: guarded.columns.filter((column) => column !== 'unapproved') };
    const times = { created_at: 1, updated_at: 1, ended_at: 1 };
    const jobOf = (id: string, more: Row) => {
      const job = {
        id,
        operator_id: 'op_1',
        state: 'done',
        plan_hash: id,
        reason: 'r',
        ticket: 't',
        ...times,
        ...more,
      };
      return { ...job, mac: notaryWith().rows.make(rowText('jobs', before, job)) } as never;
    };
    await db
      .insertInto('jobs')
      .values([
        jobOf('job_1', { approval_id: null, total: 4, done: 4 }),
        jobOf('job_2', { approval_id: 'apr_1', total: 6, done: 6 }),
      ])
      .execute();
    await sealTables(db as never, notaryWith());
    expect((await migrate(place.engine, keysWith()))[0]).toBe('0023-unapproved-users');
    const { read } = openStore(place.engine, notaryWith());
    expect(await read.jobs.unapprovedSince('op_1', 0)).toEqual({ ofOperator: 9, ofDesk: 9 });
    expect(await read.jobs.head('job_2')).toMatchObject({ unapproved: 5 });
    await sql`update jobs set unapproved = 0 where id = 'job_2'`.execute(db);
    await expect(read.jobs.head('job_2')).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it('tag tokens and requests with their new columns, and leave what was changed refused (B81)', async () => {
    const { db } = place.engine;
    const { rows } = notaryWith();
    await schemaUntil(place.engine, '0008-persons');
    await insertOperator();
    // As they were tagged before: without the new columns.
    const text = (id: string) => JSON.stringify(['row', 'operator_tokens', id, 'op_1', 'lead', id, 99, null]);
    for (const id of ['tok_1', 'tok_2'])
      await sql`insert into operator_tokens (id, operator_id, label, role, digest, created_at, expires_at, mac)
        values (${id}, 'op_1', 'l', ${id === 'tok_1' ? 'lead' : 'admin'}, ${id}, 1, 99, ${rows.make(text(id))})`.execute(
        db,
      );
    expect((await migrate(place.engine, keysWith()))[0]).toBe('0009-two-persons');
    const store = openStore(place.engine, notaryWith());
    expect(await store.read.operators.tokenById('tok_1')).toMatchObject({ id: 'tok_1', made_by: null, name: 'l' });
    await expect(store.read.operators.tokenById('tok_2')).rejects.toMatchObject({ code: 'store-corrupt' });
    await sql`update operator_tokens set made_by = 'op_1' where id = 'tok_1'`.execute(db);
    await expect(store.read.operators.tokenById('tok_1')).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it('B81 tag the names of tokens, which the log and the second operator are shown', async () => {
    const { db } = place.engine;
    const { rows } = notaryWith();
    await schemaUntil(place.engine, '0022-staged-changes');
    await insertOperator();
    const text = (id: string) => JSON.stringify(['row', 'operator_tokens', id, 'op_1', 'lead', id, 99, null, null]);
    for (const id of ['tok_1', 'tok_2'])
      await sql`insert into operator_tokens (id, operator_id, label, role, digest, created_at, expires_at, mac)
        values (${id}, 'op_1', ${`for ${id}`}, 'lead', ${id}, 1, 99, ${rows.make(text(id))})`.execute(db);
    await sealTables(db as never, notaryWith());
    await sql`update operator_tokens set role = 'admin' where id = 'tok_2'`.execute(db);
    await expect(migrate(place.engine, keysWith())).rejects.toMatchObject({ code: 'store-corrupt' });
    await sql`update operator_tokens set role = 'lead' where id = 'tok_2'`.execute(db);
    expect(await migrate(place.engine, keysWith())).toContain('0024-token-names');
    const store = openStore(place.engine, notaryWith());
    expect(await store.read.operators.tokenById('tok_1')).toMatchObject({ name: 'for tok_1', role: 'lead' });
    expect(await store.tableFaults()).toEqual([]);
    await sql`update operator_tokens set name = 'backup script' where id = 'tok_1'`.execute(db);
    await expect(store.read.operators.tokenById('tok_1')).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it('B86 are refused where somebody has added a trigger, or dropped a table that had rows', async () => {
    const { db } = place.engine;
    await schemaUntil(place.engine, '0022-staged-changes');
    await insertOperator();
    await sealTables(db as never, notaryWith());
    const refused = (says: RegExp) =>
      expect(migrate(place.engine, keysWith())).rejects.toMatchObject({ code: 'store-corrupt', message: says });
    if (name === 'sqlite') await sql`create trigger t after insert on calls begin delete from calls; end`.execute(db);
    else await sql`create rule t as on insert to calls do instead nothing`.execute(db);
    await refused(/the form of the table calls was changed/);
    await (name === 'sqlite' ? sql`drop trigger t` : sql`drop rule t on calls`).execute(db);
    await sql`alter table operators rename to elsewhere`.execute(db);
    await refused(/the table operators is missing/);
    await sql`alter table elsewhere rename to operators`.execute(db);
    expect((await migrate(place.engine, keysWith()))[0]).toBe('0023-unapproved-users');
  });

  it('B86 a desk without its list of steps is no empty place', async () => {
    await migrate(place.engine, keysWith());
    await sql`drop table kysely_migration`.execute(place.engine.db);
    await expect(requireCurrent(place.engine)).rejects.toMatchObject({ code: 'store-corrupt' });
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
