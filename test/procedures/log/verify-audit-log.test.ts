/** B75 on copies of a real log: every way to tamper with it is found, by the log itself or by a checkpoint kept elsewhere. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Desk } from '../../../src/desk.js';
import type { Refusal } from '../../../src/errors.js';
import { openEngine } from '../../../src/opening/open-desk.js';
import { openCheckpoint, signCheckpoint } from '../../../src/procedures/log/log-checkpoint.js';
import { verifyAuditLog } from '../../../src/procedures/log/verify-audit-log.js';
import type { LogReader } from '../../../src/procedures/log-reader.js';
import type { Checkpoint } from '../../../src/rules/checkpoint.js';
import type { Engine } from '../../../src/store/engine.js';
import { proven } from '../../support/proven.js';
import { refusalOf } from '../../support/said.js';
import { engines, type TestDesk, testDesk } from '../../support/test-desk.js';
import {
  copyLog,
  type LogCopy,
  memberChanges,
  type Tampering,
  withoutTheKey,
  withTheKeyOrAnOlderCopy,
  writeLog,
} from './log-tampering.js';

const SIZE = 21;
const BY = proven({ kind: 'operator', id: 'op_1', name: 'Olga' });

/** One log of every shape of entry: with and without account, user, ticket, reason and nested detail. */
async function writeEntries(desk: Desk, count: number, from = 0): Promise<void> {
  for (let i = from; i < from + count; i += 1) {
    await desk.store.record(
      {
        kind: 'verification.refused',
        outcome: 'refused',
        at: desk.now() + i,
        by: BY,
        ...(i % 2 === 0 ? { account: 'acc_1', user: 'usr_1' } : {}),
        ...(i % 3 === 0 ? { ticket: `T-"${i}",` } : {}),
        ...(i % 5 === 0 ? { reason: 'not-verified' } : {}),
        // Looks like members of the entry itself, for a verifier that finds them by their place in the text.
        detail: { a: 1, at: 7, seq: 99, text: ',"seq":5,"at":9,' },
      },
      async () => undefined,
    );
  }
}

/** The log as a value: a reader that knows no store at all. */
const readerOf = ({ rows, head }: LogCopy): LogReader => ({
  head: async () => ({
    size: head.size,
    frontier: head.frontier,
    latestAt: head.latest_at,
    sums: head.sums,
    mac: head.mac,
  }),
  batch: async (from, limit) =>
    rows
      .filter((row) => row.seq >= from)
      .sort((a, b) => a.seq - b.seq)
      .slice(0, limit)
      .map(({ seq, body, leaf }) => ({ seq, body, leaf: leaf.toString('hex') })),
});

describe.each(engines)('the audit log, tampered with, on %s', (engineName) => {
  let made: TestDesk;
  let desk: Desk;
  let engine: Engine;
  let intact: LogCopy;
  let older: LogCopy;
  let checkpoint: Checkpoint;

  beforeAll(async () => {
    made = await testDesk(engineName);
    desk = made.desk;
    engine = await openEngine(made.settings.store, false);
    await writeEntries(desk, 10);
    older = await copyLog(engine.db);
    await writeEntries(desk, SIZE - 11, 10);
    await desk.store.record({ kind: 'desk.founded', outcome: 'done', at: desk.now(), by: BY }, (write) =>
      write.meta.put('created-at', '1'),
    );
    checkpoint = await openCheckpoint(desk, (await signCheckpoint(desk)).note);
    intact = await copyLog(engine.db);
  });
  afterAll(async () => {
    await engine.close();
    await made.close();
  });

  const verify = (given?: Checkpoint) =>
    verifyAuditLog(desk.store.read.audit, { notary: desk.notary, checkpoint: given });

  async function tampered(tampering: Tampering, given?: Checkpoint): Promise<Refusal> {
    await writeLog(engine.db, tampering.change(intact, desk));
    try {
      return await refusalOf(verify(given));
    } finally {
      await writeLog(engine.db, intact);
    }
  }

  it('as it was written it checks out, also against its checkpoint', async () => {
    expect(await verify()).toMatchObject({ size: SIZE });
    expect(await verify(checkpoint)).toMatchObject({ size: SIZE, root: Buffer.from(checkpoint.root).toString('hex') });
  });

  it('an older checkpoint still fits, one of an empty log fits anything', async () => {
    await writeLog(engine.db, older);
    const early = await openCheckpoint(desk, (await signCheckpoint(desk)).note);
    await writeLog(engine.db, intact);
    expect(early.size).toBe(10);
    expect(await verify(early)).toMatchObject({ size: SIZE });
    const empty = { origin: 'x', size: 0, root: desk.notary.tree.empty() };
    expect(await verify(empty)).toMatchObject({ size: SIZE });
    const other = verify({ ...empty, root: new Uint8Array(32) });
    expect((await refusalOf(other)).message).toContain('not those of the checkpoint');
  });

  it.each(withoutTheKey(SIZE).map((each) => [each.what, each] as const))(
    'B75 found by the log itself: %s',
    async (_what, tampering) => {
      const refusal = await tampered(tampering);
      expect(refusal.code).toBe('audit-broken');
      expect(refusal.message).toMatch(tampering.names);
    },
  );

  it('B75 every member of every kind of entry, changed alone, is found and named', async () => {
    const changes = [0, 1, 5, 12].flatMap((seq) => memberChanges(intact, desk, seq));
    expect(changes.length).toBeGreaterThan(30);
    for (const tampering of changes) expect((await tampered(tampering)).message).toMatch(tampering.names);
  });

  it('B75 the head row deleted is found', async () => {
    await engine.db.deleteFrom('audit_head').execute();
    const refusal = await refusalOf(verify());
    await writeLog(engine.db, intact);
    expect(refusal.message).toContain('the head of the log is missing');
  });

  describe('whole in itself: found only with a checkpoint kept elsewhere', () => {
    const cases = ['an older copy', 'the tail cut', 'cut to zero', 'an entry changed', 'a fork'].map(
      (name, at) => [name, at] as const,
    );

    it.each(cases)('B75 %s', async (_name, at) => {
      const tampering = withTheKeyOrAnOlderCopy(older)[at] as Tampering;
      const refusal = await tampered(tampering, checkpoint);
      expect(refusal.code).toBe('audit-broken');
      expect(refusal.message).toMatch(tampering.names);
    });

    it.each(cases)('teeth: without the checkpoint it passes: %s', async (_name, at) => {
      const tampering = withTheKeyOrAnOlderCopy(older)[at] as Tampering;
      await writeLog(engine.db, tampering.change(intact, desk));
      await expect(verify()).resolves.toBeDefined();
      await writeLog(engine.db, intact);
    });
  });

  it('teeth: a verifier that only looks at the head misses changed, swapped and forged entries', async () => {
    const missed: string[] = [];
    for (const tampering of withoutTheKey(SIZE)) {
      await writeLog(engine.db, tampering.change(intact, desk));
      if (await headOnly(desk, SIZE)) missed.push(tampering.what);
    }
    await writeLog(engine.db, intact);
    expect(missed).toEqual(
      expect.arrayContaining(['entry 7: its hash', 'an entry and its hash together', 'two entries swapped']),
    );
  });

  it('a desk at work is no fault: entries that come while the log is read are left for the next time', async () => {
    const reader: LogReader = {
      head: desk.store.read.audit.head,
      batch: async (from, limit) => {
        await writeEntries(desk, 1);
        return desk.store.read.audit.batch(from, limit);
      },
    };
    expect(await verifyAuditLog(reader, { notary: desk.notary })).toMatchObject({ size: SIZE });
    await writeLog(engine.db, intact);
  });
});

