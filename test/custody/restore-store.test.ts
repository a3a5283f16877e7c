/** Backup, restore and migration of an SQLite store, on real files. */

import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { migrateStore } from '../../src/custody/migrate-store.js';
import { restoreStore } from '../../src/custody/restore-store.js';
import type { Desk, Writes } from '../../src/desk.js';
import { Refusal } from '../../src/errors.js';
import { type DeskParts, openCustody } from '../../src/opening/open-custody.js';
import { openDesk, openEngine } from '../../src/opening/open-desk.js';
import { openCheckpoint, signCheckpoint } from '../../src/procedures/log/log-checkpoint.js';
import { verifyAuditLog } from '../../src/procedures/log/verify-audit-log.js';
import { finishEstablishing } from '../../src/procedures/operators/establish-desk.js';
import { prepareOperator } from '../../src/procedures/operators/make-operator.js';
import { backUpStore } from '../../src/procedures/upkeep/care-for-store.js';
import { SYSTEM } from '../../src/rules/audit-entry.js';
import type { Engine } from '../../src/store/engine.js';
import { GUARDED } from '../../src/store/guard/guarded-tables.js';
import { NEWEST } from '../../src/store/migrations/index.js';
import { schemaState } from '../../src/store/store.js';
import { accountRow, userRow } from '../store/rows.js';
import { foundFormer } from '../support/former-store.js';
import { createDatabase } from '../support/postgres.js';
import { refusalOf } from '../support/said.js';
import { CHEAP, dataFolder, engines, type TestDesk, testDesk } from '../support/test-desk.js';

/** A finished desk, as `init` leaves it. */
async function finishedDesk(): Promise<TestDesk> {
  const made = await testDesk('sqlite', { ownKey: true });
  const { desk } = made;
  await desk.store.record({ kind: 'desk.founded', outcome: 'done', at: desk.now(), by: SYSTEM }, async (write) => {
    await write.meta.put('key-id', desk.keyring.keyId);
  });
  return made;
}

