/** The anchor beside the key: an older or exchanged store is noticed, and can only be read (T8). */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { restoreStore } from '../../src/custody/restore-store.js';
import type { Desk } from '../../src/desk.js';
import { type DeskParts, openCustody } from '../../src/opening/open-custody.js';
import { establishDesk, openDesk, openEngine, refuseSecondDesk } from '../../src/opening/open-desk.js';
import { verifyAuditLog } from '../../src/procedures/log/verify-audit-log.js';
import { authenticateOperator } from '../../src/procedures/operators/authenticate-operator.js';
import { backUpStore } from '../../src/procedures/upkeep/care-for-store.js';
import { SYSTEM } from '../../src/rules/audit-entry.js';
import { proven } from '../support/proven.js';
import { signedOperator } from '../support/signed-operator.js';
import { CHEAP, dataFolder, engines, type TestDesk, testDesk, testSettings } from '../support/test-desk.js';

const lock = (subject: string, failures: number, lockedUntil: number | null) => ({
  subject,
  failures,
  reserved: failures,
  locked_until: lockedUntil,
  disabled_at: null,
  updated_at: 0,
});

/** A second operator who says yes; who that may be is for restore-store.test.ts. */
const approve = async () => ({ kind: 'operator', id: 'op_second', name: 'lena' }) as const;

