/** Setting up a second factor: at the first login, in the portal, after a reset, after the last backup code (B31, B33, B34, B40, B42, B57). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareEnrolmentCode } from '../../../src/procedures/codes/enrolment-code.js';
import { confirmEnrolment } from '../../../src/procedures/factors/confirm-factor.js';
import { beginEnrolment } from '../../../src/procedures/factors/enrol-factor.js';
import { listFactors, newBackupCodes } from '../../../src/procedures/factors/manage-factors.js';
import { sendOwedEnrolmentCode, submitEnrolmentCode } from '../../../src/procedures/factors/owed-enrolment-code.js';
import { deliverOutbox } from '../../../src/procedures/messages/deliver-outbox.js';
import type { PortalLogin } from '../../../src/procedures/portal/customer-login.js';
import { days, hours, minutes } from '../../../src/rules/duration.js';
import type { User } from '../../../src/rules/people.js';
import { refusalOf } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';
import { type App, begunApp, countDone, type PortalPlace, portalPlace } from '../portal/portal-place.js';

const openReset = (user: User, at: number) => ({
  id: `rst_${at}`,
  job_id: null,
  line: null,
  account_id: user.accountId,
  user_id: user.id,
  operator_id: null,
  by_user_id: null,
  caller_id: null,
  grant_id: null,
  reason: null,
  ticket: null,
  outcome: 'reset',
  state: 'open',
  final: 1,
  factors: 1,
  backup_codes: 0,
  devices: 0,
  sessions: 0,
  enrolments: 0,
  at,
  objected_at: null,
  objected_by: null,
  ended_at: null,
  ended_by: null,
});

describe.each(engines)('setting up a factor on %s', (engine) => {
  let place: PortalPlace;
  beforeEach(async () => {
    place = await portalPlace(engine);
  });
  afterEach(() => place.close());

  const by = { kind: 'system', id: 't', name: 't' } as const;
  const update = (change: Parameters<PortalPlace['desk']['store']['record']>[1]) =>
    place.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by }, change);
  const confirm = (login: PortalLogin, kind: 'totp' | 'email' | 'sms', code: string, replaces?: string) =>
    confirmEnrolment(place.desk, login, { kind, code, replaces });
  const begin = (login: PortalLogin, kind: 'totp' | 'email' | 'sms', enrolmentCode?: string) =>
    beginEnrolment(place.desk, login, { kind, enrolmentCode });
  const kinds = async (login: PortalLogin) =>
    (await listFactors(place.desk, login)).factors.map(({ kind, state }) => `${kind} ${state}`);
  const enrol = async (login: PortalLogin, app: App) => confirm(login, 'totp', place.code(app));

  /** What a reset does to this user, as far as enrolling again is concerned; answers the mailed code. */
  const reset = async (barred = true): Promise<string> => {
    const user = await place.user('xavi');
    const account = await place.desk.store.read.accounts.byId(user.accountId);
    if (account === undefined) throw new Error('no account');
    const prepared = await prepareEnrolmentCode(place.desk, account, user);
    if (prepared === null) throw new Error('no address');
    const entry = { kind: 'mfa.reset', outcome: 'done', at: place.clock.now(), by, user: user.id } as const;
    await place.desk.store.record(entry, async (write) => {
      for (const row of await write.factors.ofUser(user.id)) await write.factors.delete(row.id);
      await write.factors.deleteBackupCodes(user.id);
      await write.factors.deleteCodes(user.id, ['login', 'factor', 'enrol']);
      await write.trust.end([user.id]);
      if (barred) await write.resets.insert([openReset(user, place.clock.now())]);
      await write.factors.insertCode(prepared.row);
      await write.outbox.insert([prepared.message]);
    });
    await deliverOutbox(place.desk, [prepared.message.id]);
    return place.mailed('set up sign-in again for xavi');
  };

  describe('at the first login once MFA is on', () => {
    beforeEach(() => place.requireMfa());

    it.each(['totp', 'email', 'sms'] as const)('B33 B34 %s finishes the login that waited for it', async (kind) => {
      const waiting = await place.signIn('xavi');
      expect(waiting.session.state).toBe('enrolment-needed');
      const { begun, login } = await begin(waiting, kind);
      const app = begun.family === 'generated' ? await begunApp(place.desk, login) : undefined;
      const code = app === undefined ? await place.mailed('xavi') : place.code(app);
      const done = await confirm(login, kind, code);
      expect(done.login.session).toMatchObject({ state: 'done', method: 'password+enrolment' });
      expect(await kinds(done.login)).toEqual([`${kind} active`]);
      expect((await place.signIn('xavi')).session.state).toBe('factor-needed');
    });

    it('B34 backup codes are not offered there', async () => {
      expect((await refusalOf(newBackupCodes(place.desk, await place.signIn('xavi')))).code).toBe('enrolment-needed');
    });

    it('B33 a user who was added later is asked too', async () => {
      await update((write) => write.users.update('usr_acc_200500_xavi', { created_at: place.clock.now() }));
      expect((await place.signIn('xavi')).session.state).toBe('enrolment-needed');
    });

    it('other half-done logins end with it', async () => {
      const [first, second] = [await place.signIn('xavi'), await place.signIn('xavi')];
      await enrol(first, await begunApp(place.desk, first));
      expect((await refusalOf(begin(second, 'email'))).code).toBe('not-signed-in');
    });

    it('of two parallel confirmations with one code, one counts', async () => {
      const waiting = await place.signIn('xavi');
      const app = await begunApp(place.desk, waiting);
      expect(await countDone([enrol(waiting, app), enrol(waiting, app)])).toBe(1);
      expect(await kinds(await place.login('xavi'))).toEqual(['totp active']);
    });
  });

  it('an app that is half set up opens nothing, and a wrong first code sets nothing up', async () => {
    const open = await place.login('xavi');
    const app = await begunApp(place.desk, open);
    expect((await refusalOf(confirm(open, 'totp', '000000'))).code).toBe('not-signed-in');
    expect(await kinds(open)).toEqual(['totp pending']);
    await place.requireMfa();
    expect((await refusalOf(enrol(open, app))).code, 'its session gave no factor').toBe('not-signed-in');
    const again = await place.signIn('xavi');
    expect(again.session.state).toBe('enrolment-needed');
    await enrol(again, app);
    expect(await kinds(again)).toEqual(['totp active']);
  });

  it('beginning again takes the place of what was begun', async () => {
    const open = await place.login('xavi');
    const first = await begunApp(place.desk, open);
    const second = await begunApp(place.desk, open);
    expect((await refusalOf(enrol(open, first))).code).toBe('not-signed-in');
    await enrol(open, second);
    expect(await kinds(open)).toEqual(['totp active']);
  });

  it('a code that was not sent, a contact that is not there and a method set up already are said', async () => {
    const open = await place.login('xavi');
    expect((await refusalOf(confirm(open, 'email', '123456'))).code).toBe('invalid-input');
    await place.giveSent('xavi', 'email');
    expect((await refusalOf(begin(open, 'email'))).message).toContain('already');
    await update((write) => write.users.update(open.user.id, { phone: '', phone_digits: '' }));
    const { user } = { user: await place.user('xavi') };
    expect((await refusalOf(begin({ ...open, user }, 'sms'))).message).toContain(
      'no phone number that has been on file',
    );
  });

  it('asking for another code does not buy more guesses', async () => {
    const open = await place.login('xavi');
    const desk = place.deskWith(({ throttle }) => ({
      throttle: { ...throttle, lockFromFailure: 90, disabledAtFailure: 99 },
    }));
    for (let at = 0; at < 5; at += 1) {
      await beginEnrolment(desk, open, { kind: 'email', enrolmentCode: undefined });
      await refusalOf(confirmEnrolment(desk, open, { kind: 'email', code: '000000', replaces: undefined }));
    }
    expect((await refusalOf(beginEnrolment(desk, open, { kind: 'email', enrolmentCode: undefined }))).code).toBe(
      'locked',
    );
  });

  it('the owner is told of each change', async () => {
    await place.giveApp('xavi');
    expect(await place.notices()).toContain('factor-changed xavi');
  });

  describe('in place of another (B40)', () => {
    it('the old one goes in the moment the new one counts', async () => {
      const old = await place.giveApp('xavi');
      await place.requireMfa();
      const open = await place.enter('xavi', old);
      const app = await begunApp(place.desk, open);
      expect(await kinds(open)).toEqual(['totp active', 'totp pending']);
      await confirm(open, 'totp', place.code(app), old.id);
      expect((await listFactors(place.desk, open)).factors.map(({ id }) => id)).toEqual([app.id]);
    });

    it('a wrong code, or an old one that is not there, changes nothing', async () => {
      const old = await place.giveApp('xavi');
      const open = await place.login('xavi');
      const app = await begunApp(place.desk, open);
      await refusalOf(confirm(open, 'totp', '000000', old.id));
      expect((await refusalOf(confirm(open, 'totp', place.code(app), 'fac_nobody'))).code).toBe('not-found');
      expect(await kinds(open)).toEqual(['totp active', 'totp pending']);
    });

    it('an old one that is not there is said before anything begins', async () => {
      const open = await place.login('xavi');
      const pending = await begunApp(place.desk, open);
      for (const replaces of ['fac_nobody', pending.id]) {
        const refused = refusalOf(
          beginEnrolment(place.desk, open, { kind: 'email', enrolmentCode: undefined, replaces }),
        );
        expect((await refused).code).toBe('not-found');
      }
      expect(await place.mailed('xavi')).toBe('no code');
    });
  });

  describe('after a reset', () => {
    it('B57 with MFA on, the password alone gets as far as the question for the mailed code', async () => {
      await place.giveApp('xavi');
      await place.requireMfa();
      const code = await reset();
      const thief = await place.signIn('xavi');
      expect(thief.session.state).toBe('enrolment-code-needed');
      expect(await refusalOf(begin(thief, 'totp'))).toMatchObject({
        code: 'enrolment-needed',
        also: { enrolment: { code: 'waiting' } },
      });
      expect((await refusalOf(begin(thief, 'totp', 'AAAAA-AAAAA'))).code).toBe('not-signed-in');
      const owner = await submitEnrolmentCode(place.desk, await place.signIn('xavi'), code.toLowerCase());
      expect(owner.session.state).toBe('enrolment-needed');
      expect((await enrol(owner, await begunApp(place.desk, owner))).login.session.state).toBe('done');
    });

    it('B57 with MFA off, setting up a method asks for the mailed code as well', async () => {
      await place.giveApp('xavi');
      const code = await reset();
      const thief = await place.signIn('xavi');
      expect(thief.session.state).toBe('done');
      expect((await refusalOf(begin(thief, 'totp'))).code).toBe('enrolment-needed');
      expect((await refusalOf(confirm(thief, 'totp', '000000'))).code).toBe('invalid-input');
      expect((await refusalOf(newBackupCodes(place.desk, thief))).code).toBe('enrolment-needed');
      const app = await begunApp(place.desk, thief, code);
      await enrol(thief, app);
      expect(await kinds(thief)).toEqual(['totp active']);
    });

    it('B57 teeth: without the open reset and the code’s row the password alone sets up what it likes', async () => {
      await reset(false);
      await update((write) => write.factors.deleteCodes('usr_acc_200500_xavi', ['enrol']));
      const thief = await place.signIn('xavi');
      await enrol(thief, await begunApp(place.desk, thief));
      expect(await kinds(thief)).toEqual(['totp active']);
    });

    it('the code is used up by the factor: not before, and not twice', async () => {
      await place.requireMfa();
      const code = await reset();
      await submitEnrolmentCode(place.desk, await place.signIn('xavi'), code);
      const [first, second] = [await place.signIn('xavi'), await place.signIn('xavi')];
      const ready = await submitEnrolmentCode(place.desk, first, code);
      const also = await submitEnrolmentCode(place.desk, second, code);
      await enrol(ready, await begunApp(place.desk, ready));
      expect((await refusalOf(begunApp(place.desk, also))).code).toBe('not-signed-in');
      const later = await place.login('xavi', { state: 'enrolment-code-needed' });
      expect((await refusalOf(submitEnrolmentCode(place.desk, later, code))).code).toBe('not-signed-in');
    });

    it('somebody else’s code, and one too old, open nothing', async () => {
      await place.requireMfa();
      const code = await reset();
      const other = await place.login('xena', { state: 'enrolment-code-needed' });
      expect((await refusalOf(submitEnrolmentCode(place.desk, other, code))).code).toBe('not-signed-in');
      place.clock.advance(hours(24));
      const waiting = await place.signIn('xavi');
      expect((await refusalOf(submitEnrolmentCode(place.desk, waiting, code))).code).toBe('not-signed-in');
      // The portal sends a fresh one to what is on file (B89).
      expect(await sendOwedEnrolmentCode(place.desk, waiting)).toBe('sent');
    });

    it('B72 wrong codes are counted in the log, told to the owner once, and never end the right one', async () => {
      await place.requireMfa();
      const code = await reset();
      const thief = await place.signIn('xavi');
      for (let at = 0; at < 25; at += 1) {
        expect((await refusalOf(submitEnrolmentCode(place.desk, thief, 'AAAAA'))).code).toBe('not-signed-in');
      }
      const told = (await place.notices()).filter((notice) => notice === 'enrolment-code-wrong xavi');
      expect(told).toHaveLength(1);
      const refused = await place.desk.store.read.audit.newest({ kind: 'portal.enrolment-code-refused' }, 99);
      expect(refused).toHaveLength(25);
      expect(refused[0]?.body).toContain('"wrong":25');
      expect(await sendOwedEnrolmentCode(place.desk, thief)).toBe('waiting');
      const owner = await submitEnrolmentCode(place.desk, await place.signIn('xavi'), code);
      await enrol(owner, await begunApp(place.desk, owner));
    });

    it('an objection ends the code for who has given it already (B62)', async () => {
      await place.requireMfa();
      const code = await reset();
      const ready = await submitEnrolmentCode(place.desk, await place.signIn('xavi'), code);
      const app = await begunApp(place.desk, ready);
      await update((write) => write.resets.spoilEnrolmentCodes(ready.user.id, place.clock.now()));
      expect((await refusalOf(enrol(ready, app))).code).toBe('enrolment-needed');
      expect((await refusalOf(begin(ready, 'email'))).code).toBe('enrolment-needed');
    });

    it('a desk whose policy does without the code lets the password enrol', async () => {
      await reset();
      const desk = place.deskWith(({ enrolmentCode }) => ({ enrolmentCode: { ...enrolmentCode, required: false } }));
      const open = await place.login('xavi');
      expect((await beginEnrolment(desk, open, { kind: 'totp', enrolmentCode: undefined })).begun.kind).toBe('totp');
    });
  });

  describe('after the last backup code, used as the only method (B42)', () => {
    const useThemUp = async (): Promise<PortalLogin> => {
      const codes = await place.giveBackupCodes('xavi');
      await place.requireMfa();
      let login: PortalLogin | undefined;
      for (const code of codes) login = await place.answer(await place.signIn('xavi'), 'backup', code);
      if (login === undefined) throw new Error('no codes');
      return login;
    };

    it('the login passes, and does nothing before a real factor is set up', async () => {
      const last = await useThemUp();
      expect(last.session.state).toBe('enrolment-needed');
      expect((await refusalOf(newBackupCodes(place.desk, last))).code).toBe('enrolment-needed');
      const done = await enrol(last, await begunApp(place.desk, last));
      expect(done.login.session.state).toBe('done');
    });

    it('who leaves then cannot enrol with the password alone: a code is sent to the address on file', async () => {
      await useThemUp();
      const thief = await place.signIn('xavi');
      expect(thief.session.state).toBe('enrolment-code-needed');
      expect(await sendOwedEnrolmentCode(place.desk, thief)).toBe('sent');
      expect(await sendOwedEnrolmentCode(place.desk, thief)).toBe('waiting');
      expect((await refusalOf(begin(thief, 'totp'))).code).toBe('enrolment-needed');
      const owner = await submitEnrolmentCode(place.desk, thief, await place.mailed('set up sign-in again for xavi'));
      expect((await enrol(owner, await begunApp(place.desk, owner))).login.session.state).toBe('done');
    });

    it('what was begun before can be taken up again, with the code', async () => {
      const last = await useThemUp();
      await begin(last, 'email');
      place.clock.advance(minutes(1));
      const later = await place.signIn('xavi');
      await sendOwedEnrolmentCode(place.desk, later);
      const owner = await submitEnrolmentCode(place.desk, later, await place.mailed('set up sign-in again for xavi'));
      await begin(owner, 'email');
      expect(
        (await confirm(owner, 'email', await place.mailed('Your sign-in code for xavi'))).login.session.state,
      ).toBe('done');
    });

    it('B86 what was begun before stays so, whatever another hand writes into the column that has no tag', async () => {
      const last = await useThemUp();
      await begin(last, 'email');
      const early = await place.mailed('Your sign-in code for xavi');
      place.clock.advance(minutes(1));
      const later = await place.signIn('xavi');
      await sendOwedEnrolmentCode(place.desk, later);
      const owner = await submitEnrolmentCode(place.desk, later, await place.mailed('set up sign-in again for xavi'));
      const [row] = await place.desk.store.read.factors.ofUser('usr_acc_200500_xavi');
      await update((write) => write.factors.update(row?.id ?? '', { created_at: place.clock.now() + 1 }));
      expect((await refusalOf(confirm(owner, 'email', early))).code).toBe('not-signed-in');
      const left = await place.desk.store.read.factors.ofUser('usr_acc_200500_xavi');
      expect(left.map(({ state }) => state)).toEqual(['pending']);
    });

    it('a code that ran out is sent anew', async () => {
      await useThemUp();
      await sendOwedEnrolmentCode(place.desk, await place.signIn('xavi'));
      place.clock.advance(days(2));
      expect(await sendOwedEnrolmentCode(place.desk, await place.signIn('xavi'))).toBe('sent');
    });

    it('also when MFA is switched off in between', async () => {
      await useThemUp();
      await update((write) => write.accounts.update('acc_200500', { mfa_required_at: null }));
      const thief = await place.signIn('xavi');
      expect((await refusalOf(begin(thief, 'totp'))).code).toBe('enrolment-needed');
      expect((await refusalOf(newBackupCodes(place.desk, thief))).code).toBe('enrolment-needed');
      const app = await begunApp(place.desk, thief, await place.mailed('set up sign-in again for xavi'));
      expect((await enrol(thief, app)).kind).toBe('totp');
    });
  });
});
