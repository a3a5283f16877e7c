/** B81: limits count what was done in a day, not in one command; an approval counts while it lasts. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignedOperator } from '../../../src/desk.js';
import { decideApproval } from '../../../src/procedures/resets/decide-approval.js';
import type { JobWork } from '../../../src/procedures/resets/job-work.js';
import { freezePlan, hasItsOwnNumbers, planReset } from '../../../src/procedures/resets/plan-reset.js';
import { askApproval, beginJob, resumeJob } from '../../../src/procedures/resets/reset-job.js';
import type { RowOutcome } from '../../../src/procedures/resets/row-outcome.js';
import { CHUNK, runJob } from '../../../src/procedures/resets/run-job.js';
import { idleRows } from '../../../src/procedures/resets/show-job.js';
import { days, hours, minutes } from '../../../src/rules/duration.js';
import { userRow } from '../../store/rows.js';
import { proven } from '../../support/proven.js';
import { refusalOf } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';
import { FULL, type ResetDesk, resetDesk } from '../reset-desk.js';

const never = new AbortController().signal;

describe.each(engines)('limits over time on %s', (engine) => {
  let place: ResetDesk;
  let lead: SignedOperator;
  let made = 0;
  beforeEach(async () => {
    place = await resetDesk(engine);
    lead = await place.operator('lead');
    await place.account('1');
    await place.user('1', 'boss', { role: 'admin' }, FULL);
    made = 0;
  });
  afterEach(() => place.close());

  /** So many users with one factor each. */
  async function crowd(count: number): Promise<readonly string[]> {
    const from = made;
    made += count;
    const logins = Array.from({ length: count }, (_, index) => `c${String(from + index).padStart(5, '0')}`);
    const at = place.clock.now();
    await place.desk.store.record(
      { kind: 'test.seeded', outcome: 'done', at, by: proven(lead.actor) },
      async (write) => {
        const email = 'c@example.com';
        await write.users.insert(logins.map((login) => userRow('acc_1', login, { email, email_key: email })));
        for (const login of logins) {
          const stamps = { last_step: null, created_at: at, confirmed_at: at, suspended_by: null };
          const factor = { kind: 'totp', label: 'App', secret: 'x', state: 'active', ...stamps };
          await write.factors.insert({ id: place.desk.newId('fac'), user_id: `usr_acc_1_${login}`, ...factor });
        }
      },
    );
    return logins;
  }

  const planOf = (by: SignedOperator, logins: readonly string[]) =>
    planReset(place.desk, by, {
      rows: logins.map((login, index) => ({ line: index + 2, user: '', account: '1', login, email: '' })),
      wholeAccount: null,
      reason: 'phones lost',
      ticket: 'INC-1',
      final: false,
      source: 'test',
    });

  /** How many were reset, and whether somebody is asked. */
  async function list(by: SignedOperator, count: number) {
    const frozen = await planOf(by, await crowd(count));
    const { work, approval } = await beginJob(place.desk, by, frozen);
    if (work !== null) await runJob(place.desk, by, work, { signal: never, told: async () => undefined });
    return { reset: work?.targets.length ?? 0, asked: approval?.why ?? null, frozen, approval };
  }

  const approve = async (id = '') =>
    void (await decideApproval(place.desk, await place.operator('admin'), { id, approve: true, reason: null }));

  it('T23 B81 four lists of 24 are one list of 96: the second one asks', async () => {
    expect(await list(lead, 24)).toMatchObject({ reset: 24, asked: null });
    for (let round = 0; round < 3; round += 1)
      expect(await list(lead, 24)).toMatchObject({ reset: 0, asked: 'bulk-over-limit' });
    expect(await list(lead, 1)).toMatchObject({ reset: 1, asked: null });
    expect(await list(lead, 1)).toMatchObject({ reset: 0, asked: 'bulk-over-limit' });
    place.clock.advance(days(1));
    expect(await list(lead, 24)).toMatchObject({ reset: 24, asked: null });
  });

  it('B81 the plan says beforehand that it will ask', async () => {
    await list(lead, 20);
    expect(await planOf(lead, await crowd(10))).toMatchObject({ why: 'bulk-over-limit', waiting: 10 });
  });

  it('B81 approved runs do not count, and the desk has a limit over all its operators', async () => {
    const over = await list(lead, 30);
    await approve(over.approval?.id);
    const { work } = await beginJob(place.desk, lead, over.frozen);
    if (work !== null) await runJob(place.desk, lead, work, { signal: never, told: async () => undefined });
    expect(await list(lead, 25)).toMatchObject({ reset: 25, asked: null });
    const { deskBulkOver } = place.desk.policy.limits.approval;
    const admin = await place.operator('admin');
    expect(await list(admin, 25)).toMatchObject({ reset: 25, asked: null });
    expect(deskBulkOver).toBe(100);
  });

  it('B81 two lists begun at the same moment count one after the other', async () => {
    const frozen = [await planOf(lead, await crowd(20)), await planOf(lead, await crowd(20))];
    const begun = await Promise.all(frozen.map((plan) => beginJob(place.desk, lead, plan)));
    expect(begun.filter(({ work }) => work !== null)).toHaveLength(1);
    expect(begun.filter(({ approval }) => approval !== null)).toHaveLength(1);
  });

  it('S10 a plan whose numbers are not those of its rows is known', async () => {
    const { plan } = await planOf(lead, await crowd(3));
    expect(hasItsOwnNumbers(place.desk, plan)).toBe(true);
    expect(hasItsOwnNumbers(place.desk, { ...plan, confirm: 2 })).toBe(false);
    expect(hasItsOwnNumbers(place.desk, { ...plan, rows: plan.rows.slice(1) })).toBe(false);
  });

  it('S11 B81 an interrupted job that was approved asks again for what is left, once the approval has run out', async () => {
    const over = await list(lead, CHUNK + 10);
    await approve(over.approval?.id);
    const { work } = await beginJob(place.desk, lead, over.frozen);
    if (work === null) throw new Error('no job');
    const stop = new AbortController();
    await expect(
      runJob(place.desk, lead, work, { signal: stop.signal, told: async () => stop.abort() }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    // At once it goes on by the yes that was given.
    expect(await resumeJob(place.desk, lead, work.head.id)).toMatchObject({
      work: { head: { done: CHUNK } },
      approval: null,
    });
    place.clock.advance(minutes(16));
    for (const again of [
      () => resumeJob(place.desk, lead, work.head.id),
      () => beginJob(place.desk, lead, freezePlan(place.desk, over.frozen.plan)),
    ]) {
      expect(await again()).toMatchObject({ work: null, approval: { users: 10, state: 'pending' } });
    }
    const { approval } = await resumeJob(place.desk, lead, work.head.id);
    await approve(approval?.id);
    const resumed = await resumeJob(place.desk, lead, work.head.id);
    if (resumed.work === null) throw new Error('still waiting');
    await runJob(place.desk, lead, resumed.work, { signal: never, told: async () => undefined });
    expect((await place.desk.store.read.jobs.head(work.head.id))?.state).toBe('done');
  });

  /** Begins what a list names, and runs it; `null` where it waits. */
  async function reset(logins: readonly string[], signal = never) {
    const { work, approval } = await beginJob(place.desk, lead, await planOf(lead, logins));
    const told: Record<string, string> = {};
    const watching = {
      signal,
      told: async (rows: readonly RowOutcome[]) =>
        void Object.assign(told, Object.fromEntries(rows.map((row) => [row.login, row.outcome]))),
    };
    if (work !== null) await runJob(place.desk, lead, work, watching);
    return { count: work?.targets.length ?? 0, approval, told };
  }
  const aborted = AbortSignal.abort();

  it("T23 B81 a yes to an admin's reset is none to the plain users of the same list: they count", async () => {
    await approve((await reset(['boss'])).approval?.id);
    expect(await reset(['boss', ...(await crowd(24))])).toMatchObject({ count: 25, approval: null });
    expect(await list(lead, 1)).toMatchObject({ reset: 1, asked: null });
    expect(await list(lead, 1)).toMatchObject({ reset: 0, asked: 'bulk-over-limit' });
  });

  it('T23 B81 nor where it was asked for over the limit, and is used when the day is over', async () => {
    await list(lead, 25);
    place.clock.advance(days(1) - minutes(5));
    const { approval } = await reset(['boss']);
    expect(approval).toMatchObject({ why: 'bulk-over-limit', users: 1 });
    await approve(approval?.id);
    place.clock.advance(minutes(5));
    expect(await reset(['boss', ...(await crowd(24))])).toMatchObject({ count: 25, approval: null });
    expect(await list(lead, 2)).toMatchObject({ reset: 0, asked: 'bulk-over-limit' });
  });

  it('B56 B81 whoever becomes an admin before their turn is not reset by a yes to another one', async () => {
    await place.user('1', 'ana', {}, FULL);
    await approve((await reset(['boss'])).approval?.id);
    const frozen = await planOf(lead, ['boss', 'ana']);
    const at = place.clock.now();
    await place.desk.store.record({ kind: 'test.seeded', outcome: 'done', at, by: proven(lead.actor) }, (write) =>
      write.users.update('usr_acc_1_ana', { role: 'admin' }),
    );
    const { work } = await beginJob(place.desk, lead, frozen);
    if (work === null) throw new Error('no job');
    const told: RowOutcome[] = [];
    await runJob(place.desk, lead, work, { signal: never, told: async (rows) => void told.push(...rows) });
    expect(told.map((row) => [row.login, row.outcome])).toEqual([
      ['boss', 'reset'],
      ['ana', 'needs-approval'],
    ]);
  });

  it('B81 an interrupted job whose approval ran out asks for all that is left, and its plain users still count', async () => {
    await approve((await reset(['boss'])).approval?.id);
    const frozen = await planOf(lead, ['boss', ...(await crowd(5))]);
    const { work } = await beginJob(place.desk, lead, frozen);
    const id = work?.head.id ?? '';
    await expect(
      runJob(place.desk, lead, work as JobWork, { signal: aborted, told: async () => undefined }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    place.clock.advance(minutes(16));
    const waits = await resumeJob(place.desk, lead, id);
    expect(waits).toMatchObject({ work: null, approval: { users: 6, why: 'admin-target' } });
    expect(waits.waiting).toHaveLength(6);
    const rows = await idleRows(place.desk, frozen.plan, waits);
    expect(rows.map(({ outcome }) => outcome)).toEqual(Array(6).fill('needs-approval'));
    await approve(waits.approval?.id);
    const resumed = await resumeJob(place.desk, lead, id);
    const told: RowOutcome[] = [];
    await runJob(place.desk, lead, resumed.work as JobWork, {
      signal: never,
      told: async (some) => void told.push(...some),
    });
    expect(told.map(({ outcome }) => outcome)).toEqual(Array(6).fill('reset'));
    expect(await list(lead, 21)).toMatchObject({ reset: 0, asked: 'bulk-over-limit' });
    expect(await list(lead, 20)).toMatchObject({ reset: 20, asked: null });
  });

  it('B81 jobs begun and left on many days are not done at once without a yes', async () => {
    const frozen = await planOf(lead, await crowd(24));
    const { work } = await beginJob(place.desk, lead, frozen);
    const id = work?.head.id ?? '';
    place.clock.advance(days(1) - minutes(1));
    expect(await resumeJob(place.desk, lead, id)).toMatchObject({ approval: null, work: { head: { id } } });
    place.clock.advance(minutes(1));
    const { approval, ...waits } = await resumeJob(place.desk, lead, id);
    expect([waits.work, approval]).toMatchObject([null, { users: 24, why: 'bulk-over-limit' }]);
    await approve(approval?.id);
    const resumed = await resumeJob(place.desk, lead, id);
    await runJob(place.desk, lead, resumed.work as JobWork, { signal: never, told: async () => undefined });
    expect((await place.desk.store.read.jobs.head(id))?.state).toBe('done');
  });

  /** A job of an admin, whose approval was given before, and of plain users; none of them is reset yet. */
  async function mixed() {
    await approve((await reset(['boss'])).approval?.id);
    const frozen = await planOf(lead, ['boss', ...(await crowd(5))]);
    const { work } = await beginJob(place.desk, lead, frozen);
    if (work === null) throw new Error('no job');
    return { frozen, work, id: work.head.id };
  }

  it('B81 a yes that comes when the day is over is good for all of the job: nobody is asked twice', async () => {
    const { id } = await mixed();
    place.clock.advance(hours(8));
    const { approval } = await resumeJob(place.desk, lead, id);
    place.clock.advance(hours(16) + minutes(10));
    await approve(approval?.id);
    const { work } = await resumeJob(place.desk, lead, id);
    const told: RowOutcome[] = [];
    await runJob(place.desk, lead, work as JobWork, { signal: never, told: async (some) => void told.push(...some) });
    expect(told.map(({ outcome }) => outcome)).toEqual(Array(6).fill('reset'));
  });

  it('B81 nor does a yes to the plain users take away the one to the admins', async () => {
    const { id } = await mixed();
    place.clock.advance(days(1));
    await approve((await resumeJob(place.desk, lead, id)).approval?.id);
    const { work } = await resumeJob(place.desk, lead, id);
    expect(work?.approved.size).toBe(6);
  });

  it('B81 a process that was stopped before its first chunk resets nobody by a day or a yes that is over', async () => {
    const plain = (await beginJob(place.desk, lead, await planOf(lead, await crowd(10)))).work;
    const named = await mixed();
    place.clock.advance(days(1));
    for (const work of [plain, named.work]) {
      if (work === null) throw new Error('no job');
      const run = runJob(place.desk, lead, work, { signal: never, told: async () => undefined });
      expect(await refusalOf(run)).toMatchObject({
        code: 'approval-needed',
        message: expect.stringContaining('needs another yes'),
        hint: expect.stringContaining(`job resume ${work.head.id}`),
      });
      expect(await place.desk.store.read.jobs.head(work.head.id)).toMatchObject({ done: 0, state: 'unfinished' });
      expect(await resumeJob(place.desk, lead, work.head.id)).toMatchObject({
        work: null,
        approval: { state: 'pending' },
      });
    }
  });

  it('B81 a run that goes on outlives its yes, for a day', async () => {
    for (const [pause, ends] of [
      [minutes(16), 'done'],
      [days(2), 'unfinished'],
    ] as const) {
      const over = await list(lead, CHUNK + 10);
      await approve(over.approval?.id);
      const { work } = await beginJob(place.desk, lead, over.frozen);
      if (work === null) throw new Error('no job');
      let waited = false;
      const told = async () => {
        if (!waited) place.clock.advance(pause);
        waited = true;
      };
      await runJob(place.desk, lead, work, { signal: never, told }).catch((error: unknown) =>
        expect(error).toMatchObject({ code: 'approval-needed' }),
      );
      expect((await place.desk.store.read.jobs.head(work.head.id))?.state).toBe(ends);
    }
  });

  it('B81 who waits for a yes waits for the one that the job of the plan needs, and for none that it does not', async () => {
    const { frozen, id } = await mixed();
    expect(await askApproval(place.desk, lead, frozen)).toBeNull();
    place.clock.advance(minutes(16));
    const asked = await askApproval(place.desk, lead, frozen);
    expect(asked).toMatchObject({ users: 6 });
    await approve(asked?.id);
    expect(await askApproval(place.desk, lead, frozen)).toBeNull();
    expect(await beginJob(place.desk, lead, frozen)).toMatchObject({ approval: null, work: { head: { id } } });
  });

  it('B60 a job that another terminal moved on while it was resumed is resumed from there', async () => {
    const { id } = await mixed();
    place.clock.advance(minutes(16));
    await approve((await resumeJob(place.desk, lead, id)).approval?.id);
    const both = await Promise.all([resumeJob(place.desk, lead, id), resumeJob(place.desk, lead, id)]);
    for (const { work } of both) expect(work?.approved.size).toBe(6);
  });
});
