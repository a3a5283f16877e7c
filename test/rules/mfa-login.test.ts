import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterFactor,
  decideLogin,
  deviceStillRemembered,
  LOGIN_STATES,
  type LoginQuestion,
  loginWarnings,
  nextOf,
} from '../../src/rules/mfa-login.js';

/** An ordinary native user of an x-series account with MFA on, one factor and some backup codes. */
const ORDINARY: LoginQuestion = {
  edition: 'x-series',
  mfaRequired: true,
  signIn: 'native',
  method: 'native',
  isAdmin: false,
  factors: ['totp'],
  backupCodesLeft: 8,
  deviceRemembered: false,
  enrolmentCodeNeeded: false,
  mustEnrolAfterLastBackup: false,
};

const NEW: Partial<LoginQuestion> = { factors: [], backupCodesLeft: 0 };

function need(change: Partial<LoginQuestion>): string {
  const answer = decideLogin({ ...ORDINARY, ...change });
  return answer.next === 'refused' ? `refused: ${answer.reason}` : answer.next;
}

describe('what a login needs', () => {
  const table: readonly (readonly [string, Partial<LoginQuestion>, string])[] = [
    ['B30 classic without MFA: the password is enough', { edition: 'classic', mfaRequired: false }, 'done'],
    [
      'B30 classic with MFA on cannot be, and is not waved through',
      { edition: 'classic' },
      'refused: mfa-not-in-edition',
    ],
    ['B32 MFA off: not asked, even with a factor on file', { mfaRequired: false }, 'done'],
    ['B32 MFA off: not made to enrol', { ...NEW, mfaRequired: false }, 'done'],
    ['B33 MFA on, no factor yet: enrol first', NEW, 'enrolment-needed'],
    ['B33 an admin enrols too', { ...NEW, isAdmin: true }, 'enrolment-needed'],
    ['B33 B39 a remembered device does not replace enrolling', { ...NEW, deviceRemembered: true }, 'enrolment-needed'],
    ['B31 TOTP on file: asked', { factors: ['totp'] }, 'factor-needed'],
    ['B31 SMS on file: asked', { factors: ['sms'] }, 'factor-needed'],
    ['B31 e-mail on file: asked', { factors: ['email'], backupCodesLeft: 0 }, 'factor-needed'],
    ['B35 an SSO login is not prompted', { signIn: 'sso', method: 'sso' }, 'done'],
    ['B35 an SSO login is not made to enrol', { ...NEW, signIn: 'sso', method: 'sso' }, 'done'],
    [
      'B35 an SSO login after a reset is not made to enrol either',
      { ...NEW, signIn: 'sso', method: 'sso', enrolmentCodeNeeded: true },
      'done',
    ],
    ['B35 an SSO admin on the SSO login is not prompted', { signIn: 'sso', method: 'sso', isAdmin: true }, 'done'],
    ['B36 an SSO admin on the native login is asked', { signIn: 'sso', isAdmin: true }, 'factor-needed'],
    ['B36 an SSO admin on the native login enrols', { ...NEW, signIn: 'sso', isAdmin: true }, 'enrolment-needed'],
    [
      'B36 an SSO admin keeps the native login while MFA is off',
      { signIn: 'sso', isAdmin: true, mfaRequired: false },
      'done',
    ],
    ['B36 an ordinary SSO user has no native login', { signIn: 'sso' }, 'refused: sso-only'],
    ['B36 not with MFA off either', { signIn: 'sso', mfaRequired: false }, 'refused: sso-only'],
    ['B36 not from a remembered device either', { signIn: 'sso', deviceRemembered: true }, 'refused: sso-only'],
    ['B35 a token for a native user does not go round MFA', { method: 'sso' }, 'refused: native-only'],
    ['B35 not even for an admin', { method: 'sso', isAdmin: true }, 'refused: native-only'],
    ['B38 a remembered device is not asked', { deviceRemembered: true }, 'done'],
    ['B39 another device is asked', { deviceRemembered: false }, 'factor-needed'],
    ['B41 backup codes as the only method: asked for one', { factors: [] }, 'factor-needed'],
    ['B41 backup codes as the only method may be remembered', { factors: [], deviceRemembered: true }, 'done'],
    ['B42 after the last backup code: enrol', { ...NEW, mustEnrolAfterLastBackup: true }, 'enrolment-needed'],
    [
      'B42 a remembered device does not put it off',
      { ...NEW, mustEnrolAfterLastBackup: true, deviceRemembered: true },
      'enrolment-needed',
    ],
    [
      'B42 new backup codes do not put it off on a remembered device',
      { factors: [], mustEnrolAfterLastBackup: true, deviceRemembered: true },
      'factor-needed',
    ],
    ['B42 is settled once a factor is enrolled', { mustEnrolAfterLastBackup: true, deviceRemembered: true }, 'done'],
    ['B57 after a reset: the enrolment code first', { ...NEW, enrolmentCodeNeeded: true }, 'enrolment-code-needed'],
    [
      'B57 after a reset an admin needs it too',
      { ...NEW, enrolmentCodeNeeded: true, signIn: 'sso', isAdmin: true },
      'enrolment-code-needed',
    ],
    [
      'B57 a device remembered before the reset does not help',
      { ...NEW, enrolmentCodeNeeded: true, deviceRemembered: true },
      'enrolment-code-needed',
    ],
    [
      'B42 B57 a reset after the last backup code still asks for the code',
      { ...NEW, enrolmentCodeNeeded: true, mustEnrolAfterLastBackup: true },
      'enrolment-code-needed',
    ],
    ['B57 whoever has a factor proves that, not the code', { enrolmentCodeNeeded: true }, 'factor-needed'],
  ];

  it.each(table)('%s', (_title, change, expected) => {
    expect(need(change)).toBe(expected);
  });
});

