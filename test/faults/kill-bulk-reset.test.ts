/**
 * kill -9 in the middle of a bulk reset (B60): two processes at a time carry out one big job and are killed at random moments, again and again,
 * on each engine. After each kill: whatever was acknowledged is done, and the store holds exactly what the
 * job says. At the end of each job: each user once, one notice id each, the log whole. Seed: COUNTERSIGN_TEST_SEED.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignedOperator } from '../../src/desk.js';
import { verifyAuditLog } from '../../src/procedures/log/verify-audit-log.js';
import type { JobWork } from '../../src/procedures/resets/job-work.js';
import { undoResets } from '../../src/procedures/resets/undo-reset.js';
import { type ResetDesk, resetDesk } from '../procedures/reset-desk.js';
import { type ChildScript, childScript } from '../support/child-script.js';
import { amount } from '../support/long.js';
import { dataFolder, engines } from '../support/test-desk.js';
import { beginCrowdJob, seedCrowd } from './bulk-place.js';
import { type Killed, killAtRandom, letGoOn, type Pace, random } from './kill-at-random.js';

// One job has room for ten rounds of two kills, and then ends by itself: they fall while a process starts, inside a chunk and between two. The
// long form finds rare moments.
const USERS = amount(2_000, 10_000);
const KILLS = amount(20, 100);
/** A slow machine may not get through; it says so by failing, not by running for ever. */
const LIMIT_MS = 600_000;

const SCRIPT = `
import { runWorker } from './test/faults/reset-worker.js';
const order = JSON.parse(process.env.ORDER);
const say = (text) => require('node:fs').writeSync(1, text);
runWorker(order, say, () => Date.now()).catch((error) => {
  process.stderr.write(String(error.stack ?? error) + '\\n');
  process.exitCode = 1;
});
`;

const seed = Number(process.env['COUNTERSIGN_TEST_SEED'] ?? 20_261_122);
let script: ChildScript;
beforeAll(async () => {
  script = await childScript(SCRIPT);
});
afterAll(() => script.remove());

describe.each(engines)(`a bulk reset that is killed, on %s (seed ${seed})`, (engine) => {
  const pace: Pace = { startMs: 300, chunkMs: 100 };
  let place: ResetDesk;
  let lead: SignedOperator;
  let second: SignedOperator;
  beforeAll(async () => {
    place = await resetDesk(engine);
    place.clock.set(Date.now());
    lead = await place.another('lead', 'lena');
    second = await place.another('lead', 'sven');
    await seedCrowd(place.desk, USERS);
  }, 60_000);
  afterAll(() => place.close());

  const begin = () => beginCrowdJob(place.desk, lead, second);
  const orderOf = (work: JobWork, early: boolean) => {
    const order = { settings: place.settings, dataFolder, signed: lead, job: work.head.id, early };
    return { ORDER: JSON.stringify(order) };
  };
  const kill = (work: JobWork, early: boolean, chance: () => number): Promise<Killed> =>
    killAtRandom(script, orderOf(work, early), chance, pace);
  /** Faults of the state after a kill; empty where all is well. */
  async function faults(work: JobWork, acknowledged: ReadonlySet<number>): Promise<readonly string[]> {
    const { jobs, resets } = place.desk.store.read;
    const head = await jobs.head(work.head.id);
    const rows = await resets.ofJob(work.head.id);
    const lines = new Set(rows.map((row) => row.line ?? 0));
    const lost = [...acknowledged].filter((line) => !lines.has(line));
    return [
      ...(rows.length === head?.done ? [] : [`${rows.length} rows stand, the job says ${head?.done}`]),
      ...(lines.size === rows.length ? [] : ['a row stands twice']),
      ...(lost.length === 0 ? [] : [`${lost.length} acknowledged rows are lost`]),
    ];
  }

  it(
    'does each row exactly once, keeps what it acknowledged, and leaves the log whole',
    async () => {
      const chance = random(seed);
      const ended = Date.now() + LIMIT_MS;
      let kills = 0;
      let notices = 0;
      for (let _jobs = 1; kills < KILLS; _jobs += 1) {
        const work = await begin();
        const acknowledged = new Set<number>();
        for (let finished = false; !finished && Date.now() < ended; ) {
          const enough = kills >= KILLS;
          const one = () => (enough ? letGoOn(script, orderOf(work, false)) : kill(work, false, chance));
          const runs = await Promise.all([one(), one()]);
          for (const run of runs) {
            expect(run.stderr).toBe('');
            for (const line of run.lines) acknowledged.add(line);
            if (run.killed) kills += 1;
          }
          expect(await faults(work, acknowledged)).toEqual([]);
          finished = (await place.desk.store.read.jobs.head(work.head.id))?.state === 'done';
        }
        const rows = await place.desk.store.read.resets.ofJob(work.head.id);
        expect(new Set(rows.map((row) => row.user_id)).size).toBe(USERS);
        expect(rows.every((row) => row.outcome === 'reset' && row.factors === 1 && row.backup_codes === 1)).toBe(true);
        notices += USERS;
        expect(await countNotices(place)).toBe(notices);
        await undoResets(place.desk, lead, { id: work.head.id, line: undefined, reason: 'drill' });
      }
      expect(kills).toBeGreaterThanOrEqual(KILLS);
      const { notary, store } = place.desk;
      await expect(verifyAuditLog(store.read.audit, { notary })).resolves.toMatchObject({
        latestAt: expect.any(Number),
      });
    },
    LIMIT_MS + 60_000,
  );

  it('teeth: a build that acknowledges before the commit is found out', async () => {
    const chance = random(seed + 1);
    const work = await begin();
    const acknowledged = new Set<number>();
    let found: readonly string[] = [];
    for (let round = 0; round < 60 && found.length === 0; round += 1) {
      const run = await kill(work, true, chance);
      for (const line of run.lines) acknowledged.add(line);
      found = await faults(work, acknowledged);
    }
    expect(found.join()).toMatch(/acknowledged rows are lost/);
  }, 120_000);
});

/** Ids of notices to the crowd; each stands for one message that will be sent under it. */
async function countNotices(place: ResetDesk): Promise<number> {
  const rows = await place.desk.store.read.outbox.list(200_000);
  const notices = rows.filter((row) => row.kind === 'mfa-reset-notice');
  expect(new Set(notices.map((row) => row.id)).size).toBe(notices.length);
  return notices.length;
}