describe.each(engines)('the anchor of a store on %s', (engine) => {
  let made: TestDesk;
  let parts: DeskParts;
  let opened: Desk[];

  beforeEach(async () => {
    made = await testDesk(engine);
    opened = [];
    await made.desk.store.record(
      { kind: 'desk.founded', outcome: 'done', at: made.desk.now(), by: SYSTEM },
      async (write) => {
        await write.meta.put('key-id', made.desk.keyring.keyId);
      },
    );
    parts = { settings: made.settings, dataFolder, now: made.clock.now, clockAsGiven: true, hashing: CHEAP };
  });
  afterEach(async () => {
    for (const desk of opened) await desk.store.close();
    await made.close();
  });

  const open = async () => {
    const desk = await openDesk(openCustody(parts));
    opened.push(desk);
    return desk;
  };
  const write = (desk: Desk) =>
    desk.store.record({ kind: 'call.general', outcome: 'done', at: desk.now(), by: SYSTEM }, async () => undefined);
  const anchors = () => readdirSync(made.folder).filter((name) => name.startsWith('master.key.anchor-'));
  const anchor = () => join(made.folder, anchors()[0] ?? 'none');
  const sizeIn = (path: string) => (JSON.parse(readFileSync(path, 'utf8')) as { size: number }).size;
  /** As somebody does who has the store but not the folder of the key: the log is cut back together with its head. */
  const cutBack = async (
    desk: Desk,
    size: number,
    head: { frontier: string; latestAt: number; sums: string; mac: string },
  ) => {
    const { db } = await import('../../src/opening/open-desk.js').then(({ openEngine }) =>
      openEngine(made.settings.store, false),
    );
    await db.deleteFrom('audit_entries').where('seq', '>=', size).execute();
    await db
      .updateTable('audit_head')
      .set({ size, frontier: head.frontier, latest_at: head.latestAt, sums: head.sums, mac: head.mac })
      .execute();
    await db.destroy();
    return desk;
  };
  const headOf = async (desk: Desk) => (await desk.store.read.audit.head()) ?? expect.fail('no head');

  it('is made when the desk is opened, 0600 and one block, and follows each commit', async () => {
    const desk = await open();
    expect(anchors()).toHaveLength(1);
    expect(statSync(anchor())).toMatchObject({ size: 4096, mode: 0o100600 });
    expect(sizeIn(anchor())).toBe(1);
    await write(desk);
    await write(desk);
    expect(sizeIn(anchor())).toBe(3);
  });

  it('a writer that was overtaken does not take it back', async () => {
    const [one, two] = [await open(), await open()];
    await write(one);
    await write(two);
    await write(one);
    expect(sizeIn(anchor())).toBe(4);
    await expect(open().then((desk) => desk.store.readOnly)).resolves.toBeUndefined();
  });

  it('entries written while nobody looked after it are no fault', async () => {
    const desk = await open();
    copyFileSync(anchor(), join(made.folder, 'older'));
    for (let n = 0; n < 5; n += 1) await write(desk);
    copyFileSync(join(made.folder, 'older'), anchor());
    const again = await open();
    expect(again.store.readOnly).toBeUndefined();
    await write(again);
    expect(sizeIn(anchor())).toBe(7);
  });

  it('T8 an older store put back can only be read: each write is refused, the log says what is missing', async () => {
    const desk = await open();
    const then = await headOf(desk);
    for (let n = 0; n < 3; n += 1) await write(desk);
    await cutBack(desk, then.size, then);
    const older = await open();
    // By itself the log is whole; only the anchor knows better.
    await expect(verifyAuditLog(older.store.read.audit, { notary: older.notary })).resolves.toMatchObject({ size: 1 });
    expect(older.store.readOnly).toMatchObject({
      code: 'store-corrupt',
      message: expect.stringMatching(/entries 1 to 3/),
    });
    await expect(write(older)).rejects.toMatchObject({ code: 'store-corrupt' });
    // What leads out of it is there on this engine.
    const out = engine === 'postgres' ? `move the file ${anchor()} away` : 'countersign store restore FILE';
    expect(older.store.readOnly).toMatchObject({ hint: expect.stringContaining(out) });
    // Also where it was exchanged under a process at work.
    await expect(write(desk)).rejects.toMatchObject({ code: 'store-corrupt' });
    expect((await headOf(older)).size).toBe(1);
  });

  it('T8 teeth: without the anchor the older store is written to as if nothing had happened', async () => {
    const desk = await open();
    const then = await headOf(desk);
    await write(desk);
    await cutBack(desk, then.size, then);
    rmSync(anchor());
    const older = await open();
    expect(older.store.readOnly).toBeUndefined();
    await write(older);
  });

  it('T8 a log that went another way is refused, also when it is longer', async () => {
    const desk = await open();
    const then = await headOf(desk);
    await write(desk);
    const kept = readFileSync(anchor());
    await cutBack(desk, then.size, then);
    rmSync(anchor());
    // With the key: entries of another kind take the place of those that were cut.
    const forger = await open();
    for (let n = 0; n < 3; n += 1) {
      const by = proven({ kind: 'operator', id: 'op_9', name: 'Eve' });
      await forger.store.record({ kind: 'test.other', outcome: 'done', at: forger.now(), by }, async () => undefined);
    }
    writeFileSync(anchor(), kept);
    const forked = await open();
    expect(forked.store.readOnly?.message).toMatch(/not the log that this desk wrote/);
    await expect(write(forked)).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it.each(['', '{}', 'x'.repeat(4096)])('an anchor that says %j is refused, not believed', async (text) => {
    await write(await open());
    writeFileSync(anchor(), text);
    const desk = await open();
    expect(desk.store.readOnly).toMatchObject({ code: 'store-corrupt', message: expect.stringMatching(/anchor/) });
  });

  it('an anchor of another store or with another size is refused', async () => {
    await write(await open());
    const said = JSON.parse(readFileSync(anchor(), 'utf8')) as object;
    writeFileSync(anchor(), JSON.stringify({ ...said, size: 1 }));
    expect((await open()).store.readOnly?.code).toBe('store-corrupt');
  });

  it('who is signed in can still look: their session is not moved on', async () => {
    const signed = await made.operator('admin');
    const desk = await open();
    const { token, digest } = desk.digests.newToken('ses');
    const at = desk.now();
    const session = { id: 'ses_1', operator_id: signed.operator.id, digest, created_at: at, last_seen_at: at };
    await desk.store.record({ kind: 'operator.signed-in', outcome: 'done', at, by: SYSTEM }, (w) =>
      w.operators.insertSession({
        ...session,
        person: desk.person,
        expires_at: at + 3_600_000,
        code_at: at,
        ended_at: null,
      }),
    );
    const then = await headOf(desk);
    await write(desk);
    await cutBack(desk, then.size, then);
    made.clock.advance(5 * 60_000);
    const older = await open();
    const claim = { token, via: 'session', access: 'audit:read', command: 'audit verify' } as const;
    await expect(authenticateOperator(older, claim)).resolves.toMatchObject({ via: 'session' });
  });

  it.skipIf(engine === 'postgres')(
    'a loss that is accepted is remembered, and opens no lock and no session',
    async () => {
      const desk = await open();
      const now = desk.now();
      const admin = await made.operator('admin');
      await desk.store.record({ kind: 'test.locked', outcome: 'done', at: now, by: SYSTEM }, (w) =>
        w.throttles.put(lock('caller:early', 2, null)),
      );
      const backup = join(made.folder, 'backup.db');
      await backUpStore(desk, admin, backup);
      await desk.store.record({ kind: 'test.locked', outcome: 'done', at: now, by: SYSTEM }, async (w) => {
        await w.throttles.put(lock('caller:early', 5, now + 60_000));
        await w.throttles.put(lock('caller:late', 7, now + 90_000));
      });
      await expect(
        restoreStore(openCustody(parts), backup, { acceptRollback: false, signed: admin, approve }),
      ).rejects.toMatchObject({
        code: 'refused-by-policy',
        message: expect.stringMatching(/lacks what was written after it/),
      });
      await restoreStore(openCustody(parts), backup, { acceptRollback: true, signed: admin, approve });
      const after = await open();
      expect(after.store.readOnly).toBeUndefined();
      expect(await after.store.read.throttles.get('caller:early')).toMatchObject({
        failures: 5,
        locked_until: now + 60_000,
      });
      expect(await after.store.read.throttles.get('caller:late')).toMatchObject({
        failures: 7,
        locked_until: now + 90_000,
      });
      await write(after);
    },
  );

  it.skipIf(engine === 'postgres')(
    'where the lost store cannot be read, the locks of the backup begin anew',
    async () => {
      const desk = await open();
      const now = desk.now();
      await desk.store.record({ kind: 'test.locked', outcome: 'done', at: now, by: SYSTEM }, (w) =>
        w.throttles.put(lock('caller:early', 5, now + 60_000)),
      );
      const backup = join(made.folder, 'backup.db');
      await backUpStore(desk, await made.operator('admin'), backup);
      made.clock.advance(3_600_000);
      for (const ending of ['', '-wal', '-shm']) {
        const path = `${made.settings.store}${ending}`;
        if (existsSync(path)) writeFileSync(path, 'not a database');
      }
      await restoreStore(openCustody(parts), backup, { acceptRollback: true, signed: null, approve });
      const after = await open();
      const row = await after.store.read.throttles.get('caller:early');
      expect(row?.locked_until).toBe(now + 3_660_000);
    },
  );
});

describe.each(engines)('B86 a key and its store on %s', (engine) => {
  let made: TestDesk;
  const folders: string[] = [];
  beforeEach(async () => {
    made = await testDesk(engine);
  });
  afterEach(async () => {
    await made.close();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const elsewhere = async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-second-'));
    folders.push(folder);
    return testSettings(engine, folder);
  };
  const parts = (settings: DeskParts['settings']) =>
    openCustody({ settings, dataFolder, now: made.clock.now, hashing: CHEAP });

  it('T18 init refuses a key that serves another store, before anything is made', async () => {
    const second = { ...(await elsewhere()), key: made.settings.key };
    const refused = { code: 'refused-by-policy', message: expect.stringContaining('is the key of another store') };
    await expect(refuseSecondDesk(second)).rejects.toMatchObject(refused);
    await expect(establishDesk(parts(second))).rejects.toMatchObject(refused);
    await expect(refuseSecondDesk({ ...second, key: { file: `${made.folder}/another.key` } })).resolves.toBeUndefined();
  });

  it('T18 teeth: a second store under a copy of the key is made, but its rows and seals fit nowhere else', async () => {
    const settings = await elsewhere();
    copyFileSync(join(made.folder, 'master.key'), 'file' in settings.key ? settings.key.file : '');
    const { desk } = await establishDesk(parts(settings));
    await signedOperator(desk, 'admin', 'evil');
    const [from, to] = [await openEngine(settings.store, false), await openEngine(made.settings.store, false)];
    const row = await from.db.selectFrom('operators').selectAll().where('name', '=', 'evil').executeTakeFirstOrThrow();
    await to.db.insertInto('operators').values(row).execute();
    expect(await desk.store.read.operators.byName('evil')).toMatchObject({ role: 'admin' });
    await expect(made.desk.store.read.operators.byName('evil')).rejects.toMatchObject({ code: 'store-corrupt' });
    const place = { table: 'passphrases', column: 'verifier', id: 'usr_1', account: 'acc_1', user: 'usr_1' };
    const blob = desk.vault.seal('seal/passphrase', place, 'words');
    expect(desk.vault.openText('seal/passphrase', place, blob)).toBe('words');
    expect(() => made.desk.vault.open('seal/passphrase', place, blob)).toThrow(/does not open/);
    for (const one of [from, to]) await one.close();
    await desk.store.close();
  });
});