const anyLogin: fc.Arbitrary<LoginQuestion> = fc.record({
  edition: fc.constantFrom('classic', 'x-series'),
  mfaRequired: fc.boolean(),
  signIn: fc.constantFrom('native', 'sso'),
  method: fc.constantFrom('native', 'sso'),
  isAdmin: fc.boolean(),
  factors: fc.subarray(['totp', 'sms', 'email']),
  backupCodesLeft: fc.nat(2),
  deviceRemembered: fc.boolean(),
  enrolmentCodeNeeded: fc.boolean(),
  mustEnrolAfterLastBackup: fc.boolean(),
});

describe('what holds for every login', () => {
  it('B33 B57 with MFA on, a password alone gets in nowhere', () => {
    fc.assert(
      fc.property(anyLogin, (login) => {
        const question: LoginQuestion = { ...login, mfaRequired: true, method: 'native', deviceRemembered: false };
        expect(decideLogin(question).next).not.toBe('done');
        const bare: LoginQuestion = { ...question, factors: [], backupCodesLeft: 0, enrolmentCodeNeeded: true };
        expect(['refused', 'enrolment-code-needed']).toContain(decideLogin(bare).next);
      }),
    );
  });

  it('B36 an admin is never left without a native login in an x-series account', () => {
    fc.assert(
      fc.property(anyLogin, (login) => {
        expect(decideLogin({ ...login, edition: 'x-series', isAdmin: true, method: 'native' }).next).not.toBe(
          'refused',
        );
      }),
    );
  });
});

describe('after a factor', () => {
  it.each([
    ['B34 a factor ends the login', ['totp'], 0, false, 'done'],
    ['B41 a backup code beside a factor ends the login', ['totp'], 0, true, 'done'],
    ['B41 one of several backup codes ends the login', [], 1, false, 'done'],
    ['B42 the last backup code as the only method leads to enrolment', [], 0, false, 'enrolment-needed'],
    ['B42 a factor still owed is enrolled first', [], 3, true, 'enrolment-needed'],
  ] as const)('%s', (_title, factors, backupCodesLeft, mustEnrolAfterLastBackup, expected) => {
    expect(afterFactor({ factors, backupCodesLeft, mustEnrolAfterLastBackup })).toBe(expected);
  });
});

describe('remembering a device', () => {
  const day = 86_400_000;
  it.each([
    ['at once', 0, true],
    ['after 89 d 23:59:59', 90 * day - 1000, true],
    ['a millisecond before 90 d', 90 * day - 1, true],
    ['at 90 d', 90 * day, false],
    ['after 90 d + 1 s', 90 * day + 1000, false],
    ['a second before it was made', -1000, false],
  ])('B38 %s: remembered %s', (_when, age, expected) => {
    const createdAt = Date.UTC(2026, 0, 31, 12);
    expect(deviceStillRemembered(createdAt, createdAt + age, 90)).toBe(expected);
  });
});

describe('what a login needs next', () => {
  it.each([
    ['B31 a code', 'factor-needed', 'password', { step: 'factor' }],
    ['B57 the mailed code', 'enrolment-code-needed', 'password', { step: 'enrolment-code' }],
    ['B34 a method', 'enrolment-needed', 'password', { step: 'enrolment', because: 'required' }],
    [
      'B42 a method, after the last backup code',
      'enrolment-needed',
      'password+backup',
      { step: 'enrolment', because: 'last-backup-code' },
    ],
    ['B38 nothing, and remembers after a code', 'done', 'password+totp', { step: 'none', offersRemember: true }],
    ['B38 nothing, at the enrolling login', 'done', 'password+enrolment', { step: 'none', offersRemember: false }],
    ['B38 nothing, on a remembered device', 'done', 'password+device', { step: 'none', offersRemember: false }],
    ['nothing, while MFA is off', 'done', 'password', { step: 'none', offersRemember: false }],
    ['B35 nothing, by single sign-on', 'done', 'sso', { step: 'none', offersRemember: false }],
  ] as const)('%s', (_title, state, method, expected) => {
    expect(nextOf({ state, method })).toEqual(expected);
  });

  it('B33 only a finished login needs nothing, and a state that nobody knows is none', () => {
    const needNothing = LOGIN_STATES.filter((state) => nextOf({ state, method: 'password' }).step === 'none');
    expect(needNothing).toEqual(['done']);
    expect(nextOf({ state: 'finished' as never, method: 'password' })).toEqual({ step: 'factor' });
  });
});

describe('advice at a login', () => {
  it.each([
    ['B41 a user without backup codes is advised to get them', { backupCodesLeft: 0 }, ['no-backup-codes']],
    ['B41 backup codes as the only method are warned of every time', { factors: [] }, ['only-backup-codes']],
    ['B41 a factor and backup codes: nothing to say', {}, []],
    ['B41 nothing where MFA is off', { mfaRequired: false, backupCodesLeft: 0 }, []],
    ['B35 nothing on an SSO login', { method: 'sso', backupCodesLeft: 0 }, []],
  ] as const)('%s', (_title, change, expected) => {
    expect(loginWarnings({ ...ORDINARY, ...change })).toEqual(expected);
  });
});
