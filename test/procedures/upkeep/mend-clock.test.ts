/** One clock for the whole desk (B87): only the proven move it, a long silence is confirmed by a person, a wrong time goes back by two. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk, OutboxRow } from '../../../src/desk.js';
import { openClock } from '../../../src/opening/desk-clock.js';
import { openCustody } from '../../../src/opening/open-custody.js';
import { openDesk } from '../../../src/opening/open-desk.js';
import { askAuthority } from '../../../src/procedures/authorise.js';
import { beginCall } from '../../../src/procedures/calls/live-calls.js';
import { sealedMessage } from '../../../src/procedures/messages/queue-message.js';
import { changeOperator } from '../../../src/procedures/operators/change-operator.js';
import { createToken } from '../../../src/procedures/operators/operator-tokens.js';
import { signInOperator } from '../../../src/procedures/operators/sign-in-operator.js';
import { clockState, confirmClock, setClockBack } from '../../../src/procedures/upkeep/care-for-store.js';
import { SYSTEM } from '../../../src/rules/audit-entry.js';
import { days, hours, minutes } from '../../../src/rules/duration.js';
import { accountRow } from '../../store/rows.js';
import { refusalOf } from '../../support/said.js';
import { CHEAP, dataFolder, type EngineName, engines, START } from '../../support/test-desk.js';
import { type Member, type OperatorDesk, operatorDesk, PASSWORD } from '../operator-desk.js';

let place: OperatorDesk;
let [ada, lena]: Member[] = [];

const SHIFTS = [minutes(3), -minutes(3), hours(20), -hours(20), days(3650), -days(3650)];

async function begin(engine: EngineName, start = START): Promise<void> {
  place = await operatorDesk(engine, { clock: 'real', start });
  ada = await place.member('ada', 'admin');
  lena = await place.member('lena', 'lead');
  const founded = { kind: 'desk.founded', outcome: 'done', at: place.clock.now(), by: SYSTEM } as const;
  await place.desk.store.record(founded, async (write) => {
    await write.meta.put('key-id', place.desk.keyring.keyId);
  });
  place.clock.advance(minutes(2));
}
afterEach(() => place.close());

const head = async () => (await place.desk.store.read.audit.head()) ?? { size: 0, latestAt: 0 };
const signIn = (who: Member | undefined, desk = place.desk) =>
  signInOperator(desk, { name: who?.name ?? '', password: PASSWORD, code: async () => who?.code() ?? '' });

/** Another machine of the same desk, whose clock stands elsewhere. */
async function machineAt(time: () => number) {
  const { settings } = place;
  return openDesk(openCustody({ settings, dataFolder, now: time, hashing: CHEAP }));
}

async function workedAhead(by: number): Promise<number> {
  const wrong = await machineAt(() => place.clock.now() + by);
  try {
    const ahead = place.clock.now() + by;
    await signInOperator(wrong, { name: 'lena', password: PASSWORD, code: async () => lena?.code(by / 30_000) ?? '' });
    return ahead;
  } finally {
    await wrong.store.close();
  }
}

describe('a machine whose clock is wrong', () => {
  beforeEach(() => begin('sqlite'));

  it.each([days(3650), days(5)])('B87 %i ms ahead: refused before anything is written, with exit 7', async (by) => {
    const before = await head();
    const wrong = await machineAt(() => place.clock.now() + by);
    expect(await refusalOf(signIn(ada, wrong))).toMatchObject({
      code: 'clock',
      message: expect.stringContaining('nobody has worked at the desk since'),
    });
    await wrong.store.close();
    expect(await head()).toMatchObject({ size: before.size, latestAt: before.latestAt });
    expect((await signIn(ada)).operator.name).toBe('ada');
  });

  it('B87 20 hours ahead: a stranger who is refused there moves nothing, and leads go on signing in', async () => {
    const { latestAt } = await head();
    const wrong = await machineAt(() => place.clock.now() + hours(20));
    const stranger = { name: 'nobody', password: 'some guess 123', code: async () => '000000' };
    expect(await refusalOf(signInOperator(wrong, stranger))).toMatchObject({ code: 'not-signed-in' });
    await wrong.store.close();
    expect((await head()).latestAt).toBe(latestAt);
    expect((await signIn(ada)).operator.name).toBe('ada');
  });

  it('B87 behind the log: no code is checked or counted there, and the refusal says whose clock', async () => {
    await signIn(ada);
    const slow = await machineAt(() => place.clock.now() - hours(3));
    const { size } = await head();
    expect(await refusalOf(signIn(lena, slow))).toMatchObject({
      code: 'clock',
      message: expect.stringContaining('the log of the desk goes up to'),
    });
    await slow.store.close();
    expect((await head()).size).toBe(size);
  });

  it('B87 teeth: where a refused sign-in counts as proof, one stranger stops every lead', () => {
    const naive = openClock(() => place.clock.now(), 'machine', place.desk.policy.limits);
    naive.saw(place.clock.now() + days(3650), null);
    expect(naive.codeTime()).toBeNull();
  });
});

