import { describe, expect, it } from 'vitest';
import { CUSTOMER_ROLES, type CustomerRole, EDITIONS, type Edition } from '../../src/rules/people.js';
import { type Action, findAction, readPolicy } from '../../src/rules/policy.js';
import {
  decideScope,
  decideVerification,
  type PassphraseCheck,
  type VerificationDecision,
} from '../../src/rules/scope.js';
import { filesWith, shippedPolicy } from './shipped-policy.js';

const policy = shippedPolicy();

/*
 * The oracle. Written from the words of B02–B05, B07 and B12 as literal tables; it looks at no data file and calls no rule.
 */
const COVERED_BY: Readonly<Record<string, readonly string[]>> = {
  'account-info:view': ['account-info', 'account-info:view'],
  'phone-system:change': ['phone-system', 'phone-system:change'],
  'billing:inquiry': ['billing', 'billing:inquiry'],
  'billing:change': ['billing', 'billing:change'],
  'billing:update-info': ['billing', 'billing:update-info'],
  'login-security:mfa-reset': ['login-security', 'login-security:mfa-reset'],
};
const ADMIN_STATUS = new Set(['classic/primary-admin', 'x-series/admin']);
const SCOPES_COUNT = new Set(['classic/secondary-admin']);

interface Row {
  readonly edition: Edition;
  readonly role: CustomerRole;
  readonly scopes: readonly string[];
  readonly action: string;
  readonly passphrase: PassphraseCheck;
  readonly sameAccount: boolean;
}

function oracle({ edition, role, scopes, action, passphrase, sameAccount }: Row): string {
  if (!sameAccount || passphrase === 'unknown-caller' || passphrase === 'wrong') return 'refused not-verified';
  if (passphrase === 'none') return 'refused no-passphrase';
  if (ADMIN_STATUS.has(`${edition}/${role}`)) return 'verified by admin';
  const covers =
    SCOPES_COUNT.has(`${edition}/${role}`) && (COVERED_BY[action] ?? []).some((scope) => scopes.includes(scope));
  return covers ? 'verified by scope' : 'refused not-privileged';
}

const ACTIONS = Object.keys(COVERED_BY);
const CATEGORIES = ['account-info', 'phone-system', 'billing', 'login-security'];
const SCOPE_SETS: readonly (readonly string[])[] = [
  [],
  ...CATEGORIES.map((category) => [category]),
  ...ACTIONS.map((action) => [action]),
  CATEGORIES,
  ['billing:inquiry', 'phone-system'],
  ['bill', 'billing:', 'billing:*', '*', 'BILLING', 'inquiry', ''],
  ['billing', 'billing:change'],
];
const CHECKS: readonly PassphraseCheck[] = ['matches', 'wrong', 'none', 'unknown-caller'];

function actionOf(id: string): Action {
  const action = findAction(policy, id);
  if (action === undefined) throw new Error(`the policy has no ${id}`);
  return action;
}

function decide(row: Row): VerificationDecision {
  return decideVerification({
    policy,
    account: { id: 'acc_1', edition: row.edition, disabledAt: null },
    caller: {
      accountId: row.sameAccount ? 'acc_1' : 'acc_2',
      role: row.role,
      scopes: row.scopes,
      disabledAt: null,
      powerHeldUntil: null,
    },
    passphrase: row.passphrase,
    action: actionOf(row.action),
    now: 1,
  });
}

function inWords(decision: VerificationDecision): string {
  return decision.outcome === 'verified' ? `verified by ${decision.by}` : `refused ${decision.reason}`;
}

function rowsOf(edition: Edition, role: CustomerRole, sameAccount: boolean): readonly Row[] {
  return SCOPE_SETS.flatMap((scopes) =>
    ACTIONS.flatMap((action) =>
      CHECKS.map((passphrase) => ({ edition, role, scopes, action, passphrase, sameAccount })),
    ),
  );
}

const GROUPS = EDITIONS.flatMap((edition) =>
  CUSTOMER_ROLES.flatMap((role) => [true, false].map((sameAccount) => [edition, role, sameAccount] as const)),
);

/** Rows on which a decision and the oracle part, in readable form. */
function disagreements(rows: readonly Row[], decision: (row: Row) => VerificationDecision): readonly string[] {
  return rows
    .map((row) => ({ row, got: inWords(decision(row)), expected: oracle(row) }))
    .filter(({ got, expected }) => got !== expected)
    .map(({ row, got, expected }) => `${JSON.stringify(row)}: ${got}, should be ${expected}`);
}

