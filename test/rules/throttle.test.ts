import { describe, expect, it } from 'vitest';
import { days, hours, minutes } from '../../src/rules/duration.js';
import {
  lockDuration,
  refusalNow,
  reserve,
  succeed,
  type Throttle,
  type ThrottleDecision,
  trustedTime,
  UNTRIED,
  unlock,
} from '../../src/rules/throttle.js';
import { shippedPolicy } from './shipped-policy.js';

const { limits } = shippedPolicy();
const START = Date.UTC(2026, 10, 22, 10);
const at = (now: number) => ({ now, behind: false });

/** Wrong answers one after the other, each as soon as the lock allows. */
function afterFailures(count: number, from = START): { readonly state: Throttle; readonly now: number } {
  let state = UNTRIED;
  let now = from;
  for (let made = 0; made < count; made += 1) {
    now = Math.max(now, state.lockedUntil ?? now);
    const step = reserve(state, at(now), limits);
    expect(step.decision).toEqual({ kind: 'proceed', attempt: made + 1 });
    state = step.state;
  }
  return { state, now };
}

function proceed(decision: ThrottleDecision): number {
  if (decision.kind !== 'proceed') throw new Error(`expected to proceed, got ${decision.kind}`);
  return decision.attempt;
}

describe('lock-out of one caller', () => {
  it('B72 five wrong guesses pass, the sixth is refused until the lock ends', () => {
    const { state } = afterFailures(5);
    expect(state).toEqual({ failures: 5, reserved: 5, lockedUntil: START + minutes(15), disabledAt: null });
    const sixth = reserve(state, at(START + 1), limits);
    expect(sixth.decision).toEqual({ kind: 'locked', until: START + minutes(15), clockBehind: false });
    expect(sixth.state).toBe(state);
  });

  it('four failures lock nothing', () => {
    expect(refusalNow(afterFailures(4).state, at(START))).toBeUndefined();
  });

  it.each([
    [5, minutes(15)],
    [6, minutes(30)],
    [7, hours(1)],
    [8, hours(2)],
    [9, hours(4)],
    [10, hours(8)],
    [11, hours(16)],
    [12, hours(24)],
    [13, hours(24)],
    [19, hours(24)],
  ])('failure %i locks for %i ms', (failures, duration) => {
    const { state, now } = afterFailures(failures);
    expect(lockDuration(failures, limits)).toBe(duration);
    expect(state.lockedUntil).toBe(now + duration);
  });

  it('a lock ends at its time and not a millisecond earlier', () => {
    const { state } = afterFailures(5);
    expect(reserve(state, at(START + minutes(15) - 1), limits).decision.kind).toBe('locked');
    expect(reserve(state, at(START + minutes(15)), limits).decision.kind).toBe('proceed');
  });

  it('after the lock one attempt at a time: a second is refused while the first is being checked', () => {
    const { state } = afterFailures(5);
    const first = reserve(state, at(START + minutes(15)), limits);
    expect(first.decision.kind).toBe('proceed');
    expect(reserve(first.state, at(START + minutes(15)), limits).decision).toMatchObject({
      kind: 'locked',
      until: START + minutes(45),
    });
  });

  it('refused attempts neither count nor prolong the lock', () => {
    let { state } = afterFailures(5);
    for (let tries = 0; tries < 100; tries += 1) state = reserve(state, at(START + tries), limits).state;
    expect(state).toMatchObject({ failures: 5, lockedUntil: START + minutes(15) });
  });

  it('disabled at the 20th failure, for as long as no lead acts', () => {
    const { state, now } = afterFailures(20);
    expect(state.disabledAt).toBe(now);
    expect(now - START).toBeGreaterThan(days(8));
    expect(reserve(state, at(now + days(4000)), limits).decision).toEqual({ kind: 'disabled', since: now });
  });
});

