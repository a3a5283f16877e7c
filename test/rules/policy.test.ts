import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRefusal, type Refusal } from '../../src/errors.js';
import {
  findAction,
  type PolicyFiles,
  policyDocument,
  readPolicy,
  unknownAction,
  validScope,
} from '../../src/rules/policy.js';
import { said } from '../support/said.js';
import { filesWith, type Json, shippedFiles, shippedPolicy } from './shipped-policy.js';

function refusalOf(files: PolicyFiles): Refusal {
  try {
    readPolicy(files, '/desk/policy');
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
  throw new Error('the policy was accepted');
}

function problemsOf(files: PolicyFiles): readonly string[] {
  return refusalOf(files).problems.map(({ message }) => message);
}

describe('the shipped policy', () => {
  const policy = shippedPolicy();

  it('B02 protects account information, phone system, billing and MFA reset', () => {
    expect(policy.actions.map(({ id }) => id)).toEqual([
      'account-info:view',
      'phone-system:change',
      'billing:inquiry',
      'billing:change',
      'billing:update-info',
      'login-security:mfa-reset',
    ]);
  });

  it('carries the figures of the security page', () => {
    expect(policy.limits.throttle).toMatchObject({
      lockFromFailure: 5,
      firstLockMinutes: 15,
      maxLockMinutes: 1440,
      disabledAtFailure: 20,
    });
    expect(policy.limits.alarms).toEqual({
      desk: { floor: 30, perOperator: 0.1 },
      company: { floor: 20, perOperator: 0.05 },
      operator: { floor: 10, perOperator: 0 },
      quietMinutes: 60,
    });
    expect(policy.limits.grant.minutes).toBe(15);
    expect(policy.limits.device.rememberDays).toBe(90);
  });

  it('B95 a policy of a desk from before the alarms is still taken; its old limits stop nobody', () => {
    const files = filesWith('limits', ['throttle', 'deskFailuresPerHour'], 30);
    delete (files.limits as { [key: string]: Json })['alarms'];
    expect(readPolicy(files, '/desk/policy').limits.alarms).toEqual(policy.limits.alarms);
  });

  it.each(['hashing', 'codeHashing', 'alarms'] as const)(
    'is the same for a desk whose limits.json is older than %s',
    (group) => {
      const older = readPolicy(filesWith('limits', [group], undefined), 'data');
      expect(policyDocument(older)).toEqual(policyDocument(policy));
      expect(older.limits[group]).toEqual(policy.limits[group]);
    },
  );

  it('is frozen to the last member, and leaves its source untouched', () => {
    const files = shippedFiles();
    const loose = Object.isFrozen(files.limits);
    const frozen: unknown[] = [readPolicy(files, 'data')];
    for (const value of frozen) {
      expect(Object.isFrozen(value)).toBe(true);
      if (typeof value === 'object' && value !== null) frozen.push(...Object.values(value));
    }
    expect(frozen.length).toBeGreaterThan(150);
    expect(Object.isFrozen(files.limits)).toBe(loose);
  });

  it('hashes the same wherever it was read from, and differently after any change of a limit', () => {
    const text = (files: PolicyFiles, source: string) => JSON.stringify(policyDocument(readPolicy(files, source)));
    expect(text(shippedFiles(), 'here')).toBe(text(shippedFiles(), 'there'));
    expect(text(filesWith('limits', ['grant', 'minutes'], 14), 'here')).not.toBe(text(shippedFiles(), 'here'));
    expect(text(filesWith('roles', ['customers', 'classic', 'secondary-admin', 'holds'], 'nothing'), 'here')).not.toBe(
      text(shippedFiles(), 'here'),
    );
    expect(text(filesWith('actions', ['categories', 0, 'title'], 'Other'), 'here')).not.toBe(
      text(shippedFiles(), 'here'),
    );
  });
});

describe('naming an action', () => {
  const policy = shippedPolicy();

  it.each([
    ['billing:inquiry', 'billing:inquiry'],
    ['login-security', 'login-security:mfa-reset'],
    ['phone-system', 'phone-system:change'],
    ['billing', undefined],
    ['billing:', undefined],
    ['inquiry', undefined],
    ['Billing:Inquiry', undefined],
    ['', undefined],
    ['constructor', undefined],
  ])('%j means %j', (text, id) => {
    expect(findAction(policy, text)?.id).toBe(id);
  });

  it('B07 a scope is a category or one action, and nothing else', () => {
    const valid = ['billing', 'billing:inquiry', 'login-security', 'login-security:mfa-reset'];
    const invalid = [
      '',
      'bill',
      'billing:',
      'billing:*',
      '*',
      'inquiry',
      'BILLING',
      'billing:inquiry:more',
      ' billing',
    ];
    expect(valid.filter((text) => validScope(policy, text))).toEqual(valid);
    expect(invalid.filter((text) => validScope(policy, text))).toEqual([]);
  });

  it('an unknown action is refused with the nearest and the whole list', () => {
    const refusal = said(unknownAction(policy, 'biling:inqury'));
    expect(refusal.code).toBe('invalid-input');
    expect(refusal.message).toBe('there is no request "biling:inqury"');
    expect(refusal.hint).toMatch(
      /^Did you mean billing:inquiry\? Choose one of: account-info:view, .*login-security:mfa-reset\.$/,
    );
  });

  it('a word near nothing gets the list without a guess', () => {
    expect(said(unknownAction(policy, 'weather')).hint).toMatch(/^Choose one of: /);
    expect(said(unknownAction(policy, 'x'.repeat(100_000))).hint).toMatch(/^Choose one of: /);
  });

  it('a category with several actions is refused with those', () => {
    expect(said(unknownAction(policy, 'billing')).hint).toBe(
      'Choose one of: billing:inquiry, billing:change, billing:update-info.',
    );
  });
});

describe('a policy with a fault is refused by file and place', () => {
  const cases: readonly (readonly [
    'actions' | 'roles' | 'limits',
    readonly (string | number)[],
    Json | undefined,
    string,
  ])[] = [
    [
      'actions',
      ['categories', 1, 'id'],
      'account-info',
      'actions.json $.categories[1].id repeats the category account-info',
    ],
    [
      'actions',
      ['categories', 2, 'actions', 1, 'id'],
      'inquiry',
      'actions.json $.categories[2].actions[1].id repeats the action billing:inquiry',
    ],
    [
      'actions',
      ['categories', 3, 'actions', 0, 'id'],
      'sso',
      'actions.json $.categories must hold login-security:mfa-reset, which resets by phone need (B54)',
    ],
    [
      'actions',
      ['categories', 0, 'id'],
      'Account Info',
      'actions.json $.categories[0].id must be lower-case words joined by hyphens',
    ],
    [
      'actions',
      ['categories', 0, 'title'],
      'red\u001b[31m',
      'actions.json $.categories[0].title must be 1 to 80 printable characters',
    ],
    [
      'actions',
      ['categories', 0, 'title'],
      ' ',
      'actions.json $.categories[0].title must be 1 to 80 printable characters',
    ],
    ['actions', ['categories', 0, 'actions'], [], 'actions.json $.categories[0].actions must hold at least one action'],
    ['actions', ['version'], 2, 'actions.json $.version is 2, which is not one of: 1'],
    [
      'roles',
      ['operators', 'lead', 2],
      'mfa:raed',
      'roles.json $.operators.lead[2] is "mfa:raed", which is not one of: directory:read',
    ],
    ['roles', ['operators', 'boss'], ['verify'], 'roles.json $.operators.boss is not known here'],
    ['roles', ['operators', 'auditor'], undefined, 'roles.json $.operators.auditor is missing'],
    ['roles', ['operators', 'lead', 3], 'verify', 'roles.json $.operators.lead[3] repeats verify'],
    [
      'roles',
      ['customers', 'x-series', 'admin', 'holds'],
      'all',
      'roles.json $.customers["x-series"].admin.holds is "all", which is not one of: everything, its-scopes, nothing',
    ],
    [
      'roles',
      ['customers', 'x-series', 'secondary-admin'],
      {},
      'roles.json $.customers["x-series"]["secondary-admin"] is not known here',
    ],
    ['roles', ['customers', 'y-series'], {}, 'roles.json $.customers["y-series"] is not known here'],
    ['roles', ['freshCode', 0], 'chief', 'roles.json $.freshCode[0] is "chief"'],
    ['limits', ['throttle', 'lockFromFailure'], 0, 'limits.json $.throttle.lockFromFailure must be at least 1'],
    ['limits', ['throttle', 'disabledAtFailure'], 101, 'limits.json $.throttle.disabledAtFailure must be at most 100'],
    [
      'limits',
      ['throttle', 'disabledAtFailure'],
      5,
      'limits.json $.throttle.lockFromFailure must be below disabledAtFailure',
    ],
    ['limits', ['throttle', 'firstLockMinutes'], 1440.5, 'limits.json $.throttle.firstLockMinutes must be of type int'],
    ['limits', ['throttle', 'maxLockMinutes'], 15, ''],
    [
      'limits',
      ['alarms', 'company', 'floor'],
      4,
      'limits.json $.alarms.company.floor must not be below throttle.lockFromFailure',
    ],
    ['limits', ['alarms', 'desk'], undefined, 'limits.json $.alarms.desk is missing'],
    ['limits', ['alarms', 'quietMinutes'], 14, 'limits.json $.alarms.quietMinutes must be at least 15'],
    [
      'limits',
      ['operatorSession', 'freshCodeMinutes'],
      31,
      'limits.json $.operatorSession.freshCodeMinutes must not exceed idleMinutes',
    ],
    ['limits', ['operatorToken', 'maxDays'], 1, ''],
    [
      'limits',
      ['operatorToken', 'defaultHours'],
      8761,
      'limits.json $.operatorToken.defaultHours must be at most 8760',
    ],
    ['limits', ['grant', 'minutes'], '15', 'limits.json $.grant.minutes must be of type'],
    ['limits', ['grant'], undefined, 'limits.json $.grant is missing'],
    ['limits', ['grant', 'hours'], 1, 'limits.json $.grant.hours is not known here'],
    ['limits', ['passphrase', 'minLength'], 8, 'limits.json $.passphrase.minLength must be at least 15'],
    ['limits', ['hashing', 'memoryKiB'], 19_455, 'limits.json $.hashing.memoryKiB must be at least 19456'],
    ['limits', ['hashing', 'passes'], 1, 'limits.json $.hashing.passes must be at least 2'],
    ['limits', ['hashing', 'memoryKiB'], 262_145, 'limits.json $.hashing.memoryKiB must be at most 262144'],
    ['limits', ['codeHashing', 'lanes'], undefined, 'limits.json $.codeHashing.lanes is missing'],
    ['limits', ['hashing', 'memoryKiB'], 131_072, ''],
  ];

  it.each(cases.filter(([, , , message]) => message !== ''))('%s %j = %j', (file, path, value, message) => {
    const problems = problemsOf(filesWith(file, path, value));
    expect(
      problems.some((problem) => problem.startsWith(message)),
      problems.join('\n'),
    ).toBe(true);
  });

  it.each(cases.filter(([, , , message]) => message === ''))('%s %j = %j is still in order', (file, path, value) => {
    expect(() => readPolicy(filesWith(file, path, value), 'data')).not.toThrow();
  });

  const powers: readonly (readonly [string, readonly string[], Json, string])[] = [
    [
      'B04 a plain user may not hold everything',
      ['customers', 'classic', 'user', 'holds'],
      'everything',
      'must be "nothing"',
    ],
    [
      'B13 only a role that holds everything is set up by the desk',
      ['customers', 'classic', 'secondary-admin', 'firstPassphraseByDesk'],
      true,
      '(B13)',
    ],
    [
      'B16 only a role that holds everything assigns scopes',
      ['customers', 'classic', 'secondary-admin', 'assignsScopes'],
      true,
      '(B16)',
    ],
    ['B54 an agent cannot reset without a grant', ['operators', 'agent'], ['verify', 'mfa:reset-bulk'], '(B54)'],
    ['B71 a verifier cannot reset', ['operators', 'verifier'], ['verify', 'mfa:reset-with-grant'], '(B71)'],
    [
      'B71 an auditor does nothing but read the log',
      ['operators', 'auditor'],
      ['audit:read', 'verify'],
      'audit:read and nothing else (B71)',
    ],
    [
      'B70 a role that approves gives a fresh code',
      ['freshCode'],
      ['admin'],
      'must name lead, who holds mfa:reset-bulk (B70)',
    ],
    ['B80 nobody but a verifier signs in without a second factor', ['withoutSecondFactor'], ['agent'], '(B80)'],
    ['B80 nor beside verifiers', ['withoutSecondFactor'], ['verifier', 'lead'], 'must not name lead'],
  ];

  it.each(powers)('%s', (_title, path, value, message) => {
    const problems = problemsOf(filesWith('roles', path, value));
    expect(
      problems.some((problem) => problem.includes(message)),
      problems.join('\n'),
    ).toBe(true);
  });

  it('B56 B59 resetting an admin cannot be freed from the second operator', () => {
    expect(problemsOf(filesWith('limits', ['approval', 'adminTargets'], false))).toEqual([
      'limits.json $.approval.adminTargets must be true: resetting an admin always needs a second operator (B56, B59)',
    ]);
  });

  it.each([
    [
      'throttle',
      { firstLockMinutes: 20, maxLockMinutes: 19 },
      '$.throttle.firstLockMinutes must not exceed maxLockMinutes',
    ],
    ['portalSession', { idleMinutes: 4 }, '$.portalSession.freshPasswordMinutes must not exceed idleMinutes'],
    ['operatorToken', { defaultHours: 49, maxDays: 2 }, '$.operatorToken.defaultHours must not exceed maxDays'],
  ] as const)('%s %j is out of order', (group, figures, message) => {
    const shipped = shippedPolicy().limits[group];
    expect(problemsOf(filesWith('limits', [group], { ...shipped, ...figures } as Json))).toEqual([
      `limits.json ${message}`,
    ]);
  });

  it.each(['operator:manage', 'approval:decide', 'user:unlock', 'audit:read'] as const)(
    'somebody must hold %s',
    (permission) => {
      const { roles } = shippedFiles() as unknown as { roles: { operators: Record<string, string[]> } };
      for (const [role, held] of Object.entries(roles.operators))
        roles.operators[role] = held.filter((name) => name !== permission);
      const problems = problemsOf({ ...shippedFiles(), roles });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(`roles.json $.operators gives ${permission} to no role: nobody could`);
    },
  );

  it('suggests the permission that was meant', () => {
    expect(problemsOf(filesWith('roles', ['operators', 'lead', 2], 'mfa:raed'))[0]).toMatch(
      /; did you mean "mfa:read"\?$/,
    );
  });

  it('names the faults of all three files in one go, with the folder and the way to look again', () => {
    const { actions } = filesWith('actions', ['categories', 0, 'id'], 'X');
    const { roles } = filesWith('roles', ['operators', 'lead', 0], 'fly');
    const { limits } = filesWith('limits', ['grant', 'minutes'], 0);
    const refusal = said(refusalOf({ actions, roles, limits }));
    expect(refusal.code).toBe('config');
    expect(refusal.message).toBe('the policy in /desk/policy cannot be used: it has 3 faults');
    expect(refusal.problems.map(({ message }) => message.split(' ')[0])).toEqual([
      'actions.json',
      'roles.json',
      'limits.json',
    ]);
    expect(refusal.hint).toContain('countersign policy check');
  });

  it('any JSON in place of any file ends in a config refusal with a place, never in another error', () => {
    const anything = fc.jsonValue() as fc.Arbitrary<Json>;
    fc.assert(
      fc.property(fc.constantFrom('actions', 'roles', 'limits'), anything, (file, value) => {
        const refusal = refusalOf({ ...shippedFiles(), [file]: value });
        expect(refusal.code).toBe('config');
        expect(refusal.problems.length).toBeGreaterThan(0);
        for (const { message } of refusal.problems) expect(message).toMatch(new RegExp(`^${file}\\.json \\$`));
      }),
      { numRuns: 60 },
    );
  });
});
