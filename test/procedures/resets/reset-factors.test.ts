/** B50, B52–B58, B63: one user's reset on a call. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resetView } from '../../../src/commands/resets/reset-view.js';
import type { Desk, SignedOperator } from '../../../src/desk.js';
import { sendQueued } from '../../../src/procedures/messages/deliver-outbox.js';
import { decideApproval, showApproval } from '../../../src/procedures/resets/decide-approval.js';
import { freezeResets, thawResets } from '../../../src/procedures/resets/freeze.js';
import { type GrantedReset, resetUnderGrant } from '../../../src/procedures/resets/reset-factors.js';
import { proven } from '../../support/proven.js';
import { engines } from '../../support/test-desk.js';
import { wordsAt } from '../../support/words.js';
import { FULL, type Holdings, holdingsOf, messagesTo, type ResetDesk, resetDesk } from '../reset-desk.js';

const GONE = { active: 0, pending: 0, backupCodes: 0, devices: 0, sessions: 0 };

describe.each(engines)('one reset on a call, on %s', (engine) => {
  let place: ResetDesk;
  let agent: SignedOperator;
  beforeEach(async () => {
    place = await resetDesk(engine);
    agent = await place.operator('agent');
    await place.account('1');
    await place.user('1', 'boss', { role: 'admin' }, FULL);
    await place.user('1', 'ana', {}, FULL);
  });
  afterEach(() => place.close());

  async function ask(caller: string, target: string, more: Partial<GrantedReset> = {}, number = '1') {
    const { read } = place.desk.store;
    const account = await read.accounts.byId(`acc_${number}`);
    const user = await read.users.byId(`usr_acc_${number}_${target}`);
    if (account === undefined || user === undefined) throw new Error('not seeded');
    const grantId = more.grantId ?? (await place.grant(agent, number, caller));
    return { grantId, account, target: user, reason: 'phone lost', ticket: 'T-1', ...more };
  }
  const reset = async (caller: string, target: string, more: Partial<GrantedReset> = {}) =>
    resetUnderGrant(place.desk, agent, await ask(caller, target, more));

  it('takes everything in one go and counts it by kind; others are untouched (B50, B52)', async () => {
    await place.user('1', 'lee', {}, FULL);
    const done = await reset('boss', 'ana');
    expect(done).toMatchObject({
      outcome: 'reset',
      removed: { factors: 2, backupCodes: 10, devices: 1, sessions: 1, enrolments: 1 },
      enrolmentCode: 'sent',
      caller: { login: 'boss' },
      target: { login: 'ana' },
    });
    expect(await holdingsOf(place.desk, 'usr_acc_1_ana')).toMatchObject({ ...GONE, suspended: 2, suspendedCodes: 10 });
    expect(await holdingsOf(place.desk, 'usr_acc_1_lee')).toMatchObject({ active: 2, backupCodes: 10, devices: 1 });
  });

  it.each<[string, Holdings, string]>([
    ['only backup codes', { backupCodes: 3 }, 'reset'],
    ['half enrolled', { pending: 1 }, 'reset'],
    ['only a session', { sessions: 1 }, 'reset'],
    ['none', {}, 'nothing-to-do'],
  ])('works in every state: %s (B53)', async (_state, holdings, outcome) => {
    const id = await place.user('1', 'kim', {}, holdings);
    expect(await reset('boss', 'kim')).toMatchObject({ outcome });
    expect(await holdingsOf(place.desk, id)).toMatchObject(GONE);
    if (outcome === 'nothing-to-do') expect(await messagesTo(place.desk, id)).toEqual([]);
  });

  it('works for single sign-on users and with MFA off (B53)', async () => {
    await place.user('1', 'sso', { sign_in: 'sso' }, { totp: 1 });
    expect(await reset('boss', 'sso')).toMatchObject({ outcome: 'reset', removed: { factors: 1 } });
    await place.account('2', { mfa_required_at: null, edition: 'classic' });
    await place.user('2', 'chef', { role: 'primary-admin' });
    await place.user('2', 'joe', {}, { totp: 1 });
    const account = await place.desk.store.read.accounts.byId('acc_2');
    const target = await place.desk.store.read.users.byId('usr_acc_2_joe');
    if (account === undefined || target === undefined) throw new Error('not seeded');
    const grantId = await place.grant(agent, '2', 'chef');
    const asked = { grantId, account, target, reason: undefined, ticket: undefined };
    expect(await resetUnderGrant(place.desk, agent, asked)).toMatchObject({ outcome: 'reset' });
  });

  it('twice changes nothing and tells nobody twice (B53)', async () => {
    await reset('boss', 'ana');
    const before = (await place.desk.store.read.outbox.list(100)).length;
    expect(await reset('boss', 'ana')).toMatchObject({ outcome: 'nothing-to-do', removed: { factors: 0 } });
    expect((await place.desk.store.read.outbox.list(100)).length).toBe(before);
  });

  it('uses the grant up, also where there was nothing to do; without a live one nothing happens (B54)', async () => {
    const grantId = await place.grant(agent, '1', 'boss');
    await reset('boss', 'ana', { grantId });
    await expect(reset('boss', 'ana', { grantId })).rejects.toMatchObject({ code: 'no-grant' });
    const late = await place.grant(agent, '1', 'boss');
    place.clock.advance(15 * 60_000);
    await expect(reset('boss', 'ana', { grantId: late })).rejects.toMatchObject({ code: 'no-grant' });
    const others = await place.grant(await place.operator('lead'), '1', 'boss');
    await expect(reset('boss', 'ana', { grantId: others })).rejects.toMatchObject({ code: 'no-grant' });
  });

  it('a scope that is taken away in the middle of the call ends the grant (B08)', async () => {
    await place.account('2', { edition: 'classic' });
    await place.user('2', 'sec', { role: 'secondary-admin', scopes: 'login-security' });
    const joe = await place.user('2', 'joe', {}, FULL);
    const asked = await ask('sec', 'joe', {}, '2');
    const entry = { kind: 'test.seeded', outcome: 'done', at: place.clock.now(), by: proven(agent.actor) } as const;
    await place.desk.store.record(entry, (write) => write.users.update('usr_acc_2_sec', { scopes: 'billing' }));
    await expect(resetUnderGrant(place.desk, agent, asked)).rejects.toMatchObject({ code: 'no-grant' });
    expect(await holdingsOf(place.desk, joe)).toMatchObject({ active: 2 });
  });

  it('tells the target and the admins, at former addresses too (B58)', async () => {
    const at = place.clock.now();
    const former = [{ email: 'old@example.com', phone: '', replacedAt: at - 86_400_000 }];
    const id = await place.user('1', 'mo', { former_contacts: JSON.stringify(former) }, FULL);
    await reset('boss', 'mo');
    expect(await messagesTo(place.desk, id)).toEqual(['enrolment-code', 'mfa-reset-notice', 'mfa-reset-notice']);
    expect(await messagesTo(place.desk, 'usr_acc_1_boss')).toEqual(['mfa-reset-notice-admins']);
  });

  it('sends the enrolment code to the address in force seven days ago, not to a fresh or an in-between one (B57)', async () => {
    const now = place.clock.now();
    const day = 86_400_000;
    const former = [
      { email: 'owner@example.com', phone: '', replacedAt: now - 2 * day },
      { email: 'between@example.com', phone: '', replacedAt: now - day },
    ];
    const id = await place.user(
      '1',
      'mo',
      {
        email: 'thief@example.com',
        contact_changed_at: now - day,
        created_at: now - 100 * day,
        former_contacts: JSON.stringify(former),
      },
      FULL,
    );
    await place.desk.store.record(
      { kind: 'test.prepared', outcome: 'done', at: now, by: proven(agent.actor) },
      async () => undefined,
    );
    const sent: string[] = [];
    const watching: Desk = {
      ...place.desk,
      channels: watch(place, sent),
      sendQueued: () => sendQueued(watching),
    };
    await resetUnderGrant(watching, agent, await ask('boss', 'mo'));
    expect(sent.filter((line) => line.startsWith('Your code to set up'))).toEqual([
      'Your code to set up sign-in again for mo → owner@example.com',
    ]);
    expect(sent.length).toBeGreaterThan(3);
    expect(await place.desk.store.read.factors.newestCode(id, 'enrol')).toMatchObject({ used_at: null });
  });

  it.each([
    [{ ok: false, permanent: false, why: 'no mail server' }, 'waiting'],
    [{ ok: false, permanent: true, why: 'no such mailbox' }, 'not-sent'],
  ] as const)('B88 the code counts as sent only once a server took it: %j', async (answer, enrolmentCode) => {
    const failing: Desk = {
      ...place.desk,
      channels: watch(place, [], answer),
      sendQueued: () => sendQueued(failing),
    };
    const done = await resetUnderGrant(failing, agent, await ask('boss', 'ana'));
    expect(done).toMatchObject({ outcome: 'reset', enrolmentCode, codeTrouble: answer.why });
    const said = JSON.stringify(resetView(done, wordsAt(0), wordsAt(0)));
    expect(said).toContain(answer.why);
    expect(said).not.toContain('on its way');
  });

  it('bars the way where no address is old enough: a code stands that nobody has (B57)', async () => {
    const now = place.clock.now();
    const id = await place.user(
      '1',
      'mo',
      { email: 'x@example.com', contact_changed_at: now - 1, created_at: now - 9 },
      FULL,
    );
    expect(await reset('boss', 'mo')).toMatchObject({ enrolmentCode: 'no-address-on-file' });
    expect(await place.desk.store.read.factors.newestCode(id, 'enrol')).toMatchObject({ used_at: null });
    expect(await messagesTo(place.desk, id)).not.toContain('enrolment-code');
  });

  it('an enrolment code that ran out is a reason to reset again: a new one is sent', async () => {
    await reset('boss', 'ana');
    place.clock.advance(25 * 3_600_000);
    expect(await reset('boss', 'ana')).toMatchObject({ outcome: 'reset', enrolmentCode: 'sent' });
    expect(await holdingsOf(place.desk, 'usr_acc_1_ana')).toMatchObject({ suspended: 2 });
  });

  it('--final destroys at once (B61)', async () => {
    await reset('boss', 'ana');
    await place.give('usr_acc_1_ana', { totp: 1 });
    await reset('boss', 'ana', { final: true });
    expect(await holdingsOf(place.desk, 'usr_acc_1_ana')).toMatchObject({ ...GONE, suspended: 0, suspendedCodes: 0 });
  });

  it('what an earlier reset suspended is destroyed once the user had enrolled again', async () => {
    await reset('boss', 'ana');
    await place.give('usr_acc_1_ana', { totp: 1 });
    await reset('boss', 'ana');
    expect(await holdingsOf(place.desk, 'usr_acc_1_ana')).toMatchObject({ suspended: 1, suspendedCodes: 0 });
  });

  it('an account that forbids resets by phone gets none (B63)', async () => {
    const entry = { kind: 'account.edited', outcome: 'done', at: place.clock.now(), by: proven(agent.actor) } as const;
    await place.desk.store.record(entry, (write) => write.accounts.update('acc_1', { phone_reset_forbidden: 1 }));
    await expect(reset('boss', 'ana')).rejects.toMatchObject({ code: 'refused-by-policy' });
    expect(await holdingsOf(place.desk, 'usr_acc_1_ana')).toMatchObject({ active: 2 });
  });

  it('a freeze stops it, in this and every other process, until it is lifted or runs out (B63)', async () => {
    const lead = await place.operator('lead');
    await freezeResets(place.desk, lead, { reason: 'odd calls', until: null });
    await expect(reset('boss', 'ana')).rejects.toMatchObject({
      code: 'refused-by-policy',
      because: { reason: 'resets-frozen' },
      next: [{ step: 'lead-thaws' }],
    });
    await thawResets(place.desk, lead);
    await freezeResets(place.desk, lead, { reason: null, until: place.clock.now() + 60_000 });
    await expect(reset('boss', 'ana')).rejects.toMatchObject({ code: 'refused-by-policy' });
    place.clock.advance(60_000);
    expect(await reset('boss', 'ana')).toMatchObject({ outcome: 'reset' });
  });

  it.each([
    ['a verifier, who may only verify', 'verifier', { role: 'verifier' }, 'forbidden'],
    ['an agent whose role was lowered in the middle of the call', 'agent', { role: 'verifier' }, 'forbidden'],
    ['an agent who was disabled in the middle of the call', 'agent', { disabled_at: 1 }, 'not-signed-in'],
  ] as const)('%s resets nothing, whatever door they come through (B71, T14)', async (_who, role, operator, code) => {
    const typist = await place.another(role, 'typist');
    const grantId = await place.grant(typist, '1', 'boss');
    const asked = await ask('boss', 'ana', { grantId });
    await place.change(typist, { operator });
    await expect(resetUnderGrant(place.desk, typist, asked)).rejects.toMatchObject({ code });
    expect(await holdingsOf(place.desk, 'usr_acc_1_ana')).toMatchObject({ active: 2, backupCodes: 10 });
    expect((await place.desk.store.read.grants.byId(grantId))?.used_at).toBeNull();
  });

  it('nobody resets more than a person can with care (limits.reset)', async () => {
    const limit = place.desk.policy.limits.reset.perOperatorPerHour;
    for (let n = 0; n < limit; n += 1) await reset('boss', 'ana');
    await expect(reset('boss', 'ana')).rejects.toMatchObject({ code: 'locked' });
    place.clock.advance(3_600_001);
    expect(await reset('boss', 'ana')).toMatchObject({ outcome: 'nothing-to-do' });
  });

  describe('four eyes (B56)', () => {
    const waiting = async (asked: GrantedReset): Promise<string> => {
      const error = (await resetUnderGrant(place.desk, agent, asked).catch((e: unknown) => e)) as {
        code: string;
        also: { approval: { id: string } };
      };
      expect(error.code).toBe('approval-needed');
      return error.also.approval.id;
    };

    it.each([
      ['their own', '2', 'sec', 'sec'],
      ['an admin', '1', 'ceo', 'boss'],
    ])('a caller who asks for %s waits for a second operator', async (_what, number, caller, target) => {
      await place.user('1', 'ceo', { role: 'admin' });
      await place.account('2', { edition: 'classic' });
      await place.user('2', 'sec', { role: 'secondary-admin', scopes: 'login-security' }, FULL);
      const userId = `usr_acc_${number}_${target}`;
      const asked = await ask(caller, target, {}, number);
      const id = await waiting(asked);
      expect(await waiting(asked)).toBe(id);
      expect(await holdingsOf(place.desk, userId)).toMatchObject({ active: 2 });
      const lead = await place.operator('lead');
      expect((await showApproval(place.desk, id)).targets.map(({ user }) => user.login)).toEqual([target]);
      await decideApproval(place.desk, lead, { id, approve: true, reason: null });
      expect(await resetUnderGrant(place.desk, agent, asked)).toMatchObject({ outcome: 'reset' });
      expect((await showApproval(place.desk, id)).standing).toBe('used');
    });

    it('a second call does not get past an objection to the first reset (B62)', async () => {
      const { id: resetId } = await reset('boss', 'ana');
      const at = place.clock.now();
      const objecting = { kind: 'mfa.objected', outcome: 'done', at, by: proven(agent.actor) } as const;
      await place.desk.store.record(objecting, (write) => write.resets.object(resetId, 'usr_acc_1_boss', at));
      const asked = await ask('boss', 'ana');
      const id = await waiting(asked);
      expect(await showApproval(place.desk, id)).toMatchObject({ why: 'objected-reset' });
      await decideApproval(place.desk, await place.operator('lead'), { id, approve: true, reason: null });
      expect(await resetUnderGrant(place.desk, agent, asked)).toMatchObject({ outcome: 'reset' });
    });

    it('the requester does not decide, neither in person nor as a token', async () => {
      const lead = await place.another('lead', 'solo');
      agent = lead;
      const id = await waiting(await ask('boss', 'boss'));
      const decision = { id, approve: true, reason: null };
      await expect(decideApproval(place.desk, lead, decision)).rejects.toMatchObject({ code: 'forbidden' });
      const token = await place.script(lead);
      await expect(decideApproval(place.desk, token, decision)).rejects.toMatchObject({ code: 'factor-needed' });
      const stale = await place.operator('admin');
      await place.change(stale, { session: { code_at: place.clock.now() - 6 * 60_000 } });
      await expect(decideApproval(place.desk, stale, decision)).rejects.toMatchObject({ code: 'factor-needed' });
    });

    it('nor do they under a second name, nor does the caller, nor who has lost the power since', async () => {
      const asked = await ask('boss', 'boss');
      const id = await waiting(asked);
      const decide = (by: SignedOperator) => decideApproval(place.desk, by, { id, approve: true, reason: null });
      const second = await place.another('lead', 'second', 'usr_acc_1_someone');
      await place.change(agent, { operator: { also_user_id: 'usr_acc_1_someone' } });
      await expect(decide(second)).rejects.toMatchObject({ code: 'forbidden' });
      // What the store says of them counts, not what was true when they began.
      await place.change(second, { operator: { also_user_id: 'usr_acc_1_boss' } });
      await expect(decide(second)).rejects.toMatchObject({ code: 'forbidden' });
      const giver = await place.another('lead', 'giver');
      await decide(giver);
      await place.change(giver, { operator: { role: 'agent' } });
      await waiting(asked);
    });

    it('a yes is for exactly what was asked: another target, reason or --final is another request', async () => {
      await place.user('1', 'eve', {}, FULL);
      const lead = await place.operator('lead');
      const asked = await ask('boss', 'boss');
      const id = await waiting(asked);
      await decideApproval(place.desk, lead, { id, approve: true, reason: null });
      for (const more of [{ final: true }, { reason: 'other' }])
        expect(await waiting({ ...asked, ...more })).not.toBe(id);
      expect(await holdingsOf(place.desk, 'usr_acc_1_boss')).toMatchObject({ active: 2 });
    });

    it('a yes runs out after the minutes of the policy, and with its giver', async () => {
      const lead = await place.operator('lead');
      const asked = await ask('boss', 'boss');
      await decideApproval(place.desk, lead, { id: await waiting(asked), approve: true, reason: null });
      const entry = {
        kind: 'operator.disabled',
        outcome: 'done',
        at: place.clock.now(),
        by: proven(agent.actor),
      } as const;
      const disable = (at: number | null) =>
        place.desk.store.record(entry, (write) => write.operators.update(lead.operator.id, { disabled_at: at }));
      await disable(place.clock.now());
      await waiting(asked);
      await disable(null);
      place.clock.advance(place.desk.policy.limits.approval.minutes * 60_000);
      const again = await ask('boss', 'boss');
      await waiting(again);
    });

    it('a rejected request stays rejected; a second decision changes nothing', async () => {
      const lead = await place.operator('lead');
      const asked = await ask('boss', 'boss');
      const id = await waiting(asked);
      await decideApproval(place.desk, lead, { id, approve: false, reason: 'call back first' });
      const again = decideApproval(place.desk, lead, { id, approve: true, reason: null });
      await expect(again).rejects.toMatchObject({ code: 'refused-by-policy' });
      expect(await waiting(asked)).not.toBe(id);
    });
  });
});

type Sent = Awaited<ReturnType<ReturnType<Desk['channels']['pick']>['send']>>;

/** Channels that keep subject and address of what they are given. */
function watch(place: ResetDesk, sent: string[], answer: Sent = { ok: true, reference: 'kept' }) {
  const { channels } = place.desk;
  return {
    ...channels,
    pick: (kind: Parameters<typeof channels.pick>[0]) => ({
      ...channels.pick(kind),
      send: async (message: { subject: string; to: string }) => {
        sent.push(`${message.subject} → ${message.to}`);
        return answer;
      },
    }),
  };
}
