/** A lost code is sent again, a dead one never; who has no address is named; a Friday's run can be answered on Monday (B88, B89). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignedOperator } from '../../../src/desk.js';
import { mfaStatus } from '../../../src/procedures/codes/mfa-status.js';
import { findUser } from '../../../src/procedures/directory/find-account.js';
import { sendOwedEnrolmentCode, submitEnrolmentCode } from '../../../src/procedures/factors/owed-enrolment-code.js';
import { deliverDue } from '../../../src/procedures/messages/deliver-outbox.js';
import { openJob } from '../../../src/procedures/resets/job-work.js';
import { objectToReset } from '../../../src/procedures/resets/object-to-reset.js';
import { planReset } from '../../../src/procedures/resets/plan-reset.js';
import { resendCode, resendInPortal } from '../../../src/procedures/resets/resend-code.js';
import { beginJob } from '../../../src/procedures/resets/reset-job.js';
import type { RowOutcome } from '../../../src/procedures/resets/row-outcome.js';
import { runJob } from '../../../src/procedures/resets/run-job.js';
import { pendingEnrolments, showJob } from '../../../src/procedures/resets/show-job.js';
import { undoResets } from '../../../src/procedures/resets/undo-reset.js';
import { days, hours } from '../../../src/rules/duration.js';
import { userRow } from '../../store/rows.js';
import { listOf } from '../../support/pages.js';
import { refusalOf } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';
import { PHRASE } from '../northwind.js';
import { phraseRow } from '../phone-desk.js';
import { type PortalPlace, portalPlace } from '../portal/portal-place.js';

const FRIDAY = Date.UTC(2026, 10, 27, 16);

describe.each(engines)('the code of a reset on %s', (engine) => {
  let place: PortalPlace;
  let lead: SignedOperator;
  beforeEach(async () => {
    place = await portalPlace(engine);
    await place.giveApp('xavi');
    place.clock.advance(FRIDAY - place.clock.now());
    await place.requireMfa();
    lead = await place.operator('lead');
  });
  afterEach(() => place.close());

  const by = { kind: 'system', id: 'test', name: 'test' } as const;
  const change = (work: Parameters<PortalPlace['desk']['store']['record']>[1]) =>
    place.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by }, work);
  const xavi = () => findUser(place.desk, '200500/xavi');
  /** A bulk run over xavi, or others; sends what it queued, unless the mail is down. */
  const reset = async (send = true, logins: readonly string[] = ['xavi']) => {
    const rows = logins.map((login, n) => ({ line: n + 2, user: '', account: '200500', login, email: '' }));
    const about = { rows, wholeAccount: null, reason: 'new phones', ticket: 'T-1', final: false, source: 'a test' };
    const frozen = await planReset(place.desk, lead, about);
    const { work } = await beginJob(place.desk, lead, frozen);
    const told: RowOutcome[] = [];
    const watching = {
      told: async (more: readonly RowOutcome[]) => void told.push(...more),
      signal: new AbortController().signal,
    };
    if (work !== null) await runJob(place.desk, lead, work, watching);
    if (send) await deliverDue(place.desk);
    return { frozen, job: frozen.plan.job, outcomes: told.map(({ outcome }) => outcome) };
  };
  const code = () => place.mailed('set up sign-in again for xavi');
  const resent = async () => (await resendCode(place.desk, lead, await xavi(), undefined)).outcome;
  const opens = async (typed: string) =>
    submitEnrolmentCode(place.desk, await place.signIn('xavi'), typed).then(
      () => true,
      () => false,
    );
  const admin = () => place.login('xena', { method: 'password+totp' });
  const entries = (kind: string) => place.desk.store.read.audit.newest({ kind }, 99);
  const pending = async () => (await listOf(await pendingEnrolments(place.desk, undefined))).map(({ state }) => state);

  it('of a Friday’s bulk run works on Monday, and not on Wednesday; then the sign-in sends a fresh one', async () => {
    await reset();
    const first = await code();
    place.clock.advance(days(3) - hours(3));
    expect(await opens(first)).toBe(true);
    place.clock.advance(days(2));
    expect(await opens(first)).toBe(false);
    expect(await pending()).toEqual(['expired']);
    expect(await sendOwedEnrolmentCode(place.desk, await place.signIn('xavi'))).toBe('sent');
    const fresh = await code();
    expect(fresh).not.toBe(first);
    expect(await opens(fresh)).toBe(true);
  });

  it('B89 that is lost is sent again by the desk: the one before ends, and one limit counts desk and portal together', async () => {
    await reset();
    const first = await code();
    expect(await resendCode(place.desk, lead, await xavi(), undefined)).toMatchObject({
      outcome: 'sent',
      to: expect.stringMatching(/^x/),
      state: 'delivered',
    });
    expect(await opens(first)).toBe(false);
    expect(await opens(await code())).toBe(true);
    const again = async () => sendOwedEnrolmentCode(place.desk, await place.signIn('xavi'), true);
    expect(await again()).toBe('sent');
    for (let n = 3; n < place.desk.policy.limits.code.unusedPerHour; n += 1) expect(await resent()).toBe('sent');
    expect(await refusalOf(resent())).toMatchObject({
      code: 'locked',
      message: expect.stringContaining('sent and not used'),
    });
    expect(await refusalOf(again())).toMatchObject({ code: 'locked' });
  });

  it('an agent needs a grant of somebody who may ask for it, and the grant is used', async () => {
    const row = await phraseRow(place.desk, await place.user('xena'), PHRASE);
    await change((write) => write.secrets.putPassphrase(row));
    const agent = await place.operator('agent');
    expect((await refusalOf(resendCode(place.desk, agent, await xavi(), undefined))).code).toBe('forbidden');
    const grant = (await place.verify('xena', PHRASE, 'login-security:mfa-reset')).grant?.id ?? '';
    const ask = async () => resendCode(place.desk, agent, await xavi(), grant);
    // Nothing is needed yet, and the grant is not used up by that (M5).
    expect((await ask()).outcome).toBe('not-needed');
    await reset();
    expect((await ask()).outcome).toBe('sent');
    expect((await refusalOf(ask())).code).toBe('no-grant');
  });

  it('is not sent where nobody needs one, nor after an objection, nor in a freeze', async () => {
    expect(await resent()).toBe('not-needed');
    await reset();
    const [row] = await listOf(await pendingEnrolments(place.desk, undefined));
    await objectToReset(place.desk, await admin(), row?.reset.id ?? '');
    expect((await refusalOf(resent())).code).toBe('refused-by-policy');
    const waiting = await place.signIn('xavi').catch(() => null);
    if (waiting !== null) expect(await sendOwedEnrolmentCode(place.desk, waiting, true)).toBe('ask-desk');
    expect(await mfaStatus(place.desk, (await xavi()).account, (await xavi()).user)).toMatchObject({
      reset: { objectedAt: expect.any(Number) },
    });
  });

  it('M14 an objection to a run is one notice to each admin, with the list, and an entry for each user', async () => {
    await change(async (write) => {
      await write.users.insert([userRow('acc_200500', 'yuri')]);
      const own = { id: 'fac_yuri', user_id: 'usr_acc_200500_yuri', kind: 'totp', label: 'App', secret: 'x' };
      await write.factors.insert({
        ...own,
        state: 'active',
        created_at: 1,
        confirmed_at: 1,
        last_step: null,
        suspended_by: null,
      });
    });
    const { job } = await reset(false, ['xavi', 'yuri']);
    const before = (await entries('mfa.objected')).length;
    const objected = await objectToReset(place.desk, await admin(), job);
    expect(objected.map(({ target, first }) => [target.login, first]).sort()).toEqual([
      ['xavi', true],
      ['yuri', true],
    ]);
    await deliverDue(place.desk);
    expect((await place.notices()).filter((one) => one.startsWith('objection'))).toEqual([
      expect.stringMatching(/^objection-received-many/),
    ]);
    expect((await entries('mfa.objected')).length - before).toBe(2);
    expect((await objectToReset(place.desk, await admin(), job)).map(({ first }) => first)).toEqual([false, false]);
    expect((await place.notices()).filter((one) => one.startsWith('objection'))).toHaveLength(1);
  });

  it('B88 goes nowhere for who has no address: the plan, the row, the status and the list say so, and an admin hands it on', async () => {
    const { user } = await xavi();
    await change((write) =>
      write.users.update(user.id, { email: '', email_key: '', contact_changed_at: user.contactChangedAt }),
    );
    const { frozen, job, outcomes } = await reset();
    expect(frozen.plan.rows).toMatchObject([{ class: 'to-reset', noAddress: true }]);
    expect(outcomes).toEqual(['no-address']);
    expect((await showJob(place.desk, job)).lines).toMatchObject([
      { row: { outcome: 'no-address' }, code: 'no-address' },
    ]);
    expect(await pending()).toEqual(['no-address']);
    expect((await mfaStatus(place.desk, (await xavi()).account, (await xavi()).user)).code).toBe('no-address');
    expect(await resent()).toBe('no-address');
    const xena = await admin();
    expect(await resendInPortal(place.desk, xena, { reference: 'xavi', handOn: true })).toMatchObject({
      outcome: 'sent',
    });
    expect(await opens(await place.mailed('A code to hand on'))).toBe(true);
    const notices = (await place.notices()).filter((notice) => notice.startsWith('enrolment-code-handed-on'));
    expect(notices).toEqual(['enrolment-code-handed-on xena']);
  });

  it('that the mail server refuses for good makes its row no-address (E7)', async () => {
    const { job } = await reset(false);
    const [message] = (await place.desk.store.read.outbox.list(99)).filter(({ kind }) => kind === 'enrolment-code');
    await change((write) => write.outbox.update(message?.id ?? '', { state: 'given-up', content: null }));
    expect((await showJob(place.desk, job)).lines).toMatchObject([
      { row: { outcome: 'no-address' }, code: 'not-sent' },
    ]);
    expect(await pending()).toEqual(['not-sent']);
  });

  it('of an admin is handed on by nobody', async () => {
    const asked = resendInPortal(place.desk, await admin(), { reference: 'xena', handOn: true });
    expect((await refusalOf(asked)).code).toBe('forbidden');
    await change((write) => write.users.update('usr_acc_200500_xavi', { role: 'admin' }));
    const other = resendInPortal(place.desk, await admin(), { reference: 'xavi', handOn: true });
    expect(await refusalOf(other)).toMatchObject({ message: expect.stringContaining('own address only') });
  });

  it('is never sent once it is dead: undone, replaced, or run out while the mail was down', async () => {
    const { job } = await reset(false);
    expect((await openJob(place.desk, job)).head.done).toBe(1);
    await undoResets(place.desk, lead, { id: job, line: undefined, reason: 'wrong list' });
    const report = await deliverDue(place.desk);
    expect(report.dropped).toBe(1);
    expect(await code()).toBe('no code');
    expect(JSON.stringify(await entries('delivery.ended'))).toContain('no longer valid');
    await reset(false);
    place.clock.advance(days(6));
    expect((await deliverDue(place.desk)).dropped).toBe(1);
    expect(await place.desk.store.read.outbox.list(99, 'queued')).toEqual([]);
  });

  it('what was sent is forgotten after the time of the policy, and what waits is not', async () => {
    await reset();
    place.clock.advance(days(29));
    await deliverDue(place.desk);
    expect((await place.desk.store.read.outbox.list(99)).length).toBeGreaterThan(0);
    const [sent] = await place.desk.store.read.outbox.list(1);
    await change((write) =>
      write.outbox.insert([{ ...(sent ?? fail()), id: 'msg_waits', state: 'queued', content: null, created_at: 0 }]),
    );
    place.clock.advance(days(2));
    await deliverDue(place.desk);
    expect((await place.desk.store.read.outbox.list(99)).map(({ id }) => id)).toEqual(['msg_waits']);
    expect(await entries('delivery.pruned')).not.toHaveLength(0);
  });
});

const fail = (): never => {
  throw new Error('no message');
};
