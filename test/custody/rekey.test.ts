/** A new master key under load: resumable, nothing left on the old key, killed anywhere every value opens. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openKeyring, parseMasterKeys } from '../../src/crypto/keyring.js';
import { type RekeyWork, rekey } from '../../src/custody/rekey.js';
import type { Desk, SignedOperator } from '../../src/desk.js';
import { type DeskParts, openCustody } from '../../src/opening/open-custody.js';
import { openDesk, openEngine } from '../../src/opening/open-desk.js';
import { openCheckpoint, signCheckpoint } from '../../src/procedures/log/log-checkpoint.js';
import { verifyAuditLog } from '../../src/procedures/log/verify-audit-log.js';
import { SEALED_COLUMNS } from '../../src/procedures/upkeep/sealed-columns.js';
import { SYSTEM } from '../../src/rules/audit-entry.js';
import type { Engine } from '../../src/store/engine.js';
import { type ChildScript, childScript } from '../support/child-script.js';
import { amount } from '../support/long.js';
import { columnsUnder, fillSealed, openAllSealed } from '../support/sealed-desk.js';
import { signedOperator } from '../support/signed-operator.js';
import { CHEAP, dataFolder, engines, repositoryRoot, type TestDesk, testDesk } from '../support/test-desk.js';

const quiet = {
  progress: () => ({ step: () => undefined, done: () => undefined }),
  signal: new AbortController().signal,
};

describe.each(engines)('store rekey on %s', (name) => {
  let made: TestDesk;
  let parts: DeskParts;
  let engine: Engine;
  let opened: Desk[];
  let oldKey: string;
  let admin: SignedOperator;

  const begin = async (count: number) => {
    made = await testDesk(name);
    parts = { settings: made.settings, dataFolder, now: made.clock.now, clockAsGiven: true, hashing: CHEAP };
    engine = await openEngine(made.settings.store, false);
    opened = [];
    oldKey = made.desk.keyring.keyId;
    admin = await made.operator('admin');
    await fillSealed(made.desk, count);
  };
  afterEach(async () => {
    for (const desk of opened) await desk.store.close();
    await engine.close();
    await made.close();
  });

  const open = async () => {
    const desk = await openDesk(openCustody(parts));
    opened.push(desk);
    return desk;
  };
  const change = (desk: Desk, more: Partial<RekeyWork> = {}, settings = made.settings) =>
    rekey(settings, desk, { ...quiet, signed: admin, ...more });
  const keyFile = () => join(made.folder, 'master.key');
  const keysInFile = () =>
    parseMasterKeys(readFileSync(keyFile(), 'utf8'), 'file').map((key) => key && openKeyring(key).keyId);
  const write = (desk: Desk) =>
    desk.store.record({ kind: 'call.general', outcome: 'done', at: desk.now(), by: SYSTEM }, async () => undefined);

  describe('a whole run', () => {
    beforeEach(() => begin(30));

    it('moves every sealed value and every tag; only the new key stays in the file, the old one beside it', async () => {
      const before = await openAllSealed(await open());
      expect((await columnsUnder(engine.db, oldKey)).length).toBeGreaterThan(SEALED_COLUMNS.length);
      const done = await change(await open());
      expect(done).toMatchObject({ from: oldKey, sealed: before, resumed: false });
      expect(keysInFile()).toEqual([done.to]);
      expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
      const kept = readFileSync(done.oldKey ?? '', 'utf8');
      expect(openKeyring(parseMasterKeys(kept, 'kept')[0]).keyId).toBe(oldKey);
      expect(statSync(done.oldKey ?? '').mode & 0o777).toBe(0o600);
      expect(await columnsUnder(engine.db, oldKey)).toEqual([]);
      const after = await open();
      expect(after.keyring.keyId).toBe(done.to);
      expect(await openAllSealed(after)).toBe(before);
      expect((await after.store.read.users.ofAccount('acc_1')).length).toBe(30);
      await write(after);
      await verifyAuditLog(after.store.read.audit, { notary: after.notary });
    });

    it('a checkpoint signed before still proves the log, and one signed after too', async () => {
      const desk = await open();
      const { note, size } = await signCheckpoint(desk);
      await change(desk);
      const after = await open();
      expect(await openCheckpoint(after, note)).toMatchObject({ size });
      const later = await signCheckpoint(after);
      expect(await openCheckpoint(after, later.note)).toMatchObject({ size: later.size });
      expect(later.verifierKey).not.toBe((await signCheckpoint(made.desk)).verifierKey);
    });

    it('under load: who was there before is turned away once, takes the new key and goes on', async () => {
      const [other, desk] = [await open(), await open()];
      const { to } = await change(desk);
      // Reads go on at once: the key is looked up again.
      expect(await openAllSealed(other)).toBeGreaterThan(0);
      expect(other.keyring.keyId).toBe(oldKey);
      await expect(write(other)).rejects.toMatchObject({ code: 'busy' });
      expect(other.keyring.keyId).toBe(to);
      await write(other);
      expect(await columnsUnder(engine.db, oldKey)).toEqual([]);
    });

    it('teeth: a door that lets such a writer through leaves a value that nobody can open', async () => {
      const [other, desk] = [await open(), await open()];
      const place = { table: 'outbox', column: 'address', id: 'msg_late' };
      const late = other.vault.seal('seal/contact', place, 'late');
      await change(desk);
      await engine.db.updateTable('outbox').set({ address: late }).where('id', '=', 'msg_000001').execute();
      expect(await columnsUnder(engine.db, oldKey)).toEqual(['outbox.address']);
      const after = await open();
      expect(() => after.vault.openText('seal/contact', place, late)).toThrow(/needs the key/);
    });

    it('stopped by Ctrl-C it goes on where it was', async () => {
      const stop = new AbortController();
      let steps = 0;
      const step = () => {
        steps += 1;
        if (steps === 4) stop.abort();
      };
      const run = { signal: stop.signal, progress: () => ({ step, done: () => undefined }) };
      await expect(change(await open(), run)).rejects.toMatchObject({ code: 'cancelled' });
      expect(keysInFile()).toHaveLength(2);
      const between = await open();
      expect(await openAllSealed(between)).toBeGreaterThan(0);
      await write(between);
      const done = await change(await open());
      expect(done).toMatchObject({ resumed: true, from: oldKey });
      expect(keysInFile()).toEqual([done.to]);
      expect(await columnsUnder(engine.db, oldKey)).toEqual([]);
    });

    it('B78 an operator who is disabled half way does no more of it; another goes on', async () => {
      const other = await signedOperator(made.desk, 'admin', 'olga');
      const disable = (desk: Desk) =>
        desk.store.record({ kind: 'operator.disabled', outcome: 'done', at: desk.now(), by: SYSTEM }, (w) =>
          w.operators.update(admin.operator.id, { disabled_at: 1 }),
        );
      const desk = await open();
      let disabling: Promise<unknown> | undefined;
      const step = () => {
        disabling ??= disable(desk);
      };
      const run = { progress: () => ({ step, done: () => undefined }) };
      await expect(change(desk, run)).rejects.toMatchObject({ code: 'not-signed-in' });
      await disabling;
      expect(keysInFile()).toHaveLength(2);
      const before = keysInFile();
      await expect(change(await open())).rejects.toMatchObject({ code: 'not-signed-in' });
      expect(keysInFile(), 'refused before the key file is touched').toEqual(before);
      expect(await change(await open(), { signed: other })).toMatchObject({ resumed: true, from: oldKey });
      expect(await columnsUnder(engine.db, oldKey)).toEqual([]);
    });

    it('B78 idling and a code that grows old meanwhile end no run', async () => {
      const desk = await open();
      const step = () => made.clock.advance(3_600_000);
      const session = { last_seen_at: made.clock.now(), code_at: made.clock.now() };
      await desk.store.record({ kind: 'test.prepared', outcome: 'done', at: desk.now(), by: SYSTEM }, (w) =>
        w.operators.updateSession(admin.sessionId ?? '', session),
      );
      await change(desk, { progress: () => ({ step, done: () => undefined }) });
      expect(keysInFile()).toHaveLength(1);
      await expect(change(await open()), 'but begin none').rejects.toMatchObject({ code: 'not-signed-in' });
    });

    it('a damaged value and a changed row are named, everything else moves, and both keys stay until it is mended', async () => {
      const { rows } = await sql<{ address: string }>`select address from outbox where id = 'msg_000003'`.execute(
        engine.db,
      );
      const good = rows[0]?.address ?? '';
      const bent = good.slice(0, -4) + (good.endsWith('AAAA') ? 'BBBB' : 'AAAA');
      await sql`update outbox set address = ${bent} where id = 'msg_000003'`.execute(engine.db);
      await sql`update users set scopes = 'everything' where login = '000004'`.execute(engine.db);
      await sql`update factors set state = 'pending' where id = 'fac_000005'`.execute(engine.db);
      const refused = await change(await open()).catch((error: unknown) => error);
      expect(refused).toMatchObject({
        code: 'store-corrupt',
        because: { reason: 'rekey-damaged', facts: { values: 4 } },
      });
      expect(JSON.stringify(refused)).toMatch(/fac_000005 of factors.*msg_000003.*usr_acc_1_000004 of users/);
      expect(keysInFile()).toHaveLength(2);
      expect(await columnsUnder(engine.db, oldKey)).toEqual(expect.arrayContaining(['outbox.address', 'users.mac']));
      await sql`update outbox set address = ${good} where id = 'msg_000003'`.execute(engine.db);
      await sql`update users set scopes = '' where login = '000004'`.execute(engine.db);
      await sql`update factors set state = 'active' where id = 'fac_000005'`.execute(engine.db);
      await change(await open());
      expect(keysInFile()).toHaveLength(1);
      expect(await columnsUnder(engine.db, oldKey)).toEqual([]);
    });

    it('a second change follows the first', async () => {
      const first = await change(await open());
      const { note } = await signCheckpoint(await open());
      const second = await change(await open());
      expect(second.from).toBe(first.to);
      expect(await columnsUnder(engine.db, first.to)).toEqual([]);
      await expect(openCheckpoint(await open(), note)).resolves.toBeDefined();
      expect(readdirSync(made.folder).filter((file) => file.includes('.until-'))).toHaveLength(2);
    });

    it('a key command must print both keys, the new one first; it is told so, and nothing changes', async () => {
      const command = { ...made.settings, key: { command: `cat '${keyFile()}'` } };
      const desk = await open();
      await expect(change(desk, {}, command)).rejects.toMatchObject({ code: 'config' });
      expect(await columnsUnder(engine.db, oldKey)).not.toEqual([]);
      const newer = Buffer.alloc(32, 9).toString('base64url');
      writeFileSync(keyFile(), `countersign-key-v1:${newer}\n${readFileSync(keyFile(), 'utf8')}`, { mode: 0o600 });
      const done = await change(await open(), {}, command);
      expect(done).toMatchObject({ oldKey: null, to: openKeyring(Buffer.alloc(32, 9)).keyId });
      expect(await columnsUnder(engine.db, oldKey)).toEqual([]);
    });
  });

  describe('killed', () => {
    let script: ChildScript;
    beforeAll(async () => {
      script = await childScript(`
        import { openCustody } from './src/opening/open-custody.js';
import { openDesk } from './src/opening/open-desk.js';
        import { rekey } from './src/custody/rekey.js';
        const { settings, signed } = JSON.parse(process.argv[2] ?? '');
        void (async () => {
          const desk = await openDesk(openCustody({ settings, dataFolder: ${JSON.stringify(dataFolder)}, now: () => ${Date.UTC(2026, 10, 22, 10)} }));
          process.stdout.write('begin\\n');
          const progress = () => ({ step: () => undefined, done: () => undefined });
          await rekey(settings, desk, { signed, progress, signal: new AbortController().signal });
          process.stdout.write('ended\\n');
          await desk.store.close();
        })();
      `);
    }, 60_000);
    afterAll(() => script.remove());

    /** Milliseconds of one that is not killed, on this machine as it is now. */
    async function timeOfOne(given: string): Promise<number> {
      const child = script.start([given]);
      await child.until('begin');
      const begun = performance.now();
      await child.until('ended');
      await child.ended;
      return performance.now() - begun;
    }

    it('at random points: every value opens each time, and at the end nothing is on the old key', {
      timeout: 300_000,
    }, async () => {
      await begin(400);
      const seed = Date.now() % 100_000;
      let state = seed;
      const random = () => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        return state / 2_147_483_648;
      };
      const given = JSON.stringify({ settings: made.settings, signed: admin });
      const total = await openAllSealed(made.desk);
      const whole = await timeOfOne(given);
      let killed = 0;
      // Each kill falls somewhere else in the time that one takes; a few show that any point will do, many look for a bad one.
      const rounds = amount(8, 60);
      for (let round = 0; round < rounds; round += 1) {
        const child = script.start([given]);
        await child.until('begin');
        await new Promise((resolve) => setTimeout(resolve, random() * whole));
        child.child.kill('SIGKILL');
        const { stdout } = await child.ended;
        if (stdout.includes('ended')) continue;
        killed += 1;
        const desk = await open();
        expect(await openAllSealed(desk), `seed ${seed}, round ${round}`).toBe(total);
        expect((await desk.store.read.users.ofAccount('acc_1')).length).toBe(400);
      }
      expect(killed, `seed ${seed}: the fault must have fired`).toBeGreaterThan(rounds / 4);
      const last = await change(await open());
      expect(await openAllSealed(await open())).toBe(total);
      expect(await columnsUnder(engine.db, oldKey)).toEqual([]);
      expect(keysInFile()).toEqual([last.to]);
    });
  });
});

describe('the list of sealed columns', () => {
  it('knows every purpose that anything is sealed for', () => {
    const files = readdirSync(join(repositoryRoot, 'src'), { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !file.endsWith('sealed-columns.ts') && !file.endsWith('keyring.ts'),
    );
    const used = files.flatMap(
      (file) => readFileSync(join(repositoryRoot, 'src', file), 'utf8').match(/'seal\/[a-z-]+'/g) ?? [],
    );
    const listed = SEALED_COLUMNS.map(({ purpose }) => `'${purpose}'`);
    // Sealed again with each change of the key, by log-checkpoint.ts, and with each write, by record.ts.
    expect(new Set(used)).toEqual(new Set([...listed, "'seal/check'", "'seal/digest'"]));
    expect(existsSync(join(repositoryRoot, 'src/procedures/upkeep/sealed-columns.ts'))).toBe(true);
  });
});
