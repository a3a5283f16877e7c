/** B51, B56, B59–B61, B63: many resets at once. */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignedOperator } from '../../../src/desk.js';
import { openEngine } from '../../../src/opening/open-desk.js';
import { deliverDue } from '../../../src/procedures/messages/deliver-outbox.js';
import { openMessage } from '../../../src/procedures/messages/queue-message.js';
import { decideApproval } from '../../../src/procedures/resets/decide-approval.js';
import type { WrittenRow } from '../../../src/procedures/resets/find-reset-targets.js';
import { freezeResets, thawResets } from '../../../src/procedures/resets/freeze.js';
import { openJob } from '../../../src/procedures/resets/job-work.js';
import { type BulkRequest, type FrozenPlan, freezePlan, planReset } from '../../../src/procedures/resets/plan-reset.js';
import { beginJob, resumeJob } from '../../../src/procedures/resets/reset-job.js';
import type { RowOutcome } from '../../../src/procedures/resets/row-outcome.js';
import { CHUNK, runJob } from '../../../src/procedures/resets/run-job.js';
import { pendingEnrolments } from '../../../src/procedures/resets/show-job.js';
import { undoResets } from '../../../src/procedures/resets/undo-reset.js';
import { userRow } from '../../store/rows.js';
import { listOf } from '../../support/pages.js';
import { proven } from '../../support/proven.js';
import { engines } from '../../support/test-desk.js';
import { FULL, holdingsOf, messagesTo, type ResetDesk, resetDesk } from '../reset-desk.js';

const never = new AbortController().signal;
const written = (logins: readonly string[], account = '1'): readonly WrittenRow[] =>
  logins.map((login, index) => ({ line: index + 2, user: '', account, login, email: '' }));

