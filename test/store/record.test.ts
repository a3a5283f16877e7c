import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKeyring } from '../../src/crypto/keyring.js';
import { Refusal } from '../../src/errors.js';
import type { AuditEntry } from '../../src/rules/audit-entry.js';
import { writesOf } from '../../src/store/queries/queries.js';
import { openDoor, type WriteDoor } from '../../src/store/record.js';
import type { Database } from '../../src/store/schema/directory.js';
import { openStore } from '../../src/store/store.js';
import { engines } from '../support/test-desk.js';
import { accountRow, entry, NOW, notaryWith } from './rows.js';
import { countsOf, type Founded, faultsOfLog, foundedStore } from './support.js';

const EMPTY = { accounts: 0, entries: 0, size: 0 };

describe.each(engines)('the write door on %s', (name) => {
  let place: Founded;
  beforeEach(async () => {
    place = await foundedStore(name);
  });
  afterEach(() => place.close());

  const addAccount = (record: WriteDoor, number: string, made: AuditEntry = entry()) =>
    record(made, (write) => write.accounts.insert([accountRow(number)]));
  const bodies = async () =>
    (await place.store.read.audit.batch(0, 2_000)).map((row) => JSON.parse(row.body) as AuditEntry & { seq: number });

  it('B74 writes the change and its entry together, and answers what the change answered', async () => {
    const answer = await place.store.record(
      (result: string) => entry('account.added', { account: result, ticket: 'T-1' }),
      async (write) => {
        await write.accounts.insert([accountRow('1')]);
        return 'acc_1';
      },
    );
    expect(answer).toBe('acc_1');
    expect(await countsOf(place.engine)).toEqual({ accounts: 1, entries: 1, size: 1 });
    expect(await bodies()).toEqual([
      { ...entry('account.added', { account: 'acc_1', ticket: 'T-1' }), seq: 0, v: 1, policy: '0'.repeat(64) },
    ]);
  });

  it('B74 offers no way to write beside it', async () => {
    // @ts-expect-error reads have no writes
    expect(place.store.read.accounts.insert).toBeUndefined();
    // @ts-expect-error an entry is required
    const attempt = place.store.record(async () => undefined);
    await expect(attempt).rejects.toThrow();
    expect(await countsOf(place.engine)).toEqual(EMPTY);
  });

  it('B74 takes many entries for one change, more than fit one statement', async () => {
    await place.store.record(
      Array.from({ length: 1_201 }, (_, n) => entry('mfa.reset', { detail: { n } })),
      async () => undefined,
    );
    expect((await countsOf(place.engine)).size).toBe(1_201);
    expect((await bodies()).map((body) => body.seq)).toEqual(Array.from({ length: 1_201 }, (_, n) => n));
    expect(await faultsOfLog(place.engine, place.notary)).toEqual([]);
  });

  it('a change that throws leaves nothing, and its refusal arrives as it was', async () => {
    const refusal = new Refusal('no-grant', 'no');
    const attempt = place.store.record(entry(), async (write) => {
      await write.accounts.insert([accountRow('1')]);
      throw refusal;
    });
    await expect(attempt).rejects.toBe(refusal);
    expect(await countsOf(place.engine)).toEqual(EMPTY);
  });

  it('a change without an entry is undone', async () => {
    await expect(place.store.record([], (write) => write.accounts.insert([accountRow('1')]))).rejects.toThrow(
      /without an audit entry/,
    );
    expect(await countsOf(place.engine)).toEqual(EMPTY);
  });

  describe('a failed append undoes the change', () => {
    /** An entry no canonical JSON exists for. */
    const unspeakable = entry('account.added', { reason: 'half a pair: \ud800' });

    const staysClean = async (record: WriteDoor) => {
      await expect(addAccount(record, '1', unspeakable)).rejects.toMatchObject({ code: 'invalid-input' });
      expect(await countsOf(place.engine)).toEqual(EMPTY);
    };

    it('where the entry cannot be spelled', () => staysClean(place.store.record));

    it('where the database does not take the entry', async () => {
      const stray = { seq: 0, body: '{}', leaf: Buffer.alloc(32) };
      await place.engine.db.insertInto('audit_entries').values(stray).execute();
      await expect(addAccount(place.store.record, '1')).rejects.toMatchObject({ code: 'audit-broken' });
      expect(await countsOf(place.engine)).toEqual({ accounts: 0, entries: 1, size: 0 });
    });

    it('teeth: a door that appends after its transaction fails the same check', async () => {
      const appending = openDoor(place.engine, place.notary);
      const late: WriteDoor = async (made, change) => {
        const result = await place.engine.db.transaction().execute((tx) =>
          change(
            writesOf(tx, { traits: place.engine.traits, tags: place.notary.rows }, () => undefined),
            { size: 0, latestAt: 0 },
          ),
        );
        await appending(typeof made === 'function' ? made(result) : made, async () => undefined);
        return result;
      };
      await expect(staysClean(late)).rejects.toThrow(/accounts/);
    });
  });

  it('many records at once on one connection get consecutive numbers', async () => {
    await Promise.all(Array.from({ length: 30 }, (_, n) => addAccount(place.store.record, String(n))));
    expect(await countsOf(place.engine)).toEqual({ accounts: 30, entries: 30, size: 30 });
    expect(await faultsOfLog(place.engine, place.notary)).toEqual([]);
  });

  // Two SQLite connections in one process would block each other's thread; the storm (storm.test.ts) has processes.
  it.skipIf(name === 'sqlite')(
    'records of two connections at once get consecutive numbers and a head that checks out',
    async () => {
      const other = openStore(await place.connect(), place.notary);
      const writers = [place.store, other];
      await Promise.all(Array.from({ length: 40 }, (_, n) => addAccount((writers[n % 2] ?? other).record, String(n))));
      expect(await countsOf(place.engine)).toEqual({ accounts: 40, entries: 40, size: 40 });
      expect(await faultsOfLog(place.engine, place.notary)).toEqual([]);
    },
  );

  it('remembers the latest time any writer saw, also when a clock goes back', async () => {
    await place.store.record(entry('test.first', { at: NOW + 5_000 }), async () => undefined);
    await place.store.record(entry('test.second', { at: NOW }), async () => undefined);
    const seen = await place.store.record(entry('test.third'), async (_write, log) => log);
    expect(seen).toMatchObject({ size: 2, latestAt: NOW + 5_000 });
  });

  describe('a head that does not check out stops every write', () => {
    const stops = async (record: WriteDoor = place.store.record) => {
      const before = await countsOf(place.engine);
      await expect(addAccount(record, '2')).rejects.toMatchObject({
        code: 'store-corrupt',
        hint: expect.stringMatching(/audit verify/),
      });
      expect(await countsOf(place.engine)).toEqual(before);
    };
    const faults: readonly (readonly [string, Partial<Database['audit_head']>])[] = [
      ['its size', { size: 0 }],
      ['its frontier', { frontier: 'a'.repeat(64) }],
      ['its time', { latest_at: 1 }],
      ['its seal', { mac: '0'.repeat(64) }],
    ];

    it.each(faults)('%s changed by another hand', async (_what, fault) => {
      await addAccount(place.store.record, '1');
      await place.engine.db.updateTable('audit_head').set(fault).execute();
      await stops();
    });

    it('the row deleted', async () => {
      await place.engine.db.deleteFrom('audit_head').execute();
      await expect(addAccount(place.store.record, '2')).rejects.toMatchObject({ code: 'store-corrupt' });
    });

    it('sealed under another key', async () => {
      await stops(openDoor(place.engine, notaryWith(openKeyring(Buffer.alloc(32, 8)))));
    });

    it('teeth: a seal that does not cover the head fails the same check', async () => {
      const careless = { ...place.notary, headMac: () => '', headFits: () => true };
      await place.engine.db.updateTable('audit_head').set({ mac: '', latest_at: 1 }).execute();
      await expect(stops(openDoor(place.engine, careless))).rejects.toThrow();
    });
  });

  describe('the check of the log that these tests use', () => {
    beforeEach(async () => {
      for (const number of ['1', '2', '3']) await addAccount(place.store.record, number);
      expect(await faultsOfLog(place.engine, place.notary)).toEqual([]);
    });

    it('teeth: finds an edited entry', async () => {
      const [row] = await place.store.read.audit.batch(1, 1);
      const body = row?.body.replace('Olga', 'Eve') ?? '';
      await place.engine.db.updateTable('audit_entries').set({ body }).where('seq', '=', 1).execute();
      expect(await faultsOfLog(place.engine, place.notary)).toContain('entry 1 is not what was hashed');
    });

    it.each([0, 1, 2])('teeth: finds that entry %i was deleted', async (seq) => {
      await place.engine.db.deleteFrom('audit_entries').where('seq', '=', seq).execute();
      expect(await faultsOfLog(place.engine, place.notary)).not.toEqual([]);
    });

    it('teeth: finds entries in another order', async () => {
      const move = (from: number, to: number) =>
        place.engine.db.updateTable('audit_entries').set({ seq: to }).where('seq', '=', from).execute();
      await move(0, 9);
      await move(1, 0);
      await move(9, 1);
      expect(await faultsOfLog(place.engine, place.notary)).not.toEqual([]);
    });
  });
});
