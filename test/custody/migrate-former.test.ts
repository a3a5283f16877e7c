/** B86: a store that an earlier release made (fixtures/desk-0008.db.gz, made by 0.1.0 before stores were bound to their keys) comes up to date. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrateStore } from '../../src/custody/migrate-store.js';
import { restoreStore } from '../../src/custody/restore-store.js';
import type { SignedOperator } from '../../src/desk.js';
import { openCustody } from '../../src/opening/open-custody.js';
import { openDesk, openEngine } from '../../src/opening/open-desk.js';
import { olderVerifierKeys } from '../../src/procedures/log/log-checkpoint.js';
import { verifyAuditLog, verifyTables } from '../../src/procedures/log/verify-audit-log.js';
import type { SignIn } from '../../src/procedures/operators/sign-in-operator.js';
import { checkApplicationPassword } from '../../src/procedures/portal/application-password.js';
import { currentFreeze } from '../../src/procedures/resets/freeze.js';
import { SYSTEM } from '../../src/rules/audit-entry.js';
import { days } from '../../src/rules/duration.js';
import type { Engine } from '../../src/store/engine.js';
import { openSqlite } from '../../src/store/engines/sqlite.js';
import { operatorDesk, PASSWORD } from '../procedures/operator-desk.js';
import { schemaUntil } from '../store/support.js';
import { signedOperator } from '../support/signed-operator.js';
import { CHEAP, dataFolder, engines, START, testSettings } from '../support/test-desk.js';

const LATER = START + 3_600_000;
const YES = { voucher: async () => undefined, askSilence: async () => undefined, backedUp: true };
const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name);
const UMA = 'usr_acc_100234_uma';

describe.each(engines)('a store of an earlier release on %s', (name) => {
  let folder: string;
  let engine: Engine;
  let parts: Parameters<typeof openCustody>[0];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-former-'));
    const settings = await testSettings(name, folder);
    const old = join(folder, name === 'sqlite' ? 'desk.db' : 'old.db');
    writeFileSync(old, gunzipSync(readFileSync(fixture('desk-0008.db.gz'))), { mode: 0o600 });
    writeFileSync(join(folder, 'master.key'), readFileSync(fixture('desk-0008.key')), { mode: 0o600 });
    chmodSync(join(folder, 'master.key'), 0o600);
    engine = name === 'sqlite' ? await openEngine(old, false) : await copyInto(settings.store, old);
    parts = { settings, dataFolder, now: () => LATER, clockAsGiven: true, hashing: CHEAP };
  });
  afterEach(async () => {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('comes up to date in one step, after a copy: secrets open, what was decided stands, tables and log verify', async () => {
    await expect(openDesk(openCustody(parts))).rejects.toMatchObject({ code: 'config' });
    const done = await migrateStore(openCustody(parts), YES);
    expect(done.applied).toContain('0011-sums');
    expect(done.kept === null).toBe(name === 'postgres');
    const desk = await openDesk(openCustody(parts));
    const { read } = desk.store;
    await verifyAuditLog(read.audit, { notary: desk.notary });
    await verifyTables(desk);
    const uma = await read.users.byId(UMA);
    expect(uma && (await checkApplicationPassword(desk, uma, 'open sesame for uma 9')).matches).toBe(true);
    expect(await currentFreeze(read, LATER)).toMatchObject({ reason: 'a drill' });
    expect(await read.factors.barOf('usr_acc_200500_xavi')).toMatchObject({ resetAt: expect.any(Number) });
    expect(await olderVerifierKeys(desk)).toEqual([]);
    await desk.store.close();
    expect(await migrateStore(openCustody(parts), YES)).toMatchObject({ applied: [], vouchedBy: null });
  });

  it('a log that does not verify, another id: nothing is changed; a row that was changed before stays refused', async () => {
    const refused = async (statement: string, back: string) => {
      await sql.raw(statement).execute(engine.db);
      await expect(migrateStore(openCustody(parts), YES)).rejects.toMatchObject({
        code: expect.stringMatching(/store-corrupt|audit-broken/),
      });
      expect((await engine.db.introspection.getTables()).some((table) => table.name === 'freezes')).toBe(false);
      await sql.raw(back).execute(engine.db);
    };
    await refused(
      "update meta set value = 'desk_x' where key = 'store-id'",
      "update meta set value = 'desk_01m817qnm0ec89tvwchrp8sc9s' where key = 'store-id'",
    );
    await refused(
      "insert into audit_entries (seq, body, leaf) select 900, body, leaf from audit_entries where kind = 'mfa.frozen'",
      'delete from audit_entries where seq = 900',
    );
    await sql.raw(`update users set role = 'admin' where id = '${UMA}'`).execute(engine.db);
    await migrateStore(openCustody(parts), YES);
    const desk = await openDesk(openCustody(parts));
    await expect(desk.store.read.users.byId(UMA)).rejects.toMatchObject({ code: 'store-corrupt' });
    await expect(verifyTables(desk)).rejects.toMatchObject({ code: 'store-corrupt' });
    await desk.store.close();
  });
});

describe('a backup made by an earlier release', () => {
  it.each(['nothing', 'the migrated store'])(
    'comes up to date when it is restored over %s, and stays shut until it is vouched for',
    async (over) => {
      const folder = mkdtempSync(join(tmpdir(), 'countersign-former-'));
      const backup = join(folder, 'old.db');
      const bytes = gunzipSync(readFileSync(fixture('desk-0008.db.gz')));
      for (const file of over === 'nothing' ? [backup] : [backup, join(folder, 'desk.db')])
        writeFileSync(file, bytes, { mode: 0o600 });
      writeFileSync(join(folder, 'master.key'), readFileSync(fixture('desk-0008.key')), { mode: 0o600 });
      const parts = {
        settings: await testSettings('sqlite', folder),
        dataFolder,
        now: () => LATER,
        clockAsGiven: true,
        hashing: CHEAP,
      };
      const approve = async () => ({ kind: 'operator', id: 'opr_x', name: 'lena', role: 'lead' }) as const;
      let signed: SignedOperator | null = null;
      if (over !== 'nothing') {
        await migrateStore(openCustody(parts), YES);
        const present = await openDesk(openCustody(parts));
        signed = await signedOperator(present, 'admin', 'ada');
        await present.store.close();
      }
      await expect(
        restoreStore(openCustody(parts), backup, { acceptRollback: false, signed, approve }),
      ).rejects.toMatchObject({ code: 'refused-by-policy' });
      await restoreStore(openCustody(parts), backup, { acceptRollback: true, signed, approve });
      await expect(openDesk(openCustody(parts))).rejects.toMatchObject({ code: 'config' });
      await migrateStore(openCustody(parts), YES);
      const desk = await openDesk(openCustody(parts));
      await verifyAuditLog(desk.store.read.audit, { notary: desk.notary });
      await verifyTables(desk);
      await desk.store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  );
});

describe('a store that was migrated after a long silence', () => {
  it.each(['lena', 'nobody'] as const)('opens once the silence is confirmed, if %s can sign in', async (who) => {
    const place = await operatorDesk('sqlite');
    const { desk, settings, clock } = place;
    const lena = who === 'lena' ? await place.member('lena', 'lead') : undefined;
    await desk.store.record({ kind: 'store.migrated', outcome: 'done', at: clock.now(), by: SYSTEM }, async (write) => {
      await write.meta.put('key-id', desk.keyring.keyId);
      await write.meta.put('unvouched', 'yes');
    });
    clock.advance(days(5));
    const parts = { settings, dataFolder, now: clock.now, hashing: CHEAP };
    const voucher = async () => lena && { name: 'lena', password: PASSWORD, code: async () => lena.code() };
    const no = new Error('the clock is wrong');
    const migrated = (askSilence: () => Promise<void>) =>
      migrateStore(openCustody(parts), { voucher, askSilence, backedUp: false });
    await expect(migrated(() => Promise.reject(no))).rejects.toBe(no);
    await expect(openDesk(openCustody(parts))).rejects.toMatchObject({ code: 'config' });
    expect((await migrated(async () => undefined)).vouchedBy?.name).toBe(lena && 'lena');
    const opened = await openDesk(openCustody(parts));
    // Only somebody who proved who they are moves the desk's clock: else `store clock` asks once more.
    await opened.store.read.audit.head();
    expect(opened.clock.state().is).toBe(who === 'lena' ? 'right' : 'far-ahead');
    await opened.store.close();
    await place.close();
  });
});

describe.each(engines)('a store that was migrated on %s', (name) => {
  it('stays shut until somebody who may approve has signed in and vouched for it', async () => {
    const place = await operatorDesk(name);
    const { desk, settings, clock } = place;
    const lena = await place.member('lena', 'lead');
    await desk.store.record({ kind: 'store.migrated', outcome: 'done', at: clock.now(), by: SYSTEM }, async (write) => {
      await write.meta.put('key-id', desk.keyring.keyId);
      await write.meta.put('unvouched', 'yes');
    });
    const parts = { settings, dataFolder, now: clock.now, clockAsGiven: true, hashing: CHEAP };
    const migrated = (voucher: () => Promise<SignIn | undefined>) =>
      migrateStore(openCustody(parts), { ...YES, voucher, backedUp: false });
    const lenas = (password: string) => async () => ({ name: 'lena', password, code: async () => lena.code() });
    clock.advance(60_000);
    const shut = () => expect(openDesk(openCustody(parts))).rejects.toMatchObject({ code: 'config' });
    await expect(migrated(async () => undefined)).rejects.toMatchObject({ code: 'approval-needed' });
    await expect(migrated(lenas('not the password'))).rejects.toMatchObject({ code: 'not-signed-in' });
    await shut();
    expect(await migrated(lenas(PASSWORD))).toMatchObject({ applied: [], vouchedBy: { name: 'lena' } });
    await (await openDesk(openCustody(parts))).store.close();
    await place.close();
  });
});

/** The rows of the SQLite fixture in a PostgreSQL store of the same release. */
async function copyInto(url: string, file: string): Promise<Engine> {
  const engine = await openEngine(url, true);
  await schemaUntil(engine, '0008-persons');
  const from = await openSqlite({ path: file, create: false });
  await engine.db.deleteFrom('policy_pins').execute();
  await engine.db.transaction().execute(async (tx) => {
    await sql`set constraints all deferred`.execute(tx);
    await sql`set local session_replication_role = replica`.execute(tx);
    for (const { name, columns } of await from.db.introspection.getTables()) {
      if (name.startsWith('kysely_') || name.startsWith('sqlite_')) continue;
      const derived = ['at', 'kind', 'outcome', 'by_id', 'account_id', 'user_id'];
      const names = columns.map((one) => one.name).filter((one) => name !== 'audit_entries' || !derived.includes(one));
      const list = sql.join(names.map((one) => sql.ref(one)));
      const { rows } = await sql<Record<string, unknown>>`select ${list} from ${sql.table(name)}`.execute(from.db);
      for (const row of rows)
        await sql`insert into ${sql.table(name)} (${list}) values (${sql.join(names.map((one) => row[one]))})`.execute(
          tx,
        );
    }
  });
  await from.close();
  return engine;
}
