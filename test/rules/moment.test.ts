import { describe, expect, it } from 'vitest';
import { waitFrom } from '../../src/commands/wording/results.js';
import { say } from '../../src/commands/wording/say.js';
import { readMoment } from '../../src/rules/moment.js';

const NOW = Date.UTC(2026, 10, 22, 10);
const at = (setting: 'since' | 'until' | 'expires', text: string) =>
  new Date(readMoment(setting, text, NOW, setting === 'since' ? 'back' : 'ahead')).toISOString();

it('the end of a lock-out is said in one way everywhere: at that minute it is over', () => {
  const until = new Date(2026, 10, 22, 11, 10, 38).getTime();
  expect(waitFrom(until - 60_000)(until)).toMatch(/11:11/);
  expect(say('{until, date, end}', { until }, 'en', until)).toBe('2026-11-22 11:11');
  expect(say('{at, date, minute}', { at: until }, 'en', until)).toBe('2026-11-22 11:10');
});

/** In the zone of whoever runs the tests; another one is in local-times.session. */
const local = (year: number, month: number, day: number, hour = 0, minute = 0, second = 0) =>
  new Date(year, month, day, hour, minute, second).toISOString();

describe('a moment as people type it', () => {
  it.each([
    ['since', '2026-11-22', local(2026, 10, 22)],
    ['until', '2026-11-22', local(2026, 10, 23)],
    ['expires', ' 2026-12-31 ', local(2027, 0, 1)],
    ['until', '9999-12-31', local(10_000, 0, 1)],
    ['until', '2026-11-22T10:15', local(2026, 10, 22, 10, 15)],
    ['until', '2026-11-22 10:15:07', local(2026, 10, 22, 10, 15, 7)],
    ['until', '2026-11-22T10:15Z', '2026-11-22T10:15:00.000Z'],
    ['until', '2026-11-22T10:15+02:00', '2026-11-22T08:15:00.000Z'],
    ['until', '2h', '2026-11-22T12:00:00.000Z'],
    ['since', '24h', '2026-11-21T10:00:00.000Z'],
  ] as const)('--%s %s is %s: a day as an end includes itself (B90)', (setting, text, wanted) =>
    expect(at(setting, text)).toBe(wanted),
  );

  it.each(['2026-02-30', '2026-13-01', '2026-04-31T10:00', '2026-04-30T25:00', '2026-04-30Z', 'tomorrow'])(
    '%s is no day',
    (text) => expect(() => at('until', text)).toThrow(expect.objectContaining({ code: 'invalid-input' })),
  );
});
