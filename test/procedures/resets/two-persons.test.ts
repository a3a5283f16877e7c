/** Four eyes are two persons (B81): who had a hand in whom, in both directions, at every door where a second operator decides. */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk, SignedOperator } from '../../../src/desk.js';
import { openEngine } from '../../../src/opening/open-desk.js';
import { authenticateOperator } from '../../../src/procedures/operators/authenticate-operator.js';
import { changeOperator } from '../../../src/procedures/operators/change-operator.js';
import { addOperator } from '../../../src/procedures/operators/make-operator.js';
import { createToken } from '../../../src/procedures/operators/operator-tokens.js';
import { recoverOperator } from '../../../src/procedures/operators/recover-operator.js';
import { newRecoveryCodes } from '../../../src/procedures/operators/recovery-codes.js';
import { otherApprovers, secondOperator } from '../../../src/procedures/operators/second-operator.js';
import {
  approveAlone,
  decideApproval,
  listApprovals,
  requestsFor,
  showApproval,
} from '../../../src/procedures/resets/decide-approval.js';
import { resetUnderGrant } from '../../../src/procedures/resets/reset-factors.js';
import { days, hours } from '../../../src/rules/duration.js';
import { referenceCode } from '../../factors/reference.js';
import { refusalOf } from '../../support/said.js';
import { signedInAs } from '../../support/signed-operator.js';
import { startedOperator } from '../../support/started-operator.js';
import { engines } from '../../support/test-desk.js';
import { FULL, holdingsOf, type ResetDesk, resetDesk } from '../reset-desk.js';

const PASSWORD = 'seven herons on one lantern';