describe('the truth table of verification, against an oracle', () => {
  const all = GROUPS.flatMap(([edition, role, sameAccount]) => rowsOf(edition, role, sameAccount));

  it('has well over 1,000 rows, and every outcome occurs', () => {
    expect(all.length).toBe(5760);
    expect(new Set(all.map(oracle))).toEqual(
      new Set([
        'verified by admin',
        'verified by scope',
        'refused not-verified',
        'refused no-passphrase',
        'refused not-privileged',
      ]),
    );
  });

  it.each(GROUPS)('B02 B03 B04 B05 B07 B12: %s %s, same account %s', (edition, role, sameAccount) => {
    expect(disagreements(rowsOf(edition, role, sameAccount), decide)).toEqual([]);
  });

  it('teeth: a decision that lets a neighbour scope through is found', () => {
    const lax = (row: Row) => decide({ ...row, scopes: row.scopes.map((scope) => scope.split(':')[0] ?? scope) });
    expect(disagreements(all, lax)).not.toEqual([]);
  });

  it('teeth: a decision that forgets the account is found', () => {
    expect(disagreements(all, (row) => decide({ ...row, sameAccount: true }))).not.toEqual([]);
  });

  it('teeth: a decision that asks only for the scope is found', () => {
    expect(disagreements(all, (row) => decide({ ...row, passphrase: 'matches' }))).not.toEqual([]);
  });
});

describe('who covers an action', () => {
  const ask = (role: CustomerRole, scopes: readonly string[], action: string, edition: Edition = 'classic') =>
    decideScope({ policy, edition, role, scopes, action: actionOf(action) });

  it('B07 names the narrowest scope that covers it', () => {
    expect(ask('secondary-admin', ['billing', 'billing:change'], 'billing:change')).toEqual({
      allowed: true,
      by: 'scope',
      scope: 'billing:change',
    });
    expect(ask('secondary-admin', ['billing', 'billing:change'], 'billing:inquiry')).toEqual({
      allowed: true,
      by: 'scope',
      scope: 'billing',
    });
  });

  it('B04 admin status needs no scope and names none', () => {
    expect(ask('primary-admin', ['billing'], 'billing:change')).toEqual({ allowed: true, by: 'admin' });
  });

  it('B01 an unknown edition is refused, never defaulted', () => {
    for (const edition of ['', 'Classic', 'z-series', 'constructor', '__proto__'])
      for (const role of CUSTOMER_ROLES)
        expect(ask(role, CATEGORIES, 'billing:change', edition as Edition)).toEqual({ allowed: false });
  });

  it('an unknown role is refused', () => {
    for (const role of ['', 'owner', 'constructor', '__proto__'])
      expect(ask(role as CustomerRole, CATEGORIES, 'billing:change')).toEqual({ allowed: false });
  });

  it('an action that is not in the policy is refused, even to an admin', () => {
    const action = { id: 'billing:delete', category: 'billing', title: 'Delete' };
    expect(
      decideScope({ policy, edition: 'classic', role: 'primary-admin', scopes: ['billing:delete'], action }),
    ).toEqual({ allowed: false });
  });

  it('an action that claims a foreign category gains nothing by it', () => {
    const action = { id: 'billing:change', category: 'phone-system', title: 'Change' };
    expect(
      decideScope({ policy, edition: 'classic', role: 'secondary-admin', scopes: ['phone-system'], action }),
    ).toEqual({ allowed: false });
  });

  it('B02 a new action is covered by data alone', () => {
    const files = filesWith('actions', ['categories', 2, 'actions', 3], { id: 'refund', title: 'Refund' });
    const larger = readPolicy(files, 'data');
    const action = findAction(larger, 'billing:refund');
    expect(action).toBeDefined();
    if (action === undefined) return;
    const question = { policy: larger, edition: 'classic', role: 'secondary-admin', action } as const;
    expect(decideScope({ ...question, scopes: ['billing'] }).allowed).toBe(true);
    expect(decideScope({ ...question, scopes: ['billing:refund'] }).allowed).toBe(true);
    expect(decideScope({ ...question, scopes: ['billing:change'] }).allowed).toBe(false);
  });
});

describe('verification of those who are not there', () => {
  const account = { id: 'acc_1', edition: 'classic', disabledAt: null } as const;
  const admin = {
    accountId: 'acc_1',
    role: 'primary-admin',
    scopes: [],
    disabledAt: null,
    powerHeldUntil: null,
  } as const;
  const rest = { policy, passphrase: 'matches', action: actionOf('billing:change'), now: 1_000 } as const;
  const notVerified = { outcome: 'refused', reason: 'not-verified' };

  it('B73 nobody found is not verified, whatever the check said', () => {
    for (const passphrase of CHECKS)
      expect(decideVerification({ ...rest, account, caller: null, passphrase })).toEqual(notVerified);
  });

  it('a disabled caller or account is not verified', () => {
    expect(decideVerification({ ...rest, account, caller: admin })).toEqual({ outcome: 'verified', by: 'admin' });
    expect(decideVerification({ ...rest, account, caller: { ...admin, disabledAt: 1 } })).toEqual(notVerified);
    expect(decideVerification({ ...rest, account: { ...account, disabledAt: 1 }, caller: admin })).toEqual(notVerified);
  });
});
