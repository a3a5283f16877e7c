import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byUserId,
  countRows,
  type FoundRow,
  type FoundUser,
  NOTHING,
  planRows,
  planTargets,
  type ResetFacts,
  ROW_CLASSES,
  somethingToReset,
} from '../../src/rules/reset-plan.js';
import { shippedPolicy } from './shipped-policy.js';

const policy = shippedPolicy();
const user = (login: string, more: Partial<FoundUser> = {}): FoundUser => ({
  id: `usr_${login}`,
  login,
  account: '1',
  admin: false,
  sso: false,
  connector: null,
  external: null,
  ...more,
});
const facts = (userId: string, more: Partial<ResetFacts> = {}): ResetFacts => ({
  userId,
  ...NOTHING,
  open: null,
  codeLive: false,
  ...more,
});
const row = (line: number, one: FoundUser): FoundRow => ({
  line,
  account: '1',
  login: one.login,
  found: one,
});
const holding = (...users: readonly FoundUser[]) => ({
  acting: new Set(users.map((one) => one.id)),
  objected: new Set<string>(),
  unreached: new Set<string>(),
  shared: new Set<string>(),
});

describe('a plan of resets', () => {
  it('names what each line comes to (B59)', () => {
    const ana = user('ana');
    const boss = user('boss', { admin: true });
    const sso = user('sso', { sso: true });
    const idle = user('idle');
    const rows = planRows(
      [
        row(2, ana),
        row(3, boss),
        row(4, sso),
        row(5, idle),
        row(6, ana),
        { line: 7, account: '1', login: 'x', found: 'nobody' },
        { line: 8, account: '1', login: 'y', found: 'several' },
      ],
      holding(ana, boss, sso),
    );
    expect(rows.map((one) => one.class)).toEqual([
      'to-reset',
      'admin',
      'sso-only',
      'nothing-to-do',
      'duplicate',
      'unknown',
      'ambiguous',
    ]);
    expect(rows.map((one) => one.act === true)).toEqual([true, true, true, false, false, false, false]);
    expect(countRows(rows)).toEqual(Object.fromEntries(ROW_CLASSES.map((name) => [name, 1])));
  });

  it('an admin with nothing to lose needs nobody to approve', () => {
    const boss = user('boss', { admin: true });
    expect(planRows([row(1, boss)], holding())[0]?.class).toBe('nothing-to-do');
  });

  it('each line has one class, each user acts at most once, whatever the list (property)', () => {
    const people = ['a', 'b', 'c', 'd'].map((login) => user(login, login === 'd' ? { admin: true } : {}));
    const cell = fc.oneof(fc.constantFrom(...people), fc.constantFrom('nobody' as const, 'several' as const));
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 40 }), (cells) => {
        const found = cells.map((one, index): FoundRow => {
          const login = typeof one === 'string' ? one : one.login;
          return {
            line: index + 2,
            account: '1',
            login,
            found: one,
          };
        });
        const rows = planRows(found, holding(...people));
        expect(rows.map((one) => one.line)).toEqual(found.map((one) => one.line));
        expect(Object.values(countRows(rows)).reduce((sum, n) => sum + n, 0)).toBe(rows.length);
        const acting = rows.filter((one) => one.act === true).map((one) => one.user);
        expect(new Set(acting).size).toBe(acting.length);
        const { plain, barred } = planTargets(policy, rows);
        expect(plain.length + barred.length).toBe(acting.length);
        expect(plain.some((one) => one.user === 'usr_d')).toBe(false);
      }),
    );
  });

  it('admins wait for an approval; over the limit everybody does (B56)', () => {
    const limit = policy.limits.approval.bulkOver;
    const many = Array.from({ length: limit + 1 }, (_, index) => user(`u${index}`));
    const plan = (users: readonly FoundUser[]) =>
      planTargets(
        policy,
        planRows(
          users.map((one, index) => row(index, one)),
          holding(...users),
        ),
      );
    expect(plan(many.slice(1))).toMatchObject({ why: null, waiting: [] });
    expect(plan(many)).toMatchObject({ why: 'bulk-over-limit' });
    expect(plan(many).waiting).toHaveLength(limit + 1);
    expect(plan([user('boss', { admin: true }), user('ana')])).toMatchObject({ why: 'admin-target' });
  });

  it('who an objection stands for waits like an admin, under its own name (B62)', () => {
    const [ana, kim] = [user('ana'), user('kim')];
    const objected = new Set([ana.id]);
    const rows = planRows([row(2, ana), row(3, kim), row(4, ana)], { ...holding(ana, kim), objected });
    expect(rows.map((one) => one.class)).toEqual(['to-reset', 'to-reset', 'duplicate']);
    const targets = planTargets(policy, rows);
    expect(targets).toMatchObject({ why: 'objected-reset', plain: [{ line: 3 }], waiting: [{ line: 2 }] });
  });

  it('targets are walked in the order of ids', () => {
    const rows = [user('c'), user('a'), user('b')].map(
      (one, line) => ({ line, class: 'to-reset', account: '1', login: one.login, user: one.id }) as const,
    );
    expect(rows.toSorted(byUserId).map((one) => one.login)).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['a factor', { factors: 1 }, true],
    ['a half-done enrolment', { enrolments: 1 }, true],
    ['a backup code', { backupCodes: 1 }, true],
    ['a device', { devices: 1 }, true],
    ['a session', { sessions: 1 }, true],
    ['nothing', {}, false],
    [
      'a reset whose code still works',
      { open: { id: 'rst_1', objectedAt: null, final: false }, codeLive: true },
      false,
    ],
    ['a reset whose code ran out', { open: { id: 'rst_1', objectedAt: null, final: false } }, true],
    ['a reset that was objected to', { open: { id: 'rst_1', objectedAt: 1, final: false }, codeLive: true }, true],
  ])('with %s there is something to do: %o → %s', (_what, more, expected) => {
    expect(somethingToReset(policy, facts('usr_1', more))).toBe(expected);
  });
});
