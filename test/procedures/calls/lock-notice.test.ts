/** The owner hears of a lock by phone (B72): once for each, at the address on file, and never in a way that a caller could time (B73). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OutboxRow } from '../../../src/desk.js';
import { beginCall, noteOnCall } from '../../../src/procedures/calls/live-calls.js';
import { openMessage } from '../../../src/procedures/messages/queue-message.js';
import { days } from '../../../src/rules/duration.js';
import { engines } from '../../support/test-desk.js';
import { type PhoneDesk, phoneDesk, WRONG } from '../phone-desk.js';

describe.each(engines)('the notice of a lock on %s', (engine) => {
  let place: PhoneDesk;
  beforeEach(async () => {
    place = await phoneDesk(engine);
    await place.givePhrase('ana');
  });
  afterEach(() => place.close());

  const notices = async () =>
    (await place.desk.store.read.outbox.list(100)).filter(({ kind }) => kind === 'locked-out');

  const opened = (row: OutboxRow) => openMessage(place.desk, { ...row, content: row.content ?? '' });

  it('B72 the failure that brings a lock writes to the owner, no other does', async () => {
    for (let n = 1; n <= 4; n += 1) await place.call({ phrase: WRONG });
    expect(await notices()).toEqual([]);
    await place.call({ phrase: WRONG });
    const [row] = await notices();
    if (row === undefined) throw new Error('no notice');
    const { to, body } = opened(row);
    await place.refusal(place.call({ phrase: WRONG }));
    expect((await notices()).map(({ id }) => id)).toEqual([row.id]);
    expect(to).toBe((await place.user('ana')).email);
    expect(body).toMatch(/In a row: +5\n +Locked: +until 2026-11-22 09:15 UTC/);
    expect(body).not.toContain(WRONG);
  });

  it('B73 nothing is sent before the verdict can be read; then it goes out', async () => {
    for (let n = 1; n <= 4; n += 1) await place.call({ phrase: WRONG });
    await place.call({ phrase: WRONG });
    const call = await beginCall(place.desk, place.agent, {});
    await noteOnCall(place.desk, place.agent, call.id, { outcome: 'not-verified' });
    expect((await notices()).map(({ state }) => state)).toEqual(['queued']);
    await place.desk.sendQueued();
    expect((await notices()).map(({ state }) => state)).toEqual(['delivered']);
  });

  it('of five guesses at once one brings the lock, and one notice', async () => {
    await Promise.all(Array.from({ length: 8 }, () => place.call({ phrase: WRONG }).catch(() => undefined)));
    expect(await notices()).toHaveLength(1);
  });

  it('each longer lock is told, and at the twentieth that only the desk lifts it', async () => {
    for (let n = 1; n <= 20; n += 1) {
      await place.call({ phrase: WRONG });
      if (n >= 5) place.clock.advance(days(1));
    }
    const told = (await notices()).map((row) => opened(row).body);
    expect(told).toHaveLength(16);
    expect(told.filter((body) => body.includes('until we lift it'))).toHaveLength(1);
  });

  it('the right phrase at the fifth try locks nothing, and nobody is told', async () => {
    for (let n = 1; n <= 4; n += 1) await place.call({ phrase: WRONG });
    expect(await place.call()).toMatchObject({ outcome: 'verified' });
    expect(await notices()).toEqual([]);
  });

  it('B73 somebody nobody knows is locked with the same steps, and there is nobody to write to', async () => {
    for (let n = 1; n <= 5; n += 1) await place.call({ caller: 'nobody', phrase: WRONG });
    expect(await place.desk.store.read.outbox.list(10)).toEqual([]);
    expect(await place.refusal(place.call({ caller: 'nobody', phrase: WRONG }))).toMatchObject({ code: 'locked' });
  });
});
