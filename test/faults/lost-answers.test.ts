/**
 * PostgreSQL goes away at an exact moment of a bulk run: a commit that does not arrive, an answer to a commit that does not come back, a backend
 * that is ended inside a transaction. Each answer is compared with the store over a connection of its own, and the run goes on from
 * what stands.
 */
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import type { SignedOperator } from '../../src/desk.js';
import { isRefusal } from '../../src/errors.js';
import { openCustody } from '../../src/opening/open-custody.js';
import { openDesk, openEngine } from '../../src/opening/open-desk.js';
import { verifyAuditLog } from '../../src/procedures/log/verify-audit-log.js';
import { type JobWork, openJob } from '../../src/procedures/resets/job-work.js';
import type { RowOutcome } from '../../src/procedures/resets/row-outcome.js';
import { runJob } from '../../src/procedures/resets/run-job.js';
import { undoResets } from '../../src/procedures/resets/undo-reset.js';
import type { Engine } from '../../src/store/engine.js';
import { openStore } from '../../src/store/store.js';
import { type ResetDesk, resetDesk } from '../procedures/reset-desk.js';
import { accountRow, entry } from '../store/rows.js';
import { type Founded, foundedStore } from '../store/support.js';
import { builtDesk, requireBuilt } from '../support/built-desk.js';
import { onServer, startServer } from '../support/postgres.js';
import { isCommit, type Wire, wireTo } from '../support/postgres-proxy.js';
import { CHEAP, dataFolder } from '../support/test-desk.js';
import { beginCrowdJob, seedCrowd } from './bulk-place.js';

const there = inject('postgresUrl') !== '';

describe.skipIf(!there)('T25 the answer to a commit that PostgreSQL did not give', () => {
  let place: Founded;
  let wire: Wire;
  let engine: Engine;
  beforeAll(async () => {
    place = await foundedStore('postgres');
    wire = await wireTo(place.address);
    engine = await openEngine(wire.url, false);
  });
  afterAll(async () => {
    await engine.close();
    await wire.close();
    await place.close();
  });

  const add = (number: string, on = openStore(engine, place.notary)) =>
    on
      .record(entry(), (write) => write.accounts.insert([accountRow(number)]))
      .then(
        () => 'done',
        (error: unknown) => (isRefusal(error) ? String(error.also['outcome'] ?? error.code) : String(error)),
      );
  const stands = async (number: string) => (await place.store.read.accounts.byNumber(number)) !== undefined;
  const once = (what: 'cut' | 'cut the answer') => {
    let left = 1;
    return async (piece: Buffer) => (isCommit(piece) && left-- > 0 ? what : 'pass');
  };

  it('B88 a commit that never arrived is reported as not done', async () => {
    wire.watch(once('cut'));
    expect(await add('1')).toBe('not done');
    expect(await stands('1')).toBe(false);
  });

  it('B88 a commit whose answer was lost is done, and is reported as done', async () => {
    wire.watch(once('cut the answer'));
    expect(await add('2')).toBe('done');
    expect(await stands('2')).toBe(true);
  });

  it('B88 it is unknown only while the store cannot be asked', { timeout: 30_000 }, async () => {
    let cut = false;
    wire.watch(async (piece) => {
      if (isCommit(piece)) cut = true;
      return cut ? 'cut' : 'pass';
    });
    const impatient = openStore({ ...engine, lookAgainMs: [10] }, place.notary);
    expect(await add('3', impatient)).toBe('unknown');
    wire.watch(async () => 'pass');
    expect(await add('4')).toBe('done');
  });

  it('teeth: a door that takes the error for the answer says that it was not done', async () => {
    wire.watch(once('cut the answer'));
    const careless = await engine.db
      .transaction()
      .execute((tx) => tx.updateTable('audit_head').set({ latest_at: 1 }).where('id', '=', 1).execute())
      .then(
        () => 'done',
        () => 'not done',
      );
    const { latest_at } = await place.engine.db.selectFrom('audit_head').select('latest_at').executeTakeFirstOrThrow();
    expect([careless, latest_at]).toEqual(['not done', 1]);
  });
});

