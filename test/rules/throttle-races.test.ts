/**
 * The lock-out under interleaving: many processes that guess at once, and long random lives compared with a small model that keeps
 * a plain list of attempts instead of counters.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { days, minutes } from '../../src/rules/duration.js';
import {
  lockDuration,
  refusalNow,
  reserve,
  succeed,
  type Throttle,
  type TrustedTime,
  trustedTime,
  UNTRIED,
  unlock,
} from '../../src/rules/throttle.js';
import { shippedPolicy } from './shipped-policy.js';

const { limits } = shippedPolicy();
const START = Date.UTC(2026, 10, 22, 10);

/** How a process guesses: what it commits before the secret is checked, and after a wrong answer. */
interface Counter {
  readonly before: (state: Throttle, time: TrustedTime) => { readonly state: Throttle; readonly proceeds: boolean };
  readonly afterWrong: (state: Throttle, time: TrustedTime) => Throttle;
}

const reserving: Counter = {
  before(state, time) {
    const step = reserve(state, time, limits);
    return { state: step.state, proceeds: step.decision.kind === 'proceed' };
  },
  afterWrong: (state) => state,
};

/** The known-bad build: looks, checks the secret, then counts. */
const countingAfterwards: Counter = {
  before: (state, time) => ({ state, proceeds: refusalNow(state, time) === undefined }),
  afterWrong: (state, time) => reserve(state, time, limits).state,
};

/** One state shared by processes that take turns as `turns` says, each either beginning a guess or finishing its own. */
function checksMade(counter: Counter, turns: readonly number[], time: TrustedTime, from: Throttle = UNTRIED): number {
  let state = from;
  let checks = 0;
  const checking = new Set<number>();
  for (const process of turns) {
    if (checking.delete(process)) state = counter.afterWrong(state, time);
    else {
      const step = counter.before(state, time);
      state = step.state;
      if (step.proceeds) {
        checks += 1;
        checking.add(process);
      }
    }
  }
  return checks;
}

const turnsOf = (processes: number) => fc.array(fc.nat(processes - 1), { maxLength: 400 });
const now: TrustedTime = { now: START, behind: false };
const afterLock: TrustedTime = { now: START + minutes(15), behind: false };

function locked(): Throttle {
  let state = UNTRIED;
  for (let guess = 0; guess < 5; guess += 1) state = reserve(state, now, limits).state;
  return state;
}

describe('B72 guesses by many processes at once', () => {
  it('in any interleaving of 2 to 50 processes at most 5 reach the check before the lock', () => {
    const property = fc.property(
      fc.integer({ min: 2, max: 50 }).chain(turnsOf),
      (turns) => checksMade(reserving, turns, now) <= 5,
    );
    fc.assert(property, { numRuns: 500 });
  });

  it('50 at the same moment: exactly 5', () => {
    const turns = Array.from({ length: 50 }, (_, process) => process);
    expect(checksMade(reserving, [...turns, ...turns], now)).toBe(5);
  });

  it('after the lock has ended at most one more, in any interleaving', () => {
    const property = fc.property(turnsOf(8), (turns) => checksMade(reserving, turns, afterLock, locked()) <= 1);
    fc.assert(property, { numRuns: 500 });
  });

  it('teeth: a counter that counts after the check lets more through, and the same property finds it', () => {
    const property = fc.property(
      fc.integer({ min: 2, max: 50 }).chain(turnsOf),
      (turns) => checksMade(countingAfterwards, turns, now) <= 5,
    );
    expect(fc.check(property, { numRuns: 500 }).failed).toBe(true);
    const turns = Array.from({ length: 50 }, (_, process) => process);
    expect(checksMade(countingAfterwards, [...turns, ...turns], now)).toBe(50);
  });
});

/** The model: every attempt since the lead last acted, in order; the rest is worked out from the list each time. */
interface Model {
  attempts: { readonly at: number; right: boolean }[];
  /** Lock and disablement as an observer would note them on a sheet of paper. */
  lockedUntil: number | null;
  disabled: boolean;
  host: number;
  latestSeen: number;
}

interface Real {
  state: Throttle;
  /** Number of each attempt, by its place in the model's list. */
  tickets: number[];
}

const TOLERANCE = 120_000;

function inARow(model: Model): number {
  const lastRight = model.attempts.findLastIndex(({ right }) => right);
  return model.attempts.length - 1 - lastRight;
}

function timeOf(model: Model): TrustedTime {
  return trustedTime(model.host, model.latestSeen, TOLERANCE);
}

