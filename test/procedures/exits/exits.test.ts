/** The ways out of a state (A7, M11, B01, S37): successor, edition, way to sign in; by the desk only with a second operator. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk, SignedOperator } from '../../../src/desk.js';
import { isRefusal } from '../../../src/errors.js';
import { changeEdition } from '../../../src/procedures/exits/change-edition.js';
import { changeSignIn } from '../../../src/procedures/exits/change-sign-in.js';
import { appointSuccessor, passOn } from '../../../src/procedures/exits/hand-over.js';
import { changeOperator } from '../../../src/procedures/operators/change-operator.js';
import { decideApproval, showApproval } from '../../../src/procedures/resets/decide-approval.js';
import { hours } from '../../../src/rules/duration.js';
import type { Account } from '../../../src/rules/people.js';
import { said, thrownBy } from '../../support/said.js';
import { signedOperator } from '../../support/signed-operator.js';
import { engines } from '../../support/test-desk.js';
import { type Login, PHRASE } from '../northwind.js';
import { type PhoneDesk, phoneDesk } from '../phone-desk.js';

const reason = 'letter of 3 May';

describe.each(engines)('exits on %s', (engine) => {
  let place: PhoneDesk;
  let desk: Desk;
  let admin: SignedOperator;
  beforeEach(async () => {
    place = await phoneDesk(engine);
    desk = place.desk;
    admin = await place.operator('admin');
  });
  afterEach(() => place.close());

  const account = async (id = 'acc_100234') => (await desk.store.read.accounts.byId(id)) as Account;
  const mails = async (kind: string) =>
    (await desk.store.read.outbox.list(200))
      .filter((row) => row.kind === kind)
      .map(({ user_id }) => user_id?.split('_').at(-1))
      .sort();
  /** The request that the first try makes. */
  async function waiting(attempt: () => Promise<unknown>): Promise<string> {
    const error = await attempt().catch((thrown: unknown) => thrown);
    if (!isRefusal(error) || error.code !== 'approval-needed') throw error;
    return (error.also['approval'] as { id: string }).id;
  }
  const approve = async (id: string) =>
    decideApproval(desk, await place.operator('lead'), { id, approve: true, reason: null });
  /** Asks, has it approved by the lead, and acts. */
  async function approved<T>(attempt: () => Promise<T>): Promise<T> {
    await approve(await waiting(attempt));
    return attempt();
  }
  const appoint = async (to: Login, from: Login = 'ana') =>
    appointSuccessor(desk, admin, {
      account: await account(),
      from: await place.user(from),
      to: await place.user(to),
      reason,
    });

  it('A7 B84 the desk appoints a successor only with a second operator, who sees whom it is about', async () => {
    const id = await waiting(() => appoint('sue'));
    expect((await showApproval(desk, id)).subject.change).toBe('100234: ana (primary-admin) -> sue (secondary-admin)');
    expect((await place.user('ana')).role).toBe('primary-admin');
    expect((await thrownBy(decideApproval(desk, admin, { id, approve: true, reason: null }))).code).toBe('forbidden');
    await approve(id);
    await appoint('sue');
    const until = place.clock.now() + hours(72);
    expect(await place.user('sue')).toMatchObject({ role: 'primary-admin', scopes: [], powerHeldUntil: until });
    expect(await place.user('ana')).toMatchObject({ role: 'user', scopes: [] });
    expect(await mails('power-handed-over')).toEqual(['ana', 'ben', 'sue']);
    expect((await place.entries('user.handed-over')).length).toBe(1);
    // Used up: the same words again are another request.
    expect((await thrownBy(appoint('sue'))).because?.reason).toBe('not-an-admin');
  });

  it('A7 another successor than the approved one is another request, and so is the same after a change', async () => {
    await approve(await waiting(() => appoint('sue')));
    expect((await thrownBy(appoint('uma'))).code).toBe('approval-needed');
    await place.write((write) => write.users.update('usr_acc_100234_sue', { role: 'user', scopes: '' }));
    expect((await thrownBy(appoint('sue'))).code).toBe('approval-needed');
  });

  it('A7 nobody makes their own login an admin, and an agent appoints nobody', async () => {
    const uma = await place.user('uma');
    const wish = { account: await account(), from: await place.user('ana'), to: uma, reason };
    await expect(appointSuccessor(desk, place.agent, wish)).rejects.toMatchObject({ code: 'forbidden' });
    const asUma = await signedOperator(desk, 'admin', 'una', uma.id);
    expect((await thrownBy(appointSuccessor(desk, asUma, wish))).because?.reason).toBe('own-privileges');
    expect((await thrownBy(appoint('uma', 'sue'))).because?.reason).toBe('not-an-admin');
    expect((await thrownBy(appoint('ana', 'ana'))).because?.reason).toBe('own-privileges');
  });

  it('A7 B16 in the portal an admin hands over; grants of both end, and the new one waits', async () => {
    await place.givePhrase('ana');
    const { grant } = await place.verify('ana', PHRASE, 'billing:change');
    const done = await passOn(desk, await place.login('ana'), 'uma', 'hand-over');
    expect(done).toMatchObject({ roleBefore: 'user', grantsEnded: 1, user: { role: 'primary-admin' } });
    expect(done.user.powerHeldUntil).not.toBeNull();
    expect((await place.user('ana')).role).toBe('user');
    await expect(place.useGrant(grant?.id ?? '', undefined, 'billing:change')).rejects.toMatchObject({
      code: 'no-grant',
    });
    expect(await mails('power-handed-over')).toEqual(['ana', 'ben', 'uma']);
    await expect(passOn(desk, await place.login('ana'), 'sue', 'hand-over')).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('A7 with MFA on, handing over needs a factor in this sign-in', async () => {
    await place.write((write) => write.accounts.update('acc_200500', { mfa_required_at: 1 }));
    for (const method of ['password+device', 'password'] as const)
      await expect(passOn(desk, await place.login('xena', { method }), 'xavi', 'hand-over')).rejects.toMatchObject({
        code: 'factor-needed',
      });
    await passOn(desk, await place.login('xena', { method: 'password+totp' }), 'xavi', 'hand-over');
    expect((await place.user('xavi')).role).toBe('admin');
  });

  it('A7 X Series: an admin raises a colleague and stays; Classic has one primary admin', async () => {
    await passOn(desk, await place.login('xena'), 'xavi', 'promote');
    expect([(await place.user('xavi')).role, (await place.user('xena')).role]).toEqual(['admin', 'admin']);
    const classic = await thrownBy(passOn(desk, await place.login('ana'), 'uma', 'promote'));
    expect(classic.because?.reason).toBe('one-primary-admin');
    const again = await thrownBy(passOn(desk, await place.login('xena'), 'xavi', 'promote'));
    expect(again.because?.reason).toBe('admin-already');
    // The way out of a role for one of several admins.
    await passOn(desk, await place.login('xena'), 'xavi', 'hand-over');
    expect((await place.user('xena')).role).toBe('user');
  });

  it('A7 B01 a change of edition moves every role, and loses nothing without a word', async () => {
    const move = async (dropPrivileges: boolean) =>
      changeEdition(desk, admin, await account(), { edition: 'x-series', dropPrivileges, reason });
    const refused = await thrownBy(move(false));
    expect([refused.code, refused.because?.reason]).toEqual(['refused-by-policy', 'edition-loses-privileges']);
    expect(said(refused).message).toContain('sue');
    const id = await waiting(() => move(true));
    expect((await showApproval(desk, id)).subject.change).toMatch(
      /classic -> x-series; ana: primary-admin -> admin; .*sue: secondary-admin -> user without billing/,
    );
    await approve(id);
    await move(true);
    expect((await account()).edition).toBe('x-series');
    const roles = await Promise.all(
      (['ana', 'ben', 'sue', 'uma'] as const).map(async (one) => (await place.user(one)).role),
    );
    expect(roles).toEqual(['admin', 'admin', 'user', 'user']);
    expect(await mails('power-edition')).toEqual(['ana', 'ben']);
    expect(await move(true)).toBeNull();
  });

  it('B30 X Series does not become Classic while the company requires a second factor', async () => {
    await place.write((write) => write.accounts.update('acc_200500', { mfa_required_at: 1 }));
    const back = async () =>
      changeEdition(desk, admin, await account('acc_200500'), { edition: 'classic', dropPrivileges: true, reason });
    expect((await thrownBy(back())).because?.reason).toBe('edition-loses-mfa');
    await place.write((write) => write.accounts.update('acc_200500', { mfa_required_at: null }));
    await approved(back);
    expect((await place.user('xena')).role).toBe('primary-admin');
  });

  it('M11 B82 to single sign-on: the password of a user ends with sessions and devices, that of an admin stays (B36)', async () => {
    const home = await account('acc_200500');
    const all = () => changeSignIn(desk, admin, home, { signIn: 'sso', user: null, reason });
    expect((await thrownBy(all())).because?.reason).toBe('sso-not-set-up');
    await place.write((write) =>
      write.accounts.update(home.id, {
        sso: 'idp',
        sso_issuer: 'https://i.example',
        sso_audience: 'a',
        sso_jwks: '{"keys":[]}',
      }),
    );
    for (const login of ['xena', 'xavi'] as const) await place.givePassword(login, 'harbour velvet 9317');
    await place.login('xavi');
    const done = await approved(all);
    expect(done).toMatchObject({ passwordsEnded: 1, sessionsEnded: 1 });
    const password = async (login: Login) => desk.store.read.secrets.applicationPassword((await place.user(login)).id);
    expect([await password('xavi'), (await place.user('xavi')).signIn]).toEqual([undefined, 'sso']);
    expect(await password('xena')).toBeDefined();
    expect(await mails('power-sign-in-all')).toEqual(['xena']);
    expect(await all()).toBeNull();
  });

  it('M11 back to the password: one login, with its own notice; who has no address is named', async () => {
    await place.write((write) =>
      write.users.update('usr_acc_200500_xavi', { sign_in: 'sso', email: '', email_key: '' }),
    );
    const home = await account('acc_200500');
    const back = async () =>
      changeSignIn(desk, admin, home, { signIn: 'native', user: await place.user('xavi'), reason });
    expect(await approved(back)).toMatchObject({ withoutEmail: ['xavi'], passwordsEnded: 0 });
    expect((await place.user('xavi')).signIn).toBe('native');
    expect(await mails('power-sign-in')).toEqual(['xena']);
  });

  it('S37 B55 a customer login that is linked later counts from then on, also in a session that was open', async () => {
    await place.givePhrase('ana');
    expect((await place.call()).outcome).toBe('verified');
    const before = await place.call();
    const ana = await place.user('ana');
    const changed = await changeOperator(desk, admin, place.agent.operator.id, { customer: ana.id });
    expect(changed).toMatchObject({ sessions: 1, tokens: 0 });
    // The session of before is over, and so are its grants; whoever signs in again is known.
    await expect(place.call()).rejects.toMatchObject({ code: 'not-signed-in' });
    expect((await desk.store.read.grants.byId(before.grant?.id ?? ''))?.revoked_at).not.toBeNull();
    expect((await desk.store.read.operators.byId(place.agent.operator.id))?.also_user_id).toBe(ana.id);
    expect((await place.entries('operator.edited')).at(-1)).toMatchObject({ detail: { customer: ana.id } });
    const own = changeOperator(desk, admin, admin.operator.id, { customer: ana.id });
    await expect(own).rejects.toMatchObject({ code: 'forbidden' });
  });
});