describe.skipIf(!engines.includes('postgres'))("with PostgreSQL the server's clock is the desk's", () => {
  beforeEach(() => begin('postgres', Date.now() - minutes(2)));

  it.each(SHIFTS)('B87 a machine %i ms off works as any other, and harms nobody', async (by) => {
    const wrong = await machineAt(() => Date.now() + by);
    place.clock.set(Date.now());
    const { token } = await signIn(lena, wrong);
    const fresh = { permission: 'mfa:freeze', fresh: true } as const;
    await askAuthority(wrong, await place.bySessionOn(wrong, token), fresh);
    expect(Math.abs(wrong.now() - Date.now())).toBeLessThan(minutes(1));
    await wrong.store.close();
    expect(Math.abs((await head()).latestAt - Date.now())).toBeLessThan(minutes(1));
    place.clock.set(Date.now());
    expect((await signIn(ada)).operator.name).toBe('ada');
  });
});

/** A call on which a phrase was heard; answers its id. */
async function hearOn(desk: Desk): Promise<string> {
  const [operator_id, started_at] = [ada?.id ?? '', desk.now()];
  const call = await beginCall(desk, await place.operator('agent'), {});
  const heard = { kind: 'test.heard', outcome: 'done', at: started_at, by: SYSTEM } as const;
  await desk.store.record(heard, async (write) => {
    await write.accounts.insert([accountRow('100234')]);
    const asked = {
      account_id: 'acc_100234',
      user_id: null,
      caller_key: 'ana',
      action: 'billing:change',
      ticket: null,
    };
    const verdict = { outcome: 'verified', reason: null, started_at, decided_at: started_at };
    await write.verifications.insert({ id: 'ver_1', operator_id, ...asked, ...verdict });
    const expires_at = started_at + minutes(10);
    await write.calls.hear({ id: call.id, verification_id: 'ver_1', session: 'tok_1', expires_at });
  });
  return call.id;
}