describe.skipIf(!there)('a bulk run that loses PostgreSQL', () => {
  const USERS = 800;
  let place: ResetDesk;
  let lead: SignedOperator;
  let second: SignedOperator;
  let work: JobWork;
  let wire: Wire;
  beforeAll(async () => {
    place = await resetDesk('postgres');
    lead = await place.another('lead', 'lena');
    second = await place.another('lead', 'sven');
    await seedCrowd(place.desk, USERS);
    wire = await wireTo(place.settings.store);
  }, 60_000);
  afterAll(async () => {
    await wire.close();
    await place.close();
  });

  /** Runs the job, on a desk of its own, until it ends or is refused; answers the lines that it was told, and how it ended. */
  async function run(told: Set<number>): Promise<string> {
    const settings = { ...place.settings, store: wire.url };
    const desk = await openDesk(
      openCustody({ settings, dataFolder, now: place.clock.now, clockAsGiven: true, hashing: CHEAP }),
    );
    try {
      await runJob(desk, lead, await openJob(desk, work.head.id), {
        signal: new AbortController().signal,
        told: async (rows) => {
          for (const row of rows) told.add(row.line);
        },
      });
      return 'ended';
    } catch (error) {
      if (!isRefusal(error)) return String(error);
      return `${error.code} ${error.next.map(({ step }) => step).join()} ${JSON.stringify(error.also['job'])}`;
    } finally {
      await desk.store.close();
    }
  }

  /** What was told and what stands, by the test's own connection. */
  async function compared(told: ReadonlySet<number>) {
    const { jobs, resets } = place.desk.store.read;
    // Its backend was ended with those of the run, and it may learn of that only now.
    const rows = await resets.ofJob(work.head.id).catch(() => resets.ofJob(work.head.id));
    const lines = new Set(rows.map((row) => row.line ?? 0));
    return {
      lost: [...told].filter((line) => !lines.has(line)),
      rows: lines.size,
      done: (await jobs.head(work.head.id))?.done,
    };
  }

  async function toTheEnd(cutting: () => void): Promise<readonly string[]> {
    const told = new Set<number>();
    const ends: string[] = [];
    for (let runs = 0; runs < 60 && ends.at(-1) !== 'ended'; runs += 1) {
      cutting();
      ends.push(await run(told));
      const { lost, rows, done } = await compared(told);
      expect([lost, rows]).toEqual([[], done]);
    }
    expect(told.size).toBe(USERS);
    const { notary, store } = place.desk;
    await verifyAuditLog(store.read.audit, { notary });
    return ends;
  }

  it('B60 B88 each commit of it lost on its way there or back: no wrong answer, and the job is done once', async () => {
    work = await beginCrowdJob(place.desk, lead, second);
    let cuts = 0;
    const ends = await toTheEnd(() =>
      wire.watch(async (piece) => {
        if (!isCommit(piece) || cuts >= 21) return 'pass';
        cuts += 1;
        return cuts % 3 === 1 ? 'cut' : cuts % 3 === 2 ? 'cut the answer' : 'pass';
      }),
    );
    expect(cuts).toBe(21);
    for (const end of ends.slice(0, -1)) expect(end).toBe(`store-unreachable resume-job {"id":"${work.head.id}"}`);
    expect(ends.length).toBeGreaterThan(5);
  }, 120_000);

  it('T27 B88 its backend ended inside a transaction at twenty points: refused in words, and resumed to the end', async () => {
    await undoResets(place.desk, lead, { id: work.head.id, line: undefined, reason: 'drill' });
    work = await beginCrowdJob(place.desk, lead, second);
    let ended = 0;
    const ends = await toTheEnd(() =>
      wire.watch(async (_piece, n) => {
        // A different moment of the transaction each time.
        if (ended >= 20 || n !== 12 + ended * 7) return 'pass';
        ended += 1;
        await endBackends(place.settings.store);
        return 'pass';
      }),
    );
    expect(ended).toBe(20);
    for (const end of ends.slice(0, -1)) expect(end).toBe(`store-unreachable resume-job {"id":"${work.head.id}"}`);
  }, 120_000);
});