describe('success', () => {
  it('clears the failures before it', () => {
    const step = reserve(afterFailures(3).state, at(START), limits);
    expect(succeed(step.state, proceed(step.decision), limits)).toEqual({ ...UNTRIED, reserved: 4 });
  });

  it.each([5, 12, 20])('of attempt %i takes back the lock that its own reservation set', (attempt) => {
    const before = afterFailures(attempt - 1);
    const step = reserve(before.state, at(Math.max(before.now, before.state.lockedUntil ?? 0)), limits);
    expect(succeed(step.state, proceed(step.decision), limits)).toEqual({ ...UNTRIED, reserved: attempt });
  });

  it('clears only what was used: guesses still being checked stay counted', () => {
    const owner = reserve(UNTRIED, at(START), limits);
    let state = owner.state;
    for (let guess = 0; guess < 4; guess += 1) state = reserve(state, at(START), limits).state;
    expect(state).toMatchObject({ failures: 5, lockedUntil: START + minutes(15) });
    state = succeed(state, proceed(owner.decision), limits);
    expect(state).toEqual({ failures: 4, reserved: 5, lockedUntil: null, disabledAt: null });
    expect(reserve(state, at(START), limits).state.lockedUntil).not.toBeNull();
  });

  it('in any order of answers leaves the same count', () => {
    const first = reserve(UNTRIED, at(START), limits);
    const second = reserve(first.state, at(START), limits);
    const third = reserve(second.state, at(START), limits);
    const [one, two] = [proceed(first.decision), proceed(second.decision)];
    const inOrder = succeed(succeed(third.state, one, limits), two, limits);
    const reversed = succeed(succeed(third.state, two, limits), one, limits);
    expect(inOrder).toEqual(reversed);
    expect(inOrder.failures).toBe(1);
  });

  it('that never comes leaves the attempt counted (a crash helps nobody)', () => {
    expect(afterFailures(5).state.failures).toBe(5);
    expect(refusalNow(afterFailures(5).state, at(START))?.kind).toBe('locked');
  });
});

describe('lifting a lock', () => {
  it('B76 a lead lifts lock and disablement and the count begins afresh', () => {
    for (const failures of [5, 12, 20]) {
      const { state } = afterFailures(failures);
      expect(unlock(state, 'lead')).toEqual({ ...UNTRIED, reserved: failures });
    }
  });

  it('B76 an answer that comes after the lead acted changes nothing more', () => {
    const lifted = unlock(afterFailures(5).state, 'lead');
    expect(succeed(lifted, 5, limits)).toEqual(lifted);
  });

  it("the owner's portal sign-in lifts the wait, keeps the count, and the next failure waits longer", () => {
    const lifted = unlock(afterFailures(5).state, 'owner');
    const step = reserve(lifted, at(START), limits);
    expect(step.decision.kind).toBe('proceed');
    expect(step.state).toMatchObject({ failures: 6, lockedUntil: START + minutes(30) });
  });

  it("the owner's portal sign-in does not lift what only a lead may", () => {
    const { state, now } = afterFailures(20);
    expect(refusalNow(unlock(state, 'owner'), at(now + days(1)))?.kind).toBe('disabled');
  });

  it('signing in again and again gives at most 20 guesses in all', () => {
    let state = UNTRIED;
    let guesses = 0;
    for (let round = 0; round < 1000; round += 1) {
      const step = reserve(unlock(state, 'owner'), at(START), limits);
      if (step.decision.kind === 'proceed') guesses += 1;
      state = step.state;
    }
    expect(guesses).toBe(20);
  });
});

describe('a clock set back', () => {
  const tolerance = limits.clock.toleranceSeconds * 1_000;

  it.each([
    ['ahead', 5_000, START + 5_000, false],
    ['1 s back', -1_000, START, false],
    ['120 s back', -120_000, START, false],
    ['120.001 s back', -120_001, START, true],
    ['2 h back', -hours(2), START, true],
  ])('%s of the latest time seen', (_title, shift, now, behind) => {
    expect(trustedTime(START + shift, START, tolerance)).toEqual({ now, behind });
  });

  it('B72 no lock expires by a clock that is behind, and the refusal says so', () => {
    const { state } = afterFailures(5);
    const latestSeen = START + hours(3);
    const time = trustedTime(START - hours(2), latestSeen, tolerance);
    expect(reserve(state, time, limits).decision).toEqual({
      kind: 'locked',
      until: START + minutes(15),
      clockBehind: true,
    });
    expect(unlock(state, 'lead').lockedUntil).toBeNull();
  });

  it('B72 a lock set while the clock is behind is not over sooner', () => {
    const time = trustedTime(START - days(1), START, tolerance);
    let state = UNTRIED;
    for (let guess = 0; guess < 5; guess += 1) state = reserve(state, time, limits).state;
    expect(state.lockedUntil).toBe(START + minutes(15));
  });

  it("teeth: by the host's clock alone, a lock set while it is a day back is over as soon as it is put right", () => {
    let state = UNTRIED;
    for (let guess = 0; guess < 5; guess += 1) state = reserve(state, at(START - days(1)), limits).state;
    expect(refusalNow(state, at(START))).toBeUndefined();
  });
});
