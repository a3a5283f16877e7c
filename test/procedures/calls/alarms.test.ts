/** Alarms over many callers (B95) through the procedures: what sounds them, what they change, who hears of them, and how they end. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../../../src/desk.js';
import { resumeDesk } from '../../../src/procedures/calls/alarms.js';
import { callerKeyOf, liftLock } from '../../../src/procedures/lock-outs.js';
import { deskStatus } from '../../../src/procedures/resets/freeze.js';
import { hours, minutes, seconds } from '../../../src/rules/duration.js';
import { userRow } from '../../store/rows.js';
import { engines } from '../../support/test-desk.js';
import { type PhoneDesk, phoneDesk, phraseRow, type Said, WRONG, withAlarms } from '../phone-desk.js';

const HIGH = { desk: 1e9, company: 1e9, operator: 1e9 };

const TRUE = 'copper walrus under nineteen violins';

/** More admins of Northwind, with that phrase: c0, c1, … */
async function crowd({ desk, write }: PhoneDesk, size: number): Promise<void> {
  const rows = Array.from({ length: size }, (_, n) => userRow('acc_100234', `c${n}`, { role: 'primary-admin' }));
  await write((tables) => tables.users.insert(rows));
  const users = await desk.store.read.users.byIds(rows.map(({ id }) => id));
  const phrases = await Promise.all(users.map((user) => phraseRow(desk, user, TRUE)));
  await write(async (tables) => {
    for (const phrase of phrases) await tables.secrets.putPassphrase(phrase);
  });
}

