import SQLite from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GUARDED } from '../../../src/store/guard/guarded-tables.js';
import type { Database } from '../../../src/store/schema/directory.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { engines } from '../../support/test-desk.js';
import { accountRow, entry, NOW, notaryWith, userRow } from '../rows.js';
import { type Founded, foundedStore } from '../support.js';

const FACTOR = {
  id: 'fac_1',
  user_id: 'usr_acc_1_ana',
  kind: 'totp',
  label: 'Phone',
  secret: 'cs1.sealed',
  state: 'active',
  last_step: null,
  created_at: NOW,
  confirmed_at: NOW,
  suspended_by: null,
};
const OPERATOR = {
  id: 'op_1',
  name: 'Olga',
  name_key: 'olga',
  role: 'agent',
  verifier: null,
  totp: null,
  totp_last_step: null,
  also_user_id: null,
  disabled_at: null,
  created_at: NOW,
  tried: null,
};
const LOCK = { subject: 'caller:1', failures: 5, reserved: 0, locked_until: NOW, disabled_at: null, updated_at: NOW };

describe.each(engines)('rows that decide on %s', (name) => {
  let place: Founded;
  let store: Store;
  beforeEach(async () => {
    place = await foundedStore(name);
    store = place.store;
    await store.record(entry(), async (write) => {
      await write.accounts.insert([accountRow('1')]);
      await write.users.insert([userRow('acc_1', 'ana', { scopes: 'mfa-reset' }), userRow('acc_1', 'ben')]);
      await write.factors.insert(FACTOR);
      await write.operators.insert(OPERATOR);
      await write.throttles.put(LOCK);
    });
  });
  afterEach(() => place.close());

  const ana = 'usr_acc_1_ana';
  /** What somebody with the file, or with a connection to the database, does beside countersign. */
  const tamper = (table: string, column: string, value: string | number | null, key: string) =>
    sql`update ${sql.table(table)} set ${sql.ref(column)} = ${value}
      where ${sql.ref(GUARDED[table]?.key ?? 'id')} = ${key}`.execute(place.engine.db as Kysely<Database>);
  const refusedByName = (row: string) =>
    expect.objectContaining({ code: 'store-corrupt', message: expect.stringContaining(row) });

  it('come out as they went in, without their tags', async () => {
    expect(await store.read.users.byId(ana)).toMatchObject({ login: 'ana', scopes: ['mfa-reset'] });
    expect(await store.read.factors.ofUser(ana)).toEqual([FACTOR]);
    expect(await store.read.throttles.get('caller:1')).toEqual(LOCK);
    expect(await store.read.operators.byName('olga')).toMatchObject(OPERATOR);
  });

  const changes: readonly (readonly [
    string,
    string,
    string | number | null,
    string,
    (s: Store) => Promise<unknown>,
  ])[] = [
    ['users', 'scopes', 'billing mfa-reset', ana, (s) => s.read.users.byId(ana)],
    ['users', 'role', 'primary-admin', ana, (s) => s.read.users.byLogin('acc_1', 'ana')],
    ['users', 'email', 'eve@example.com', ana, (s) => s.read.users.contacts([ana])],
    ['users', 'authority_version', 0, ana, (s) => s.read.users.ofAccount('acc_1')],
    ['users', 'former_contacts', '[{"email":"eve@example.com"}]', ana, (s) => s.read.users.contacts([ana])],
    ['users', 'created_at', 0, ana, (s) => s.read.users.createdAt(ana)],
    ['users', 'disabled_at', 1, ana, (s) => s.read.users.byId(ana)],
    ['accounts', 'phone_reset_forbidden', 2, 'acc_1', (s) => s.read.accounts.byId('acc_1')],
    ['accounts', 'sso_jwks', '{"keys":[]}', 'acc_1', (s) => s.read.accounts.ssoSettings('acc_1')],
    ['factors', 'state', 'suspended', 'fac_1', (s) => s.read.factors.ofUser(ana)],
    ['factors', 'last_step', 1, 'fac_1', (s) => s.read.factors.ofUser(ana)],
    ['factors', 'user_id', 'usr_acc_1_ben', 'fac_1', (s) => s.read.factors.ofUser('usr_acc_1_ben')],
    ['operators', 'role', 'admin', 'op_1', (s) => s.read.operators.byId('op_1')],
    ['operators', 'disabled_at', 1, 'op_1', (s) => s.read.operators.all()],
    ['throttles', 'failures', 0, 'caller:1', (s) => s.read.throttles.get('caller:1')],
    ['throttles', 'locked_until', null, 'caller:1', (s) => s.read.throttles.get('caller:1')],
  ];

  it.each(changes)(
    'T8 %s.%s changed by another hand: the row is refused by its name',
    async (table, column, value, key, read) => {
      await tamper(table, column, value, key);
      await expect(read(store)).rejects.toEqual(refusedByName(`${key} of ${table}`));
    },
  );

  it('T8 a tag is bound to its row: one copied from another row does not fit', async () => {
    await sql`update users set mac = (select mac from users where id = 'usr_acc_1_ben') where id = ${ana}`.execute(
      place.engine.db,
    );
    await expect(store.read.users.byId(ana)).rejects.toEqual(refusedByName(ana));
  });

  it.each([null, '', 'x', '0000000000000000.AAAAAAAAAAAAAAAAAAAAAA'])(
    'T8 a row with the tag %j is refused',
    async (mac) => {
      await tamper('users', 'mac', mac, ana);
      await expect(store.read.users.byId(ana)).rejects.toEqual(refusedByName(ana));
    },
  );

  it('T8 a changed row is not made good by a later change of another column', async () => {
    await tamper('users', 'scopes', 'everything', ana);
    const change = store.record(entry('user.edited'), (write) => write.users.update(ana, { name: 'Ana' }));
    await expect(change).rejects.toEqual(refusedByName(ana));
    await expect(store.read.users.byId(ana)).rejects.toEqual(refusedByName(ana));
  });

  it('T8 a row added by another hand is refused', async () => {
    await sql`insert into throttles (subject, failures, reserved, updated_at) values ('caller:2', 0, 0, 0)`.execute(
      place.engine.db,
    );
    await expect(store.read.throttles.get('caller:2')).rejects.toEqual(refusedByName('caller:2'));
  });

  it('teeth: a store that takes every tag uses the changed scope', async () => {
    await tamper('users', 'scopes', 'everything', ana);
    const { rows, ...notary } = notaryWith();
    const careless = openStore(place.engine, { ...notary, rows: { ...rows, fits: () => true } });
    expect(await careless.read.users.byId(ana)).toMatchObject({ scopes: ['everything'] });
  });

  it('follow every kind of change: one row, many, computed, compare-and-set, insert or replace', async () => {
    await store.record(entry(), async (write) => {
      await write.users.update(ana, { name: 'Ana', scopes: '' });
      await write.users.bumpAuthority(ana);
      await write.throttles.put({ ...LOCK, failures: 6 });
      expect(await write.factors.advanceStep('fac_1', 7)).toBe(true);
      expect(await write.factors.advanceStep('fac_1', 7)).toBe(false);
      expect(await write.operators.advanceTotp('op_none', 7)).toBe(false);
      for (const n of [1, 2, 3]) {
        const session = { id: `ses_${n}`, operator_id: 'op_1', digest: `d${n}`, created_at: NOW, last_seen_at: NOW };
        await write.operators.insertSession({
          ...session,
          person: 'uid:1',
          expires_at: NOW + n,
          code_at: null,
          ended_at: null,
        });
      }
      expect(await write.operators.endSessionsOf('op_1', NOW)).toBe(3);
      expect(await write.operators.endSessionsOf('op_1', NOW)).toBe(0);
      // Inside the same transaction the rows check out too.
      expect(await write.users.byId(ana)).toMatchObject({ name: 'Ana', scopes: [], authorityVersion: 2 });
    });
    expect(await store.read.throttles.get('caller:1')).toMatchObject({ failures: 6 });
    expect(await store.read.factors.ofUser(ana)).toMatchObject([{ last_step: 7 }]);
    expect(await store.read.operators.sessionByDigest('d2')).toMatchObject({ ended_at: NOW });
  });

  it('a reset of many users tags what it suspends', async () => {
    await store.record(entry('mfa.reset'), async (write) => {
      const reset = { job_id: null, line: null, account_id: 'acc_1', operator_id: 'op_1', by_user_id: null };
      const counts = { factors: 1, backup_codes: 0, devices: 0, sessions: 0, enrolments: 0, at: NOW };
      const open = {
        caller_id: null,
        grant_id: null,
        reason: null,
        ticket: null,
        outcome: 'reset',
        state: 'open',
        final: 0,
      };
      const none = { objected_at: null, objected_by: null, ended_at: null, ended_by: null };
      await write.resets.takeAway({
        userIds: [ana],
        enrolledIds: [],
        final: false,
        at: NOW,
      });
      await write.resets.insert([{ id: 'rst_1', user_id: ana, ...reset, ...counts, ...open, ...none }]);
    });
    expect(await store.read.factors.ofUser(ana)).toMatchObject([{ state: 'suspended' }]);
  });

  it('every guarded table exists with the columns that are tagged', async () => {
    const tables = await place.engine.db.introspection.getTables();
    for (const [guarded, { key, columns }] of Object.entries(GUARDED)) {
      const there = tables.find((table) => table.name === guarded)?.columns.map((column) => column.name);
      expect(there).toEqual(expect.arrayContaining([key, 'mac', ...columns]));
    }
  });
});

describe('T8 with the sqlite3 library on the file itself', () => {
  it('a scope edited beside countersign is refused, also by an update', async () => {
    const place = await foundedStore('sqlite');
    await place.store.record(entry(), async (write) => {
      await write.accounts.insert([accountRow('1')]);
      await write.users.insert([userRow('acc_1', 'ana')]);
    });
    const file = new SQLite(place.address);
    expect(file.prepare("update users set scopes = 'everything'").run().changes).toBe(1);
    file.close();
    await expect(place.store.read.users.byLogin('acc_1', 'ana')).rejects.toMatchObject({ code: 'store-corrupt' });
    await place.close();
  });
});
