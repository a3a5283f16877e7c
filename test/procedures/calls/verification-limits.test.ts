/** Limits on guessing at callers, through the procedure: the lock of one caller (B72). Alarms over many: alarms.test.ts. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unlockCaller } from '../../../src/procedures/directory/unlock-caller.js';
import { days, hours, minutes, seconds } from '../../../src/rules/duration.js';
import { engines } from '../../support/test-desk.js';
import { PHRASE } from '../northwind.js';
import { type PhoneDesk, phoneDesk, type Said, WRONG } from '../phone-desk.js';

describe.each(engines)('B72 limits on guessing on %s', (engine) => {
  let place: PhoneDesk;
  beforeEach(async () => {
    place = await phoneDesk(engine);
    await place.givePhrase('ana');
  });
  afterEach(() => place.close());

  const guess = (said: Said = {}) => place.call({ phrase: WRONG, ...said });
  const guesses = async (count: number, said: Said = {}) => {
    for (let n = 0; n < count; n += 1) expect((await guess(said)).outcome).toBe('refused');
  };
  const lockedUntil = async (said: Said = {}): Promise<number> => {
    const refusal = await place.refusal(guess(said));
    expect(refusal.code).toBe('locked');
    return Date.parse(String(refusal.also['lockedUntil']));
  };

  it('the fifth failure in a row locks the caller for 15 minutes, for every operator and whatever is said', async () => {
    await guesses(5);
    expect(await lockedUntil()).toBe(place.clock.now() + minutes(15));
    const lead = await place.operator('lead');
    expect((await place.refusal(place.call({ by: lead }))).code).toBe('locked');
    expect((await place.refusal(place.call({ action: 'account-info:view' }))).code).toBe('locked');
    expect((await place.entries('verification.refused')).at(-1)).toMatchObject({
      reason: 'locked',
      outcome: 'refused',
    });
  });

  it('four failures and a success start the count again', async () => {
    for (let round = 0; round < 3; round += 1) {
      await guesses(4);
      expect((await place.call()).outcome).toBe('verified');
      place.clock.advance(hours(2));
    }
  });

  it('a success without the privilege clears the count too: the caller is who they say', async () => {
    await place.givePhrase('uma');
    await guesses(4, { caller: 'uma' });
    expect((await place.call({ caller: 'uma' })).reason).toBe('not-privileged');
    await guesses(4, { caller: 'uma' });
  });

  it('no phrase set counts like a wrong one', async () => {
    for (let n = 0; n < 5; n += 1) expect((await guess({ caller: 'sue' })).reason).toBe('no-passphrase');
    expect(await lockedUntil({ caller: 'sue' })).toBe(place.clock.now() + minutes(15));
  });

  it('somebody nobody knows is locked in the same way, under what they call themselves', async () => {
    await guesses(5, { caller: 'Nobody' });
    expect(await lockedUntil({ caller: ' nobody ' })).toBe(place.clock.now() + minutes(15));
    expect((await guess({ caller: 'nobody2' })).outcome).toBe('refused');
  });

  it('each failure after a lock doubles it to a day, and the twentieth disables until a lead acts', async () => {
    await guesses(5);
    const waits: number[] = [];
    for (let failure = 6; failure <= 20; failure += 1) {
      place.clock.set(await lockedUntil());
      await guesses(1);
      if (failure < 20) waits.push(((await lockedUntil()) - place.clock.now()) / minutes(1));
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1440, 1440, 1440, 1440, 1440, 1440, 1440, 1440]);
    place.clock.advance(days(400));
    const refusal = await place.refusal(place.call());
    expect(refusal).toMatchObject({ code: 'locked', also: {} });
    const ana = await place.user('ana');
    const account = await place.desk.store.read.accounts.byId(ana.accountId);
    if (account === undefined) throw new Error('no account');
    await unlockCaller(
      place.desk,
      await place.operator('lead'),
      { account, user: ana },
      'called back on the number on file',
    );
    expect((await place.call()).outcome).toBe('verified');
  });

  it('a millisecond before the end is locked, at the end one try is free', async () => {
    await guesses(5);
    const until = await lockedUntil();
    place.clock.set(until - 1);
    await lockedUntil();
    place.clock.set(until);
    await guesses(1);
    expect(await lockedUntil()).toBe(until + minutes(30));
  });

  it('attempts while locked neither count nor make it longer', async () => {
    await guesses(5);
    const until = await lockedUntil();
    for (let n = 0; n < 10; n += 1) expect(await lockedUntil()).toBe(until);
    place.clock.set(until);
    expect((await place.call()).outcome).toBe('verified');
  });

  it('a clock set back does not help, nor does one that is set forward once and back again', async () => {
    await guesses(5);
    const until = await lockedUntil();
    place.clock.advance(-hours(2));
    expect(await place.refusal(place.call())).toMatchObject({ code: 'locked', hint: expect.stringContaining('clock') });
    place.clock.set(until + hours(1));
    await place.write(async () => undefined); // the log has seen this time now
    place.clock.set(until - minutes(1));
    expect(await place.refusal(place.call())).toMatchObject({ code: 'locked', hint: expect.stringContaining('clock') });
  });

  it('an answer that never comes stays counted: the attempt was written down before the check', async () => {
    const secrets = { ...place.desk.secrets, check: () => Promise.reject(new Error('the process died here')) };
    for (let n = 0; n < 5; n += 1) {
      await expect(place.call({ desk: { ...place.desk, secrets } })).rejects.toThrow('died');
    }
    place.clock.advance(seconds(10));
    expect(await lockedUntil()).toBe(place.clock.now() + minutes(15) - seconds(10));
  });

  it('a phrase that is right but late does not wipe out guesses that came after it', async () => {
    const { secrets } = place.desk;
    const check: typeof secrets.check = async (...parts) => {
      const answer = await secrets.check(...parts);
      await guesses(4);
      return answer;
    };
    expect(
      (await place.call({ desk: { ...place.desk, secrets: { ...secrets, check } }, phrase: PHRASE })).outcome,
    ).toBe('verified');
    await guesses(1);
    expect(await lockedUntil()).toBe(place.clock.now() + minutes(15));
  });
});
