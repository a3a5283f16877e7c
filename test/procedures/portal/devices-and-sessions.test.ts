/** What a factor, a password or a session vouched for ends with it, and owners see and end what is remembered and open (B82). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { switchAccount, switchUser } from '../../../src/procedures/directory/disable-customer.js';
import { findAccount, findUser } from '../../../src/procedures/directory/find-account.js';
import { confirmEnrolment } from '../../../src/procedures/factors/confirm-factor.js';
import { newBackupCodes, removeFactor } from '../../../src/procedures/factors/manage-factors.js';
import { requireMfa } from '../../../src/procedures/factors/require-mfa.js';
import { changeApplicationPassword } from '../../../src/procedures/portal/application-password.js';
import type { PortalLogin } from '../../../src/procedures/portal/customer-login.js';
import {
  endSessions,
  forgetDevices,
  listDevices,
  listSessions,
  rememberDevice,
} from '../../../src/procedures/portal/devices-and-sessions.js';
import { provePassword } from '../../../src/procedures/portal/sign-in-user.js';
import { objectToReset } from '../../../src/procedures/resets/object-to-reset.js';
import { resetInPortal } from '../../../src/procedures/resets/reset-in-portal.js';
import { undoResets } from '../../../src/procedures/resets/undo-reset.js';
import { days } from '../../../src/rules/duration.js';
import { readSources } from '../../support/imports.js';
import { refusalOf } from '../../support/said.js';
import { engines, repositoryRoot } from '../../support/test-desk.js';
import { type App, begunApp, PASSWORD, type PortalPlace, portalPlace } from './portal-place.js';

const XAVI = 'usr_acc_200500_xavi';

describe.each(engines)('what was trusted ends, on %s', (engine) => {
  let place: PortalPlace;
  let app: App;
  /** The owner's own session, opened with the app. */
  let own: PortalLogin;
  /** A session of somebody else with the owner's password and code, who had a device remembered. */
  let other: PortalLogin;
  let token: string;
  beforeEach(async () => {
    place = await portalPlace(engine);
    app = await place.giveApp('xavi');
    await place.requireMfa();
    other = await place.enter('xavi', app);
    token = await rememberDevice(place.desk, other);
    own = await place.enter('xavi', app);
  });
  afterEach(() => place.close());

  const by = { kind: 'system', id: 't', name: 't' } as const;
  const update = (change: Parameters<PortalPlace['desk']['store']['record']>[1]) =>
    place.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by }, change);
  const isOpen = async (login: PortalLogin) =>
    (await place.desk.store.read.portalSessions.ofUser(XAVI)).some(({ id }) => id === login.session.sessionId);
  const devices = async () => (await place.desk.store.read.factors.devices(XAVI)).length;
  const passwordAndDevice = async () => (await place.signIn('xavi', { deviceTokens: [token] })).session.state;
  const trusted = async () => ({ own: await isOpen(own), other: await isOpen(other), devices: await devices() });
  const lead = async () => ({ ...(await place.operator('lead')), codeAt: place.clock.now() });
  const admin = () => place.login('xena', { method: 'password+totp' });
  const reset = async () => {
    const asked = { references: ['xavi'], reason: 'phone lost', confirmed: 1 };
    return (await resetInPortal(place.desk, await admin(), asked))[0]?.reset ?? '';
  };

  it('teeth: until something changes, the session and the device are as good as the owner’s', async () => {
    expect(await trusted()).toEqual({ own: true, other: true, devices: 1 });
    expect(await passwordAndDevice()).toBe('done');
  });

  it('B82 a second method takes nothing away; removing the first ends other sessions and forgets devices', async () => {
    const second = await begunApp(place.desk, own);
    place.nextStep();
    await confirmEnrolment(place.desk, own, { kind: 'totp', code: place.code(second), replaces: undefined });
    expect(await trusted()).toEqual({ own: true, other: true, devices: 1 });
    expect(await removeFactor(place.desk, own, app.id)).toMatchObject({ sessionsEnded: 1, devicesForgotten: 1 });
    expect(await trusted()).toEqual({ own: true, other: false, devices: 0 });
    expect(await passwordAndDevice()).toBe('factor-needed');
  });

  it('B82 replacing a method does the same; giving up a half-done one does not', async () => {
    const half = await begunApp(place.desk, own);
    expect(await removeFactor(place.desk, own, half.id)).toMatchObject({ sessionsEnded: 0, devicesForgotten: 0 });
    const second = await begunApp(place.desk, own);
    const request = { kind: 'totp', code: place.code(second), replaces: app.id } as const;
    expect(await confirmEnrolment(place.desk, own, request)).toMatchObject({
      ended: { sessionsEnded: 1, devicesForgotten: 1 },
    });
    expect(await trusted()).toEqual({ own: true, other: false, devices: 0 });
  });

  it('B82 the own change of the password keeps only the session that makes it', async () => {
    const { login, viewKey } = await provePassword(place.desk, own, PASSWORD);
    if (viewKey === null) throw new Error('no key');
    const done = await changeApplicationPassword(place.desk, login, { viewKey, next: 'lantern and seven herons' });
    expect(done).toEqual({ sessionsEnded: 1, devicesForgotten: 1 });
    expect(await trusted()).toEqual({ own: true, other: false, devices: 0 });
  });

  it('B82 new backup codes end what the earlier ones vouched for; the first ones end nothing', async () => {
    expect(await newBackupCodes(place.desk, own)).toMatchObject({ sessionsEnded: 0, devicesForgotten: 0 });
    expect(await newBackupCodes(place.desk, own)).toMatchObject({ sessionsEnded: 1, devicesForgotten: 1 });
    expect(await trusted()).toEqual({ own: true, other: false, devices: 0 });
  });

  it('B82 a reset, its undo and an objection end every session', async () => {
    const id = await reset();
    expect(await trusted()).toEqual({ own: false, other: false, devices: 0 });
    own = await place.login('xavi', { method: 'sso' });
    await undoResets(place.desk, await lead(), { id, line: undefined, reason: 'it was not me' });
    expect(await isOpen(own)).toBe(false);
    const again = await reset();
    own = await place.login('xavi', { method: 'sso' });
    await objectToReset(place.desk, await place.login('xena'), again);
    expect(await isOpen(own)).toBe(false);
  });

  it('B82 MFA off and on again revives no device, and ends sessions that gave no factor (B33)', async () => {
    const xena = await admin();
    const byDevice = await place.signIn('xavi', { deviceTokens: [token] });
    expect(await requireMfa(place.desk, xena, false)).toMatchObject({ sessionsEnded: 1, devicesForgotten: 1 });
    expect(await isOpen(byDevice)).toBe(false);
    const byPassword = await place.signIn('xavi');
    expect(byPassword.session.state).toBe('done');
    const bySso = await place.login('xavi', { method: 'sso' });
    // A session that had given its factor before may have a device remembered while MFA is off.
    await rememberDevice(place.desk, own);
    expect(await requireMfa(place.desk, xena, true)).toMatchObject({ devicesForgotten: 1 });
    expect([await isOpen(byPassword), await isOpen(bySso), await isOpen(own)]).toEqual([false, true, true]);
    expect(await passwordAndDevice()).toBe('factor-needed');
    const before = await trusted();
    expect(await requireMfa(place.desk, xena, true)).toMatchObject({ unchanged: true, sessionsEnded: 0 });
    expect(await trusted()).toEqual(before);
  });

  it.each(['login', 'company'] as const)('B82 a %s that was disabled comes back with no device', async (what) => {
    const operator = await place.operator('admin');
    const { account, user } = await findUser(place.desk, 'xavi', await findAccount(place.desk, '200500'));
    for (const on of [false, true]) {
      if (what === 'login') await switchUser(place.desk, operator, { account, user }, { on, reason: undefined });
      else await switchAccount(place.desk, operator, account, { on, reason: undefined });
    }
    expect(await trusted()).toEqual({ own: false, other: false, devices: 0 });
    expect(await passwordAndDevice()).toBe('factor-needed');
  });

  it('B82 the owner sees devices with the day until which they count, and forgets one or all', async () => {
    const [shown] = await listDevices(place.desk, own, [token]);
    expect(shown).toMatchObject({ here: true });
    expect((shown?.expiresAt ?? 0) - (shown?.rememberedAt ?? 0)).toBe(days(90));
    expect((await listDevices(place.desk, own, []))[0]).toMatchObject({ here: false });
    const byDevice = await place.signIn('xavi', { deviceTokens: [token] });
    expect((await refusalOf(forgetDevices(place.desk, own, { id: 'dev_none' }))).code).toBe('not-found');
    const ended = await forgetDevices(place.desk, own, { id: shown?.id ?? '' });
    expect(ended).toEqual({ devices: [shown?.id], sessions: [byDevice.session.sessionId] });
    expect(await trusted()).toEqual({ own: true, other: true, devices: 0 });
    expect(await forgetDevices(place.desk, own, 'all')).toEqual({ devices: [], sessions: [] });
    expect(await passwordAndDevice()).toBe('factor-needed');
  });

  it('B82 the owner sees sessions, the one in use among them, and ends one with the devices that it may have chosen', async () => {
    const shown = await listSessions(place.desk, own);
    expect(shown.filter(({ current }) => current).map(({ id }) => id)).toEqual([own.session.sessionId]);
    expect((await refusalOf(endSessions(place.desk, own, { id: 'ses_none' }, []))).code).toBe('not-found');
    expect(await endSessions(place.desk, own, { id: other.session.sessionId }, [])).toMatchObject({
      sessions: [other.session.sessionId],
    });
    expect(await trusted()).toEqual({ own: true, other: false, devices: 0 });
  });

  it('B82 ends all others at once; a device shown with the command stays; those of other people are out of reach', async () => {
    const xena = await place.login('xena');
    expect((await refusalOf(endSessions(place.desk, xena, { id: other.session.sessionId }, []))).code).toBe(
      'not-found',
    );
    const [device] = await place.desk.store.read.factors.devices(XAVI);
    expect((await refusalOf(forgetDevices(place.desk, xena, { id: device?.id ?? '' }))).code).toBe('not-found');
    await endSessions(place.desk, own, 'others', [token]);
    expect(await trusted()).toEqual({ own: true, other: false, devices: 1 });
    expect((await listSessions(place.desk, own)).map(({ id }) => id)).toEqual([own.session.sessionId]);
  });

  it('what is over by time is neither shown nor kept', async () => {
    await update((write) => write.portalSessions.update(other.session.sessionId, { last_seen_at: 1 }));
    place.clock.advance(days(90));
    own = await place.login('xavi', { method: 'password+totp' });
    expect(await listDevices(place.desk, own, [token])).toEqual([]);
    expect(await listSessions(place.desk, own)).toHaveLength(1);
  });
});

it('B82 all of a user’s sessions or devices end in one place only', () => {
  const elsewhere = readSources(repositoryRoot, 'src').filter(
    ({ path, text }) =>
      path !== 'src/store/queries/trust.ts' &&
      /deleteFrom\('(devices|portal_sessions)'\)(?!\s*\.where\('(id|user_id)', '=', \w+\)(\.where\('created_at'|\.execute))/.test(
        text,
      ),
  );
  expect(elsewhere.map(({ path }) => path)).toEqual([]);
});
