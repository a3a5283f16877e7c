/** What stands on the operator's screen before the phrase is asked (B76, B09). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertLines, alertsDocument } from '../../../src/commands/calls/verdict-view.js';
import { englishAt } from '../../../src/commands/wording/words.js';
import { callerAlerts } from '../../../src/procedures/calls/caller-alerts.js';
import { beginCall, leaveCall } from '../../../src/procedures/calls/live-calls.js';
import { openCall } from '../../../src/procedures/calls/open-call.js';
import { days, hours, minutes } from '../../../src/rules/duration.js';
import { engines, START } from '../../support/test-desk.js';
import { type PhoneDesk, phoneDesk, unlimited, WRONG, withThrottle } from '../phone-desk.js';

describe.each(engines)('B76 alerts before a call on %s', (engine) => {
  let place: PhoneDesk;
  beforeAll(async () => {
    place = await phoneDesk(engine);
    place.clock.advance(days(30)); // nothing in the sample directory is fresh
    for (const login of ['ana', 'ben'] as const) await place.givePhrase(login);
    place.clock.advance(days(30));
  });
  afterAll(() => place.close());

  const alertsOn = async (caller: string, shared = 0) => {
    const call = await openCall(place.desk, { account: '100234', caller, action: 'billing:change' });
    return callerAlerts(place.desk, call, shared, place.agent.operator.id);
  };
  const lines = async (caller: string) => alertLines(await alertsOn(caller), englishAt(place.clock.now()));

  it('a caller of whom nothing is known raises none', async () => {
    expect(await lines('ana')).toEqual([]);
    expect(await lines('somebody unknown')).toEqual([]);
  });

  it('E30 another operator who has this caller on a call is named, until that call ends or was forgotten', async () => {
    const { desk, agent, clock } = place;
    const lead = await place.operator('lead');
    const { id } = await beginCall(desk, lead, { caller: await place.user('ana') });
    await beginCall(desk, agent, { caller: await place.user('ana') });
    expect((await alertsOn('ana')).alsoWith).toEqual([lead.operator.name]);
    expect(await lines('ana')).toEqual([
      `${lead.operator.name} is on a call with this caller too: speak with each other`,
    ]);
    expect((await alertsOn('ben')).alsoWith).toEqual([]);
    await leaveCall(desk, lead, id, 'ended');
    expect((await alertsOn('ana')).alsoWith).toEqual([]);
    const dropped = await beginCall(desk, lead, { caller: await place.user('ana') });
    clock.advance(hours(1) + 1);
    expect([dropped.state, (await alertsOn('ana')).alsoWith]).toEqual(['open', []]);
  });

  it('earlier failures count, whoever the operator was, and for seven days', async () => {
    await place.call({ phrase: WRONG });
    await place.call({ phrase: WRONG, by: await place.operator('verifier') });
    await place.call({ phrase: null, by: await place.operator('lead') });
    place.clock.advance(hours(3));
    expect(await alertsOn('ana')).toMatchObject({
      failures: 3,
      failedOperators: 3,
      lastFailureAt: place.clock.now() - hours(3),
    });
    expect(await lines('ana')).toEqual(['3 failed attempts in 7 days with 3 operators, the last 3 hours ago']);
    expect((await alertsOn('ben')).failures).toBe(0);
    place.clock.advance(days(7) - hours(3));
    expect((await alertsOn('ana')).failures).toBe(3);
    place.clock.advance(1);
    expect((await alertsOn('ana')).failures).toBe(0);
  });

  it('the days are those of the policy, also in words', async () => {
    const call = await openCall(place.desk, { account: '100234', caller: 'ana', action: 'billing:change' });
    const patient = withThrottle(place.desk, { alertLookBackDays: 30 });
    expect(
      alertLines(await callerAlerts(patient, call, 0, place.agent.operator.id), englishAt(place.clock.now())),
    ).toEqual([expect.stringMatching(/^3 failed attempts in 30 days with 3 operators/)]);
  });

  it('a success is none, and does not hide the failures before it', async () => {
    await place.call({ phrase: WRONG });
    await place.call();
    expect((await alertsOn('ana')).failures).toBe(1);
    place.clock.advance(days(8));
  });

  it('failures on somebody nobody knows are seen under the same name again', async () => {
    await place.call({ caller: 'Olga the Unknown', phrase: WRONG });
    expect((await alertsOn('olga the unknown')).failures).toBe(1);
    place.clock.advance(days(8));
  });

  it('a lock is seen, with its end, and the state that only a lead lifts', async () => {
    for (let n = 0; n < 5; n += 1) await place.call({ phrase: WRONG });
    const until = place.clock.now() + minutes(15);
    expect(await alertsOn('ana')).toMatchObject({ lockedUntil: until, disabled: false });
    const clock = new Date(Math.ceil(until / minutes(1)) * minutes(1)).toTimeString().slice(0, 5);
    expect(await lines('ana')).toContain(`locked out; the next try is possible in 15 minutes (${clock})`);
    place.clock.set(until);
    expect((await alertsOn('ana')).lockedUntil).toBeNull();
    await place.write(async () => undefined);
    place.clock.advance(-minutes(10));
    expect((await alertsOn('ana')).lockedUntil, 'a clock set back lifts nothing').toBe(until);
    place.clock.advance(minutes(10));
    const ana = await place.user('ana');
    const row = await place.desk.store.read.throttles.get(`caller:${ana.accountId}/${ana.id}`);
    if (row === undefined) throw new Error('no row');
    await place.write((write) => write.throttles.put({ ...row, disabled_at: place.clock.now() }));
    expect(await lines('ana')).toContain('locked out until a lead unlocks it');
    await place.write((write) => write.throttles.put({ ...row, failures: 0, locked_until: null, disabled_at: null }));
    place.clock.advance(days(8));
  });

  it('a passphrase or a contact changed within seven days is seen, one that is older or the first is not', async () => {
    await place.givePhrase('ben');
    const ben = await place.user('ben');
    await place.write((write) => write.users.update(ben.id, { contact_changed_at: place.clock.now() }));
    place.clock.advance(days(2));
    expect(await lines('ben')).toEqual(['passphrase changed 2 days ago', 'e-mail or phone changed 2 days ago']);
    place.clock.advance(days(5) + 1);
    expect(await lines('ben')).toEqual([]);
  });

  it('a reset within seven days is seen; one that found nothing to do is not', async () => {
    const ana = await place.user('ana');
    const row = {
      id: place.desk.newId('rst'),
      job_id: null,
      line: null,
      account_id: ana.accountId,
      user_id: ana.id,
      operator_id: null,
      by_user_id: null,
      caller_id: null,
      grant_id: null,
      reason: null,
      ticket: null,
      outcome: 'nothing-to-do',
      state: 'none',
      final: 0,
      factors: 0,
      backup_codes: 0,
      devices: 0,
      sessions: 0,
      enrolments: 0,
      at: place.clock.now(),
      objected_at: null,
      objected_by: null,
      ended_at: null,
      ended_by: null,
    };
    await place.write((write) => write.resets.insert([row]));
    expect(await lines('ana')).toEqual([]);
    await place.write((write) =>
      write.resets.insert([{ ...row, id: place.desk.newId('rst'), outcome: 'reset', state: 'undone', factors: 1 }]),
    );
    place.clock.advance(minutes(5));
    expect(await lines('ana')).toEqual(['second factors reset 5 minutes ago']);
    place.clock.advance(days(7));
    expect(await lines('ana')).toEqual([]);
  });

  it('B09 E31 shared contacts are told to scripts; before a call nobody can do anything about them', async () => {
    const alerts = await alertsOn('ana', 2);
    expect(alertsDocument(alerts).sharedContacts).toBe(2);
    expect(alertLines(alerts, englishAt(START))).toEqual([]);
  });

  it('looking writes nothing', async () => {
    const before = (await place.entries()).length;
    await alertsOn('ana');
    expect((await place.entries()).length).toBe(before);
    await place.call({ desk: unlimited(place.desk) });
  });
});
