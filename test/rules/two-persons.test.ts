/** Who counts as two persons (B81): a table of hands, directions and days. */
import { describe, expect, it } from 'vitest';
import { type Hand, handBetween, operatorsOf } from '../../src/rules/approval.js';
import { days } from '../../src/rules/duration.js';
import { shippedPolicy } from './shipped-policy.js';

const policy = shippedPolicy();
const NOW = Date.UTC(2026, 10, 22);
const hand = (by_id: string, operator_id: string, ago: number, what = 'made'): Hand => ({
  by_id,
  operator_id,
  what,
  at: NOW - ago,
});

type Rule = (hands: readonly Hand[], one: string, other: string) => boolean;
const rule: Rule = (hands, one, other) => handBetween(hands, [[one], [other]], { policy, now: NOW }) === undefined;
/** Known bad: what a desk does that compares ids alone. */
const idsAlone: Rule = (_hands, one, other) => one !== other;

const TABLE: readonly (readonly [string, readonly Hand[], boolean])[] = [
  ['nobody had a hand in anybody', [], true],
  ...['made', 'invited', 'recovered', 'changed', 'token'].flatMap((what) => [
    [`the requester ${what} the approver a minute ago`, [hand('asker', 'decider', 60_000, what)], false] as const,
    [`the approver ${what} the requester a minute ago`, [hand('decider', 'asker', 60_000, what)], false] as const,
    [`the approver ${what} the requester 7 days ago`, [hand('decider', 'asker', days(7), what)], true] as const,
  ]),
  ['a moment before the 7 days are over', [hand('asker', 'decider', days(7) - 1)], false],
  ['a hand ahead of the clock counts', [hand('asker', 'decider', -days(1))], false],
  ['one admin made both', [hand('admin', 'asker', 1), hand('admin', 'decider', 1)], true],
  ['an old hand and a new one', [hand('asker', 'decider', days(30)), hand('decider', 'asker', 1)], false],
];

describe('two persons (B81)', () => {
  it.each(TABLE)('%s', (_title, hands, expected) => expect(rule(hands, 'asker', 'decider')).toBe(expected));

  it('has teeth: a rule that compares ids alone lets every one of them through', () => {
    const wrong = TABLE.filter(([, hands, expected]) => idsAlone(hands, 'asker', 'decider') !== expected);
    expect(wrong.length).toBe(TABLE.filter(([, , expected]) => !expected).length);
  });

  it('names the newest hand', () => {
    const hands = [hand('a', 'b', days(3)), hand('b', 'a', days(1), 'token')];
    expect(handBetween(hands, [['a'], ['b']], { policy, now: NOW })).toMatchObject({ what: 'token', by_id: 'b' });
  });

  it('a person with several operators is one person', () => {
    const all = [
      { id: 'a', also_user_id: 'usr_1' },
      { id: 'b', also_user_id: 'usr_1' },
      { id: 'c', also_user_id: null },
    ];
    expect(operatorsOf({ id: 'a', also_user_id: 'usr_1' }, all)).toEqual(['a', 'b']);
    expect(operatorsOf({ id: 'c', also_user_id: null }, all)).toEqual(['c']);
    expect(handBetween([hand('b', 'c', 1)], [['a', 'b'], ['c']], { policy, now: NOW })).toBeDefined();
  });
});