describe.each(engines)('two persons on %s (B81)', (engine) => {
  let place: ResetDesk;
  let desk: Desk;
  /** The insider. */
  let eve: SignedOperator;
  /** Made by nobody on this desk, so that only what a test does ties her. */
  let lena: SignedOperator;
  beforeEach(async () => {
    place = await resetDesk(engine);
    desk = place.desk;
    eve = await place.another('admin', 'eve');
    lena = await place.another('lead', 'lena');
    await place.account('1');
    await place.user('1', 'boss', { role: 'admin' }, FULL);
  });
  afterEach(() => place.close());

  const wish = async (by: SignedOperator) => {
    const { read } = desk.store;
    const [account] = await read.accounts.byIds(['acc_1']);
    const target = await read.users.byId('usr_acc_1_boss');
    if (account === undefined || target === undefined) throw new Error('not there');
    const grantId = await place.grant(by, '1', 'boss');
    return { grantId, account, target, reason: undefined, ticket: undefined };
  };
  /** Asks for the reset of an admin; answers the id of the request. */
  const ask = async (by: SignedOperator, asked?: Awaited<ReturnType<typeof wish>>): Promise<string> => {
    const error = await refusalOf(resetUnderGrant(desk, by, asked ?? (await wish(by))));
    expect(error.code).toBe('approval-needed');
    return (error.also['approval'] as { id: string }).id;
  };
  const decide = (by: SignedOperator, id: string, approve = true) =>
    decideApproval(desk, by, { id, approve, reason: null });
  const made = async (by: SignedOperator, name: string) => {
    const { id } = await addOperator(desk, by, { name, role: 'lead', email: null, starts: true });
    return signedInAs(desk, { id, name, role: 'lead', disabledAt: null, language: null });
  };
  /** The same operator, signed in again. */
  const again = ({ operator }: SignedOperator) => signedInAs(desk, operator);
  const byToken = (token: string) =>
    authenticateOperator(desk, { token, via: 'token', access: 'signed-in', command: 'test' });

  const HANDS: Readonly<Record<string, () => Promise<SignedOperator>>> = {
    'made the operator': () => made(eve, 'lea'),
    'made a new start code for': async () => {
      const lea = await made(await place.another('admin', 'maker'), 'lea');
      await recoverOperator(desk, eve, { reference: 'lea', reason: 'lost', second: async () => null });
      return again(lea);
    },
    recovered: async () => {
      const maker = await place.another('admin', 'maker');
      const second = await startedOperator(desk, maker, { name: 'nina', role: 'lead', password: PASSWORD });
      const { id } = await startedOperator(desk, maker, { name: 'lea', role: 'lead', password: PASSWORD });
      const code = async () => referenceCode(second.seed, desk.now() / 1000);
      const approver = { name: 'nina', password: PASSWORD, code };
      await recoverOperator(desk, eve, { reference: 'lea', reason: 'lost', second: async () => ({ approver }) });
      return signedInAs(desk, { id, name: 'lea', role: 'lead', disabledAt: null, language: null });
    },
    changed: async () => {
      await changeOperator(desk, eve, 'lena', { disabled: true });
      await changeOperator(desk, eve, 'lena', { disabled: false });
      return again(lena);
    },
    'made a token for': async () => {
      await createToken(desk, eve, { owner: 'lena', label: 'nightly' });
      return lena;
    },
  };

  it.each(Object.keys(HANDS))('neither approves for the other when one %s the other, for 7 days', async (what) => {
    const lea = (await HANDS[what]?.()) ?? lena;
    const at = desk.now();
    const pairs = [
      [eve, lea],
      [lea, eve],
    ] as const;
    for (const [asker, decider] of pairs) {
      const id = await ask(asker);
      const refused = await refusalOf(decide(decider, id), desk.now());
      expect(refused).toMatchObject({
        code: 'forbidden',
        message: expect.stringContaining(`eve ${what} ${lea.operator.name} on `),
      });
      expect(await requestsFor(desk, decider.operator.id), 'is not offered either').toEqual([]);
      const [entry] = await desk.store.read.audit.newest({ kind: 'approval.decision-refused' }, 1);
      expect(JSON.parse(entry?.body ?? '{}')).toMatchObject({
        by: { id: decider.operator.id },
        outcome: 'refused',
        detail: { approval: id, why: 'not-two-persons' },
      });
      // To say no needs no second person.
      expect(await decide(decider, id, false)).toMatchObject({ standing: 'rejected' });
    }
    place.clock.advance(at + days(7) - desk.now());
    for (const [asker, decider] of pairs) {
      const asked = await wish(asker);
      const id = await ask(asker, asked);
      expect((await requestsFor(desk, decider.operator.id)).map((one) => one.id)).toEqual([id]);
      await decide(decider, id);
    }
    expect(await holdingsOf(desk, 'usr_acc_1_boss')).toMatchObject({ active: 2 });
  });

  it('B86 a request that says something else than what was asked is named in lists that go on; it can only be rejected', async () => {
    const id = await ask(eve);
    place.clock.advance(1_000);
    const good = await ask(eve);
    const other = await openEngine(place.settings.store, false);
    const said = sql`replace(subject, 'usr_acc_1_boss', 'usr_acc_1_other')`;
    await sql`update approvals set subject = ${said} where id = ${id}`.execute(other.db);
    await other.close();
    const seen = [() => showApproval(desk, id), () => decide(lena, id)];
    for (const see of seen) expect(await refusalOf(see())).toMatchObject({ code: 'store-corrupt' });
    expect((await requestsFor(desk, lena.operator.id)).map((one) => one.id)).toEqual([good]);
    const listed = await listApprovals(desk, false);
    expect(listed.map((one) => [one.id, one.standing])).toEqual([
      [good, 'pending'],
      [id, 'changed'],
    ]);
    expect(listed[1]?.subject.users, 'nothing of what it says now is told').toEqual([]);
    expect(await decide(lena, id, false)).toMatchObject({ standing: 'rejected' });
    const [entry] = await desk.store.read.audit.newest({ kind: 'approval.rejected' }, 1);
    expect(entry?.body).not.toContain('usr_acc_1_other');
    expect((await listApprovals(desk, false)).map((one) => one.id)).toEqual([good]);
  });

  it('what a token asked is refused to its maker, and shown as asked by it', async () => {
    const { token } = await createToken(desk, eve, { owner: 'lena', label: 'nightly' });
    const script = await byToken(token.token);
    const asked = await wish(script);
    const id = await ask(script, asked);
    const requester = { name: 'lena', token: { id: token.id, label: 'nightly', madeBy: 'eve' } };
    expect(await showApproval(desk, id)).toMatchObject({ requester });
    await expect(decide(eve, id)).rejects.toMatchObject({ code: 'forbidden' });
    await decide(await place.another('lead', 'omar'), id);
    expect(await resetUnderGrant(desk, script, asked)).toMatchObject({ outcome: 'reset' });
  });

  it('whoever made the token that made the operator has a hand in it too', async () => {
    const sven = await place.another('admin', 'sven');
    const { token } = await createToken(desk, eve, { owner: 'sven', label: 'nightly' });
    const lea = await made(await byToken(token.token), 'lea');
    for (const by of [sven, eve]) await expect(decide(lea, await ask(by))).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('one admin made both: they are two persons, and a third one is named who may approve', async () => {
    const maker = await place.another('admin', 'maker');
    const { id } = await startedOperator(desk, maker, { name: 'lea', role: 'lead', password: PASSWORD });
    const lea = await signedInAs(desk, { id, name: 'lea', role: 'lead', disabledAt: null, language: null });
    const omar = await made(maker, 'omar');
    const request = await ask(omar);
    const refused = await refusalOf(decide(maker, request), desk.now());
    expect(refused.hint).toBe('Ask lea.');
    await decide(lea, request);
  });

  it('a hand laid between the approval and its use takes the approval back', async () => {
    const asked = await wish(eve);
    await decide(lena, await ask(eve, asked));
    await changeOperator(desk, eve, 'lena', { email: 'eve@desk.example' });
    await ask(eve, asked);
    expect(await holdingsOf(desk, 'usr_acc_1_boss')).toMatchObject({ active: 2 });
  });

  it('unlocking somebody, or changing oneself, is no hand', async () => {
    await changeOperator(desk, eve, 'lena', { unlock: true });
    await changeOperator(desk, eve, 'eve', { email: 'eve@desk.example' });
    await createToken(desk, eve, { owner: 'eve', label: 'own' });
    await decide(lena, await ask(eve));
  });

  const othersOf = async (one: SignedOperator) => {
    const asking = { policy: desk.policy, reads: desk.store.read, now: desk.now() };
    return (await otherApprovers(asking, one.operator.id)).map(({ name }) => name);
  };
  const onlyOther = async () => {
    const maker = await place.another('admin', 'maker');
    await startedOperator(desk, maker, { name: 'lea', role: 'lead', password: PASSWORD });
    expect(await othersOf(eve)).toEqual(['lea']);
  };

  it.each([
    ['demotes', { role: 'agent' }],
    ['disables', { disabled: true }],
    ['makes another name of themselves of', { customer: 'usr_acc_1_eve' }],
  ] as const)('whoever %s the only other approver is not alone by that for 7 days (B80)', async (_what, change) => {
    await onlyOther();
    await place.change(eve, { operator: { also_user_id: await place.user('1', 'eve') } });
    eve = await again(eve);
    const at = desk.now();
    await changeOperator(desk, eve, 'lea', change);
    expect(await othersOf(eve)).toEqual(['lea']);
    // Nor by what they do next.
    place.clock.advance(hours(1));
    await changeOperator(desk, await again(eve), 'lea', { email: 'lea@desk.example' });
    expect(await othersOf(eve)).toEqual(['lea']);
    const codes = await newRecoveryCodes(desk, await again(eve));
    const id = await ask(await again(eve));
    const alone = approveAlone(desk, await again(eve), { id, reason: null, recoveryCode: async () => codes[0] ?? '' });
    expect(await refusalOf(alone)).toMatchObject({ code: 'approval-needed' });
    place.clock.advance(at + days(7) - desk.now());
    expect(await othersOf(eve)).toEqual([]);
  });

  it('nor by an admin of their own who does it, nor by recovering them with a recovery code', async () => {
    await onlyOther();
    const [code = ''] = await newRecoveryCodes(desk, eve);
    await recoverOperator(desk, eve, {
      reference: 'lea',
      reason: 'lost',
      second: async () => ({ recoveryCode: code }),
    });
    expect(await othersOf(eve)).toEqual(['lea']);
    place.clock.advance(days(7));
    eve = await again(eve);
    const { id } = await addOperator(desk, eve, { name: 'puppet', role: 'admin', email: null, starts: true });
    const puppet = await signedInAs(desk, { id, name: 'puppet', role: 'admin', disabledAt: null, language: null });
    await changeOperator(desk, puppet, 'lea', { disabled: true });
    expect(await othersOf(eve)).toEqual(['lea']);
  });

  /** The only other approver has a customer login. Whoever is the same person is so in the store from the beginning. */
  const withLogin = async () => {
    await onlyOther();
    const row = (await desk.store.read.operators.all()).find(({ name }) => name === 'lea');
    const login = await place.user('1', 'lea');
    const lea = await signedInAs(desk, {
      id: row?.id ?? '',
      name: 'lea',
      role: 'lead',
      disabledAt: null,
      language: null,
    });
    await place.change(lea, { operator: { also_user_id: login } });
    return login;
  };
  const puppetOf = async (by: SignedOperator, alsoUserId: string | null = null) => {
    const wish = { name: 'puppet', role: 'admin', email: null, starts: true, alsoUserId } as const;
    const { id } = await addOperator(desk, by, wish);
    return signedInAs(desk, { id, name: 'puppet', role: 'admin', disabledAt: null, language: null }, alsoUserId);
  };

  it("whoever adds another name to the only other approver's login is not alone by that (B80)", async () => {
    const alsoUserId = await withLogin();
    await addOperator(desk, eve, { name: 'x', role: 'agent', email: null, starts: false, alsoUserId });
    expect(await othersOf(eve)).toEqual(['lea']);
  });

  it("nor whoever is linked to the only other approver's login, later or from the beginning (B80)", async () => {
    const login = await withLogin();
    const puppet = await puppetOf(eve);
    await changeOperator(desk, puppet, 'eve', { customer: login });
    expect(await othersOf(eve)).toEqual(['lea']);
    await changeOperator(desk, puppet, 'eve', { customer: null });
    eve = await again(eve);
    await changeOperator(desk, eve, 'puppet', { disabled: true });
    const x = await addOperator(desk, eve, { name: 'x', role: 'admin', email: null, starts: true, alsoUserId: login });
    const asking = { policy: desk.policy, reads: desk.store.read, now: desk.now() };
    expect((await otherApprovers(asking, x.id)).map(({ name }) => name)).toEqual(['lea']);
  });

  it('nor whoever makes another name of themselves of the one who made the only other approver (B80)', async () => {
    await onlyOther();
    const login = await place.user('1', 'eve');
    await place.change(eve, { operator: { also_user_id: login } });
    await changeOperator(desk, eve, 'maker', { customer: login });
    expect(await othersOf(eve)).toEqual(['lea']);
  });

  it('nor whoever stops them first and links them then, or changes themselves by a token of theirs (B80)', async () => {
    const maker = await place.another('admin', 'maker');
    await startedOperator(desk, maker, { name: 'lea', role: 'admin', password: PASSWORD });
    const { token } = await createToken(desk, eve, { owner: 'lea', label: 'nightly' });
    await changeOperator(desk, await byToken(token.token), 'eve', { email: 'eve@desk.example' });
    expect(await othersOf(eve)).toEqual(['lea']);
    const login = await place.user('1', 'eve');
    await place.change(eve, { operator: { also_user_id: login } });
    await changeOperator(desk, eve, 'lea', { disabled: true });
    await changeOperator(desk, eve, 'lea', { customer: login });
    expect(await othersOf(eve)).toEqual(['lea']);
  });

  it('nor whoever recovers them with a recovery code, and stops them again and again (B80)', async () => {
    await onlyOther();
    const [recoveryCode = ''] = await newRecoveryCodes(desk, eve);
    await recoverOperator(desk, eve, { reference: 'lea', reason: 'lost', second: async () => ({ recoveryCode }) });
    for (const change of [{ role: 'agent' }, { role: 'lead' }, { disabled: true }] as const) {
      place.clock.advance(hours(1));
      await changeOperator(desk, await again(eve), 'lea', change);
      expect(await othersOf(eve)).toEqual(['lea']);
    }
  });

  it('whoever stops somebody who never was there for them is as alone as before: the desk is no dead end (B80)', async () => {
    await startedOperator(desk, eve, { name: 'lea', role: 'lead', password: PASSWORD });
    expect(await othersOf(eve)).toEqual([]);
    const at = desk.now();
    place.clock.advance(days(1));
    eve = await again(eve);
    for (const change of [{ email: 'lea@desk.example' }, { disabled: true }]) {
      await changeOperator(desk, eve, 'lea', change);
      expect(await othersOf(eve)).toEqual([]);
    }
    // Nor when a week has passed since they were made, and not yet since they were stopped.
    place.clock.advance(at + days(7) - desk.now());
    expect(await othersOf(eve)).toEqual([]);
  });

  it('nor by disabling a second name of their own (B80)', async () => {
    await withLogin();
    await place.change(eve, { operator: { also_user_id: 'usr_acc_1_lea' } });
    expect(await othersOf(eve)).toEqual([]);
    await changeOperator(desk, eve, 'lea', { disabled: true });
    expect(await othersOf(eve)).toEqual([]);
  });

  it('whoever cannot approve now is not named as one to ask', async () => {
    await onlyOther();
    const maker = await place.another('admin', 'maker2');
    await startedOperator(desk, maker, { name: 'nina', role: 'lead', password: PASSWORD });
    await changeOperator(desk, maker, 'nina', { disabled: true });
    expect((await othersOf(eve)).toSorted()).toEqual(['lea', 'nina']);
    const refused = await refusalOf(decide(await made(eve, 'omar'), await ask(eve)), desk.now());
    expect(refused.hint).toBe('Ask lea.');
  });

  it('whoever changes an agent is as alone as before: the desk is no dead end (B80)', async () => {
    const maker = await place.another('admin', 'maker');
    await startedOperator(desk, maker, { name: 'lea', role: 'agent', password: PASSWORD });
    await changeOperator(desk, eve, 'lea', { role: 'verifier' });
    await changeOperator(desk, eve, 'lea', { disabled: true });
    expect(await othersOf(eve)).toEqual([]);
  });

  it('whoever touches the only other approver is not alone by that: a recovery code does not count (B80)', async () => {
    const maker = await place.another('admin', 'maker');
    const { id } = await startedOperator(desk, maker, { name: 'lea', role: 'lead', password: PASSWORD });
    const others = async () => {
      const rows = await otherApprovers(
        { policy: desk.policy, reads: desk.store.read, now: desk.now() },
        eve.operator.id,
      );
      return rows.map(({ name }) => name);
    };
    for (const touch of [
      () => changeOperator(desk, eve, 'lea', { email: 'lea@desk.example' }),
      () => createToken(desk, eve, { owner: 'lea', label: 'nightly' }),
    ]) {
      await touch();
      expect(await others()).toEqual(['lea']);
    }
    const lea = await signedInAs(desk, { id, name: 'lea', role: 'lead', disabledAt: null, language: null });
    const refused = await refusalOf(decide(lea, await ask(eve)), desk.now());
    expect(refused).toMatchObject({ code: 'forbidden', hint: 'Ask another lead or admin.' });
  });

  it('a second operator in person is judged alike, logged, and is not counted as another approver', async () => {
    const { id, seed } = await startedOperator(desk, eve, { name: 'lea', role: 'lead', password: PASSWORD });
    const signIn = { name: 'lea', password: PASSWORD, code: async () => referenceCode(seed, desk.now() / 1000) };
    await expect(secondOperator(desk, signIn, eve.operator.id)).rejects.toMatchObject({ code: 'forbidden' });
    const [entry] = await desk.store.read.audit.newest({ kind: 'approval.decision-refused' }, 1);
    expect(JSON.parse(entry?.body ?? '{}')).toMatchObject({
      by: { id },
      detail: { why: 'not-two-persons' },
    });
    const asking = { policy: desk.policy, reads: desk.store.read, now: desk.now() };
    expect(await otherApprovers(asking, eve.operator.id)).toEqual([]);
    expect((await otherApprovers(asking, lena.operator.id)).map(({ name }) => name)).toEqual(['lea']);
    // Nor under a second name of the one who asks.
    await place.change(eve, { operator: { also_user_id: 'usr_acc_1_boss' } });
    const other = await place.another('lead', 'eve2', 'usr_acc_1_boss');
    place.clock.advance(hours(1));
    await expect(secondOperator(desk, signIn, other.operator.id)).rejects.toMatchObject({ code: 'forbidden' });
    place.clock.advance(days(7));
    expect(await secondOperator(desk, signIn, eve.operator.id)).toMatchObject({ id });
  });
});

describe.each(engines)('nothing to approve on %s (E13)', (engine) => {
  it('nobody is fetched for a reset that would take nothing', async () => {
    const place = await resetDesk(engine);
    const agent = await place.operator('agent');
    await place.account('1');
    await place.user('1', 'boss', { role: 'admin' });
    const { read } = place.desk.store;
    const [account] = await read.accounts.byIds(['acc_1']);
    const target = await read.users.byId('usr_acc_1_boss');
    if (account === undefined || target === undefined) throw new Error('not there');
    const grantId = await place.grant(agent, '1', 'boss');
    const asked = { grantId, account, target, reason: undefined, ticket: undefined };
    expect(await resetUnderGrant(place.desk, agent, asked)).toMatchObject({ outcome: 'nothing-to-do' });
    expect(await read.approvals.list(5)).toEqual([]);
    await place.close();
  });
});