describe.each(engines)('B95 alarms on %s', (engine) => {
  let place: PhoneDesk;
  let desk: Desk;
  beforeEach(async () => {
    place = await phoneDesk(engine);
    desk = withAlarms(place.desk, { ...HIGH, desk: 3 });
    for (const login of ['ana', 'ben', 'xena'] as const) await place.givePhrase(login);
    await crowd(place, 12);
  });
  afterEach(() => place.close());

  const call = (said: Said = {}) => place.call({ desk, ...said });
  const outcome = (said: Said = {}) =>
    call(said).then(
      ({ outcome }) => outcome,
      ({ code, stack }) => (code ?? stack) as string,
    );
  const miss = (caller: string, said: Said = {}) => outcome({ caller, phrase: WRONG, ...said });
  const misses = async (from: number, to: number, said: Said = {}) => {
    for (let n = from; n <= to; n += 1) expect(await miss(`c${n}`, said)).toBe('refused');
  };
  const on = async () => (await deskStatus(desk)).alarms.map(({ scope, name }) => `${scope} ${name}`.trim());
  const events = () => place.entries('desk.alarmed');

  it('what cannot be guessed sounds none: no phrase, names nobody knows, a login that is switched off', async () => {
    desk = withAlarms(place.desk, { desk: 1, company: 1, operator: 1 });
    await place.write((write) => write.users.update('usr_acc_100234_c0', { disabled_at: place.clock.now() }));
    for (let n = 0; n < 4; n += 1) for (const name of ['sue', `stranger${n}`, 'c0']) await miss(name);
    expect(await on()).toEqual([]);
    await misses(1, 2);
    expect(await on(), 'teeth: two wrong phrases do').toEqual(['desk']);
  });

  it('a miss that the same operator hears put right within the call is taken off; by another, or later, it stays', async () => {
    const right = { phrase: TRUE };
    for (let n = 0; n < 6; n += 1) {
      await misses(n, n);
      expect(await outcome({ caller: `c${n}`, ...right })).toBe('verified');
    }
    await misses(6, 8);
    expect(await on()).toEqual([]);
    const other = await place.operator('verifier');
    expect(await outcome({ caller: 'c6', by: other, ...right })).toBe('verified');
    place.clock.advance(minutes(15) + 1);
    expect(await outcome({ caller: 'c7', ...right })).toBe('verified');
    await misses(9, 9);
    expect(await on()).toEqual(['desk']);
  });

  it('sounds over its bound, for leads by mail and as an event; right answers go on, wrong ones lock at once', async () => {
    const lead = await place.operator('lead');
    await place.write((write) => write.lifeCycle.putEmail(lead.operator.id, 'lead@desk.example', 1));
    await misses(0, 2);
    expect([await on(), await events()]).toEqual([[], []]);
    await misses(3, 3);
    expect(await on()).toEqual(['desk']);
    expect(await events()).toMatchObject([
      { detail: { scope: 'desk', misses: 4, bound: 3 }, by: { name: 'countersign' } },
    ]);
    expect((await place.desk.store.read.outbox.list(50)).filter(({ kind }) => kind === 'desk-alarm')).toHaveLength(1);

    for (const by of [place.agent, lead])
      for (const caller of ['ana', 'ben']) expect(await outcome({ caller, by })).toBe('verified');
    expect(await outcome({ account: '200500', caller: 'xena', by: lead })).toBe('verified');
    expect(await miss('ana')).toBe('refused');
    expect(await outcome({ caller: 'ana' }), 'at the first wrong answer').toBe('locked');
    expect([await miss('nobody'), await miss('nobody')], 'unknown names as known ones').toEqual(['refused', 'locked']);
    const ana = await place.user('ana');
    await place.write((write) => liftLock(desk, write, `caller:${callerKeyOf({ id: ana.accountId }, ana)}`, 'owner'));
    expect(await outcome({ caller: 'ana' }), 'the owner has signed in').toBe('verified');
    expect(await events(), 'told once').toHaveLength(1);
  });

  it('a lead ends it with a reason, and what was missed before counts no more', async () => {
    await misses(0, 3);
    expect((await place.refusal(resumeDesk(desk, place.agent, 'x'))).code).toBe('forbidden');
    const lead = await place.operator('lead');
    expect((await place.refusal(resumeDesk(desk, lead, '  '))).code).toBe('missing-option');
    expect(await on()).toEqual(['desk']);
    expect(await resumeDesk(desk, lead, 'one caller, reported')).toBe(1);
    expect(await on()).toEqual([]);
    expect(await place.entries('desk.resumed')).toMatchObject([
      { reason: 'one caller, reported', detail: { alarms: 1 } },
    ]);
    place.clock.advance(1);
    await misses(4, 6);
    expect([await miss('c4'), await on()], 'a second wrong answer is heard again').toEqual(['refused', ['desk']]);
  });

  it('it ends by itself after an hour without a miss, and each miss makes it longer', async () => {
    await misses(0, 3);
    place.clock.advance(minutes(40));
    await misses(4, 4);
    place.clock.advance(minutes(59));
    expect(await on()).toEqual(['desk']);
    place.clock.advance(minutes(1));
    expect(await on()).toEqual([]);
    expect([await miss('c5'), await miss('c5')]).toEqual(['refused', 'refused']);
  });

  it('one company and the calls of one operator have alarms of their own, which leave others alone', async () => {
    const other = await place.operator('verifier');
    desk = withAlarms(place.desk, { ...HIGH, company: 2 });
    await misses(0, 2);
    expect(await on()).toEqual(['company 100234 Northwind']);
    expect([await miss('ana', { by: other }), await outcome({ caller: 'ana' })]).toEqual(['refused', 'locked']);
    const xena = { account: '200500' };
    expect([await miss('xena', xena), await outcome({ ...xena, caller: 'xena' })]).toEqual(['refused', 'verified']);
    await resumeDesk(desk, await place.operator('lead'), 'seen');
    place.clock.advance(1);
    desk = withAlarms(place.desk, { ...HIGH, operator: 2 });
    for (let n = 0; n < 4; n += 1) await miss('c3');
    expect(await on(), 'one confused caller is one').toEqual([]);
    await misses(4, 5);
    expect(await on()).toEqual([`operator ${place.agent.operator.name}`]);
    expect([await miss('ben', { by: other }), await outcome({ caller: 'ben', by: other })]).toEqual([
      'refused',
      'verified',
    ]);
  });

  it('the bound grows with the operators who took calls in the last hour', async () => {
    const { limits } = desk.policy;
    const alarms = { ...limits.alarms, desk: { floor: 1, perOperator: 2 } };
    desk = { ...desk, policy: { ...desk.policy, limits: { ...limits, alarms } } };
    for (const role of ['lead', 'verifier'] as const) await outcome({ by: await place.operator(role) });
    await misses(0, 5);
    expect(await on()).toEqual([]);
    place.clock.advance(seconds(1));
    await misses(6, 6);
    expect(await on()).toEqual(['desk']);
  });

  it.each(['quiet', 'alarmed'])(
    '32 right answers of one caller at once, %s: all are verified; of 16 wrong ones no more than the limit are compared',
    { timeout: 60_000 },
    async (state) => {
      if (state === 'alarmed') await misses(0, 3);
      const right = await Promise.all(Array.from({ length: 32 }, () => outcome()));
      expect(right.filter((one) => one === 'verified')).toHaveLength(32);
      const wrong = await Promise.all(Array.from({ length: 16 }, () => miss('ana')));
      expect(wrong.filter((one) => one === 'refused')).toHaveLength(state === 'alarmed' ? 1 : 5);
      expect(wrong.filter((one) => one === 'locked')).toHaveLength(state === 'alarmed' ? 15 : 11);
    },
  );
});

describe('B95 attackers at the store, with the shipped bounds', () => {
  it.each([
    [35, 35],
    [350, 90],
  ])(
    '%i calls an hour, the first %i, beside rightful ones: it sounds, and every rightful first answer is verified',
    { timeout: 120_000 },
    async (attacks, calls) => {
      const place = await phoneDesk('sqlite');
      await crowd(place, 150);
      await place.givePhrase('ana');
      const told = { compared: 0, verified: 0, rightful: 0 };
      for (let n = 0; n < calls; n += 1) {
        place.clock.advance(Math.floor(hours(1) / attacks));
        const said = { caller: `c${n % 150}`, phrase: WRONG };
        for (let tries = 0; tries < 2; tries += 1)
          told.compared += (await place.call(said).catch(() => null)) === null ? 0 : 1;
        if (n % 5 !== 0) continue;
        told.rightful += 1;
        told.verified += (await place.call()).outcome === 'verified' ? 1 : 0;
      }
      expect(told.verified).toBe(told.rightful);
      expect((await deskStatus(place.desk)).alarms.length).toBeGreaterThan(0);
      expect(told.compared).toBeLessThan(calls * 1.4);
      await place.close();
    },
  );
});
