/** After a reset: only the mailed code lets anyone enrol, once; an admin of the company can object, or reset in the portal (B50, B57, B61–B63). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignedOperator, Writes } from '../../../src/desk.js';
import { switchAccount, switchUser } from '../../../src/procedures/directory/disable-customer.js';
import { findAccount, findUser } from '../../../src/procedures/directory/find-account.js';
import { confirmEnrolment } from '../../../src/procedures/factors/confirm-factor.js';
import { beginEnrolment } from '../../../src/procedures/factors/enrol-factor.js';
import { submitEnrolmentCode } from '../../../src/procedures/factors/owed-enrolment-code.js';
import { freezeResets, thawResets } from '../../../src/procedures/resets/freeze.js';
import { objectToReset } from '../../../src/procedures/resets/object-to-reset.js';
import { countPortalReset, resetInPortal } from '../../../src/procedures/resets/reset-in-portal.js';
import { undoResets } from '../../../src/procedures/resets/undo-reset.js';
import { hours } from '../../../src/rules/duration.js';
import { refusalOf } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';
import { type App, begunApp, countDone, type PortalPlace, portalPlace } from '../portal/portal-place.js';
import { holdingsOf, messagesTo } from '../reset-desk.js';

describe.each(engines)('after a reset, on %s', (engine) => {
  let place: PortalPlace;
  let app: App;
  beforeEach(async () => {
    place = await portalPlace(engine);
    await place.requireMfa();
    app = await place.giveApp('xavi');
  });
  afterEach(() => place.close());

  const xavi = 'usr_acc_200500_xavi';
  const asked = (references: readonly string[], confirmed = 1) => ({ references, reason: 'phone lost', confirmed });
  const admin = (method = 'password+totp' as const) => place.login('xena', { method });
  const resetXavi = async () => {
    const [row] = await resetInPortal(place.desk, await admin(), asked(['xavi']));
    return row?.reset ?? '';
  };
  const mailedCode = () => place.mailed('set up sign-in again for xavi');
  const lead = async (): Promise<SignedOperator> => ({ ...(await place.operator('lead')), codeAt: place.clock.now() });
  const undo = async (id: string) => undoResets(place.desk, await lead(), { id, line: undefined, reason: 'objection' });

  describe('an attacker who has the password alone', () => {
    it('is asked for the factor before the reset', async () => {
      expect((await place.signIn('xavi')).session.state).toBe('factor-needed');
      expect((await refusalOf(begunApp(place.desk, await place.signIn('xavi')))).code).toBe('factor-needed');
    });

    it('is asked for the mailed code after it, and guesses open nothing', async () => {
      await resetXavi();
      const attacker = await place.signIn('xavi');
      expect(attacker.session.state).toBe('enrolment-code-needed');
      expect((await refusalOf(begunApp(place.desk, attacker))).code).toBe('enrolment-needed');
      for (let guess = 0; guess < 5; guess += 1) {
        const code = `AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-${guess}`;
        expect((await refusalOf(submitEnrolmentCode(place.desk, attacker, code))).code).toBe('not-signed-in');
      }
      expect(await holdingsOf(place.desk, xavi)).toMatchObject({ active: 0 });
    });

    it.each(['login', 'company'] as const)(
      'is barred still after the %s was switched off and on again',
      async (what) => {
        await resetXavi();
        const code = await mailedCode();
        const admin = await place.operator('admin');
        const { account, user } = await findUser(place.desk, 'xavi', await findAccount(place.desk, '200500'));
        for (const on of [false, true]) {
          if (what === 'login') await switchUser(place.desk, admin, { account, user }, { on, reason: undefined });
          else await switchAccount(place.desk, admin, account, { on, reason: undefined });
        }
        const attacker = await place.signIn('xavi');
        expect(attacker.session.state).toBe('enrolment-code-needed');
        expect((await refusalOf(begunApp(place.desk, attacker))).code).toBe('enrolment-needed');
        // What was mailed before is dead as well: the desk sends a new one with a new reset.
        expect((await refusalOf(submitEnrolmentCode(place.desk, attacker, code))).code).toBe('not-signed-in');
        await resetXavi();
        const owner = await place.signIn('xavi');
        await begunApp(place.desk, owner, await mailedCode());
      },
    );

    it('cannot finish an enrolment that was begun before the reset', async () => {
      const open = await place.enter('xavi', app);
      const begun = await beginEnrolment(place.desk, open, { kind: 'email', enrolmentCode: undefined });
      expect(begun.begun.kind).toBe('email');
      const sent = await place.mailed('xavi');
      await resetXavi();
      const late = confirmEnrolment(place.desk, open, { kind: 'email', code: sent, replaces: undefined });
      expect(['invalid-input', 'not-signed-in']).toContain((await refusalOf(late)).code);
    });
  });

  it('the owner enrols with the mailed code; the old factors are destroyed and the reset cannot be undone (B57, B61)', async () => {
    const id = await resetXavi();
    expect(await holdingsOf(place.desk, xavi)).toMatchObject({ active: 0, suspended: 1 });
    const login = await place.signIn('xavi');
    const fresh = await begunApp(place.desk, login, await mailedCode());
    await confirmEnrolment(place.desk, login, { kind: 'totp', code: place.code(fresh), replaces: undefined });
    expect(await holdingsOf(place.desk, xavi)).toMatchObject({ active: 1, suspended: 0 });
    expect((await refusalOf(undo(id))).message).toMatch(/enrolled again/);
  });

  it('two enrolments that race for one code are one', async () => {
    await resetXavi();
    const code = await mailedCode();
    const [one, two] = [await place.signIn('xavi'), await place.signIn('xavi')];
    const given = await Promise.all([one, two].map((login) => submitEnrolmentCode(place.desk, login, code)));
    const [first, second] = given;
    if (first === undefined || second === undefined) throw new Error('no login');
    const fresh = await begunApp(place.desk, first);
    await beginEnrolment(place.desk, second, { kind: 'email', enrolmentCode: undefined });
    const sent = await place.mailed('xavi');
    const done = await countDone([
      confirmEnrolment(place.desk, first, { kind: 'totp', code: place.code(fresh), replaces: undefined }),
      confirmEnrolment(place.desk, second, { kind: 'email', code: sent, replaces: undefined }),
    ]);
    expect(done).toBe(1);
    expect(await holdingsOf(place.desk, xavi)).toMatchObject({ active: 1 });
  });

  it('an undo brings the old app back, and the mailed code is dead (B61)', async () => {
    const id = await resetXavi();
    const code = await mailedCode();
    const half = await place.signIn('xavi');
    await undo(id);
    expect((await refusalOf(submitEnrolmentCode(place.desk, half, code))).code).toBe('not-signed-in');
    expect((await place.enter('xavi', app)).session.state).toBe('done');
  });

  describe('an objection (B62)', () => {
    it('freezes enrolment, ends half-done logins, tells the admins; a lead settles it by taking the reset back', async () => {
      const id = await resetXavi();
      const code = await mailedCode();
      const half = await place.signIn('xavi');
      expect(await objectToReset(place.desk, await place.login('xena'), id)).toMatchObject([{ first: true }]);
      expect((await refusalOf(submitEnrolmentCode(place.desk, half, code))).code).toBe('not-signed-in');
      const again = await place.signIn('xavi');
      expect(again.session.state).toBe('enrolment-code-needed');
      expect((await refusalOf(submitEnrolmentCode(place.desk, again, code))).code).toBe('not-signed-in');
      expect(await messagesTo(place.desk, 'usr_acc_200500_xena')).toContain('objection-received');
      expect(await objectToReset(place.desk, await place.login('xena'), id)).toMatchObject([{ first: false }]);
      await undo(id);
      expect((await place.enter('xavi', app)).session.state).toBe('done');
    });

    it('holds where the policy asks for no code, too', async () => {
      const id = await resetXavi();
      await objectToReset(place.desk, await place.login('xena'), id);
      const relaxed = place.deskWith(({ enrolmentCode }) => ({ enrolmentCode: { ...enrolmentCode, required: false } }));
      const login = await place.login('xavi', { state: 'enrolment-needed' });
      const fresh = await begunApp(relaxed, login);
      const late = confirmEnrolment(relaxed, login, { kind: 'totp', code: place.code(fresh), replaces: undefined });
      expect((await refusalOf(late)).code).toBe('refused-by-policy');
    });

    it('is settled by a new reset, newly asked for', async () => {
      const id = await resetXavi();
      await objectToReset(place.desk, await place.login('xena'), id);
      expect(await resetXavi()).not.toBe('');
      const login = await place.signIn('xavi');
      const fresh = await begunApp(place.desk, login, await mailedCode());
      await confirmEnrolment(place.desk, login, { kind: 'totp', code: place.code(fresh), replaces: undefined });
      expect(await holdingsOf(place.desk, xavi)).toMatchObject({ active: 1 });
    });

    it('is for admins of the company, and for resets that are open', async () => {
      const id = await resetXavi();
      const object = async (who: 'xavi' | 'ana' | 'xena') =>
        refusalOf(objectToReset(place.desk, await place.login(who), id));
      expect((await object('xavi')).code).toBe('forbidden');
      expect((await object('ana')).code).toBe('not-found');
      await undo(id);
      expect((await object('xena')).code).toBe('refused-by-policy');
    });
  });

  describe('in the portal (B50)', () => {
    const reset = async (who: 'xena' | 'xavi', ...users: string[]) =>
      resetInPortal(place.desk, await place.login(who, { method: 'password+totp' }), asked(users));

    it('an admin resets users of the own company; unknown ones are told, nobody resets themselves', async () => {
      expect(await reset('xena', 'xavi', 'ana', 'XAVI')).toMatchObject([
        { login: 'xavi', outcome: 'reset', removed: { factors: 1 } },
        { login: 'ana', outcome: 'unknown' },
        { login: 'xavi', outcome: 'duplicate' },
      ]);
      expect((await refusalOf(reset('xena', 'xena'))).code).toBe('forbidden');
      expect((await refusalOf(reset('xavi', 'xena'))).code).toBe('forbidden');
    });

    it('B82 a remembered device or an old password resets nobody; the refusal is in the log', async () => {
      const by = async (more: Parameters<PortalPlace['login']>[1]) =>
        refusalOf(resetInPortal(place.desk, await place.login('xena', more), asked(['xavi'])));
      expect((await by({ method: 'password+device' })).code).toBe('factor-needed');
      expect((await by({ method: 'password' })).code).toBe('factor-needed');
      expect((await by({ method: 'password+totp', passwordAt: 1 })).code).toBe('not-signed-in');
      expect((await place.auditKinds()).filter((kind) => kind === 'mfa.reset-refused')).toHaveLength(3);
      expect(await holdingsOf(place.desk, xavi)).toMatchObject({ active: 1 });
    });

    it('needs a reason, which is in the log, and the number of users it acts on', async () => {
      const by = async (reason: string, confirmed: number | undefined) =>
        resetInPortal(place.desk, await admin(), { references: ['xavi', 'nobody'], reason, confirmed });
      expect(await countPortalReset(place.desk, await admin(), ['xavi', 'nobody'])).toBe(1);
      expect((await refusalOf(by(' ', 1))).code).toBe('missing-option');
      expect((await refusalOf(by('phone lost', undefined))).code).toBe('missing-option');
      expect((await refusalOf(by('phone lost', 2))).code).toBe('invalid-input');
      expect(await by('phone lost', 1)).toMatchObject([{ outcome: 'reset' }, { outcome: 'unknown' }]);
      const [entry] = await place.desk.store.read.audit.newest({ kind: 'mfa.reset' }, 1);
      expect(entry?.body).toContain('"reason":"phone lost"');
    });

    it('is limited for each admin and hour (limits.portalReset)', async () => {
      const desk = place.deskWith(() => ({ portalReset: { perAdminPerHour: 1 } }));
      const by = async () => resetInPortal(desk, await admin(), asked(['xavi']));
      expect(await by()).toMatchObject([{ outcome: 'reset' }]);
      await place.login('xavi');
      expect((await refusalOf(by())).code).toBe('locked');
      place.clock.advance(hours(1) + 1);
      await place.login('xavi');
      expect(await by()).toMatchObject([{ outcome: 'reset' }]);
    });

    it('B62 what another admin objected to, no admin resets alone, not even one who objected first', async () => {
      const by = { kind: 'system', id: 't', name: 't' } as const;
      const promote = (write: Writes) => write.users.update('usr_acc_200500_xavi', { role: 'admin' });
      const id = await reset('xena', 'xavi').then(([row]) => row?.reset ?? '');
      // A third person of the company is the second admin: the reset one may object too.
      await place.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by }, promote);
      expect(await objectToReset(place.desk, await admin(), id)).toMatchObject([{ first: true }]);
      expect(await objectToReset(place.desk, await place.login('xavi'), id)).toMatchObject([{ first: false }]);
      const refused = await refusalOf(resetInPortal(place.desk, await admin(), asked(['xavi'])));
      expect(refused).toMatchObject({
        code: 'refused-by-policy',
        message: expect.stringMatching(/another admin .* objected .* xavi/),
      });
      await undo(id);
      expect(await holdingsOf(place.desk, xavi)).toMatchObject({ active: 1 });
    });

    it('the brake of the desk holds there too (B63)', async () => {
      await freezeResets(place.desk, await lead(), { reason: null, until: null });
      expect((await refusalOf(reset('xena', 'xavi'))).code).toBe('refused-by-policy');
      await thawResets(place.desk, await lead());
      expect(await reset('xena', 'xavi')).toMatchObject([{ outcome: 'reset' }]);
    });
  });
});