describe.each(engines)('many resets, on %s', (engine) => {
  let place: ResetDesk;
  let lead: SignedOperator;
  beforeEach(async () => {
    place = await resetDesk(engine);
    lead = await place.operator('lead');
    await place.account('1');
    await place.user('1', 'boss', { role: 'admin' }, FULL);
  });
  afterEach(() => place.close());

  const request = (rows: readonly WrittenRow[], more: Partial<BulkRequest> = {}): BulkRequest => ({
    rows,
    wholeAccount: null,
    reason: 'phones lost',
    ticket: 'INC-1',
    final: false,
    source: 'test',
    ...more,
  });
  const plan = (rows: readonly WrittenRow[], more: Partial<BulkRequest> = {}) =>
    planReset(place.desk, lead, request(rows, more));

  async function apply(frozen: FrozenPlan, by = lead, signal = never) {
    const { work, approval, waiting } = await beginJob(place.desk, by, frozen);
    const told: RowOutcome[] = [];
    if (work !== null) {
      await runJob(place.desk, by, work, { signal, told: async (rows) => void told.push(...rows) });
    }
    return { work, approval, waiting, told, outcomes: told.map((row) => row.outcome) };
  }
  const people = async (...logins: readonly string[]) => {
    for (const login of logins) await place.user('1', login, {}, FULL);
  };
  /** Many users with one factor each, quickly. */
  async function crowd(count: number): Promise<readonly string[]> {
    const logins = Array.from({ length: count }, (_, index) => `c${String(index).padStart(5, '0')}`);
    const at = place.clock.now();
    const entry = { kind: 'test.seeded', outcome: 'done', at, by: proven(lead.actor) } as const;
    await place.desk.store.record(entry, async (write) => {
      const email = 'c@example.com';
      await write.users.insert(logins.map((login) => userRow('acc_1', login, { email, email_key: email })));
      for (const login of logins) {
        const stamps = { last_step: null, created_at: at, confirmed_at: at, suspended_by: null };
        const factor = { kind: 'totp', label: 'App', secret: 'x', state: 'active', ...stamps };
        await write.factors.insert({ id: place.desk.newId('fac'), user_id: `usr_acc_1_${login}`, ...factor });
      }
    });
    return logins;
  }
  async function approve(id: string): Promise<void> {
    await decideApproval(place.desk, await place.operator('admin'), { id, approve: true, reason: null });
  }

  it('N chosen are N outcomes; the unchosen are untouched (B51)', async () => {
    await people('ana', 'lee', 'kim');
    const frozen = await plan(written(['ana', 'LEE', 'ana', 'nobody']));
    expect(frozen.plan).toMatchObject({ confirm: 2, counts: { 'to-reset': 2, duplicate: 1, unknown: 1 } });
    expect(await holdingsOf(place.desk, 'usr_acc_1_ana')).toMatchObject({ active: 2 });
    const { told } = await apply(frozen);
    expect(told).toMatchObject([
      {
        line: 2,
        login: 'ana',
        outcome: 'reset',
        removed: { factors: 2, backupCodes: 10, devices: 1, sessions: 1, enrolments: 1 },
      },
      { line: 3, login: 'lee', outcome: 'reset' },
    ]);
    expect(await holdingsOf(place.desk, 'usr_acc_1_kim')).toMatchObject({ active: 2, backupCodes: 10 });
    expect(await messagesTo(place.desk, 'usr_acc_1_ana')).toEqual(['enrolment-code', 'mfa-reset-notice']);
    expect(await messagesTo(place.desk, 'usr_acc_1_boss')).toEqual(['mfa-reset-notice-admins-job']);
  });

  it('each admin gets one message a run, with every user in it, however many chunks it has (B58, M14)', async () => {
    const logins = await crowd(CHUNK * 2 + 5);
    const frozen = await plan(written(logins));
    await approve((await apply(frozen)).approval?.id ?? '');
    expect((await apply(frozen)).told).toHaveLength(logins.length);
    const rows = (await place.desk.store.read.outbox.list(10_000)).filter((row) => row.user_id === 'usr_acc_1_boss');
    expect(rows.map((row) => row.kind)).toEqual(['mfa-reset-notice-admins-job']);
    const { id = '', address = '', content } = rows[0] ?? {};
    const { attachment, body } = openMessage(place.desk, { id, address, content: content ?? '' });
    expect(body).toContain(frozen.plan.job);
    expect(attachment?.text.trim().split('\n')).toEqual([
      'line,login',
      ...logins.map((login, index) => `${index + 2},${login}`),
    ]);
  });

  it('by e-mail, by id, and a whole account', async () => {
    await people('ana', 'lee');
    const rows: readonly WrittenRow[] = [
      { line: 2, user: '', account: '1', login: '', email: 'ANA@example.com' },
      { line: 3, user: 'usr_acc_1_lee', account: '', login: '', email: '' },
    ];
    expect((await plan(rows)).plan.rows.map((row) => row.login)).toEqual(['ana', 'lee']);
    const wholeAccount = (await place.desk.store.read.accounts.byId('acc_1')) ?? null;
    expect((await plan([], { wholeAccount })).plan).toMatchObject({ confirm: 2, counts: { admin: 1 } });
  });

  it('an e-mail of several logins acts on none of them (B09)', async () => {
    await place.user('1', 'one', { email: 'office@example.com', email_key: 'office@example.com' }, FULL);
    await place.user('1', 'two', { email: 'office@example.com', email_key: 'office@example.com' }, FULL);
    const { plan: made } = await plan([{ line: 2, user: '', account: '1', login: '', email: 'office@example.com' }]);
    expect(made).toMatchObject({ confirm: 0, counts: { ambiguous: 1 } });
  });

  it.each([
    ['login and e-mail', { account: '1', login: 'ana', email: 'lee@example.com' }, 'ambiguous'],
    ['a login and the e-mail of nobody', { account: '1', login: 'ana', email: 'old@example.com' }, 'ambiguous'],
    ['a login that nobody has, and an e-mail', { account: '1', login: 'anna', email: 'ana@example.com' }, 'ambiguous'],
    ['id and login', { user: 'usr_acc_1_lee', login: 'ana' }, 'ambiguous'],
    ['id and e-mail', { user: 'usr_acc_1_lee', account: '1', email: 'ana@example.com' }, 'ambiguous'],
    ['what is a login here and an e-mail there', { account: '1', login: 'lee@example.com' }, 'ambiguous'],
    ['all in agreement', { user: 'usr_acc_1_ana', account: '1', login: 'ANA', email: 'Ana@example.com' }, 'to-reset'],
    ['an e-mail as login, and again', { account: '1', login: 'ana@example.com', email: 'ana@example.com' }, 'to-reset'],
    ['nobody at all', { account: '1', login: 'x', email: 'x@example.com' }, 'unknown'],
  ])('a line that names people by %s is judged by all of it (M9)', async (_what, row, wanted) => {
    await people('ana', 'lee');
    await place.user('1', 'lee@example.com', { email: 'other@example.com', email_key: 'other@example.com' }, FULL);
    const { plan: made } = await plan([{ line: 2, user: '', account: '', login: '', email: '', ...row }]);
    expect(made.rows.map((one) => one.class)).toEqual([wanted]);
  });

  it('the same list again changes nothing and tells nobody twice (B53)', async () => {
    await people('ana', 'lee');
    await apply(await plan(written(['ana', 'lee'])));
    const before = (await place.desk.store.read.outbox.list(1000)).length;
    const again = await plan(written(['ana', 'lee']));
    expect(again.plan).toMatchObject({ confirm: 0, counts: { 'nothing-to-do': 2 } });
    expect(await apply(again)).toMatchObject({ work: null, approval: null });
    expect((await place.desk.store.read.outbox.list(1000)).length).toBe(before);
  });

  it('applies exactly the plan: who came to have something since is not in it (B59)', async () => {
    const idle = await place.user('1', 'idle', {}, {});
    await people('ana');
    const frozen = await plan(written(['idle', 'ana']));
    await place.give(idle, FULL);
    const entry = { kind: 'test.seeded', outcome: 'done', at: place.clock.now(), by: proven(lead.actor) } as const;
    await place.desk.store.record(entry, (write) => write.trust.end(['usr_acc_1_ana']));
    expect((await apply(frozen)).told).toMatchObject([{ login: 'ana', removed: { sessions: 0, factors: 2 } }]);
    expect(await holdingsOf(place.desk, idle)).toMatchObject({ active: 2 });
  });

  it('an undo ends at a signal between two steps, says how far it came, and goes on when it is run again', async () => {
    const logins = await crowd(CHUNK + 2);
    const frozen = await plan(written(logins));
    const { approval } = await beginJob(place.desk, lead, frozen);
    if (approval !== null) await approve(approval.id);
    const { work } = await apply(frozen);
    const asked = { id: work?.head.id ?? '', line: undefined, reason: 'wrong list' };
    let looks = 0;
    const signal = {
      get aborted() {
        looks += 1;
        return looks > 1;
      },
    } as AbortSignal;
    await expect(undoResets(place.desk, lead, { ...asked, signal })).rejects.toMatchObject({
      code: 'cancelled',
      because: { facts: { done: CHUNK, total: CHUNK + 2 } },
    });
    const rest = await undoResets(place.desk, lead, asked);
    expect(rest.filter(({ outcome }) => outcome === 'undone')).toHaveLength(2);
  });

  it('a plan ends at a signal, also while it is only looked at', async () => {
    await people('ana');
    const signal = AbortSignal.abort('SIGINT');
    const whole = (await place.desk.store.read.accounts.byNumber('1')) ?? null;
    for (const asked of [plan(written(['ana']), { signal }), plan([], { wholeAccount: whole, signal })])
      await expect(asked).rejects.toMatchObject({ code: 'cancelled', message: 'interrupted' });
  });

  it('nobody resets their own login, and a role without the permission none (B54, B55)', async () => {
    await people('ana');
    const own = await place.another('lead', 'ana.operator', 'usr_acc_1_ana');
    await expect(planReset(place.desk, own, request(written(['ana'])))).rejects.toMatchObject({
      code: 'forbidden',
      problems: [{ line: 2 }],
    });
    await expect(planReset(place.desk, await place.operator('agent'), request(written(['ana'])))).rejects.toMatchObject(
      { code: 'forbidden' },
    );
    // A list that somebody else made, taken up by the one who is in it; from a plan file, or by job resume.
    await expect(apply(await plan(written(['ana'])), own)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await holdingsOf(place.desk, 'usr_acc_1_ana')).toMatchObject({ active: 2 });
    await place.change(lead, { session: { code_at: place.clock.now() - 6 * 60_000 } });
    await expect(planReset(place.desk, lead, request(written(['ana'])))).rejects.toMatchObject({
      code: 'factor-needed',
    });
  });

  it('nor by a plan that somebody else made, nor by going on with their job (B55)', async () => {
    await people('ana', 'lee');
    const own = await place.another('lead', 'ana.operator', 'usr_acc_1_ana');
    const frozen = await plan(written(['lee', 'ana']));
    await expect(beginJob(place.desk, own, frozen)).rejects.toMatchObject({
      code: 'forbidden',
      problems: [{ line: 3 }],
    });
    const { work } = await beginJob(place.desk, lead, frozen);
    if (work === null) throw new Error('no job');
    const resumed = runJob(place.desk, own, await openJob(place.desk, work.head.id), {
      signal: never,
      told: async () => undefined,
    });
    await expect(resumed).rejects.toMatchObject({ code: 'forbidden' });
    expect(await holdingsOf(place.desk, 'usr_acc_1_ana')).toMatchObject({ active: 2 });
  });

  it('admins wait for a second operator, the others do not; a yes lets the same list go on (B56, B59)', async () => {
    await people('ana');
    const first = await apply(await plan(written(['ana', 'boss'])));
    expect(first).toMatchObject({ outcomes: ['reset'], waiting: [{ login: 'boss' }] });
    expect(await holdingsOf(place.desk, 'usr_acc_1_boss')).toMatchObject({ active: 2 });
    const second = await plan(written(['ana', 'boss']));
    expect((await apply(second)).approval?.id).toBe(first.approval?.id);
    await approve(first.approval?.id ?? '');
    expect((await apply(await plan(written(['ana', 'boss'])))).told).toMatchObject([
      { login: 'boss', outcome: 'reset' },
    ]);
  });

  it('over the limit everything waits, and one changed id voids the yes (B56)', async () => {
    const logins = await crowd(place.desk.policy.limits.approval.bulkOver + 1);
    const first = await apply(await plan(written(logins)));
    expect(first).toMatchObject({ work: null, told: [] });
    await approve(first.approval?.id ?? '');
    await place.user('1', 'extra', {}, FULL);
    const other = await apply(await plan(written([...logins.slice(1), 'extra'])));
    expect(other.work).toBeNull();
    expect(other.approval?.id).not.toBe(first.approval?.id);
    expect((await apply(await plan(written(logins)))).told).toHaveLength(logins.length);
  });

  it('two who apply one plan are one job: each row once (B60)', async () => {
    const logins = await crowd(CHUNK + 20);
    const frozen = await plan(written(logins));
    await approve((await apply(frozen)).approval?.id ?? '');
    const runs = await Promise.all([apply(frozen), apply(frozen)]);
    for (const { told } of runs) {
      expect(told.map((row) => row.line).sort((a, b) => a - b)).toEqual(logins.map((_, index) => index + 2));
      expect(told.every((row) => row.outcome === 'reset')).toBe(true);
    }
    expect(await place.desk.store.read.resets.open(false, 10_000)).toHaveLength(logins.length);
    const notices = (await place.desk.store.read.outbox.list(10_000)).filter((row) => row.kind === 'mfa-reset-notice');
    expect(notices).toHaveLength(logins.length);
  });

  it('interrupted between chunks it can be resumed; each row is done once (B60)', async () => {
    const logins = await crowd(CHUNK * 2 + 5);
    const frozen = await plan(written(logins));
    await approve((await apply(frozen)).approval?.id ?? '');
    const stop = new AbortController();
    const { work } = await beginJob(place.desk, lead, frozen);
    if (work === null) throw new Error('no job');
    const told: RowOutcome[] = [];
    const run = runJob(place.desk, lead, work, {
      signal: stop.signal,
      told: async (rows) => {
        told.push(...rows);
        stop.abort();
      },
    });
    await expect(run).rejects.toMatchObject({
      code: 'cancelled',
      next: [{ step: 'resume-job', facts: expect.objectContaining({ id: work.head.id }) }],
    });
    expect(told).toHaveLength(CHUNK);
    const resumed = await openJob(place.desk, work.head.id);
    expect(resumed.head).toMatchObject({ state: 'unfinished', done: CHUNK });
    const rest: RowOutcome[] = [];
    await runJob(place.desk, lead, resumed, { signal: never, told: async (rows) => void rest.push(...rows) });
    expect(rest.map((row) => row.line).sort((a, b) => a - b)).toEqual(logins.map((_, index) => index + 2));
    expect((await openJob(place.desk, work.head.id)).head).toMatchObject({ state: 'done', done: logins.length });
    expect(await place.desk.store.read.resets.open(false, 10_000)).toHaveLength(logins.length);
  });

  it('takes fewer at once while others write, and more again when they have ended', async () => {
    const logins = await crowd(CHUNK * 3);
    const frozen = await plan(written(logins));
    await approve((await apply(frozen)).approval?.id ?? '');
    const { work } = await beginJob(place.desk, lead, frozen);
    if (work === null) throw new Error('no job');
    const chunks: number[] = [];
    const told = async (rows: readonly RowOutcome[]) => {
      chunks.push(rows.length);
      const at = place.clock.now();
      const entry = { kind: 'test.seeded', outcome: 'done', at, by: proven(lead.actor) } as const;
      if (chunks.length < 3) await place.desk.store.record(entry, async () => undefined);
    };
    await runJob(place.desk, lead, work, { signal: never, told });
    expect(chunks).toEqual([CHUNK, CHUNK, 10, 10, 20, 10]);
    expect(chunks.reduce((sum, count) => sum + count)).toBe(logins.length);
  });

  it('a freeze stops a run between two chunks, and it goes on after the thaw (B63)', async () => {
    const logins = await crowd(CHUNK + 1);
    const frozen = await plan(written(logins));
    await approve((await apply(frozen)).approval?.id ?? '');
    const { work } = await beginJob(place.desk, lead, frozen);
    if (work === null) throw new Error('no job');
    const told = async () => void (await freezeResets(place.desk, lead, { reason: null, until: null }));
    await expect(runJob(place.desk, lead, work, { signal: never, told })).rejects.toMatchObject({
      code: 'refused-by-policy',
      next: expect.arrayContaining([expect.objectContaining({ step: 'resume-job' })]),
    });
    await expect(plan(written(['boss'])).then(apply)).resolves.toMatchObject({ work: null });
    await thawResets(place.desk, lead);
    await runJob(place.desk, lead, await openJob(place.desk, work.head.id), {
      signal: never,
      told: async () => undefined,
    });
    expect(await place.desk.store.read.resets.open(false, 10_000)).toHaveLength(logins.length);
  });

  describe('a job that runs asks again in each chunk (B78, T15)', () => {
    /** A job of three chunks, begun by a lead whose session is like any other. */
    async function begun() {
      const logins = await crowd(CHUNK * 2 + 1);
      const frozen = await plan(written(logins));
      await approve((await apply(frozen)).approval?.id ?? '');
      const { work } = await beginJob(place.desk, lead, frozen);
      if (work === null) throw new Error('no job');
      return { work, logins };
    }
    const run = async (by: SignedOperator, id: string, between: () => Promise<unknown> = async () => undefined) =>
      runJob(place.desk, by, await openJob(place.desk, id), {
        signal: never,
        told: async () => void (await between()),
      });
    const doneOf = async (id: string) => (await openJob(place.desk, id)).head.done;

    it.each([
      ['is disabled', { operator: { disabled_at: 1 } }, 'not-signed-in'],
      ['loses the role', { operator: { role: 'agent' } }, 'forbidden'],
      ['is signed out', { session: { ended_at: 1 } }, 'not-signed-in'],
      ['has a session that is over', { session: { expires_at: 1 } }, 'not-signed-in'],
    ] as const)('it stops within one chunk when its operator %s; another lead goes on', async (_what, patch, code) => {
      const { work, logins } = await begun();
      const { id } = work.head;
      const stopped = run(lead, id, () => place.change(lead, patch));
      await expect(stopped).rejects.toMatchObject({
        code,
        next: expect.arrayContaining([{ step: 'resume-job', facts: { id } }]),
      });
      expect(await doneOf(id)).toBe(CHUNK);
      await expect(run(lead, id)).rejects.toMatchObject({
        code,
        next: expect.arrayContaining([{ step: 'resume-job', facts: { id } }]),
      });
      const other = await place.another('lead', 'other');
      await run(other, id);
      const rows = await place.desk.store.read.resets.ofJob(id);
      const by = (operator: SignedOperator) => rows.filter((row) => row.operator_id === operator.operator.id).length;
      expect([rows.length, by(lead), by(other)]).toEqual([logins.length, CHUNK, CHUNK + 1]);
      const [ended] = await place.desk.store.read.audit.newest({ kind: 'job.ended' }, 1);
      expect(JSON.parse(ended?.body ?? '')).toMatchObject({ by: { id: other.operator.id } });
    });

    it('a script stops when its token is revoked', async () => {
      const script = await place.script(lead);
      const { work } = await begun();
      const revoke = () =>
        place.desk.store.record(
          { kind: 'test.revoked', outcome: 'done', at: place.clock.now(), by: proven(lead.actor) },
          (write) => write.operators.revokeTokensOf(lead.operator.id, place.clock.now()),
        );
      await expect(run(script, work.head.id, revoke)).rejects.toMatchObject({ code: 'not-signed-in' });
      expect(await doneOf(work.head.id)).toBe(CHUNK);
    });

    it('whoever only looks away is not asked; to take it up again takes a fresh code, and somebody there', async () => {
      const { work } = await begun();
      const { id } = work.head;
      const { freshCodeMinutes, idleMinutes } = place.desk.policy.limits.operatorSession;
      const seen = () => place.change(lead, { session: { last_seen_at: place.clock.now() } });
      await place.change(lead, { session: { last_seen_at: place.clock.now(), code_at: place.clock.now() } });
      const stop = new AbortController();
      const away = async () => {
        place.clock.advance(Math.max(freshCodeMinutes, idleMinutes) * 60_000);
        if ((await doneOf(id)) > CHUNK) stop.abort();
      };
      await expect(runJob(place.desk, lead, work, { signal: stop.signal, told: away })).rejects.toMatchObject({
        code: 'cancelled',
      });
      expect(await doneOf(id)).toBe(CHUNK * 2);
      await expect(run(lead, id)).rejects.toMatchObject({ code: 'not-signed-in' });
      await seen();
      await expect(run(lead, id)).rejects.toMatchObject({ code: 'factor-needed' });
      await place.change(lead, { session: { code_at: place.clock.now() } });
      // Meanwhile the approval is over as well, so that the rest takes another yes (B81).
      await expect(run(lead, id)).rejects.toMatchObject({ code: 'approval-needed' });
      await approve((await resumeJob(place.desk, lead, id)).approval?.id ?? '');
      const resumed = await resumeJob(place.desk, lead, id);
      await runJob(place.desk, lead, resumed.work ?? work, { signal: never, told: async () => undefined });
      expect((await openJob(place.desk, id)).head.state).toBe('done');
    });

    it('to begin takes a fresh code, also where the plan was made with one', async () => {
      await people('ana');
      const frozen = await plan(written(['ana']));
      await place.change(lead, { session: { code_at: 1 } });
      await expect(beginJob(place.desk, lead, frozen)).rejects.toMatchObject({ code: 'factor-needed' });
      expect(await place.desk.store.read.jobs.list(1)).toEqual([]);
    });
  });

  it('a plan of another store is refused, and one that was changed is another plan', async () => {
    await people('ana');
    const frozen = await plan(written(['ana']));
    const foreign = freezePlan(place.desk, { ...frozen.plan, desk: 'st_other' });
    await expect(beginJob(place.desk, lead, foreign)).rejects.toMatchObject({ code: 'config' });
    expect(freezePlan(place.desk, { ...frozen.plan, final: true }).hash).not.toBe(frozen.hash);
  });

  it('a user who became an admin since the plan is not reset without a yes', async () => {
    await people('ana');
    const frozen = await plan(written(['ana']));
    const entry = { kind: 'test.seeded', outcome: 'done', at: place.clock.now(), by: proven(lead.actor) } as const;
    await place.desk.store.record(entry, (write) => write.users.update('usr_acc_1_ana', { role: 'admin' }));
    expect((await apply(frozen)).outcomes).toEqual(['needs-approval']);
    expect(await holdingsOf(place.desk, 'usr_acc_1_ana')).toMatchObject({ active: 2 });
  });

  it('running the list again does not lift an objection; only a second operator does (B62)', async () => {
    await people('ana', 'lee');
    const [first] = (await apply(await plan(written(['ana', 'lee'])))).told;
    const at = place.clock.now();
    const objecting = { kind: 'mfa.objected', outcome: 'done', at, by: proven(lead.actor) } as const;
    await place.desk.store.record(objecting, (write) => write.resets.object(first?.reset ?? '', 'usr_acc_1_boss', at));
    const before = (await place.desk.store.read.outbox.list(1_000)).length;
    const again = await apply(await plan(written(['ana', 'lee'])));
    expect(again).toMatchObject({ work: null, waiting: [{ login: 'ana' }], approval: { why: 'objected-reset' } });
    expect((await place.desk.store.read.outbox.list(1_000)).length).toBe(before);
    await approve(again.approval?.id ?? '');
    expect((await apply(await plan(written(['ana', 'lee'])))).outcomes).toEqual(['reset']);
  });

  it('an objection that comes between plan and run stops that line (B62)', async () => {
    await people('ana');
    const [first] = (await apply(await plan(written(['ana'])))).told;
    await place.give('usr_acc_1_ana', { sessions: 1 });
    const frozen = await plan(written(['ana']));
    const at = place.clock.now();
    const objecting = { kind: 'mfa.objected', outcome: 'done', at, by: proven(lead.actor) } as const;
    await place.desk.store.record(objecting, (write) => write.resets.object(first?.reset ?? '', 'usr_acc_1_boss', at));
    expect((await apply(frozen)).outcomes).toEqual(['needs-approval']);
  });

  it('single sign-on users are reset all the same and marked', async () => {
    await place.user('1', 'sso', { sign_in: 'sso' }, FULL);
    expect((await apply(await plan(written(['sso'])))).told).toMatchObject([
      { outcome: 'sso-only', removed: { factors: 2 } },
    ]);
  });

  it('each user has a log entry of their own, with job and line (B74)', async () => {
    await people('ana', 'lee');
    const { work } = await apply(await plan(written(['ana', 'lee'])));
    const found = await place.desk.store.read.audit.find({ user: 'usr_acc_1_lee', kind: 'mfa.reset' }, -1, 10);
    expect(found.map((row) => JSON.parse(row.body))).toMatchObject([
      { ticket: 'INC-1', reason: 'phones lost', detail: { job: work?.head.id, line: 3, factors: 2 } },
    ]);
  });

  describe('taken back (B61)', () => {
    it('factors and backup codes come back, devices and sessions do not; the code is dead', async () => {
      await people('ana', 'lee');
      const { work } = await apply(await plan(written(['ana', 'lee'])));
      const id = work?.head.id ?? '';
      expect(await undoResets(place.desk, lead, { id, line: 3, reason: 'wrong' })).toMatchObject([
        { outcome: 'undone' },
      ]);
      expect(await holdingsOf(place.desk, 'usr_acc_1_lee')).toEqual({
        active: 2,
        pending: 0,
        suspended: 0,
        backupCodes: 10,
        suspendedCodes: 0,
        devices: 0,
        sessions: 0,
      });
      expect(await place.desk.store.read.factors.newestCode('usr_acc_1_lee', 'enrol')).toBeUndefined();
      expect(await holdingsOf(place.desk, 'usr_acc_1_ana')).toMatchObject({ active: 0, suspended: 2 });
      const all = await undoResets(place.desk, lead, { id, line: undefined, reason: 'wrong' });
      expect(all.map(({ outcome }) => outcome).sort()).toEqual(['undone', 'undone-before']);
      expect(await messagesTo(place.desk, 'usr_acc_1_ana')).toContain('mfa-reset-undone');
    });

    it('B61 B86 one of whom something is missing stays reset, is named, and holds up nobody else', async () => {
      await people('ana', 'lee', 'kim');
      const { work } = await apply(await plan(written(['ana', 'lee', 'kim'])));
      const id = work?.head.id ?? '';
      const other = await openEngine(place.settings.store, false);
      const lost = "select min(id) from factors where state = 'suspended' and user_id = 'usr_acc_1_lee'";
      await sql.raw(`delete from factors where id = (${lost})`).execute(other.db);
      await other.close();
      const all = await undoResets(place.desk, lead, { id, line: undefined, reason: 'wrong' });
      expect(all.map(({ login, outcome }) => [login, outcome]).sort()).toEqual([
        ['ana', 'undone'],
        ['kim', 'undone'],
        ['lee', 'damaged'],
      ]);
      expect(await holdingsOf(place.desk, 'usr_acc_1_kim')).toMatchObject({ active: 2, backupCodes: 10 });
      expect(await holdingsOf(place.desk, 'usr_acc_1_lee')).toMatchObject({ active: 0, suspended: 1, backupCodes: 0 });
      expect(await messagesTo(place.desk, 'usr_acc_1_lee')).not.toContain('mfa-reset-undone');
      const alone = undoResets(place.desk, lead, { id, line: 3, reason: 'wrong' });
      await expect(alone).rejects.toMatchObject({ code: 'store-corrupt' });
    });

    it('not after the user has enrolled again, not after the days of the policy, not after --final, not past a later reset', async () => {
      await people('ana', 'lee', 'kim', 'mo');
      const one = async (login: string, more: Partial<BulkRequest> = {}) =>
        (await apply(await plan(written([login]), more))).work?.head.id ?? '';
      const jobs = {
        ana: await one('ana'),
        lee: await one('lee', { final: true }),
        kim: await one('kim'),
        mo: await one('mo'),
      };
      await place.give('usr_acc_1_ana', { totp: 1 });
      await place.give('usr_acc_1_mo', { sessions: 1 });
      const later = await one('mo');
      const undo = (id: string) => undoResets(place.desk, lead, { id, line: undefined, reason: 'wrong' });
      await expect(undo(jobs.ana)).rejects.toMatchObject({
        code: 'refused-by-policy',
        because: { facts: { undo: 'enrolled-again' } },
      });
      await expect(undo(jobs.lee)).rejects.toMatchObject({ because: { facts: { undo: 'final' } } });
      await expect(undo(jobs.mo)).rejects.toMatchObject({ because: { facts: { undo: 'superseded' } } });
      expect(await undo(later)).toMatchObject([{ outcome: 'undone' }]);
      expect(await holdingsOf(place.desk, 'usr_acc_1_mo')).toMatchObject({ active: 2, suspended: 0 });
      place.clock.advance(place.desk.policy.limits.reset.undoDays * 86_400_000);
      await expect(undo(jobs.kim)).rejects.toMatchObject({ because: { facts: { undo: 'too-late' } } });
      expect(await holdingsOf(place.desk, 'usr_acc_1_ana')).toMatchObject({ active: 1 });
    });
  });

  it('a final reset stays final when it is repeated for a new code: taking that back would only open the way (B57, B61)', async () => {
    await people('lee');
    await apply(await plan(written(['lee']), { final: true }));
    place.clock.advance(120 * 3_600_000);
    const { work, outcomes } = await apply(await plan(written(['lee'])));
    expect(outcomes).toEqual(['reset']);
    const late = undoResets(place.desk, lead, { id: work?.head.id ?? '', line: undefined, reason: 'wrong' });
    await expect(late).rejects.toMatchObject({ because: { facts: { undo: 'final' } } });
    const code = await place.desk.store.read.factors.newestCode('usr_acc_1_lee', 'enrol');
    expect(code).toMatchObject({ used_at: null });
  });

  it('who has not enrolled again is pending, of one job or all', async () => {
    await people('ana', 'lee');
    const { work } = await apply(await plan(written(['ana'])));
    await apply(await plan(written(['lee'])));
    const logins = async (job?: string) =>
      (await listOf(await pendingEnrolments(place.desk, job))).map(({ user, state }) => `${user.login} ${state}`);
    // Nothing has sent the codes yet (B88).
    expect(await logins()).toEqual(['lee unsent', 'ana unsent']);
    await deliverDue(place.desk);
    expect(await logins()).toEqual(['lee waiting', 'ana waiting']);
    expect(await logins(work?.head.id)).toEqual(['ana waiting']);
    await place.give('usr_acc_1_ana', { totp: 1 });
    place.clock.advance(120 * 3_600_000);
    expect(await logins()).toEqual(['lee expired']);
  });
});