describe('store clock', () => {
  beforeEach(() => begin('sqlite'));

  it('B87 a long silence: nothing is written until a lead confirms it with a code of now', async () => {
    place.clock.advance(days(5));
    expect((await clockState(place.desk)).is).toBe('far-ahead');
    expect(await refusalOf(signIn(ada))).toMatchObject({ code: 'clock' });
    place.desk.clock.mend();
    const { token } = await signIn(lena);
    await confirmClock(place.desk, await place.bySession(token));
    expect(await place.entries('store.clock-confirmed')).toMatchObject([{ outcome: 'done', by: { id: lena?.id } }]);
    const next = await machineAt(place.clock.now);
    place.clock.advance(minutes(1));
    expect((await signIn(ada, next)).operator.name).toBe('ada');
    await next.store.close();
  });

  it('B87 no lock-out ends while the clock is being mended', async () => {
    for (let guess = 0; guess < 5; guess += 1) {
      await refusalOf(
        signInOperator(place.desk, { name: 'ada', password: 'wrong wrong wrong', code: async () => '0' }),
      );
    }
    place.clock.advance(days(5));
    place.desk.clock.mend();
    expect(await refusalOf(signIn(ada))).toMatchObject({ code: 'locked' });
  });

  it('B87 a wrong time goes back by two operators; what was allowed for a time ends, and nothing that ran out lives again', async () => {
    const admin = await place.operator('admin');
    const {
      token: { token: short },
    } = await createToken(place.desk, admin, {
      owner: 'ada',
      role: 'admin',
      label: 'short',
      expires: '2h',
    });
    const { token: mine } = await signIn(ada);
    const ahead = await workedAhead(hours(20));
    expect((await head()).latestAt).toBe(ahead);
    expect(await refusalOf(signIn(lena))).toMatchObject({
      code: 'clock',
      message: expect.stringContaining('the log of the desk goes up to'),
    });

    place.clock.advance(minutes(1));
    const desk = await machineAt(place.clock.now);
    desk.clock.mend();
    const { token } = await signIn(ada, desk);
    const signed = await place.bySessionOn(desk, token);
    const { id = '', name = '' } = lena ?? {};
    await setClockBack(desk, signed, { kind: 'operator', id, name });
    expect((await head()).latestAt).toBe(place.clock.now());
    expect(await place.entries('store.clock-set-back')).toMatchObject([
      { outcome: 'done', detail: { approver: 'lena' } },
    ]);
    await desk.store.close();

    const after = await machineAt(place.clock.now);
    for (const ended of [mine, token]) {
      expect(await refusalOf(place.bySessionOn(after, ended))).toMatchObject({ code: 'not-signed-in' });
    }
    expect(await refusalOf(place.byTokenOn(after, short))).toMatchObject({
      message: expect.stringContaining('revoked'),
    });
    // The code that lena gave to the wrong machine is of a later step, so none of an earlier step is taken.
    expect(await refusalOf(signIn(lena, after))).toMatchObject({ code: 'not-signed-in' });
    await after.store.close();
  });

  it('B87 with the clock goes back what waits in the outbox and a phrase that was heard; what a right clock queued stays', async () => {
    const ahead = hours(20);
    const queue = (desk: Desk, more: Partial<OutboxRow>) =>
      desk.store.record({ kind: 'test.queued', outcome: 'done', at: desk.now(), by: SYSTEM }, async (write) => {
        const composed = { kind: 'email', subject: 'a subject', body: 'a text' } as const;
        const row = sealedMessage(desk, { kind: 'test', composed, to: 'ana@mail.example' });
        await write.outbox.insert([{ ...row, ...more }]);
        return row.id;
      });
    const now = place.clock.now();
    const undoable = await queue(place.desk, { next_attempt_at: now + minutes(30) });
    const retried = await queue(place.desk, { attempts: 1, next_attempt_at: now + ahead + minutes(5) });
    const wrong = await machineAt(() => place.clock.now() + ahead);
    const held = await queue(wrong, { next_attempt_at: now + ahead + minutes(30) });
    const call = await hearOn(wrong);
    expect(await wrong.store.read.calls.hearing(call)).toBeDefined();
    await wrong.store.close();
    await workedAhead(ahead);
    const desk = await machineAt(place.clock.now);
    desk.clock.mend();
    const { token } = await signIn(ada, desk);
    const { id = '', name = '' } = lena ?? {};
    await setClockBack(desk, await place.bySessionOn(desk, token), { kind: 'operator', id, name });
    const due = async (message: string) => ((await desk.store.read.outbox.byId(message))?.next_attempt_at ?? 0) - now;
    expect(await due(undoable)).toBe(minutes(30));
    expect(await due(retried)).toBe(minutes(5));
    expect(await due(held)).toBe(minutes(30));
    expect(await desk.store.read.calls.hearing(call)).toBeUndefined();
    await desk.store.close();
  });

  it('B81 B87 the second operator is judged again in the act: nobody is their own, and a disabled one is none', async () => {
    const { token } = await signIn(ada);
    const signed = await place.bySession(token);
    const approver = ({ id = '', name = '' }: Partial<Member> = {}) => ({ kind: 'operator', id, name }) as const;
    place.clock.advance(-hours(1));
    place.desk.clock.mend();
    expect(await refusalOf(setClockBack(place.desk, signed, approver(ada)))).toMatchObject({ code: 'forbidden' });
    await changeOperator(place.desk, await place.operator('admin'), 'lena', { disabled: true });
    expect(await refusalOf(setClockBack(place.desk, signed, approver(lena)))).toMatchObject({ code: 'forbidden' });
    expect(await place.entries('store.clock-set-back')).toEqual([]);
  });

  it('B87 is refused where the clock is not behind the log, and to a lead', async () => {
    const someone = { kind: 'operator', id: lena?.id ?? '', name: 'lena' } as const;
    expect(await refusalOf(setClockBack(place.desk, await place.operator('admin'), someone))).toMatchObject({
      code: 'refused-by-policy',
    });
    expect(await refusalOf(setClockBack(place.desk, await place.operator('lead'), someone))).toMatchObject({
      code: 'forbidden',
    });
  });
});