describe('store restore', () => {
  let made: TestDesk;
  let parts: DeskParts;
  let backup: string;

  beforeEach(async () => {
    made = await finishedDesk();
    parts = { settings: made.settings, dataFolder, now: made.clock.now, clockAsGiven: true, hashing: CHEAP };
    backup = join(made.folder, 'backup.db');
    await backUpStore(made.desk, await made.operator('admin'), backup);
  });
  afterEach(() => made.close());

  const write = (desk: Desk) =>
    desk.store.record({ kind: 'call.general', outcome: 'done', at: desk.now(), by: SYSTEM }, async () => undefined);
  const approve = async () => ({ kind: 'operator', id: 'op_second', name: 'lena' }) as const;
  const restore = async (acceptRollback = false, file = backup) =>
    restoreStore(openCustody(parts), file, { acceptRollback, signed: await made.operator('admin'), approve });
  const kinds = async () => {
    const desk = await openDesk(openCustody(parts));
    const rows = await desk.store.read.audit.find({}, -1, 100);
    await verifyAuditLog(desk.store.read.audit, { notary: desk.notary });
    await desk.store.close();
    return rows.map((row) => (JSON.parse(row.body) as { kind: string }).kind);
  };

  it('the backup is private, tells of itself, and holds no key', async () => {
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    const key = readFileSync(join(made.folder, 'master.key'), 'utf8').split(':')[1]?.trim() ?? '';
    expect(key.length).toBeGreaterThan(40);
    expect(readFileSync(backup).includes(Buffer.from(key))).toBe(false);
    expect(readFileSync(backup).includes(Buffer.from(key, 'base64url'))).toBe(false);
  });

  it('where nothing is lost it needs no flag, keeps what was there, and is logged', async () => {
    expect(await restore()).toMatchObject({ logSize: 3, logSizeBefore: 3 });
    expect(await kinds()).toEqual(['desk.founded', 'operator.added', 'store.backed-up', 'store.restored']);
    expect(readdirSync(made.folder).filter((name) => /before|restoring/.test(name))).toHaveLength(1);
  });

  it('a backup behind the store is refused and nothing changes, unless the loss is accepted', async () => {
    await write(made.desk);
    await expect(restore()).rejects.toMatchObject({ code: 'refused-by-policy' });
    expect(await kinds()).toHaveLength(4);
    const { note } = await signCheckpoint(made.desk);
    expect(await restore(true)).toMatchObject({ logSize: 3, logSizeBefore: 4 });
    expect((await kinds()).at(-1)).toBe('store.restored');
    // The same length as before, but another log: the checkpoint kept elsewhere shows it.
    const desk = await openDesk(openCustody(parts));
    const checkpoint = await openCheckpoint(desk, note);
    const verified = verifyAuditLog(desk.store.read.audit, { notary: desk.notary, checkpoint });
    expect((await refusalOf(verified)).message).toContain('written anew');
    await desk.store.close();
  });

  it('B82 a device that was forgotten since the backup does not come back', async () => {
    const prepared = { kind: 'test.prepared', outcome: 'done', at: made.desk.now(), by: SYSTEM } as const;
    const user = userRow('acc_1', 'ana');
    await made.desk.store.record(prepared, async (w) => {
      await w.accounts.insert([accountRow('1')]);
      await w.users.insert([user]);
      await w.factors.insertDevice({ id: 'dev_1', user_id: user.id, digest: 'd', created_at: made.desk.now() });
    });
    const later = join(made.folder, 'later.db');
    await backUpStore(made.desk, await made.operator('admin'), later);
    await made.desk.store.record(prepared, (w) => w.trust.end([user.id]));
    await restore(true, later);
    const desk = await openDesk(openCustody(parts));
    expect(await desk.store.read.factors.devices(user.id)).toEqual([]);
    await desk.store.close();
  });

  it('T8 a loss is accepted by two: without a yes nothing changes, and nobody is asked where nothing is lost', async () => {
    const refusing = async () => Promise.reject(new Refusal('approval-needed', 'nobody there'));
    const signed = await made.operator('admin');
    const alone = (acceptRollback: boolean) =>
      restoreStore(openCustody(parts), backup, { acceptRollback, signed, approve: refusing });
    expect(await alone(true)).toMatchObject({ logSizeBefore: 3 });
    await write(made.desk);
    await expect(alone(true)).rejects.toMatchObject({ code: 'approval-needed' });
    expect(await kinds()).toHaveLength(5);
    await made.desk.store.close();
    for (const ending of ['', '-wal', '-shm']) rmSync(`${made.settings.store}${ending}`, { force: true });
    await expect(alone(true)).rejects.toMatchObject({ code: 'approval-needed' });
  });

  it('B78 an operator who is disabled, or whose code grows old, while the second one is asked replaces nothing', async () => {
    const signed = await made.operator('admin');
    await write(made.desk);
    const meanwhile = async (change: (writes: Writes) => Promise<void>) => {
      const second = async (desk: Desk) => {
        await desk.store.record({ kind: 'test.meanwhile', outcome: 'done', at: 1, by: SYSTEM }, change);
        return approve();
      };
      return restoreStore(openCustody(parts), backup, { acceptRollback: true, signed, approve: second });
    };
    const stale = meanwhile((w) => w.operators.updateSession(signed.sessionId ?? '', { code_at: 1 }));
    await expect(stale).rejects.toMatchObject({ code: 'factor-needed' });
    const disabled = meanwhile((w) => w.operators.update(signed.operator.id, { disabled_at: 1 }));
    await expect(disabled).rejects.toMatchObject({ code: 'not-signed-in' });
    expect(await kinds()).not.toContain('store.restored');
    expect(readdirSync(made.folder).filter((name) => /before|restoring/.test(name))).toEqual([]);
  });

  it('nobody restores a store that can be opened without being signed in to it', async () => {
    const nobody = restoreStore(openCustody(parts), backup, { acceptRollback: false, signed: null, approve });
    await expect(nobody).rejects.toMatchObject({ code: 'not-signed-in' });
    expect(await kinds()).toHaveLength(3);
  });

  it('B74 the log names who restored and who accepted the loss', async () => {
    const { actor } = await made.operator('admin');
    await write(made.desk);
    await restore(true);
    const [entry] = await made.desk.store.read.audit.newest({ kind: 'store.restored' }, 1);
    expect(JSON.parse(entry?.body ?? '{}')).toMatchObject({
      by: actor,
      detail: { approvedBy: 'op_second', acceptedRollback: true },
    });
  });

  it('T8 in a store that can only be read: who was a lead when the backup was made, and is disabled since, has no say', async () => {
    const { operator } = await made.operator('lead');
    const admin = await made.operator('admin');
    const [older, behind] = [join(made.folder, 'older.db'), join(made.folder, 'behind.db')];
    await backUpStore(made.desk, admin, older);
    const lead = async () => ({ kind: 'operator', id: operator.id, name: operator.name }) as const;
    const by = () => restoreStore(openCustody(parts), older, { acceptRollback: true, signed: admin, approve: lead });
    await made.desk.store.record({ kind: 'operator.disabled', outcome: 'done', at: 1, by: SYSTEM }, (w) =>
      w.operators.update(operator.id, { disabled_at: 1 }),
    );
    await backUpStore(made.desk, admin, behind);
    await made.desk.store.close();
    const anchored = await openDesk(openCustody(parts));
    await write(anchored);
    await anchored.store.close();
    for (const ending of ['', '-wal', '-shm']) rmSync(`${made.settings.store}${ending}`, { force: true });
    copyFileSync(behind, made.settings.store);
    await expect(by()).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('may not approve'),
    });
    copyFileSync(older, made.settings.store);
    for (const ending of ['-wal', '-shm']) rmSync(`${made.settings.store}${ending}`, { force: true });
    expect(await by()).toMatchObject({ logSizeBefore: 5 });
  });

  it('a process that has the store open goes on with the restored one', async () => {
    await write(made.desk);
    await restore(true);
    expect((await made.desk.store.read.audit.head())?.size).toBe(4);
    await write(made.desk);
    expect((await kinds()).slice(-2)).toEqual(['store.restored', 'call.general']);
  });

  it('a store that went another way since is refused', async () => {
    await restore();
    const fork = join(made.folder, 'fork.db');
    const desk = await openDesk(openCustody(parts));
    await desk.store.backup(fork);
    await desk.store.close();
    await restore(true);
    await expect(restore(false, fork)).rejects.toMatchObject({ code: 'refused-by-policy' });
  });

  it('a store that is gone or damaged is replaced only where the unknown loss is accepted', async () => {
    await made.desk.store.close();
    for (const spoil of [
      () => writeFileSync(made.settings.store, 'x'.repeat(9_000)),
      () => rmSync(made.settings.store),
    ]) {
      for (const ending of ['-wal', '-shm']) rmSync(`${made.settings.store}${ending}`, { force: true });
      spoil();
      await expect(restore()).rejects.toMatchObject({ code: 'refused-by-policy' });
      expect(await restore(true)).toMatchObject({ logSizeBefore: null });
      expect((await kinds()).at(-1)).toBe('store.restored');
    }
  });

  it('another desk, another key, no store, a damaged log: refused, the store untouched', async () => {
    const other = await finishedDesk();
    const strange = join(made.folder, 'strange.db');
    await other.desk.store.backup(strange);
    await expect(restore(true, strange)).rejects.toMatchObject({ code: 'key-mismatch' });
    const underTheirKey = { ...parts, settings: { ...parts.settings, key: other.settings.key } };
    await expect(
      restoreStore(openCustody(underTheirKey), strange, { acceptRollback: true, signed: null, approve }),
    ).rejects.toMatchObject({
      code: 'key-mismatch',
    });
    await other.close();
    writeFileSync(strange, 'not a database');
    await expect(restore(true, strange)).rejects.toMatchObject({ code: 'store-corrupt' });
    await expect(restore(true, join(made.folder, 'nothing.db'))).rejects.toMatchObject({ code: 'invalid-input' });
    const spoilt = await openEngine(backup, false);
    await spoilt.db.updateTable('audit_entries').set({ body: '{}' }).where('seq', '=', 1).execute();
    await spoilt.close();
    await expect(restore(true)).rejects.toMatchObject({ code: 'audit-broken' });
    expect(await kinds()).toHaveLength(3);
    expect(readdirSync(made.folder).filter((name) => /restoring/.test(name))).toEqual([]);
  });

  it('a backup into a folder that is not there is refused', async () => {
    const admin = await made.operator('admin');
    await expect(backUpStore(made.desk, admin, join(made.folder, 'no', 'b.db'))).rejects.toMatchObject({
      code: 'invalid-input',
    });
    expect(existsSync(join(made.folder, 'no'))).toBe(false);
  });

  it('a backup made by a newer countersign is refused', async () => {
    const engine = await openEngine(backup, false);
    await engine.db
      .insertInto('kysely_migration' as never)
      .values(NEWER as never)
      .execute();
    await engine.close();
    await expect(restore(true)).rejects.toMatchObject({ code: 'config' });
    expect(await kinds()).toHaveLength(3);
  });
});

