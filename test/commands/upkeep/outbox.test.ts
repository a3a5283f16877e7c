/** `outbox`: what is shown of a message, and how a flush ends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Context, Result } from '../../../src/commands/command.js';
import { commands } from '../../../src/commands/upkeep/outbox.js';
import type { Desk } from '../../../src/desk.js';
import { Refusal } from '../../../src/errors.js';
import { prepareMessage } from '../../../src/procedures/messages/queue-message.js';
import { findMessage, listOutbox } from '../../../src/procedures/messages/read-outbox.js';
import { remoteRow } from '../../../src/procedures/messages/remote-row.js';
import { SYSTEM } from '../../../src/rules/audit-entry.js';
import { accountRow, userRow } from '../../store/rows.js';
import { engines, type TestDesk, testDesk } from '../../support/test-desk.js';

type Sent = Awaited<ReturnType<ReturnType<Desk['channels']['pick']>['send']>>;

describe.each(engines)('outbox on %s', (engine) => {
  let made: TestDesk;
  let ids: readonly string[];
  beforeAll(async () => {
    made = await testDesk(engine);
    const { desk } = made;
    const entry = { kind: 'account.added', outcome: 'done', at: desk.now(), by: SYSTEM } as const;
    await desk.store.record(entry, async (write) => {
      await write.accounts.insert([accountRow('1')]);
      await write.users.insert([userRow('acc_1', 'ana')]);
    });
    ids = [
      await queue('login-code-email', 'ana.trujillo@mail.example', '493817'),
      await queue('login-code-sms', '+1 206 555 0147', '571904'),
    ];
  });
  afterAll(() => made.close());

  async function queue(template: string, to: string, code: string): Promise<string> {
    const { desk } = made;
    const account = await desk.store.read.accounts.byId('acc_1');
    const user = await desk.store.read.users.byId('usr_acc_1_ana');
    if (account === undefined || user === undefined) throw new Error('no such people');
    const values = { personName: 'Ana', login: 'ana', accountName: 'One', code, validFor: '10 minutes', desk: '' };
    const message = prepareMessage(
      {
        ...desk,
        compose: (kind) => ({ kind: kind.endsWith('sms') ? 'sms' : 'email', subject: 'Code', body: values.code }),
      },
      { template, to, account, user, values },
    );
    await desk.store.record({ kind: 'test.queued', outcome: 'done', at: desk.now(), by: SYSTEM }, (write) =>
      write.outbox.insert([message]),
    );
    return message.id;
  }

  const context = (desk: Desk) =>
    ({
      desk: async () => desk,
      operator: () => undefined,
      signal: new AbortController().signal,
      tongue: { language: 'en', now: desk.now },
    }) as unknown as Context;
  const flush = (sent: Sent, more: Partial<Desk> = {}): Promise<Result> => {
    const channels = { pick: () => ({ name: 'test', send: async () => sent }) } as unknown as Desk['channels'];
    const spec = commands.find(({ path }) => path === 'outbox flush');
    if (spec === undefined) throw new Error('no such command');
    return spec.run(context({ ...made.desk, channels, ...more }), {} as never);
  };

  it('B11 shows enough of an address to recognise it, and never content or codes', async () => {
    const [sms, email] = await listOutbox(made.desk, undefined, 10);
    expect(email).toMatchObject({ id: ids[0], to: 'a…@mail.example', channel: 'email', state: 'queued' });
    expect(sms).toMatchObject({ id: ids[1], to: '…47', channel: 'sms' });
    const shown = JSON.stringify([await findMessage(made.desk, ids[0] ?? ''), email, sms]);
    expect(shown).not.toMatch(/trujillo|206|493817|571904/);
    expect(await listOutbox(made.desk, 'delivered', 10)).toEqual([]);
    await expect(findMessage(made.desk, 'msg_none')).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 0],
  ])('the worker that %s stops ends with %i', async (reason, exit) => {
    const spec = commands.find(({ path }) => path === 'outbox flush');
    const stopped = { ...context(made.desk), signal: AbortSignal.abort(reason) };
    expect(await spec?.run(stopped, { watch: true } as never)).toMatchObject({ exit });
  });

  it('flush: what will be tried again ends with 4, what is given up with delivery-failed, what went out with 0', async () => {
    expect(await flush({ ok: false, permanent: false, why: 'later' })).toMatchObject({ exit: 4 });
    expect(await flush({ ok: true, reference: 'r-0' }), 'not due before the schedule says').toMatchObject({
      exit: 0,
      document: { delivery: { delivered: 0, later: 2 } },
      view: [{ lines: [expect.any(String), '2 more are not due yet.'] }],
    });
    made.clock.advance(60_000);
    const failed = await flush({ ok: false, permanent: true, why: 'no such address' }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Refusal);
    expect(failed).toMatchObject({ code: 'delivery-failed', also: { delivery: { delivered: 0, givenUp: 2 } } });
    await queue('login-code-email', 'ana.trujillo@mail.example', '112233');
    expect(await flush({ ok: true, reference: 'r-1' })).toMatchObject({
      exit: 0,
      document: { delivery: { delivered: 1 } },
    });
    expect((await listOutbox(made.desk, 'given-up', 10)).map(({ lastError }) => lastError)).toEqual([
      'no such address',
      'no such address',
    ]);
  });

  it('flush: a reset that another system did in part, or for nobody, is no message that was given up; it ends with 4', async () => {
    const { desk } = made;
    const user = { id: 'usr_acc_1_ana', accountId: 'acc_1' };
    const work = { do: 'reset', connector: 'shop', reset: 'rst_1', to: null } as const;
    await desk.store.record({ kind: 'test.queued', outcome: 'done', at: desk.now(), by: SYSTEM }, async (write) => {
      const none = { job_id: null, line: null, by_user_id: null, caller_id: null, grant_id: null, reason: null };
      const not = { ticket: null, objected_at: null, objected_by: null, ended_at: null, ended_by: null };
      const counts = { final: 0, factors: 1, backup_codes: 0, devices: 0, sessions: 0, enrolments: 0 };
      const done = { operator_id: null, outcome: 'reset', state: 'open', at: desk.now(), ...none, ...not, ...counts };
      await write.resets.insert([{ id: 'rst_1', user_id: user.id, account_id: user.accountId, ...done }]);
      await write.outbox.insert([remoteRow(desk, work, user)]);
    });
    const nobody = { state: 'unknown', removed: [], left: [], id: null, sessions: 'unknown', gate: null } as const;
    const connectors = { ...desk.connectors, names: () => ['shop'], reset: async () => nobody };
    expect(await flush({ ok: true, reference: 'r-2' }, { connectors })).toMatchObject({
      exit: 4,
      document: { delivery: { givenUp: 0, notDone: 1 } },
      view: [{ lines: [expect.stringMatching(/0 given up, 1 reset not done/)] }],
    });
  });
});
