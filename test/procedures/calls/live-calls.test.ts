/** Calls on the console, on both engines: begun, noted, handed over, resumed by somebody else, ended; each in the log (B74). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  answerGeneralQuestion,
  beginCall,
  leaveCall,
  noteOnCall,
  recordConsoleEnded,
  resumeCall,
} from '../../../src/procedures/calls/live-calls.js';
import type { Account } from '../../../src/rules/people.js';
import { accountRow, userRow } from '../../store/rows.js';
import { signedOperator } from '../../support/signed-operator.js';
import { engines, type TestDesk, testDesk } from '../../support/test-desk.js';

describe.each(engines)('a call on %s', (engine) => {
  let made: TestDesk;
  let account: Account;

  beforeEach(async () => {
    made = await testDesk(engine);
    const by = { kind: 'system', id: 'test', name: 'test' } as const;
    await made.desk.store.record(
      { kind: 'test.prepared', outcome: 'done', at: made.clock.now(), by },
      async (write) => {
        await write.accounts.insert([accountRow('100234')]);
        await write.users.insert([userRow('acc_100234', 'ana')]);
      },
    );
    account = (await made.desk.store.read.accounts.byNumber('100234')) as Account;
  });
  afterEach(() => made.close());

  const kinds = async () =>
    (await made.desk.store.read.audit.newest({ kind: 'call' }, 20))
      .map((row) => (JSON.parse(row.body) as { kind: string }).kind)
      .reverse();

  it('keeps what is known of it, and every step is an entry', async () => {
    const [agent, desk] = [await made.operator('agent'), made.desk];
    const call = await beginCall(desk, agent, { account });
    const [action] = desk.policy.actions;
    if (action === undefined) throw new Error('no action');
    await noteOnCall(desk, agent, call.id, { action, ticket: 'T-1' });
    const noted = await noteOnCall(desk, agent, call.id, { outcome: 'verified' });
    expect(noted).toMatchObject({
      id: call.id,
      state: 'open',
      account: { number: '100234' },
      action: { id: action.id },
      ticket: 'T-1',
      outcome: 'verified',
    });
    await leaveCall(desk, agent, call.id, 'ended');
    expect(await kinds()).toEqual(['call.opened', 'call.noted', 'call.noted', 'call.ended']);
  });

  it('dropped or handed over, it resumes by its id for another operator, with what was known', async () => {
    const [agent, lead, desk] = [await made.operator('agent'), await made.operator('lead'), made.desk];
    const call = await beginCall(desk, agent, { account });
    await leaveCall(desk, agent, call.id, 'dropped');
    const dropped = await resumeCall(desk, lead, call.id.slice(5).toUpperCase());
    expect(dropped).toMatchObject({ id: call.id, openedAt: call.openedAt, account: { number: '100234' } });
    await leaveCall(desk, lead, call.id, 'handed-over');
    expect((await resumeCall(desk, agent, call.id)).state).toBe('open');
    expect((await desk.store.read.calls.byId(call.id))?.operator_id).toBe(agent.operator.id);
  });

  it('B78 a console that ends when its operator is gone leaves the call open, and the entry says whose it is: nobody drops it', async () => {
    const [agent, desk] = [await signedOperator(made.desk, 'agent', 'leaver'), made.desk];
    const call = await beginCall(desk, agent, { account });
    const by = { kind: 'system', id: 'test', name: 'test' } as const;
    await desk.store.record({ kind: 'test.prepared', outcome: 'done', at: made.clock.now(), by }, (write) =>
      write.operators.update(agent.operator.id, { disabled_at: 1 }),
    );
    await expect(leaveCall(desk, agent, call.id, 'dropped')).rejects.toMatchObject({ code: 'not-signed-in' });
    await recordConsoleEnded(desk, call.id, 'not-signed-in');
    const [entry] = await desk.store.read.audit.newest({ kind: 'call.dropped' }, 2);
    expect(JSON.parse(entry?.body ?? '{}')).toMatchObject({
      by: { kind: 'system' },
      reason: 'not-signed-in',
      detail: { call: call.id },
    });
    expect((await resumeCall(desk, await made.operator('lead'), call.id)).state).toBe('open');
  });

  it('ended, it does not; and no text resumes what is not there', async () => {
    const [agent, desk] = [await made.operator('agent'), made.desk];
    const call = await beginCall(desk, agent, {});
    await leaveCall(desk, agent, call.id, 'ended');
    await expect(resumeCall(desk, agent, call.id)).rejects.toMatchObject({ code: 'refused-by-policy' });
    for (const text of ['', 'call_zzzzzz', "' or 1=1 --", '\0'])
      await expect(resumeCall(desk, agent, text)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('B74 E28 once another operator has it, whoever had it before neither writes in it nor ends it', async () => {
    const [agent, lead, desk] = [await made.operator('agent'), await made.operator('lead'), made.desk];
    const call = await beginCall(desk, agent, { account });
    await resumeCall(desk, lead, call.id);
    const caller = (await desk.store.read.users.byId('usr_acc_100234_ana')) ?? null;
    for (const late of [
      () => noteOnCall(desk, agent, call.id, { caller, outcome: 'verified' }),
      () => noteOnCall(desk, agent, call.id, { ticket: 'T-2' }),
      () => answerGeneralQuestion(desk, agent, call.id),
      () => leaveCall(desk, agent, call.id, 'handed-over'),
      () => leaveCall(desk, agent, call.id, 'dropped'),
      () => leaveCall(desk, agent, call.id, 'ended'),
    ])
      await expect(late()).rejects.toMatchObject({ because: { reason: 'call-elsewhere' } });
    expect(await kinds()).toEqual(['call.opened', 'call.resumed']);
    const now = { state: 'open', user_id: null, ticket: null, outcome: null, operator_id: lead.operator.id };
    expect(await desk.store.read.calls.byId(call.id)).toMatchObject(now);
    expect((await noteOnCall(desk, lead, call.id, { caller })).caller).toMatchObject({ login: 'ana' });
  });

  it('E33 handed over or ended, it takes a ticket and nothing else; ended, it is not handed over', async () => {
    const [agent, desk] = [await made.operator('agent'), made.desk];
    for (const how of ['handed-over', 'ended'] as const) {
      const { id } = await beginCall(desk, agent, { account });
      await leaveCall(desk, agent, id, how);
      expect((await noteOnCall(desk, agent, id, { ticket: 'T-3' })).ticket).toBe('T-3');
      const verified = noteOnCall(desk, agent, id, { ticket: 'T-4', outcome: 'verified' });
      await expect(verified).rejects.toMatchObject({ code: 'refused-by-policy' });
      await leaveCall(desk, agent, id, 'ended');
      await expect(leaveCall(desk, agent, id, 'handed-over')).rejects.toMatchObject({ code: 'refused-by-policy' });
      expect(await desk.store.read.calls.byId(id)).toMatchObject({ state: 'ended', ticket: 'T-3', outcome: null });
    }
  });

  it('draws another id where one was given before', async () => {
    const agent = await made.operator('agent');
    const draws = [
      [1, 2, 3, 4],
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ];
    const desk = {
      ...made.desk,
      chance: { ...made.desk.chance, bytes: () => Uint8Array.from(draws.shift() ?? [9, 9, 9, 9]) },
    };
    const [first, second] = [await beginCall(desk, agent, {}), await beginCall(desk, agent, {})];
    expect(first.id).not.toBe(second.id);
    expect(draws).toEqual([]);
  });

  it('a general question is in the log without any account (B06)', async () => {
    await answerGeneralQuestion(made.desk, await made.operator('agent'), null);
    const [entry] = await made.desk.store.read.audit.newest({ kind: 'call.general' }, 1);
    expect(JSON.parse(entry?.body ?? '{}')).not.toHaveProperty('account');
  });
});
