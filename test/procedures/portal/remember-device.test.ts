/** Remembered devices: which login may make one, how long it counts, and for whom (B38, B39, B43). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { confirmEnrolment } from '../../../src/procedures/factors/confirm-factor.js';
import { listFactors, newBackupCodes, removeFactor } from '../../../src/procedures/factors/manage-factors.js';
import { requireMfa } from '../../../src/procedures/factors/require-mfa.js';
import { mayRemember, rememberDevice } from '../../../src/procedures/portal/devices-and-sessions.js';
import { days, minutes, seconds } from '../../../src/rules/duration.js';
import { refusalOf } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';
import { type App, begunApp, type PortalPlace, portalPlace } from './portal-place.js';

describe.each(engines)('a remembered device on %s', (engine) => {
  let place: PortalPlace;
  let app: App;
  beforeEach(async () => {
    place = await portalPlace(engine);
    app = await place.giveApp('xavi');
    await place.requireMfa();
  });
  afterEach(() => place.close());

  const stateWith = async (login: 'xavi' | 'xena', deviceTokens: readonly string[]) =>
    (await place.signIn(login, { deviceTokens })).session;

  it('B38 is not asked 89 d 23:59:59 later, and asked at 90 d and at 90 d + 1 s', async () => {
    const token = await rememberDevice(place.desk, await place.enter('xavi', app));
    place.clock.advance(days(90) - seconds(1));
    expect(await stateWith('xavi', [token])).toMatchObject({ state: 'done', method: 'password+device' });
    place.clock.advance(seconds(1));
    expect((await stateWith('xavi', [token])).state).toBe('factor-needed');
    place.clock.advance(seconds(1));
    expect((await stateWith('xavi', [token])).state).toBe('factor-needed');
  });

  it('B38 does not slide: using it every day does not prolong it', async () => {
    const token = await rememberDevice(place.desk, await place.enter('xavi', app));
    for (let day = 1; day <= 89; day += 22) {
      place.clock.advance(days(22));
      if (day + 21 < 90) expect((await stateWith('xavi', [token])).state).toBe('done');
    }
    place.clock.advance(days(2));
    expect((await stateWith('xavi', [token])).state).toBe('factor-needed');
  });

  it('B38 cannot be chosen at the login that set the method up, nor at one that was not asked', async () => {
    const enrolling = await place.signIn('xena');
    const own = await begunApp(place.desk, enrolling);
    const confirm = { kind: 'totp', code: place.code(own), replaces: undefined } as const;
    const { login } = await confirmEnrolment(place.desk, enrolling, confirm);
    expect(login.session).toMatchObject({ state: 'done', method: 'password+enrolment' });
    expect(mayRemember(login)).toBe(false);
    expect((await refusalOf(rememberDevice(place.desk, login))).code).toBe('refused-by-policy');
    const later = await place.enter('xena', own);
    const token = await rememberDevice(place.desk, later);
    const byDevice = await place.signIn('xena', { deviceTokens: [token] });
    expect((await refusalOf(rememberDevice(place.desk, byDevice))).code).toBe('refused-by-policy');
    const waiting = await place.signIn('xena');
    expect((await refusalOf(rememberDevice(place.desk, waiting))).code).toBe('factor-needed');
  });

  it('B38, B40, B41 changes no sign-in methods: a password and this file would make themselves a factor', async () => {
    const token = await rememberDevice(place.desk, await place.enter('xavi', app));
    const byDevice = await place.signIn('xavi', { deviceTokens: [token] });
    const before = await listFactors(place.desk, byDevice);
    expect((await refusalOf(newBackupCodes(place.desk, byDevice))).code).toBe('factor-needed');
    expect((await refusalOf(begunApp(place.desk, byDevice))).code).toBe('factor-needed');
    expect((await refusalOf(removeFactor(place.desk, byDevice, app.id))).code).toBe('factor-needed');
    expect(await listFactors(place.desk, byDevice)).toEqual(before);
  });

  it('B32, B38 does not switch the company-wide requirement off', async () => {
    const admins = await place.giveApp('xena');
    const token = await rememberDevice(place.desk, await place.enter('xena', admins));
    const byDevice = await place.signIn('xena', { deviceTokens: [token] });
    expect((await refusalOf(requireMfa(place.desk, byDevice, false))).code).toBe('factor-needed');
    place.clock.advance(minutes(2));
    const control = await requireMfa(place.desk, await place.enter('xena', admins), false);
    expect(control).toMatchObject({ required: false, unchanged: false });
  });

  it('B38 control: the same changes go through where the factor was given', async () => {
    const open = await place.enter('xavi', app);
    expect((await newBackupCodes(place.desk, open)).codes).toHaveLength(10);
    const second = await begunApp(place.desk, open);
    expect((await removeFactor(place.desk, open, second.id)).state).toBe('pending');
  });

  it('B39 no file, another token or the record on the server alone: asked', async () => {
    await rememberDevice(place.desk, await place.enter('xavi', app));
    expect((await stateWith('xavi', [])).state).toBe('factor-needed');
    expect((await stateWith('xavi', ['csd_something-else'])).state).toBe('factor-needed');
  });

  it('B39 a token whose record is gone (a reset) is worth nothing', async () => {
    const token = await rememberDevice(place.desk, await place.enter('xavi', app));
    const by = { kind: 'system', id: 't', name: 't' } as const;
    await place.desk.store.record({ kind: 'test.reset', outcome: 'done', at: place.desk.now(), by }, (write) =>
      write.trust.end(['usr_acc_200500_xavi']),
    );
    expect((await stateWith('xavi', [token])).state).toBe('factor-needed');
  });

  it('those whose period is over go when another is remembered; one that still counts stays', async () => {
    await rememberDevice(place.desk, await place.enter('xavi', app));
    place.clock.advance(days(1));
    const second = await rememberDevice(place.desk, await place.enter('xavi', app));
    place.clock.advance(days(89));
    await rememberDevice(place.desk, await place.enter('xavi', app));
    expect(await place.desk.store.read.factors.devices('usr_acc_200500_xavi')).toHaveLength(2);
    expect((await stateWith('xavi', [second])).state).toBe('done');
  });

  it('B43 one login on one device: the token opens nobody else’s login', async () => {
    await place.giveApp('xena');
    const token = await rememberDevice(place.desk, await place.enter('xavi', app));
    expect((await stateWith('xena', [token])).state).toBe('factor-needed');
  });

  it('the password is asked all the same', async () => {
    const token = await rememberDevice(place.desk, await place.enter('xavi', app));
    const wrong = await refusalOf(place.signIn('xavi', { password: 'wrong', deviceTokens: [token] }));
    expect(wrong.code).toBe('not-signed-in');
  });

  it('a clock that was set back does not stretch the period', async () => {
    const token = await rememberDevice(place.desk, await place.enter('xavi', app));
    place.clock.advance(days(91));
    await place.signIn('xena').catch(() => undefined);
    place.clock.advance(-days(20));
    expect((await stateWith('xavi', [token])).state).toBe('factor-needed');
    place.clock.advance(days(20) - minutes(1));
    expect((await stateWith('xavi', [token])).state).toBe('factor-needed');
  });

  it('teeth: a period that slides would still let it in', async () => {
    const token = await rememberDevice(place.desk, await place.enter('xavi', app));
    place.clock.advance(days(60));
    await stateWith('xavi', [token]);
    const by = { kind: 'system', id: 't', name: 't' } as const;
    await place.desk.store.record({ kind: 'test.slid', outcome: 'done', at: place.desk.now(), by }, async (write) => {
      const [row] = await write.factors.devices('usr_acc_200500_xavi');
      await write.trust.end(['usr_acc_200500_xavi']);
      if (row !== undefined) await write.factors.insertDevice({ ...row, created_at: place.clock.now() });
    });
    place.clock.advance(days(60));
    expect((await stateWith('xavi', [token])).state).toBe('done');
  });
});