function expectSame(model: Model, real: Real): void {
  expect(real.state.failures).toBe(inARow(model));
  expect(real.state.lockedUntil).toBe(model.lockedUntil);
  expect(real.state.disabledAt !== null).toBe(model.disabled);
}

class Attempt implements fc.Command<Model, Real> {
  check = () => true;
  toString = () => 'attempt';
  run(model: Model, real: Real): void {
    const time = timeOf(model);
    const { state, decision } = reserve(real.state, time, limits);
    const behind = model.latestSeen - model.host > TOLERANCE;
    const waits = model.lockedUntil !== null && (behind || Math.max(model.host, model.latestSeen) < model.lockedUntil);
    expect(decision.kind).toBe(model.disabled ? 'disabled' : waits ? 'locked' : 'proceed');
    real.state = state;
    if (decision.kind === 'proceed') {
      real.tickets.push(decision.attempt);
      model.attempts.push({ at: time.now, right: false });
      const count = inARow(model);
      const wait = [15, 30, 60, 120, 240, 480, 960, 1440][Math.min(count, 12) - 5];
      model.lockedUntil = wait === undefined ? null : time.now + minutes(wait);
      model.disabled = count >= 20;
    }
    model.latestSeen = Math.max(model.latestSeen, model.host);
    expectSame(model, real);
  }
}

/** The check of an earlier attempt comes back right; `back` counts from the latest. */
class Right implements fc.Command<Model, Real> {
  constructor(readonly back: number) {}
  check = (model: Readonly<Model>) => model.attempts.length > this.back;
  toString = () => `right(${this.back} back)`;
  run(model: Model, real: Real): void {
    const index = model.attempts.length - 1 - this.back;
    const attempt = model.attempts[index];
    const ticket = real.tickets[index];
    if (attempt === undefined || ticket === undefined) throw new Error('no such attempt');
    attempt.right = true;
    if (inARow(model) < 5) {
      model.lockedUntil = null;
      model.disabled = false;
    }
    real.state = succeed(real.state, ticket, limits);
    expectSame(model, real);
  }
}

class Lift implements fc.Command<Model, Real> {
  constructor(readonly by: 'lead' | 'owner') {}
  check = () => true;
  toString = () => `lift(${this.by})`;
  run(model: Model, real: Real): void {
    model.lockedUntil = null;
    if (this.by === 'lead') {
      model.disabled = false;
      model.attempts = [];
      real.tickets = [];
    }
    real.state = unlock(real.state, this.by);
    expectSame(model, real);
  }
}

class MoveClock implements fc.Command<Model, Real> {
  constructor(readonly by: number) {}
  check = () => true;
  toString = () => `clock(${this.by})`;
  run(model: Model): void {
    model.host += this.by;
  }
}

describe('B72 the life of a throttle against a model', () => {
  it('agrees over random attempts, answers, locks lifted and clocks moved both ways', () => {
    const commands = fc.commands(
      [
        fc.constant(new Attempt()),
        fc.constant(new Attempt()),
        fc.constant(new Attempt()),
        fc.nat(6).map((back) => new Right(back)),
        fc.constantFrom('lead' as const, 'owner' as const).map((by) => new Lift(by)),
        fc.integer({ min: -days(1), max: days(2) }).map((by) => new MoveClock(by)),
        fc.integer({ min: 0, max: minutes(40) }).map((by) => new MoveClock(by)),
      ],
      { size: '+1', maxCommands: 120 },
    );
    const setup = () => ({
      model: {
        attempts: [],
        lockedUntil: null,
        disabled: false,
        host: START,
        latestSeen: START,
      } satisfies Model as Model,
      real: { state: UNTRIED, tickets: [] } satisfies Real as Real,
    });
    fc.assert(
      fc.property(commands, (list) => fc.modelRun(setup, list)),
      { numRuns: 150 },
    );
  });

  it('whatever the times between them, wrong guesses number at most 20 and never come faster than the locks allow', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: days(2) }), { minLength: 60, maxLength: 120 });
    fc.assert(
      fc.property(pauses, (waits) => {
        let state = UNTRIED;
        let time = START;
        const made: number[] = [];
        for (const wait of waits) {
          time += wait;
          const step = reserve(state, { now: time, behind: false }, limits);
          if (step.decision.kind === 'proceed') made.push(time);
          state = step.state;
        }
        expect(made.length).toBeLessThanOrEqual(20);
        for (const [index, at] of made.entries()) {
          const earlier = made[index - 1];
          if (index >= 5 && earlier !== undefined)
            expect(at - earlier).toBeGreaterThanOrEqual(lockDuration(index, limits));
        }
      }),
    );
  });
});
