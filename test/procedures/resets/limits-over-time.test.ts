/** B81: limits count what was done in a day, not in one command; an approval counts while it lasts. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignedOperator } from '../../../src/desk.js';
import { decideApproval } from '../../../src/procedures/resets/decide-approval.js';
import { freezePlan, hasItsOwnNumbers, planReset } from '../../../src/procedures/resets/plan-reset.js';
import { beginJob, resumeJob } from '../../../src/procedures/resets/reset-job.js';
import { CHUNK, runJob } from '../../../src/procedures/resets/run-job.js';
import { days, minutes } from '../../../src/rules/duration.js';
import { userRow } from '../../store/rows.js';
import { proven } from '../../support/proven.js';
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
});
