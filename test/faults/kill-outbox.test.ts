/**
 * kill -9 of the worker that sends the outbox (B88, B89): two thousand messages, in the long form ten, through a mail server that is slow,
 * refuses for now and closes in the middle, with twenty kills. Each message arrives once; one that arrived twice is named by the log: an
 * attempt of it has no end.
 */
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyAuditLog } from '../../src/procedures/log/verify-audit-log.js';
import { prepareMessage } from '../../src/procedures/messages/queue-message.js';
import { minutes } from '../../src/rules/duration.js';
import { type ResetDesk, resetDesk } from '../procedures/reset-desk.js';
import { type ChildScript, childScript } from '../support/child-script.js';
import { dataFolder, type EngineName, engines } from '../support/test-desk.js';
import { killSoon, random } from './kill-at-random.js';

const KILLS = 20;
/** Mails of a batch: what one kill can leave without an end. */
const UNKNOWN_AT_MOST = 25;
const MESSAGES: Readonly<Record<EngineName, number>> = { sqlite: 10_000, postgres: 3_000 };
const LIMIT_MS = 400_000;

const SCRIPT = `
import { openCustody } from './src/opening/open-custody.js';
import { openDesk } from './src/opening/open-desk.js';
import { deliverDue } from './src/procedures/messages/deliver-outbox.js';
const { settings, dataFolder, ahead } = JSON.parse(process.env.ORDER);
const now = () => Date.now() + ahead;
openDesk(openCustody({ settings, dataFolder, now, clockAsGiven: true })).then(async (desk) => {
  await deliverDue(desk);
  await desk.store.close();
});
`;

const seed = Number(process.env['COUNTERSIGN_TEST_SEED'] ?? 20_261_130);

let script: ChildScript;
beforeAll(async () => {
  script = await childScript(SCRIPT);
});
afterAll(() => script.remove());

describe.each(engines)(`a worker of the outbox that is killed, on %s (seed ${seed})`, (engine) => {
  let place: ResetDesk;
  let server: SMTPServer;
  /** How often each address got its mail. */
  const arrived = new Map<string, number>();
  beforeEach(async () => {
    const chance = random(seed);
    server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      disableReverseLookup: true,
      onData: (stream, session, done) =>
        void stream.resume().on('end', () => {
          const luck = chance();
          if (luck < 0.005) return done(Object.assign(new Error('try later'), { responseCode: 451 }));
          if (luck < 0.01) return done(Object.assign(new Error('closing'), { responseCode: 421 }));
          for (const { address } of session.envelope.rcptTo) arrived.set(address, (arrived.get(address) ?? 0) + 1);
          done(null, 'accepted');
        }),
    });
    // A worker that is killed breaks its connections.
    server.on('error', () => undefined);
    const port = await new Promise<number>((ready) =>
      server.listen(0, '127.0.0.1', () => ready((server.server.address() as { port: number }).port)),
    );
    place = await resetDesk(engine);
    place.clock.set(Date.now());
    const mail = { channel: 'smtp', host: '127.0.0.1', port, from: 'desk@desk.example' } as const;
    Object.assign(place.settings, { file: { ...place.settings.file, mail } });
  });
  afterEach(async () => {
    await place.close();
    await new Promise<void>((closed) => server.close(() => closed()));
  });

  it(
    'sends each exactly once, or names it',
    async () => {
      const count = MESSAGES[engine];
      const values = { name: 'Bea', account: '1', login: 'bea', when: 'today', who: 'lena', reference: 'R-1' };
      const rows = Array.from({ length: count }, (_, n) =>
        prepareMessage(place.desk, {
          template: 'mfa-reset-undone',
          to: `u${n}@mail.example`,
          account: { id: 'acc_1' },
          user: { id: `usr_${n}` },
          values,
        } as unknown as Parameters<typeof prepareMessage>[1]),
      );
      const by = { kind: 'system', id: 'test', name: 'test' } as const;
      const entry = { kind: 'test.queued', outcome: 'done', at: place.desk.now(), by } as const;
      await place.desk.store.record(entry, async (write) => {
        await write.meta.put('key-id', place.desk.keyring.keyId);
        await write.outbox.insert(rows);
      });
      const chance = random(seed + 1);
      let kills = 0;
      const states = async () => {
        const all = await place.desk.store.read.outbox.byIds(rows.map(({ id }) => id));
        return rows.filter(({ id }) => all.get(id)?.state !== 'delivered').length;
      };
      for (let run = 0; run < 200; run += 1) {
        const order = { settings: place.settings, dataFolder, ahead: run * minutes(61) };
        const worker = script.start([], { ORDER: JSON.stringify(order) });
        // Each sends some, so that kills are not all of a start.
        const share = Math.max(arrived.size + 50, (count * (kills + 1)) / (KILLS + 1));
        const stop = kills < KILLS && killSoon(worker, 300 + chance() * 1_200, () => arrived.size > share);
        const { code, stderr } = await worker.ended;
        if (stop !== false) stop();
        expect(stderr).toBe('');
        if (code === null) kills += 1;
        else if ((await states()) === 0) break;
      }
      expect([kills, await states(), arrived.size]).toEqual([KILLS, 0, count]);
      const log = (await place.desk.store.read.audit.newest({ kind: 'delivery' }, 200_000)).map(
        ({ body }) => JSON.parse(body) as { kind: string; outcome: string; detail: { message: string } },
      );
      const tally = (kind: string, outcome?: string) => {
        const counts = new Map<string, number>();
        for (const one of log)
          if (one.kind === kind && (outcome === undefined || one.outcome === outcome))
            counts.set(one.detail.message, (counts.get(one.detail.message) ?? 0) + 1);
        return counts;
      };
      const [begun, ended] = [tally('delivery.attempted', 'started'), tally('delivery.ended')];
      const twice = [...arrived].flatMap(([address, times]) => (times > 1 ? [address] : []));
      const named = rows.flatMap(({ id }, n) =>
        (begun.get(id) ?? 0) > (ended.get(id) ?? 0) ? [`u${n}@mail.example`] : [],
      );
      expect(twice.filter((address) => !named.includes(address))).toEqual([]);
      expect(named.length).toBeLessThanOrEqual(KILLS * UNKNOWN_AT_MOST);
      expect([...tally('delivery.ended', 'done').values()].every((times) => times === 1)).toBe(true);
      await verifyAuditLog(place.desk.store.read.audit, { notary: place.desk.notary });
    },
    LIMIT_MS,
  );
});
