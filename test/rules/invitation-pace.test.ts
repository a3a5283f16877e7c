/** How often a user may be invited (A13). */
import { describe, expect, it } from 'vitest';
import { hours, minutes } from '../../src/rules/duration.js';
import { nextInvitation } from '../../src/rules/invitation-pace.js';

const NOW = 1_000_000_000;
const pace = { perHour: 2, perDay: 3 };
const ago = (...spans: number[]) => spans.map((span) => NOW - span);

describe('the pace of invitations', () => {
  it.each([
    ['none so far', [], NOW],
    ['one in this hour', ago(minutes(5)), NOW],
    ['two in this hour: when the older one is an hour old', ago(minutes(40), minutes(5)), NOW + minutes(20)],
    ['two, one of them an hour old', ago(hours(1), minutes(5)), NOW],
    ['three a day: when the oldest is a day old', ago(hours(20), hours(10), hours(2)), NOW + hours(4)],
    ['two that a clock ahead wrote before it was set back', ago(-hours(20), -hours(19)), NOW],
    ['both: the later', ago(hours(20), minutes(40), minutes(5)), NOW + hours(4)],
  ])('%s', (_title, times, next) => {
    expect(nextInvitation(pace, times, NOW)).toBe(next);
  });
});
