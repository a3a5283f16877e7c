import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sink } from '../../../src/delivery/sink.js';
import type { Desk } from '../../../src/desk.js';
import { openEngine } from '../../../src/opening/open-desk.js';
import { streamLog } from '../../../src/procedures/log/stream-log.js';
import { SYSTEM } from '../../../src/rules/audit-entry.js';
import { hours } from '../../../src/rules/duration.js';
import { engines, type TestDesk, testDesk } from '../../support/test-desk.js';

describe.each(engines)('the log on its way to a sink, on %s', (name) => {
  let made: TestDesk;
  let desk: Desk;
  let got: string[];
  let down: string | null;

  beforeEach(async () => {
    made = await testDesk(name);
    got = [];
    down = null;
    const sink: Sink = {
      place: 'a test',
      send: async (entries) => {
        if (down !== null) return { ok: false, why: down };
        got.push(...entries.map(({ body }) => body));
        return { ok: true };
      },
    };
    desk = { ...made.desk, sink };
  });
  afterEach(() => made.close());

  const write = async (count: number) => {
    for (let n = 0; n < count; n += 1) {
      await desk.store.record(
        { kind: 'call.general', outcome: 'done', at: desk.now(), by: SYSTEM },
        async () => undefined,
      );
    }
  };
  const bodies = async () => (await desk.store.read.audit.batch(0, 10_000)).map(({ body }) => body);

  it('is handed on whole, in order and once, and writes nothing into the log itself', async () => {
    await write(5);
    expect(await streamLog(desk)).toEqual({ sent: 5, waiting: 0, why: null, failed: false });
    expect(await streamLog(desk)).toMatchObject({ sent: 0, waiting: 0 });
    await write(2);
    expect(await streamLog(desk)).toMatchObject({ sent: 2 });
    expect(got).toEqual(await bodies());
    expect(got).toHaveLength(7);
  });

  it('B87 rests no longer than a minute after a failure, also when the clock was hours ahead at the time and was set back', async () => {
    await write(2);
    made.clock.advance(hours(20));
    down = 'refused';
    expect(await streamLog(desk)).toMatchObject({ sent: 0, failed: true });
    down = null;
    expect(await streamLog(desk)).toMatchObject({ sent: 0, waiting: 2, failed: false });
    made.clock.advance(-hours(20));
    expect(await streamLog(desk)).toMatchObject({ sent: 2, waiting: 0 });
  });

  it('more than one batch', async () => {
    await desk.store.record(
      Array.from(
        { length: 450 },
        () => ({ kind: 'call.general', outcome: 'done', at: desk.now(), by: SYSTEM }) as const,
      ),
      async () => undefined,
    );
    expect(await streamLog(desk)).toMatchObject({ sent: 450 });
    expect(got).toEqual(await bodies());
  });

  it('a dead sink keeps entries waiting, says why, rests a minute, and loses none', async () => {
    await write(3);
    down = 'it is down';
    expect(await streamLog(desk)).toEqual({ sent: 0, waiting: 3, why: 'it is down', failed: true });
    await write(1);
    down = null;
    expect(await streamLog(desk)).toEqual({ sent: 0, waiting: 4, why: 'it is down', failed: false });
    made.clock.advance(61_000);
    expect(await streamLog(desk)).toEqual({ sent: 4, waiting: 0, why: null, failed: false });
    expect(got).toEqual(await bodies());
  });

  it('several at once send each entry once', async () => {
    await write(8);
    const reports = await Promise.all([streamLog(desk), streamLog(desk), streamLog(desk)]);
    expect(reports.reduce((sum, { sent }) => sum + sent, 0)).toBe(8);
    expect(got).toEqual(await bodies());
  });

  it('a sender that died with the cursor loses it after half a minute', async () => {
    await write(2);
    const cursor = await desk.store.sinkCursor.read();
    expect(await desk.store.sinkCursor.move(cursor, { ...cursor, until: desk.now() + 30_000 })).toBe(true);
    expect(await streamLog(desk)).toMatchObject({ sent: 0, waiting: 2 });
    made.clock.advance(31_000);
    expect(await streamLog(desk)).toMatchObject({ sent: 2 });
  });

  it('T8 a cursor moved on by another hand is not believed: everything is handed on again', async () => {
    await write(2);
    await streamLog(desk);
    await write(2);
    const engine = await openEngine(made.settings.store, false);
    const { value } = await engine.db
      .selectFrom('sink_cursors')
      .select('value')
      .where('key', '=', 'sink')
      .executeTakeFirstOrThrow();
    await engine.db
      .updateTable('sink_cursors')
      .set({ value: value.replace('[2,', '[4,') })
      .where('key', '=', 'sink')
      .execute();
    await engine.close();
    expect(await streamLog(desk)).toMatchObject({ sent: 4 });
    expect(got.slice(2)).toEqual(await bodies());
  });

  it.each([
    ['was changed', "update audit_entries set body = replace(body, 'call.general', 'call.dropped') where seq = 4"],
    ['was deleted', 'delete from audit_entries where seq = 4'],
  ])('T20 nothing is sent from a batch on in which an entry %s, and this is said', async (_what, text) => {
    await write(3);
    await streamLog(desk);
    const sent = [...got];
    await write(3);
    const engine = await openEngine(made.settings.store, false);
    await sql.raw(text).execute(engine.db);
    await engine.close();
    const why = expect.stringMatching(/^the log does not check out at entry \d$/);
    expect(await streamLog(desk)).toEqual({ sent: 0, waiting: 3, why, failed: true });
    expect(got).toEqual(sent);
    made.clock.advance(61_000);
    expect(await streamLog(desk)).toMatchObject({ sent: 0, waiting: 3, failed: true });
  });

  it('without a sink nothing is sent and nothing waits', async () => {
    await write(1);
    expect(await streamLog({ ...desk, sink: null })).toEqual({ sent: 0, waiting: 0, why: null, failed: false });
  });
});
