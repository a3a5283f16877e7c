/** The outbox: claimed before sent, retried by the schedule, one id over all copies, nothing lost (B58, B77, issue 4). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PAUSES_MS } from '../../../src/delivery/schedule.js';
import type { Desk, MessageKind } from '../../../src/desk.js';
import { Refusal } from '../../../src/errors.js';
import { openCustody } from '../../../src/opening/open-custody.js';
import { openDesk } from '../../../src/opening/open-desk.js';
import { switchedOff, switchOn } from '../../../src/procedures/messages/channel-switch.js';
import { deliverDue, deliverOutbox } from '../../../src/procedures/messages/deliver-outbox.js';
import { sealedMessage } from '../../../src/procedures/messages/queue-message.js';
import { SYSTEM } from '../../../src/rules/audit-entry.js';
import { days, minutes } from '../../../src/rules/duration.js';
import { CHEAP, dataFolder, engines, type TestDesk, testDesk } from '../../support/test-desk.js';

type Channel = ReturnType<Desk['channels']['pick']>;
type Answer = Awaited<ReturnType<Channel['send']>>;
const TAKEN: Answer = { ok: true, reference: 'r-1' };
const LATER: Answer = { ok: false, permanent: false, why: 'the mail server answered 451' };
const NEVER: Answer = { ok: false, permanent: true, why: 'the mail server answered 550' };
const GONE: Answer = { ok: false, permanent: true, why: 'answered 410', disable: true };

describe.each(engines)('deliver-outbox on %s', (engine) => {
  let place: TestDesk;
  let sent: string[];
  beforeEach(async () => {
    place = await testDesk(engine);
    sent = [];
    const entry = { kind: 'test.finished', outcome: 'done', at: place.desk.now(), by: SYSTEM } as const;
    await place.desk.store.record(entry, (write) => write.meta.put('key-id', place.desk.keyring.keyId));
  });
  afterEach(() => place.close());

  /** The desk with channels that answer as told; `send` may be any behaviour. */
  function deskWith(
    answer: Answer | ((id: string) => Promise<Answer> | Answer),
    where = 'x',
    of: Desk = place.desk,
  ): Desk {
    const send: Channel['send'] = async ({ id }) => {
      sent.push(id);
      return typeof answer === 'function' ? answer(id) : answer;
    };
    return {
      ...of,
      channels: { wanted: [], pick: (kind) => ({ name: kind, carries: [kind], place: where, send }) },
    };
  }

  async function queue(count = 1, kind: MessageKind = 'email'): Promise<readonly string[]> {
    const composed = { kind, subject: 'mfa.reset', body: '{"code":"493817"}' };
    const about = { account: null, user: null };
    const rows = Array.from({ length: count }, () =>
      sealedMessage(place.desk, { kind: 'test', composed, to: 'ana@mail.example', about }),
    );
    await place.desk.store.record({ kind: 'test.queued', outcome: 'done', at: place.desk.now(), by: SYSTEM }, (write) =>
      write.outbox.insert(rows),
    );
    return rows.map(({ id }) => id);
  }

  const row = async (id: string | undefined) => place.desk.store.read.outbox.byId(id ?? '');

  it('a bug in the sending of one message does not send another again that went out', async () => {
    const ids = await queue(2);
    const [mail, other] = ids;
    const desk = deskWith((id) => (id === other ? Promise.reject(new TypeError('a bug')) : TAKEN));
    await expect(deliverOutbox(desk, ids)).rejects.toThrow('a bug');
    expect(await row(mail)).toMatchObject({ state: 'delivered' });
    expect(await row(other)).toMatchObject({ state: 'queued' });
    place.clock.advance(minutes(10));
    await deliverDue(deskWith(TAKEN));
    expect(sent.filter((id) => id === mail)).toHaveLength(1);
    expect(await row(other)).toMatchObject({ state: 'delivered' });
  });

  it("B73 counts of guesses at logins that there are not end with a flush once they are old; a lock for good and a person's own stay", async () => {
    const { desk } = place;
    const row = { failures: 3, reserved: 0, locked_until: null, disabled_at: null, updated_at: desk.now() };
    const entry = { kind: 'test.prepared', outcome: 'done', at: desk.now(), by: SYSTEM } as const;
    await desk.store.record(entry, async ({ throttles }) => {
      for (const subject of ['portal:x:1', 'caller:x:2', 'portal:usr_ana'])
        await throttles.put({ subject, ...row }, null);
      await throttles.put({ subject: 'portal:x:3', ...row, disabled_at: 1 }, null);
    });
    const left = async () => (await desk.store.read.throttles.standing('', 9)).map(({ subject }) => subject);
    place.clock.advance(days(89));
    await deliverDue(desk);
    expect(await left()).toHaveLength(4);
    place.clock.advance(days(2));
    await deliverDue(desk);
    expect(await left()).toEqual(['portal:usr_ana', 'portal:x:3']);
    const pruned = async () => (await desk.store.read.audit.newest({ kind: 'delivery.pruned' }, 9)).length;
    expect(await pruned()).toBe(1);
    await deliverDue(desk);
    expect(await pruned()).toBe(1);
  });

  it('is queued with its cause or not at all', async () => {
    const { store } = place.desk;
    const message = sealedMessage(place.desk, {
      kind: 'test',
      composed: { kind: 'email', subject: 's', body: 'b' },
      to: 'a@b.example',
      about: { account: null, user: null },
    });
    const entry = { kind: 'test.queued', outcome: 'done', at: place.desk.now(), by: SYSTEM } as const;
    const failing = store.record(entry, async (write) => {
      await write.outbox.insert([message]);
      throw new Error('the cause fails');
    });
    await expect(failing).rejects.toThrow('the cause fails');
    expect(await row(message.id)).toBeUndefined();
  });

  it('delivered: content destroyed, reference kept, attempt and outcome in the log (B74)', async () => {
    const [id] = await queue();
    expect(await deliverDue(deskWith(TAKEN))).toEqual({ delivered: 1, waiting: 0, givenUp: 0, notDone: 0, dropped: 0 });
    expect(await row(id)).toMatchObject({ state: 'delivered', content: null, reference: 'r-1', attempts: 1 });
    expect(await deliverDue(deskWith(TAKEN))).toEqual({ delivered: 0, waiting: 0, givenUp: 0, notDone: 0, dropped: 0 });
    expect(sent).toEqual([id]);
    const log = await place.desk.store.read.audit.newest({}, 10);
    const text = log.map(({ body }) => body).join();
    expect(text).toMatch(/delivery\.ended.*delivery\.attempted/s);
    expect(text).not.toMatch(/493817|ana@mail/);
  });

  it('retried when the schedule says, by the Desk’s clock, under one id, and given up after the last', async () => {
    const [id] = await queue();
    for (const pause of PAUSES_MS) {
      if (pause > 0) {
        place.clock.advance(pause - 1);
        expect(await deliverDue(deskWith(LATER)), `before ${pause}`).toMatchObject({ waiting: 0, givenUp: 0 });
        place.clock.advance(Math.ceil(pause * 0.1) + 1); // the longest a pause may grow
      }
      expect((await row(id))?.content).not.toBeNull();
      await deliverDue(deskWith(LATER));
    }
    expect(sent).toEqual(Array.from(PAUSES_MS, () => id));
    expect(await row(id)).toMatchObject({ state: 'given-up', content: null, last_error: LATER.ok ? '' : LATER.why });
  });

  it('a fault of the message itself is given up at once', async () => {
    const [id] = await queue();
    expect(await deliverDue(deskWith(NEVER))).toMatchObject({ givenUp: 1 });
    expect(await row(id)).toMatchObject({ state: 'given-up', content: null });
  });

  it('two parallel runs, and a run beside the sender of one message, send each once', async () => {
    const ids = await queue(12);
    const desk = deskWith(TAKEN);
    const reports = await Promise.all([deliverDue(desk), deliverDue(desk), deliverOutbox(desk, ids)]);
    expect(sent.toSorted()).toEqual([...ids].toSorted());
    expect(reports.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(12);
  });

  it('teeth: without the claim the same runs send several copies', async () => {
    await queue(12);
    const careless = async (desk: Desk) => {
      for (const due of await desk.store.read.outbox.due(desk.now(), 100, ['email'])) {
        await desk.channels
          .pick('email')
          .send(
            { id: due.id, kind: 'email', to: '', subject: '', body: '', createdAt: 0 },
            { now: desk.now(), attempt: 1 },
          );
      }
    };
    await Promise.all([careless(deskWith(TAKEN)), careless(deskWith(TAKEN))]);
    expect(sent.length).toBeGreaterThan(12);
  });

  it('a sender that dies between claim and outcome leaves it due again, two minutes later, under its id', async () => {
    const [id] = await queue();
    await expect(
      deliverDue(
        deskWith(() => {
          throw new Error('killed');
        }),
      ),
    ).rejects.toThrow('killed');
    expect(await deliverDue(deskWith(TAKEN)), 'somebody may still be sending it').toMatchObject({ delivered: 0 });
    place.clock.advance(minutes(2));
    expect(await deliverDue(deskWith(TAKEN))).toMatchObject({ delivered: 1 });
    expect(sent).toEqual([id, id]);
    expect(await row(id)).toMatchObject({ state: 'delivered', attempts: 2 });
  });

  it('a sender overtaken while it slept: its failure does not undo the delivery, its success counts', async () => {
    for (const own of [LATER, NEVER, TAKEN]) {
      const [id] = await queue();
      const slow = deskWith(async () => {
        place.clock.advance(minutes(3));
        await deliverDue(deskWith(own === TAKEN ? LATER : TAKEN));
        return own;
      });
      await deliverDue(slow);
      expect(await row(id), JSON.stringify(own)).toMatchObject({ state: 'delivered', content: null });
    }
  });

  it('a run ends while messages stay queued; a channel that is down does not hold up the others', async () => {
    await queue(120);
    const texts = await queue(3, 'sms');
    const report = await deliverDue({
      ...place.desk,
      channels: {
        wanted: [],
        pick: (kind) => deskWith(kind === 'sms' ? TAKEN : LATER).channels.pick(kind),
      },
    });
    expect(report).toEqual({ delivered: 3, waiting: 120, givenUp: 0, notDone: 0, dropped: 0 });
    expect(sent.length, 'five failures in a row are enough').toBe(8);
    expect(sent).toEqual(expect.arrayContaining([...texts]));
    // Nothing lost: once the server is back, all of them go.
    place.clock.advance(minutes(10));
    expect(await deliverDue(deskWith(TAKEN))).toEqual({
      delivered: 120,
      waiting: 0,
      givenUp: 0,
      notDone: 0,
      dropped: 0,
    });
    expect(new Set(sent).size).toBe(123);
  });

  it('more than one batch goes in one run', async () => {
    await queue(230);
    expect(await deliverDue(deskWith(TAKEN))).toEqual({
      delivered: 230,
      waiting: 0,
      givenUp: 0,
      notDone: 0,
      dropped: 0,
    });
  });

  it('a message that does not open is tried again later and holds up nobody', async () => {
    const [broken, whole] = [...(await queue()), ...(await queue())];
    const entry = { kind: 'test.spoilt', outcome: 'done', at: place.desk.now(), by: SYSTEM } as const;
    await place.desk.store.record(entry, (write) => write.outbox.update(broken ?? '', { content: 'cs1.x' }));
    expect(await deliverDue(deskWith(TAKEN))).toEqual({ delivered: 1, waiting: 1, givenUp: 0, notDone: 0, dropped: 0 });
    expect(sent).toEqual([whole]);
    expect(await row(broken)).toMatchObject({ state: 'queued', last_error: expect.stringContaining('store-corrupt') });
  });

  it('410: remembered by every process; later messages wait until a person has looked, or it is another receiver', async () => {
    const [first] = await queue(1, 'webhook');
    expect(await deliverDue(deskWith(GONE))).toMatchObject({ givenUp: 1 });
    const [second] = await queue(1, 'webhook');
    const other = await openDesk(
      openCustody({ settings: place.settings, dataFolder, now: place.clock.now, hashing: CHEAP }),
    );
    try {
      const desk = deskWith(TAKEN, 'x', other);
      expect(await deliverDue(desk)).toEqual({ delivered: 0, waiting: 1, givenUp: 0, notDone: 0, dropped: 0 });
      expect(await deliverOutbox(desk, [second ?? ''])).toEqual({
        delivered: 0,
        waiting: 0,
        givenUp: 0,
        notDone: 0,
        dropped: 0,
      });
      expect([...(await switchedOff(desk)).keys()]).toEqual(['webhook']);
      expect(sent).toEqual([first]);
      expect(await row(second)).toMatchObject({ state: 'queued', attempts: 0 });
    } finally {
      await other.store.close();
    }
    expect((await switchedOff(deskWith(TAKEN, 'https://other.example'))).size).toBe(0);
    expect(await switchOn(place.desk, await place.operator('admin'))).toEqual(['webhook']);
    expect(await deliverDue(deskWith(TAKEN))).toMatchObject({ delivered: 1 });
  });

  it('a store that is busy after the cause is no failure of the cause: the message waits', async () => {
    const [id] = await queue();
    const desk = deskWith(TAKEN);
    const busy = async () => {
      throw new Refusal('busy', 'the store is busy', { hint: 'Try again.' });
    };
    const report = await deliverOutbox({ ...desk, store: { ...desk.store, record: busy } }, [id ?? '']);
    expect(report).toEqual({ delivered: 0, waiting: 1, givenUp: 0, notDone: 0, dropped: 0 });
    expect(await deliverDue(desk)).toMatchObject({ delivered: 1 });
  });

  it('Ctrl-C ends the run after the message in hand', async () => {
    await queue(5);
    const stop = new AbortController();
    const desk = deskWith(() => {
      stop.abort();
      return TAKEN;
    });
    const report = await deliverDue(desk, { signal: stop.signal, step: () => undefined });
    expect(report).toEqual({ delivered: 1, waiting: 4, givenUp: 0, notDone: 0, dropped: 0 });
  });
});
