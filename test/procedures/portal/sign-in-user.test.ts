/** Signing in to the portal with the application password (B33, B35, B36, B72, B73), and the session it opens. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Writes } from '../../../src/desk.js';
import { prepareApplicationPassword } from '../../../src/procedures/portal/application-password.js';
import { authenticateUser, signOutUser } from '../../../src/procedures/portal/authenticate-user.js';
import { requireState } from '../../../src/procedures/portal/customer-login.js';
import { provePassword, signInWithPassword } from '../../../src/procedures/portal/sign-in-user.js';
import { hours, minutes, seconds } from '../../../src/rules/duration.js';
import { refusalOf } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';
import { PHRASE } from '../northwind.js';
import { countDone, PASSWORD, type PortalPlace, portalPlace } from './portal-place.js';

describe.each(engines)('signing in to the portal on %s', (engine) => {
  let place: PortalPlace;
  beforeEach(async () => {
    place = await portalPlace(engine);
  });
  afterEach(() => place.close());

  const update = (change: Parameters<PortalPlace['desk']['store']['record']>[1]) =>
    place.desk.store.record(
      { kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by: { kind: 'system', id: 't', name: 't' } },
      change,
    );

  it('the right password opens a session that is done while MFA is off', async () => {
    const opened = await place.signIn('xavi');
    expect(opened.session).toMatchObject({ state: 'done', method: 'password' });
    expect(opened.viewKey).not.toBeNull();
    const again = await authenticateUser(place.desk, opened.token, opened.user);
    expect(again.session.sessionId).toBe(opened.session.sessionId);
    expect(await place.auditKinds()).toEqual(expect.arrayContaining(['portal.sign-in-started', 'portal.signed-in']));
  });

  it('B73 unknown company, unknown login, no password and wrong password get the same words', async () => {
    const sign = (account: string, login: string, password: string) =>
      refusalOf(signInWithPassword(place.desk, { account, login, password, deviceTokens: [] }));
    const refusals = [
      await sign('999', 'xavi', PASSWORD),
      await sign('200500', 'nobody', PASSWORD),
      await sign('100234', 'uma', PASSWORD),
      await sign('200500', 'xavi', 'wrong'),
    ];
    expect(new Set(refusals.map(({ code, message, hint }) => `${code} ${message} ${hint}`)).size).toBe(1);
    expect(refusals[0]?.code).toBe('not-signed-in');
  });

  it('B09 an e-mail on several logins names nobody', async () => {
    await update((write) => write.users.update('usr_acc_200500_xena', { email_key: 'xavi@mail.example' }));
    const input = { account: '200500', login: 'xavi@mail.example', password: PASSWORD, deviceTokens: [] };
    expect(await refusalOf(signInWithPassword(place.desk, input))).toMatchObject({ code: 'not-signed-in', also: {} });
  });

  it('a session counts only for the person at whose terminal it was opened (B79)', async () => {
    const open = await place.signIn('xavi');
    const other = { ...place.desk, person: 'uid:2' };
    expect((await refusalOf(authenticateUser(other, open.token, open.user))).code).toBe('not-signed-in');
    expect((await refusalOf(signOutUser(other, open))).code).toBe('not-signed-in');
    await authenticateUser(place.desk, open.token, open.user);
  });

  it('a disabled login or company is refused with the same words', async () => {
    await update((write) => write.users.update('usr_acc_200500_xavi', { disabled_at: 1 }));
    expect((await refusalOf(place.signIn('xavi'))).code).toBe('not-signed-in');
    const open = await place.signIn('xena');
    await update((write) => write.accounts.update('acc_200500', { disabled_at: 1 }));
    expect((await refusalOf(authenticateUser(place.desk, open.token, open.user))).code).toBe('not-signed-in');
  });

  it('B72 five wrong passwords lock the login; the right one is not even looked at, until the time is over', async () => {
    for (let at = 0; at < 5; at += 1) await refusalOf(place.signIn('xavi', { password: 'wrong' }));
    expect((await refusalOf(place.signIn('xavi'))).code).toBe('locked');
    expect((await place.signIn('xena')).session.state).toBe('done');
    place.clock.advance(minutes(15));
    expect((await place.signIn('xavi')).session.state).toBe('done');
  });

  it('B72 of 20 parallel wrong passwords, five reach the check', async () => {
    const tried = await Promise.allSettled(
      Array.from({ length: 20 }, () => place.signIn('xavi', { password: 'wrong' })),
    );
    const codes = tried.map((one) => (one.status === 'rejected' ? (one.reason as { code: string }).code : 'in'));
    expect(codes.filter((code) => code === 'not-signed-in')).toHaveLength(5);
    expect(codes.filter((code) => code === 'locked')).toHaveLength(15);
  });

  it('a password that is set anew while the old one is being checked lets nobody in with the old one', async () => {
    const { desk } = place;
    const slow = {
      ...desk,
      ownerView: {
        ...desk.ownerView,
        check: async (...given: Parameters<typeof desk.ownerView.check>) => {
          const checked = await desk.ownerView.check(...given);
          await place.givePassword('xavi', 'another one 42');
          return checked;
        },
      },
    };
    const input = { account: '200500', login: 'xavi', password: PASSWORD, deviceTokens: [] };
    expect((await refusalOf(signInWithPassword(slow, input))).code).toBe('not-signed-in');
    expect(await desk.store.read.portalSessions.ofUser('usr_acc_200500_xavi')).toEqual([]);
  });

  it.each([
    ['the login', (write: Writes) => write.users.update('usr_acc_200500_xavi', { disabled_at: 1 })],
    ['the company', (write: Writes) => write.accounts.update('acc_200500', { disabled_at: 1 })],
  ])('%s that is disabled while the password is being checked lets nobody in (T15)', async (_what, disable) => {
    const { desk } = place;
    const check = async (...given: Parameters<typeof desk.ownerView.check>) => {
      const checked = await desk.ownerView.check(...given);
      await update(disable);
      return checked;
    };
    const slow = { ...desk, ownerView: { ...desk.ownerView, check } };
    const input = { account: '200500', login: 'xavi', password: PASSWORD, deviceTokens: [] };
    expect((await refusalOf(signInWithPassword(slow, input))).code).toBe('not-signed-in');
    expect(await desk.store.read.portalSessions.ofUser('usr_acc_200500_xavi')).toEqual([]);
  });

  it('an outdated hash is made anew at sign-in and keeps the view key', async () => {
    const { desk } = place;
    const before = await desk.store.read.secrets.applicationPassword('usr_acc_200500_xavi');
    const old = {
      ...desk,
      ownerView: {
        ...desk.ownerView,
        check: async (...given: Parameters<typeof desk.ownerView.check>) => ({
          ...(await desk.ownerView.check(...given)),
          outdated: true,
        }),
      },
    };
    const input = { account: '200500', login: 'xavi', password: PASSWORD, deviceTokens: [] };
    const opened = await signInWithPassword(old, input);
    const after = await desk.store.read.secrets.applicationPassword('usr_acc_200500_xavi');
    expect(after?.verifier).not.toBe(before?.verifier);
    expect(Buffer.from((await place.signIn('xavi')).viewKey ?? []).equals(Buffer.from(opened.viewKey ?? []))).toBe(
      true,
    );
  });

  it('the own sign-in lifts a lock that guesses by phone brought; a half-done one does not', async () => {
    for (let at = 0; at < 5; at += 1) await place.verify('xavi', PHRASE);
    expect((await refusalOf(place.verify('xavi', PHRASE))).code).toBe('locked');
    await place.requireMfa();
    expect((await place.signIn('xavi')).session.state).toBe('enrolment-needed');
    expect((await refusalOf(place.verify('xavi', PHRASE))).code).toBe('locked');
    await update((write) => write.accounts.update('acc_200500', { mfa_required_at: null }));
    await place.signIn('xavi');
    expect((await place.verify('xavi', PHRASE)).outcome).toBe('refused');
  });

  it('B36 an ordinary SSO user has no native login; an admin keeps theirs', async () => {
    await update(async (write) => {
      await write.users.update('usr_acc_200500_xavi', { sign_in: 'sso' });
      await write.users.update('usr_acc_200500_xena', { sign_in: 'sso' });
    });
    expect(await refusalOf(place.signIn('xavi'))).toMatchObject({
      code: 'forbidden',
      hint: expect.stringContaining('--sso'),
    });
    expect((await place.signIn('xena')).session.state).toBe('done');
  });

  it('B30 a classic account with MFA on lets nobody in that way', async () => {
    await place.givePassword('ana', PASSWORD);
    await update((write) => write.accounts.update('acc_100234', { mfa_required_at: 1 }));
    expect((await refusalOf(place.signIn('ana'))).code).toBe('refused-by-policy');
  });

  describe('the session', () => {
    it('ends after 30 idle minutes and after 12 hours, to the second', async () => {
      const { desk, clock } = place;
      const opened = await place.signIn('xavi');
      const look = () => authenticateUser(desk, opened.token, opened.user);
      clock.advance(minutes(30) - seconds(1));
      await look();
      clock.advance(minutes(30));
      expect((await refusalOf(look())).code).toBe('not-signed-in');
      const second = await place.signIn('xavi');
      for (let at = 0; at < 35; at += 1) {
        clock.advance(minutes(20));
        await authenticateUser(desk, second.token, second.user);
      }
      clock.advance(hours(12) - minutes(35 * 20) - seconds(1));
      await authenticateUser(desk, second.token, second.user);
      clock.advance(seconds(1));
      expect((await refusalOf(authenticateUser(desk, second.token, second.user))).code).toBe('not-signed-in');
    });

    it('is nobody else’s, and none after logout', async () => {
      const [xavi, xena] = [await place.signIn('xavi'), await place.signIn('xena')];
      expect((await refusalOf(authenticateUser(place.desk, xavi.token, xena.user))).code).toBe('not-signed-in');
      expect((await refusalOf(authenticateUser(place.desk, undefined, xena.user))).code).toBe('not-signed-in');
      await signOutUser(place.desk, xavi);
      expect((await refusalOf(authenticateUser(place.desk, xavi.token, xavi.user))).code).toBe('not-signed-in');
    });

    it('half done it opens nothing (B33)', async () => {
      await place.requireMfa();
      const waiting = await place.signIn('xavi');
      expect(() => requireState(waiting, ['done'])).toThrow(expect.objectContaining({ code: 'enrolment-needed' }));
    });

    it('over, it is swept away at the next sign-in', async () => {
      await place.signIn('xavi');
      place.clock.advance(hours(1));
      await place.signIn('xavi');
      expect(await place.desk.store.read.portalSessions.ofUser('usr_acc_200500_xavi')).toHaveLength(1);
    });

    it('the password can be proven again in it, counted like a sign-in', async () => {
      const opened = await place.signIn('xavi');
      place.clock.advance(minutes(6));
      const { login, viewKey } = await provePassword(place.desk, opened, PASSWORD);
      expect(login.session.passwordAt).toBe(place.clock.now());
      expect(viewKey).not.toBeNull();
      const wrong = Array.from({ length: 8 }, () => provePassword(place.desk, opened, 'wrong'));
      expect(await countDone(wrong)).toBe(0);
      expect((await refusalOf(place.signIn('xavi'))).code).toBe('locked');
    });
  });

  it('B10 a password judged for one user is sealed at that user’s place', async () => {
    const [xavi, xena] = [await place.user('xavi'), await place.user('xena')];
    const { verifier } = await prepareApplicationPassword(place.desk, xena, 'some other 99');
    await update((write) =>
      write.secrets.putApplicationPassword({ user_id: xavi.id, verifier, changed_at: place.desk.now() }),
    );
    expect((await refusalOf(place.signIn('xavi', { password: 'some other 99' }))).code).toBe('store-corrupt');
  });
});
