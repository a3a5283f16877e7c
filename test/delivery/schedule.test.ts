import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { nextAttemptAt, PAUSES_MS } from '../../src/delivery/schedule.js';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

describe('when a message is tried again', () => {
  it('follows the Standard Webhooks schedule: 0, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, then gives up', () => {
    const pauses = Array.from({ length: 11 }, (_, made) => nextAttemptAt(made, 0, 0));
    expect(pauses).toEqual([
      0,
      5 * SECOND,
      300 * SECOND,
      1_800 * SECOND,
      2 * HOUR,
      5 * HOUR,
      10 * HOUR,
      14 * HOUR,
      20 * HOUR,
      24 * HOUR,
      null,
    ]);
  });

  it('adds at most a tenth, never takes away, and stays on whole milliseconds', () => {
    fc.assert(
      fc.property(fc.nat({ max: 9 }), fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (made, now, random01) => {
        const at = nextAttemptAt(made, now, random01) ?? Number.NaN;
        const pause = PAUSES_MS[made] ?? Number.NaN;
        expect(Number.isInteger(at)).toBe(true);
        expect(at - now).toBeGreaterThanOrEqual(pause);
        expect(at - now).toBeLessThanOrEqual(pause * 1.1);
      }),
    );
  });

  it.each([-1, 0.5, Number.NaN])('refuses the attempt number %s as a bug', (made) => {
    expect(() => nextAttemptAt(made, 0, 0)).toThrow(RangeError);
  });

  it('refuses a draw outside 0 to 1 as a bug', () => {
    for (const random01 of [-0.1, 1.1, Number.NaN]) expect(() => nextAttemptAt(1, 0, random01)).toThrow(RangeError);
  });
});
