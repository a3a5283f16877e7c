/**
 * The insider's acts (S15, A6, M15), on both engines: who has which mail in hand when the act is over, and what the new admin can do for
 * the next three days.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk, SignedOperator } from '../../../src/desk.js';
import { verifyCaller } from '../../../src/procedures/calls/verify-caller.js';
import { addUser } from '../../../src/procedures/directory/add-to-directory.js';
import { switchAccount, switchUser } from '../../../src/procedures/directory/disable-customer.js';
import { editAccount } from '../../../src/procedures/exits/edit-account.js';
import { editUser } from '../../../src/procedures/exits/edit-user.js';
import { passOn } from '../../../src/procedures/exits/hand-over.js';
import { requireMfa } from '../../../src/procedures/factors/require-mfa.js';
import { importDirectory } from '../../../src/procedures/imports/import-directory.js';
import { openMessage } from '../../../src/procedures/messages/queue-message.js';
import { changeOperator } from '../../../src/procedures/operators/change-operator.js';
import { addOperator } from '../../../src/procedures/operators/make-operator.js';
import { createToken } from '../../../src/procedures/operators/operator-tokens.js';
import { grantScope, listTeam } from '../../../src/procedures/portal/customer-scopes.js';
import { resetUnderGrant } from '../../../src/procedures/resets/reset-factors.js';
import { resetInPortal } from '../../../src/procedures/resets/reset-in-portal.js';
import { hours } from '../../../src/rules/duration.js';
import type { Account } from '../../../src/rules/people.js';
import { MFA_RESET } from '../../../src/rules/policy-checks.js';
import { usersFile } from '../../support/directory-desk.js';
import { said, thrownBy } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';
import { PHRASE } from '../northwind.js';
import { type PhoneDesk, phoneDesk } from '../phone-desk.js';

const HOLD = hours(72);
const KEYS = JSON.stringify({ keys: [{ kty: 'EC', crv: 'P-256', x: 'AQAB', y: 'AQAB' }] });
const HEAD = 'account,login,name,email,phone,role,scopes,sign_in\n';

describe.each(engines)('new power on %s', (engine) => {
  let place: PhoneDesk;
  let desk: Desk;
  let admin: SignedOperator;
  beforeEach(async () => {
    place = await phoneDesk(engine);
    // Not sent, so that the messages can still be read.
    desk = { ...place.desk, sendQueued: async () => undefined };
    admin = await place.operator('admin');
  });
  afterEach(() => place.close());

  /** Everything in the outbox about power, oldest first. */
  async function told() {
    const rows = (await desk.store.read.outbox.list(200)).filter(({ kind }) => /power/.test(kind)).reverse();
    const full = await Promise.all(rows.map(({ id }) => desk.store.read.outbox.byId(id)));
    return full.flatMap((row) =>
      row?.content == null ? [] : [{ ...openMessage(desk, { ...row, content: row.content }), kind: row.kind }],
    );
  }
  const recipients = async (kind?: string) =>
    (await told())
      .filter((mail) => kind === undefined || mail.kind === kind)
      .map(({ to }) => to)
      .sort();
  const account = async (id = 'acc_200500') => (await desk.store.read.accounts.byId(id)) as Account;
  const mallory = (more: Partial<Parameters<typeof addUser>[2]> = {}) =>
    addUser(desk, admin, {
      account: '200500',
      login: 'mallory',
      name: 'Mallory',
      email: 'mallory@attacker.example',
      phone: '',
      role: 'admin',
      scopes: [],
      signIn: 'native',
      ...more,
    });
  const userOf = (login: string, id = 'acc_200500') => desk.store.read.users.byLogin(id, login);
  /** A passphrase and a portal login of somebody who is not among northwind's. */
  const equip = async (login: string) => {
    const user = await userOf(login);
    if (user === undefined) throw new Error(login);
    const xena = await place.login('xena');
    const id = desk.newId('ses');
    await place.givePhrase('xena', PHRASE);
    await place.write(async (write) => {
      await write.portalSessions.insert({
        ...{ id, user_id: user.id, person: desk.person, digest: id, state: 'done', method: 'password' },
        ...{ created_at: desk.now(), last_seen_at: desk.now(), password_at: desk.now() },
      });
    });
    return { ...xena, user, session: { ...xena.session, userId: user.id, sessionId: id } };
  };

  it('B84 a new customer admin: the admins are told within the act, not the new one, and it is an event', async () => {
    const { user } = await mallory();
    expect(user.powerHeldUntil).toBe(place.clock.now() + HOLD);
    const [mail, ...more] = await told();
    expect(more).toEqual([]);
    expect(mail).toMatchObject({ kind: 'power-admin-added', to: 'xena@mail.example' });
    for (const word of ['Mallory (mallory)', 'admin', '2026-11-25', 'If you do not expect this'])
      expect(mail?.body).toContain(word);
    await place.desk.sendQueued();
    expect((await desk.store.read.outbox.list(10)).map(({ state }) => state)).toEqual(['delivered']);
  });

  it('B84 for 72 hours the new one does nothing to others in the portal, then it may; itself it may at once', async () => {
    await mallory();
    const login = await equip('mallory');
    const others: readonly [string, () => Promise<unknown>][] = [
      ['mfa off', () => requireMfa(desk, login, false)],
      ['mfa on', () => requireMfa(desk, login, true)],
      ['grant', () => grantScope(desk, login, 'xavi', 'billing')],
      ['reset', () => resetInPortal(desk, login, { references: ['xavi'], reason: 'r', confirmed: 0 })],
      ['hand over', () => passOn(desk, login, 'xavi', 'hand-over')],
    ];
    for (const [what, act] of others) {
      const refused = await thrownBy(act());
      expect([what, refused.code, refused.because?.reason]).toEqual([what, 'forbidden', 'power-held']);
      expect(said(refused).message).toMatch(/2026-11-25/);
    }
    expect((await listTeam(desk, login)).length).toBe(3);
    expect((await place.entries('portal.denied')).length).toBe(others.length);
    place.clock.advance(HOLD);
    const later = await equip('mallory');
    await expect(requireMfa(desk, later, true)).resolves.toMatchObject({ required: true });
  });

  it('B84 on the phone: the reason says until when; the own reset is not held, that of others is', async () => {
    await place.givePhrase('xena');
    const stamps = { last_step: null, created_at: 1, confirmed_at: 1, suspended_by: null };
    const factor = { kind: 'totp', label: 'App', secret: 'x', state: 'active', ...stamps };
    await place.write(async (write) => {
      for (const user_id of ['usr_acc_200500_xena', 'usr_acc_200500_xavi'])
        await write.factors.insert({ id: `fac_of_${user_id}`, user_id, ...factor });
    });
    const until = place.clock.now() + HOLD;
    const hold = (power_held_until: number | null) =>
      place.write((write) => write.users.update('usr_acc_200500_xena', { power_held_until }));
    await hold(until);
    const call = (action: string) =>
      verifyCaller(desk, place.agent, { account: '200500', caller: 'xena', action, phrase: PHRASE, ticket: undefined });
    for (const action of ['billing:change', 'phone-system:change', 'account-info:view']) {
      const verdict = await call(action);
      expect([verdict.outcome, verdict.reason, verdict.grant]).toEqual(['refused', 'held', null]);
    }
    const { grant } = await call(MFA_RESET);
    const reset = async (login: 'xavi' | 'xena') =>
      resetUnderGrant(desk, place.agent, {
        ...{ grantId: grant?.id ?? '', account: await account(), target: await place.user(login) },
        ...{ reason: undefined, ticket: undefined },
      });
    expect((await thrownBy(reset('xavi'))).because?.reason).toBe('power-held');
    expect((await thrownBy(reset('xena'))).code).toBe('approval-needed');
    // Teeth: the same calls a moment after the hold go through.
    await hold(place.clock.now());
    expect((await call('billing:change')).outcome).toBe('verified');
    expect((await reset('xavi')).outcome).toBe('reset');
  });

  it('B84 nobody gets round the hold: the only admin disabled first, a login enabled again, privileges for resets', async () => {
    const xena = await place.user('xena');
    await switchUser(desk, admin, { account: await account(), user: xena }, { on: false, reason: 'r' });
    expect((await mallory()).user.powerHeldUntil).not.toBeNull();
    // The admin who was just disabled still hears of it.
    expect(await recipients('power-admin-added')).toEqual(['xena@mail.example']);
    await switchUser(desk, admin, { account: await account(), user: xena }, { on: true, reason: 'r' });
    expect((await place.user('xena')).powerHeldUntil).toBe(place.clock.now() + HOLD);
    const sue = await addUser(desk, admin, {
      ...{ account: '100234', login: 'sid', name: 'Sid', email: '', phone: '', signIn: 'native' },
      ...{ role: 'secondary-admin', scopes: ['login-security:mfa-reset'] },
    });
    expect(sue.user.powerHeldUntil).not.toBeNull();
  });

  it('B84 a first admin is not held, and nobody is told of it', async () => {
    await place.write((write) => write.users.update('usr_acc_200500_xena', { role: 'user' }));
    expect((await mallory()).user.powerHeldUntil).toBeNull();
    expect(await told()).toEqual([]);
  });

  it('B84 the old address of an admin whose contact was just changed is told too', async () => {
    const xena = await place.user('xena');
    await editUser(desk, admin, { account: await account(), user: xena }, { email: 'x@attacker.example' });
    await mallory();
    expect(await recipients('power-admin-added')).toEqual(['x@attacker.example', 'xena@mail.example']);
  });

  it('B84 an import: one message for each admin, held in a company that has one, not in a new one', async () => {
    const rows = ['a', 'b', 'c'].map((login) => `200500,${login},Name ${login},${login}@x.example,,admin,,native`);
    await place.write((write) => write.accounts.insert([{ ...newAccount('300700') }]));
    const fresh = '300700,boss,Boss,boss@new.example,,primary-admin,,native';
    await importDirectory(desk, admin, { users: await usersFile(`${HEAD}${[...rows, fresh].join('\n')}\n`) });
    const mails = await told();
    expect(mails.map(({ kind, to }) => [kind, to])).toEqual([['power-admins-added', 'xena@mail.example']]);
    expect(mails[0]?.body).toMatch(/3 logins[\s\S]*Name a \(a\), Name b \(b\), Name c \(c\)/);
    expect((await userOf('a'))?.powerHeldUntil).toBe(place.clock.now() + HOLD);
    expect((await userOf('boss', 'acc_300700'))?.powerHeldUntil).toBeNull();
  });

  it('B84 keys of the single sign-on, the phone-reset ban, the company, a login: told, with the user it is about', async () => {
    const home = await account();
    await editAccount(desk, admin, home, { issuer: 'https://login.example', audience: 'a', keys: KEYS });
    await editAccount(desk, admin, home, { sso: null });
    expect(await recipients('power-sign-on-changed')).toEqual(['xena@mail.example', 'xena@mail.example']);
    await editAccount(desk, admin, home, { forbidPhoneResets: true });
    expect(await recipients('power-phone-resets')).toEqual([]);
    await editAccount(desk, admin, home, { forbidPhoneResets: false, reason: 'letter' });
    expect(await recipients('power-phone-resets')).toEqual(['xena@mail.example']);
    await editAccount(desk, admin, home, { name: 'Contoso Ltd' });
    const xavi = await place.user('xavi');
    await switchUser(desk, admin, { account: home, user: xavi }, { on: false, reason: 'r' });
    expect(await recipients('power-login-switched')).toEqual(['xavi@mail.example', 'xena@mail.example']);
    await switchAccount(desk, admin, home, { on: false, reason: 'r' });
    expect(await recipients('power-company-switched')).toEqual(['xena@mail.example']);
  });

  it('B84 MFA off and privileges in the portal: all admins and the user, and no mail if nothing changed', async () => {
    const xena = await place.login('xena');
    await requireMfa(desk, xena, false);
    expect(await recipients('power-mfa-off')).toEqual([]);
    await requireMfa(desk, xena, true);
    await requireMfa(desk, await place.login('xena', { method: 'password+totp' }), false);
    expect(await recipients('power-mfa-off')).toEqual(['xena@mail.example']);
    const ana = await place.login('ana');
    await grantScope(desk, ana, 'uma', 'billing');
    await grantScope(desk, ana, 'uma', 'billing');
    expect(await recipients('power-role-changed')).toEqual([
      'ana@mail.example',
      'ben@mail.example',
      'uma@mail.example',
    ]);
    expect((await place.user('uma')).powerHeldUntil).toBeNull();
  });

  it('B84 a privilege to reset others waits for them, however it came', async () => {
    const ana = await place.login('ana');
    const { user } = await grantScope(desk, ana, 'uma', 'login-security');
    expect(user.powerHeldUntil).toBe(place.clock.now() + HOLD);
    expect((await grantScope(desk, ana, 'uma', 'billing')).user.powerHeldUntil).toBe(user.powerHeldUntil);
  });

  it('B84 operators, their tokens and their powers: the other admins of the desk are told, not who did it', async () => {
    const other = await addOperator(desk, admin, {
      name: 'olga',
      role: 'admin',
      email: 'olga@desk.example',
      starts: true,
    });
    await changeOperator(desk, admin, place.agent.operator.id, { role: 'lead' });
    await createToken(desk, admin, { owner: place.agent.operator.id, label: 'x' });
    await changeOperator(desk, admin, place.agent.operator.id, { unlock: true });
    const mails = (await told()).filter(({ kind }) => kind === 'desk-power-changed');
    expect(mails.map(({ to }) => to)).toEqual(['olga@desk.example', 'olga@desk.example']);
    expect(mails[0]?.body).toMatch(/operator\.edited[\s\S]*role: lead, roleBefore: agent/);
    expect(mails[1]?.body).toContain('token.created');
    expect(mails.map(({ body }) => body).join()).not.toContain('cst_');
    expect(other.role).toBe('admin');
  });
});

const newAccount = (number: string) => ({
  ...{ id: `acc_${number}`, number, number_key: number, name: 'New', name_key: 'new', edition: 'classic' },
  ...{ sso: null, sso_issuer: null, sso_audience: null, sso_jwks: null, mfa_required_at: null },
  ...{ phone_reset_forbidden: 0, disabled_at: null, created_at: 1, updated_at: 1 },
});