describe.skipIf(!there)('a fail-over to a synchronous standby', () => {
  it('B88 in the middle of a bulk run: the address names both servers, nothing acknowledged is lost, and the job ends once', async () => {
    const primary = await startServer();
    const standby = await primary.standby();
    const place = await resetDesk('postgres', { server: primary.url });
    const [lead, second] = [await place.another('lead', 'lena'), await place.another('lead', 'sven')];
    await seedCrowd(place.desk, 800);
    const work = await beginCrowdJob(place.desk, lead, second);
    const { pathname } = new URL(place.settings.store);
    const both = new URL(primary.url).href.replace(/\/postgres$/, `,127.0.0.1:${new URL(standby.url).port}${pathname}`);
    const after = standby.url.replace(/\/postgres$/, pathname);
    const settings = { ...place.settings, store: `${both}?target_session_attrs=read-write` };
    const behind = new URL(standby.url).port;
    const standbyFirst = await openEngine(both.replace('@', `@127.0.0.1:${behind},`), false);
    const audited = openStore(standbyFirst, place.desk.notary);
    await audited.record(entry(), async () => undefined);
    await audited.close();
    const told = new Set<number>();
    let over: Promise<unknown> | undefined;
    const run = async () => {
      const desk = await openDesk(
        openCustody({ settings, dataFolder, now: place.clock.now, clockAsGiven: true, hashing: CHEAP }),
      );
      const watching = {
        signal: new AbortController().signal,
        told: async (rows: readonly RowOutcome[]) => {
          for (const row of rows) told.add(row.line);
          // The run does not wait for it: chunks are on their way while the primary dies.
          if (told.size >= 150)
            over ??= primary.crash().then(() => onServer(after, (c) => c.query('select pg_promote()')));
        },
      };
      await runJob(desk, lead, await openJob(desk, work.head.id), watching)
        .catch((error: unknown) => expect(error).toMatchObject({ code: 'store-unreachable' }))
        .finally(() => desk.store.close());
    };
    await run();
    await over;
    const stands = async () =>
      onServer(after, async (client) => {
        const { rows } = await client.query<{ line: number }>('select line from resets where job_id = $1', [
          work.head.id,
        ]);
        return new Set(rows.map((row) => Number(row.line)));
      });
    const kept = await stands();
    expect([...told].filter((line) => !kept.has(line))).toEqual([]);
    await run();
    expect([told.size, (await stands()).size]).toEqual([800, 800]);
    await place.close();
    await standby.stop();
    await primary.stop();
  }, 120_000);
});

/** Ends every other connection to this database, as an administrator or a fail-over would; but not another one that does the same. */
const endBackends = (address: string): Promise<unknown> =>
  onServer(address, (client) =>
    client.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle' and query not like '%pg_terminate_backend%'`),
  );

describe.skipIf(!there)('the built command on a PostgreSQL that goes away', () => {
  it('S16 ends with 7 and one document that says how to go on, never with a stack', async () => {
    requireBuilt();
    const desk = await builtDesk('postgres');
    onTestFinished(() => desk.close());
    const { token } = await desk.must(['init', '--token', '--json']);
    const wire = await wireTo(desk.store);
    onTestFinished(() => wire.close());
    const env = { COUNTERSIGN_TOKEN: String(token), COUNTERSIGN_STORE: wire.url };
    let ended = 0;
    for (const at of [3, 9, 13, 17, 22]) {
      wire.watch(async (_piece, n) => {
        if (n === at) ended += 1;
        return n >= at ? 'cut' : 'pass';
      });
      const add = ['account', 'add', `C${at}`, '--number', String(at), '--edition', 'classic', '--json'];
      const { code, stdout, stderr } = await desk.run(add, '', env);
      expect(code === 0 || code === 7, `at ${at}: ${code} ${stdout}`).toBe(true);
      expect(stderr).not.toMatch(/\n {4}at |node:|Warning/);
      const document = JSON.parse(stdout) as { error?: { code: string }; outcome?: string };
      if (code === 7) expect(document.error?.code).toBe('store-unreachable');
      const { rowCount } = await onServer(desk.store, (client) =>
        client.query('select 1 from accounts where number = $1', [String(at)]),
      );
      const there = rowCount === 1;
      if (document.outcome !== 'unknown') expect(there, `at ${at}`).toBe(code === 0);
    }
    expect(ended).toBeGreaterThan(2);
  }, 180_000);
});
