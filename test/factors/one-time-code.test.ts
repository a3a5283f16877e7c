/** The life of an e-mailed or texted code: 10 minutes, 5 tries, once, for one login and one purpose. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CodeState,
  digestedParts,
  issueCode,
  type JudgeInput,
  judgeCode,
} from '../../src/factors/one-time-code.js';

const limits = { minutes: 10, tries: 5 };
const NOW = Date.UTC(2026, 10, 23, 9, 30, 0);
const MINUTE = 60_000;
const binding = { userId: 'usr_ana', purpose: 'login', factorId: 'fac_1' };
const equal = (a: string, b: string) => a === b;

const given = (digestOfGiven: string | null, more: Partial<JudgeInput> = {}): JudgeInput => ({
  ...binding,
  digestOfGiven,
  now: NOW,
  limits,
  equal,
  ...more,
});
const live: CodeState = { ...binding, digest: 'right', expiresAt: NOW + 10 * MINUTE, tries: 0, usedAt: null };
const issue = (previous: CodeState | null, now: number, digest = 'right') =>
  issueCode(previous, { ...binding, digest, now, limits });

/** The state of a code that must have been issued. */
function issued(previous: CodeState | null, now: number, digest = 'right'): CodeState {
  const result = issue(previous, now, digest);
  if (result.outcome !== 'issued') throw new Error(result.outcome);
  return result.state;
}

function answered(state: CodeState, ...answers: (string | null)[]): CodeState {
  return answers.reduce((each, answer) => judgeCode(each, given(answer)).state, state);
}

describe('a sent code', () => {
  it('starts with no tries and lives ten minutes', () => {
    expect(issued(null, NOW)).toEqual(live);
  });

  it('is accepted once', () => {
    const first = judgeCode(live, given('right'));
    expect(first).toEqual({ outcome: 'accepted', state: { ...live, usedAt: NOW } });
    expect(judgeCode(first.state, given('right'))).toEqual({ outcome: 'used', state: first.state });
  });

  it('is accepted to the last millisecond of its ten minutes and not after', () => {
    expect(judgeCode(live, given('right', { now: NOW + 10 * MINUTE - 1 })).outcome).toBe('accepted');
    for (const late of [0, 1, 1000, MINUTE]) {
      expect(judgeCode(live, given('right', { now: NOW + 10 * MINUTE + late }))).toEqual({
        outcome: 'expired',
        state: live,
      });
    }
    expect(judgeCode(live, given('right', { now: Number.NaN })).outcome).toBe('expired');
  });

  it('takes five tries: the fifth may still be right, the sixth is not looked at', () => {
    const four = answered(live, 'a', 'b', null, 'd');
    expect(four.tries).toBe(4);
    expect(judgeCode(four, given('right')).outcome).toBe('accepted');
    const five = answered(four, 'e');
    let compared = 0;
    const watched = given('right', {
      equal: (a, b) => {
        compared += 1;
        return a === b;
      },
    });
    expect(judgeCode(five, watched)).toEqual({ outcome: 'exhausted', state: five });
    expect(compared).toBe(0);
  });

  it('counts a text that is no code as a wrong try', () => {
    expect(judgeCode(live, given(null))).toEqual({ outcome: 'wrong', state: { ...live, tries: 1 } });
  });

  it('opens nothing but its own login and purpose (B43), and a stray answer costs it no try', () => {
    expect(judgeCode(live, given('right', { userId: 'usr_ben' }))).toEqual({ outcome: 'other-login', state: live });
    expect(judgeCode(live, given('right', { purpose: 'enrol' }))).toEqual({ outcome: 'other-purpose', state: live });
    expect(judgeCode(live, given('right', { factorId: 'fac_2' }))).toEqual({ outcome: 'other-purpose', state: live });
    expect(judgeCode(live, given('right', { factorId: null }))).toEqual({ outcome: 'other-purpose', state: live });
  });

  it('has login, purpose, factor and code in its digest', () => {
    expect(digestedParts(binding, '012345')).toEqual(['usr_ana', 'login', 'fac_1', '012345']);
    expect(digestedParts({ ...binding, factorId: null }, '012345')).toEqual(['usr_ana', 'login', '', '012345']);
  });

  it('changes no state it was given', () => {
    const frozen = Object.freeze({ ...live });
    expect(() => [judgeCode(frozen, given('x')), judgeCode(frozen, given('right')), issue(frozen, NOW)]).not.toThrow();
  });
});