/** The known-bad variant: seal and count fit, so all is well. */
async function headOnly(desk: Desk, size: number): Promise<boolean> {
  const head = await desk.store.read.audit.head();
  const count = (await desk.store.read.audit.batch(0, 10_000)).length;
  return head !== undefined && desk.notary.headFits(head) && head.size === count && count === size;
}

describe('the verifier, byte by byte', () => {
  let made: TestDesk;
  let log: LogCopy;
  beforeAll(async () => {
    made = await testDesk('sqlite');
    await writeEntries(made.desk, SIZE);
    const engine = await openEngine(made.settings.store, false);
    log = await copyLog(engine.db);
    await engine.close();
  });
  afterAll(() => made.close());

  it('B75 any byte of any entry, and any byte of its hash, is found and the entry named', async () => {
    let bytes = 0;
    for (const row of log.rows) {
      const body = Buffer.from(row.body);
      for (let at = 0; at < body.length; at += 1) {
        const changed = Buffer.from(body);
        changed[at] = (changed[at] as number) ^ (1 << (at % 7));
        await expectNamed(row.seq, { ...row, body: changed.toString('latin1') });
        bytes += 1;
      }
      for (let at = 0; at < 32; at += 1) {
        const leaf = Buffer.from(row.leaf);
        leaf[at] = (leaf[at] as number) ^ 1;
        await expectNamed(row.seq, { ...row, leaf });
        bytes += 1;
      }
    }
    expect(bytes).toBeGreaterThan(4000);
  });

  async function expectNamed(seq: number, row: LogCopy['rows'][number]): Promise<void> {
    const rows = log.rows.map((each) => (each.seq === seq ? row : each));
    const refusal = await refusalOf(verifyAuditLog(readerOf({ ...log, rows }), { notary: made.desk.notary }));
    if (!refusal.message.includes(`entry ${seq} `)) throw new Error(`entry ${seq}: ${refusal.message}`);
  }

  it('names at most twenty faults, and counts the rest', async () => {
    const rows = log.rows.map((row) => ({ ...row, leaf: Buffer.alloc(32) }));
    const refusal = await refusalOf(verifyAuditLog(readerOf({ ...log, rows }), { notary: made.desk.notary }));
    expect(refusal.message).toContain('(and 20 more)');
    expect(refusal.problems).toHaveLength(20);
    expect(refusal.also).toMatchObject({ audit: { outcome: 'broken', faults: 21 } });
  });

  it('reads in batches and ends when it is told to', async () => {
    const stop = new AbortController();
    const endless: LogReader = {
      head: async () => ({ size: 1e9, frontier: '', latestAt: 0, sums: '', mac: '' }),
      batch: async (from, limit) => {
        stop.abort();
        return Array.from({ length: limit }, (_, i) => ({ seq: Math.max(0, from) + i, body: '', leaf: '' }));
      },
    };
    const refusal = await refusalOf(verifyAuditLog(endless, { notary: made.desk.notary, signal: stop.signal }));
    expect(refusal.code).toBe('cancelled');
  });

  it('a number too large to count on from ends the reading', async () => {
    const rows = log.rows.map((row) => (row.seq === 20 ? { ...row, seq: 2 ** 63 } : row));
    const many = [
      ...rows,
      ...Array.from({ length: 2000 }, (_, i) => ({ ...(rows[0] as (typeof rows)[0]), seq: 2 ** 62 + i * 4096 })),
    ];
    const refusal = await refusalOf(verifyAuditLog(readerOf({ ...log, rows: many }), { notary: made.desk.notary }));
    expect(refusal.code).toBe('audit-broken');
  });
});
