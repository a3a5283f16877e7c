/** The second step of a portal login: app, e-mail, SMS, backup codes (B31, B41, B43), and what may count only once (T7). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../../../src/desk.js';
import { totp } from '../../../src/factors/registry.js';
import { answerFactor, stepOf } from '../../../src/procedures/factors/answer-factor.js';
import { confirmEnrolment } from '../../../src/procedures/factors/confirm-factor.js';
import { factorChoices, guessKind, sendLoginCode } from '../../../src/procedures/factors/factor-choices.js';
import { sendQueued } from '../../../src/procedures/messages/deliver-outbox.js';
import { days, hours, minutes, seconds } from '../../../src/rules/duration.js';
import { refusalOf } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';
import { PHRASE } from '../northwind.js';
import { begunApp, countDone, type PortalPlace, portalPlace } from '../portal/portal-place.js';

describe.each(engines)('a code at the portal login on %s', (engine) => {
  let place: PortalPlace;
  beforeEach(async () => {
    place = await portalPlace(engine);
  });
  afterEach(() => place.close());

  /** Eight guesses at once must not meet the lock-out, which is another test's business. */
  const patient = () =>
    place.deskWith(({ throttle }) => ({ throttle: { ...throttle, lockFromFailure: 90, disabledAtFailure: 99 } }));

  describe('of an authenticator app', () => {
    it('B31 finishes the login, once: used again, it is as wrong as any', async () => {
      const app = await place.giveApp('xavi');
      await place.requireMfa();
      const done = await place.enter('xavi', app);
      expect(done.session).toMatchObject({ state: 'done', method: 'password+totp' });
      const again = await place.signIn('xavi');
      const replayed = await refusalOf(place.answer(again, 'totp', place.code(app)));
      const wrong = await refusalOf(place.answer(again, 'totp', '000000'));
      expect([replayed.code, replayed.message]).toEqual(['not-signed-in', wrong.message]);
      place.nextStep();
      expect((await place.answer(again, 'totp', place.code(app))).session.state).toBe('done');
    });

    it('the code that confirmed the set-up does not sign in as well', async () => {
      const app = await place.giveApp('xavi');
      await place.requireMfa();
      expect((await refusalOf(place.answer(await place.signIn('xavi'), 'totp', place.code(app)))).code).toBe(
        'not-signed-in',
      );
    });

    it('any of two apps will do', async () => {
      const first = await place.giveApp('xavi');
      const second = await begunApp(place.desk, await place.login('xavi'));
      const confirm = { kind: 'totp', code: place.code(second), replaces: undefined } as const;
      await confirmEnrolment(place.desk, await place.login('xavi'), confirm);
      await place.requireMfa();
      expect((await place.enter('xavi', first)).session.state).toBe('done');
      expect((await place.enter('xavi', second)).session.state).toBe('done');
    });

    it('T7 one code in eight parallel logins opens one', async () => {
      const app = await place.giveApp('xavi');
      await place.requireMfa();
      place.nextStep();
      const desk = patient();
      const waiting = [];
      for (let at = 0; at < 8; at += 1) waiting.push(await place.signIn('xavi'));
      const code = place.code(app);
      expect(await countDone(waiting.map((login) => answerFactor(desk, login, { kind: 'totp', code })))).toBe(1);
    });

    it('teeth: checked by all and stored by each later, the same eight would all be in', async () => {
      const { desk } = place;
      const app = await place.giveApp('xavi');
      place.nextStep();
      const login = await place.login('xavi');
      const checked = Array.from({ length: 8 }, async () => {
        const row = (await desk.store.read.factors.ofUser(login.user.id)).find((one) => one.id === app.id);
        return row === undefined ? null : stepOf(desk, login, { kind: totp, row, code: place.code(app) });
      });
      const steps = await Promise.all(checked);
      const by = { kind: 'system', id: 't', name: 't' } as const;
      const stored = steps.map((step) =>
        desk.store.record({ kind: 'test.step', outcome: 'done', at: desk.now(), by }, (write) =>
          write.factors.update(app.id, { last_step: step }),
        ),
      );
      expect(await countDone(stored)).toBe(8);
      expect(steps.every((step) => step !== null)).toBe(true);
    });

    it('is refused while the clock stands behind the desk', async () => {
      const app = await place.giveApp('xavi');
      await place.requireMfa();
      place.clock.advance(hours(2));
      await place.signIn('xena');
      const waiting = await place.signIn('xavi');
      place.clock.advance(-minutes(10));
      expect((await refusalOf(place.answer(waiting, 'totp', place.code(app)))).code).toBe('not-signed-in');
    });

    it('B72 five wrong codes lock codes, for the right one too', async () => {
      const app = await place.giveApp('xavi');
      await place.requireMfa();
      place.nextStep();
      const waiting = await place.signIn('xavi');
      for (let at = 0; at < 5; at += 1) await refusalOf(place.answer(waiting, 'totp', '000000'));
      expect((await refusalOf(place.answer(waiting, 'totp', place.code(app)))).code).toBe('locked');
      expect((await refusalOf(place.answer(await place.signIn('xavi'), 'totp', place.code(app)))).code).toBe('locked');
    });

    it('letters, a megabyte and an emoji are wrong codes and nothing worse', async () => {
      await place.giveApp('xavi');
      await place.requireMfa();
      for (const typed of ['', '🙂', 'x'.repeat(1_000_000)]) {
        const refused = await refusalOf(place.answer(await place.signIn('xavi'), 'totp', typed));
        expect(refused.code).toBe('not-signed-in');
      }
    });
  });

  describe('by e-mail and SMS', () => {
    it.each(['email', 'sms'] as const)('B31 a code sent by %s finishes the login, once', async (kind) => {
      await place.giveSent('xavi', kind);
      await place.requireMfa();
      const waiting = await place.signIn('xavi');
      const code = await place.sentCode(waiting, kind);
      expect((await place.answer(waiting, kind, code)).session.method).toBe(`password+${kind}`);
      expect((await refusalOf(place.answer(await place.signIn('xavi'), kind, code))).code).toBe('not-signed-in');
    });

    const sentCodes = async (): Promise<number> => {
      const user = await place.user('xavi');
      return (
        (await place.desk.store.read.outbox.list(100)).filter(
          (row) => row.kind.startsWith('login-code') && row.user_id === user.id,
        ).length - enrolled
      );
    };
    /** Codes that set the method up. */
    const enrolled = 1;

    it('lives ten minutes, to the millisecond', async () => {
      await place.giveSent('xavi', 'email');
      await place.requireMfa();
      const waiting = await place.signIn('xavi');
      const code = await place.sentCode(waiting, 'email');
      place.clock.advance(minutes(10));
      expect((await refusalOf(place.answer(waiting, 'email', code))).code).toBe('not-signed-in');
      const second = await place.sentCode(waiting, 'email');
      place.clock.advance(minutes(10) - 1);
      expect((await place.answer(waiting, 'email', second)).session.state).toBe('done');
    });

    it('B43 the same address on two logins: a code for one does not open the other', async () => {
      const by = { kind: 'system', id: 't', name: 't' } as const;
      await place.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by }, (write) =>
        write.users.update('usr_acc_200500_xena', { email: 'xavi@mail.example' }),
      );
      for (const login of ['xavi', 'xena'] as const) await place.giveSent(login, 'email');
      await place.requireMfa();
      const [xavi, xena] = [await place.signIn('xavi'), await place.signIn('xena')];
      const forXavi = await place.sentCode(xavi, 'email');
      const forXena = await place.sentCode(xena, 'email');
      expect((await refusalOf(place.answer(xena, 'email', forXavi))).code).toBe('not-signed-in');
      expect((await place.answer(xavi, 'email', forXavi)).session.state).toBe('done');
      expect((await place.answer(xena, 'email', forXena)).session.state).toBe('done');
    });

    it('a code to set a method up does not sign in, nor the other way round', async () => {
      await place.giveSent('xavi', 'email');
      await place.requireMfa();
      const waiting = await place.signIn('xavi');
      const code = await place.sentCode(waiting, 'email');
      const rows = await place.desk.store.read.factors.newestCode(waiting.user.id, 'login');
      expect(rows?.digest).not.toContain(code);
      expect((await refusalOf(place.answer(waiting, 'sms', code))).code).toBe('invalid-input');
    });

    it('a new code takes over the tries of the one before; the sixth guess is lost either way', async () => {
      await place.giveSent('xavi', 'email');
      await place.requireMfa();
      const desk = patient();
      const waiting = await place.signIn('xavi');
      for (let at = 0; at < 5; at += 1) {
        await sendLoginCode(desk, waiting, 'email');
        await refusalOf(answerFactor(desk, waiting, { kind: 'email', code: '000000' }));
      }
      expect((await refusalOf(sendLoginCode(desk, waiting, 'email'))).code).toBe('locked');
      place.clock.advance(minutes(10));
      expect((await place.answer(waiting, 'email', await place.sentCode(waiting, 'email'))).session.state).toBe('done');
    });

    it('one sent just now is not sent again, also to a new login; after half a minute it is', async () => {
      await place.giveSent('xavi', 'email');
      await place.requireMfa();
      const first = await place.signIn('xavi');
      const code = await place.sentCode(first, 'email');
      place.clock.advance(seconds(29));
      const second = await place.signIn('xavi');
      expect(await place.sentCode(second, 'email')).toBe(code);
      expect(await sentCodes()).toBe(1);
      place.clock.advance(seconds(1));
      const newer = await place.sentCode(second, 'email');
      expect(await sentCodes()).toBe(2);
      expect((await refusalOf(place.answer(second, 'email', code))).code).toBe('not-signed-in');
      expect((await place.answer(second, 'email', newer)).session.state).toBe('done');
      await place.sentCode(await place.signIn('xavi'), 'email');
      expect(await sentCodes(), 'a used one is no reason to wait').toBe(3);
    });

    it('five an hour that nobody uses are enough, over all methods; used ones are not counted', async () => {
      for (const kind of ['email', 'sms'] as const) await place.giveSent('xavi', kind);
      await place.requireMfa();
      const again = async (kind: 'email' | 'sms') => {
        place.clock.advance(minutes(1));
        const waiting = await place.signIn('xavi');
        return { waiting, code: await place.sentCode(waiting, kind) };
      };
      for (let at = 0; at < 6; at += 1) {
        const { waiting, code } = await again('email');
        await place.answer(waiting, 'email', code);
      }
      for (let at = 0; at < 5; at += 1) await again(at % 2 === 0 ? 'email' : 'sms');
      expect(await refusalOf(again('sms'))).toMatchObject({
        code: 'locked',
        also: { lockedUntil: expect.any(String) },
      });
      expect((await refusalOf(again('email'))).code).toBe('locked');
      place.clock.advance(minutes(56));
      expect((await again('sms')).code).toMatch(/^\d{6}$/);
    });

    it('of 8 parallel guesses at one code, five are judged and the right one among the rest is too late', async () => {
      await place.giveSent('xavi', 'email');
      await place.requireMfa();
      const desk = patient();
      const waiting = await place.signIn('xavi');
      const right = await place.sentCode(waiting, 'email');
      const guesses = Array.from({ length: 7 }, () => answerFactor(desk, waiting, { kind: 'email', code: '999999' }));
      expect(await countDone(guesses)).toBe(0);
      expect(await countDone([answerFactor(desk, waiting, { kind: 'email', code: right })])).toBe(0);
    });

    it('one that cannot be sent is said, and waits in the outbox', async () => {
      await place.giveSent('xavi', 'email');
      await place.requireMfa();
      const waiting = await place.signIn('xavi');
      const dead: Desk = {
        ...place.desk,
        sendQueued: () => sendQueued(dead),
        channels: {
          ...place.desk.channels,
          pick: () => ({
            name: 'dead',
            carries: ['email', 'sms'] as const,
            send: async () => ({ ok: false, permanent: false, why: 'it hangs' }) as const,
          }),
        },
      };
      expect((await refusalOf(sendLoginCode(dead, waiting, 'email'))).code).toBe('delivery-failed');
    });

    it('is sent only to a login that waits for it', async () => {
      await place.giveSent('xavi', 'email');
      const done = await place.login('xavi');
      expect((await refusalOf(sendLoginCode(place.desk, done, 'email'))).code).toBe('usage');
      expect((await refusalOf(place.answer(done, 'email', '123456'))).code).toBe('usage');
    });
  });

  describe('from the backup sheet', () => {
    it('B41 works in place of any factor, once, as typed by hand', async () => {
      await place.giveApp('xavi');
      const [first = '', second = ''] = await place.giveBackupCodes('xavi');
      await place.requireMfa();
      const done = await place.answer(await place.signIn('xavi'), 'backup', first.toLowerCase().replace(/-/g, ' '));
      expect(done.session).toMatchObject({ state: 'done', method: 'password+backup' });
      expect((await refusalOf(place.answer(await place.signIn('xavi'), 'backup', first))).code).toBe('not-signed-in');
      expect((await place.answer(await place.signIn('xavi'), 'backup', second)).session.state).toBe('done');
    });

    it('B41 one code in two parallel logins opens one', async () => {
      await place.giveApp('xavi');
      const [code = ''] = await place.giveBackupCodes('xavi');
      await place.requireMfa();
      const waiting = [await place.signIn('xavi'), await place.signIn('xavi')];
      expect(await countDone(waiting.map((login) => place.answer(login, 'backup', code)))).toBe(1);
    });

    it('teeth: a code that is looked at first and marked later opens both', async () => {
      const { desk } = place;
      await place.giveBackupCodes('xavi');
      const { user } = await place.login('xavi');
      const by = { kind: 'system', id: 't', name: 't' } as const;
      const read = async () => (await desk.store.read.factors.backupCodes(user.id))[0];
      const rows = await Promise.all([read(), read()]);
      const marked = rows.map((row) =>
        desk.store.record({ kind: 'test.used', outcome: 'done', at: desk.now(), by }, (write) =>
          write.factors.useBackupCode(row?.id ?? '', desk.now()),
        ),
      );
      expect(await countDone(marked)).toBe(2);
      expect(rows.every((row) => row?.used_at === null)).toBe(true);
    });

    it('somebody else’s code, a wrong slot and a wrong text are all just wrong', async () => {
      await place.giveApp('xavi');
      const [own = ''] = await place.giveBackupCodes('xavi');
      const [other = ''] = await place.giveBackupCodes('xena');
      await place.requireMfa();
      const waiting = await place.signIn('xavi');
      for (const typed of [other, own.replace(/^1-/, '2-'), own.replace(/^1-/, '77-'), 'no code']) {
        expect((await refusalOf(place.answer(waiting, 'backup', typed))).code).toBe('not-signed-in');
      }
    });
  });

  it('a finished login lifts a lock by phone; so does no wrong code', async () => {
    const app = await place.giveApp('xavi');
    await place.requireMfa();
    for (let at = 0; at < 5; at += 1) await place.verify('xavi', PHRASE);
    await refusalOf(place.answer(await place.signIn('xavi'), 'totp', '000000'));
    expect((await refusalOf(place.verify('xavi', PHRASE))).code).toBe('locked');
    await place.enter('xavi', app);
    expect((await place.verify('xavi', PHRASE)).outcome).toBe('refused');
  });

  it('a reset or logout between password and code ends the login', async () => {
    const app = await place.giveApp('xavi');
    await place.requireMfa();
    place.nextStep();
    const waiting = await place.signIn('xavi');
    const by = { kind: 'system', id: 't', name: 't' } as const;
    await place.desk.store.record({ kind: 'test.reset', outcome: 'done', at: place.desk.now(), by }, (write) =>
      write.trust.end([waiting.user.id]),
    );
    const refused = await refusalOf(place.answer(waiting, 'totp', place.code(app)));
    expect(refused).toMatchObject({ code: 'not-signed-in', message: expect.stringContaining('not signed in') });
  });

  it('offers what is set up, with masked contacts, and guesses what a code is for', async () => {
    const app = await place.giveApp('xavi');
    for (const kind of ['email', 'sms'] as const) await place.giveSent('xavi', kind);
    const [backup = ''] = await place.giveBackupCodes('xavi');
    await place.requireMfa();
    const waiting = await place.signIn('xavi');
    expect(await factorChoices(place.desk, waiting)).toEqual([
      { kind: 'totp', title: totp.title },
      { kind: 'email', title: 'E-mail', to: 'x…@mail.example' },
      { kind: 'sms', title: 'Text message (SMS)', to: '…34' },
      { kind: 'backup', title: 'Backup code' },
    ]);
    expect(await guessKind(place.desk, waiting, backup)).toBe('backup');
    expect(await guessKind(place.desk, waiting, place.code(app))).toBe('totp');
    await place.sentCode(waiting, 'sms');
    expect(await guessKind(place.desk, waiting, '123456')).toBe('sms');
    place.clock.advance(minutes(10) + seconds(1));
    expect(await guessKind(place.desk, waiting, '123456')).toBe('totp');
  });

  it('a method whose contact is gone is not offered, and does not stand in the way of the others', async () => {
    await place.giveApp('xavi');
    await place.giveSent('xavi', 'sms');
    await place.requireMfa();
    const by = { kind: 'system', id: 't', name: 't' } as const;
    const at = place.desk.now();
    await place.desk.store.record({ kind: 'test.edited', outcome: 'done', at, by }, (write) =>
      write.users.update('usr_acc_200500_xavi', { phone: '', phone_digits: '', contact_changed_at: at }),
    );
    place.clock.advance(days(8));
    const waiting = await place.signIn('xavi');
    expect((await factorChoices(place.desk, waiting)).map(({ kind }) => kind)).toEqual(['totp']);
    expect((await refusalOf(sendLoginCode(place.desk, waiting, 'sms'))).code).toBe('invalid-input');
  });
});