describe('a new code', () => {
  it('does not reset the count', () => {
    const second = issued(answered(live, 'a', 'b', 'c'), NOW + MINUTE, 'second');
    expect(second).toMatchObject({ digest: 'second', tries: 3, expiresAt: NOW + 11 * MINUTE });
    expect(judgeCode(answered(second, 'x', 'y'), given('second')).outcome).toBe('exhausted');
  });

  it('is not issued after five wrong tries, until the code they were spent on expires', () => {
    const spent = answered(live, 'a', 'b', 'c', 'd', 'e');
    expect(issue(spent, NOW + MINUTE)).toEqual({ outcome: 'exhausted', retryAt: NOW + 10 * MINUTE });
    expect(issue(spent, NOW + 10 * MINUTE - 1).outcome).toBe('exhausted');
    expect(issued(spent, NOW + 10 * MINUTE).tries).toBe(0);
  });

  it('starts anew after one that was accepted', () => {
    const used = judgeCode(answered(live, 'a', 'b', 'c', 'd'), given('right')).state;
    expect(issued(used, NOW + 1000).tries).toBe(0);
  });

  it('cannot be counted against the code of another login or purpose', () => {
    for (const other of [{ userId: 'usr_ben' }, { purpose: 'enrol' }, { factorId: null }]) {
      expect(() => issue({ ...live, ...other }, NOW)).toThrow(TypeError);
    }
  });
});

describe('guesses', () => {
  type Issue = typeof issueCode;
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ act: fc.constant('guess' as const) }) },
    { weight: 2, arbitrary: fc.record({ act: fc.constant('resend' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ act: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 4 * MINUTE }) }),
    },
  );

  /** The most wrong guesses that were looked at within any ten minutes, for an attacker who guesses, waits and asks again. */
  function mostGuesses(steps: readonly { act: string; ms?: number }[], issueBy: Issue): number {
    let now = NOW;
    let state = issued(null, now);
    const looked: number[] = [];
    for (const { act, ms } of steps) {
      if (act === 'wait') now += ms ?? 0;
      if (act === 'resend') {
        const result = issueBy(state, { ...binding, digest: 'right', now, limits });
        if (result.outcome === 'issued') state = result.state;
      }
      if (act === 'guess') {
        const judged = judgeCode(state, given('guess', { now }));
        if (judged.outcome === 'wrong') looked.push(now);
        state = judged.state;
      }
    }
    return Math.max(
      0,
      ...looked.map((end, last) => looked.filter((time, index) => index <= last && time > end - 10 * MINUTE).length),
    );
  }

  const atMost = (most: number, issueBy: Issue) =>
    fc.check(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => mostGuesses(steps, issueBy) <= most),
      { numRuns: 2000, seed: 20261123 },
    );

  it('are at most ten in any ten minutes, however often a new code is asked for', () => {
    // Five at the end of one life and five at the start of the next fall into one stretch of ten minutes.
    expect(atMost(10, issueCode).failed).toBe(false);
  });

  it('teeth: a new code that resets the count lets more through', () => {
    const resetting: Issue = (previous, input) =>
      issueCode(previous === null ? null : { ...previous, tries: 0 }, input);
    expect(atMost(10, resetting).failed).toBe(true);
  });
});

describe('parallel answers', () => {
  /** Twenty guesses against one row; `locked` reads, judges and stores without a pause, as inside the write transaction. */
  async function looked(locked: boolean): Promise<number> {
    let row = live;
    let wrong = 0;
    const guess = async (answer: string) => {
      await null;
      const seen = row;
      if (!locked) await null;
      const judged = judgeCode(seen, given(answer));
      if (judged.outcome === 'wrong') wrong += 1;
      row = judged.state;
    };
    await Promise.all(Array.from({ length: 20 }, (_, index) => guess(`guess ${index}`)));
    return wrong;
  }

  it('share the five tries where read, judged and stored under one lock', async () => {
    expect(await looked(true)).toBe(5);
  });

  it('teeth: reading before the lock lets more than five through', async () => {
    expect(await looked(false)).toBeGreaterThan(5);
  });
});