/** Nobody can sign in to these stores, so nobody is asked to vouch for them. */
const NOBODY = { voucher: async () => undefined, askSilence: async () => undefined, backedUp: true };
const NEWER = { name: '9999-later', timestamp: new Date(0).toISOString() };

describe.each(engines)('store migrate on %s', (engineName) => {
  let made: TestDesk;
  let engine: Engine;
  let parts: DeskParts;
  beforeEach(async () => {
    made = await testDesk(engineName);
    const store = engineName === 'sqlite' ? join(made.folder, 'old.db') : await createDatabase(inject('postgresUrl'));
    parts = { settings: { ...made.settings, store }, dataFolder, now: made.clock.now, clockAsGiven: true };
    engine = await openEngine(store, true);
  });
  afterEach(async () => {
    await engine.close();
    await made.close();
  });

  /** A store as the first release made it. */
  async function foundOldStore(): Promise<void> {
    await foundFormer(engine, made.desk.keyring, '0008-persons', made.clock.now());
  }

  it('brings an old store up to this version, logs it, and does nothing the second time', async () => {
    await foundOldStore();
    await expect(openDesk(openCustody(parts))).rejects.toMatchObject({ code: 'config' });
    const { applied } = await migrateStore(openCustody(parts), NOBODY);
    expect(applied.at(-1)).toBe(NEWEST);
    expect(await migrateStore(openCustody(parts), NOBODY)).toMatchObject({ applied: [] });
    const desk = await openDesk(openCustody(parts));
    const [entry] = await desk.store.read.audit.newest({ kind: 'store.migrated' }, 1);
    expect(JSON.parse(entry?.body ?? '{}')).toMatchObject({
      kind: 'store.migrated',
      by: { kind: 'system' },
      detail: { applied },
    });
    await verifyAuditLog(desk.store.read.audit, { notary: desk.notary });
    await desk.store.close();
  });

  it('a store from before the first release is refused by name, without a copy, and nothing is changed', async () => {
    await foundOldStore();
    await sql.raw("delete from kysely_migration where name >= '0008'").execute(engine.db);
    const migrating = migrateStore(openCustody(parts), NOBODY);
    await expect(migrating).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/is too old .* with the release of 2026-10 first$/),
      hint: 'Nothing was changed.',
    });
    expect(readdirSync(made.folder).filter((file) => file.includes('.before-'))).toEqual([]);
    expect((await engine.db.introspection.getTables()).some(({ name }) => name === 'freezes')).toBe(false);
  });

  it('a store made to look older than it is gets no tags for its rows: its log knows better (T8)', async () => {
    const operator = await prepareOperator(made.desk, { name: 'mallory', role: 'agent' });
    const founded = await openEngine(made.settings.store, false);
    await finishEstablishing(made.desk, { operator, token: null, recovery: null });
    for (const table of Object.keys(GUARDED)) await sql.raw(`alter table ${table} drop column mac`).execute(founded.db);
    await sql.raw('drop table used_id_tokens').execute(founded.db);
    await sql.raw("delete from kysely_migration where name >= '0004'").execute(founded.db);
    await sql.raw("update operators set role = 'admin'").execute(founded.db);
    // What is made from the entries says nothing any more.
    for (const text of ['drop column kind', 'add column kind text']) {
      await sql`drop index if exists audit_entries_by_kind_seq`.execute(founded.db);
      await sql.raw(`alter table audit_entries ${text}`).execute(founded.db);
    }
    const live = { ...parts, settings: made.settings };
    await expect(migrateStore(openCustody(live), NOBODY)).rejects.toMatchObject({
      code: 'store-corrupt',
      message: expect.stringContaining('0004-row-tags'),
    });
    await expect(migrateStore(openCustody(live), NOBODY), 'nor the second time').rejects.toMatchObject({
      code: 'store-corrupt',
    });
    if (engineName === 'sqlite') {
      const copy = join(made.folder, 'forged.db');
      await founded.backup(copy);
      const restoring = restoreStore(openCustody(live), copy, {
        acceptRollback: true,
        signed: null,
        approve: async () => SYSTEM,
      });
      await expect(restoring).rejects.toMatchObject({
        code: 'store-corrupt',
        message: expect.stringContaining('0004-row-tags'),
      });
    }
    // And without the entry that tells it there is no log to be believed.
    await sql
      .raw(`update audit_entries set body = replace(body, '${NEWEST}', '0001-desk') where seq = 0`)
      .execute(founded.db);
    await expect(migrateStore(openCustody(live), NOBODY)).rejects.toMatchObject({ code: 'audit-broken' });
    await founded.close();
  });

  it('another key, a newer store and an empty place are refused, nothing changed', async () => {
    await expect(migrateStore(openCustody(parts), NOBODY)).rejects.toMatchObject({ code: 'store-unreachable' });
    await foundOldStore();
    const file = join(made.folder, 'other.key');
    writeFileSync(file, `countersign-key-v1:${Buffer.alloc(32, 1).toString('base64url')}\n`, { mode: 0o600 });
    const strange = { ...parts, settings: { ...parts.settings, key: { file } } };
    await expect(migrateStore(openCustody(strange), NOBODY)).rejects.toMatchObject({ code: 'key-mismatch' });
    expect(await schemaState(engine)).toBe('old');
    await engine.db
      .insertInto('kysely_migration' as never)
      .values(NEWER as never)
      .execute();
    await expect(migrateStore(openCustody(parts), NOBODY)).rejects.toMatchObject({ code: 'config' });
  });
});

describe.skipIf(!engines.includes('postgres'))('on postgres', () => {
  it('backup and restore point to its own tools, and nothing is logged', async () => {
    const made = await testDesk('postgres');
    await expect(backUpStore(made.desk, await made.operator('admin'), join(made.folder, 'b.db'))).rejects.toMatchObject(
      {
        code: 'usage',
      },
    );
    const parts = { settings: made.settings, dataFolder, now: made.clock.now, clockAsGiven: true };
    await expect(
      restoreStore(openCustody(parts), 'b.db', { acceptRollback: true, signed: null, approve: async () => SYSTEM }),
    ).rejects.toMatchObject({
      code: 'usage',
    });
    expect((await made.desk.store.read.audit.head())?.size).toBe(1);
    expect(await made.desk.store.bytes()).toBeGreaterThan(100_000);
    await made.close();
  });
});
