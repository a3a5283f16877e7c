/**
 * Alarms over many callers (B95), over the rules alone: the first week of a desk of 300 agents, and attackers beside its calls. The ledger here
 * is a list; test/procedures/calls/alarms.test.ts has the store's.
 */
import { describe, expect, it } from 'vitest';
import {
  ALARM_SCOPES,
  type Alarm,
  type AlarmScope,
  afterMiss,
  CALL_SPAN,
  isOn,
  lockingAtOnce,
  MISS_WINDOW,
  missesAllowed,
} from '../../src/rules/alarms.js';
import { hours, minutes, seconds } from '../../src/rules/duration.js';
import { reserve, succeed, type Throttle, UNTRIED } from '../../src/rules/throttle.js';
import { shippedPolicy } from './shipped-policy.js';

const { limits } = shippedPolicy();
const START = Date.UTC(2026, 10, 22);

/** Numbers from 0 to 1, the same in each run. */
function randomly(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Said {
  readonly at: number;
  readonly caller: number;
  readonly operator: number;
  readonly right: boolean;
  readonly hasPhrase: boolean;
}

/** A desk in memory: who is locked, what was missed, which alarms are on. Companies have ten callers each. */
class PaperDesk {
  readonly sounded: { readonly scope: AlarmScope; readonly at: number }[] = [];
  readonly #throttles = new Map<number, Throttle>();
  readonly #alarms = new Map<string, Alarm>();
  /** By the id of an alarm. */
  readonly #misses = new Map<string, readonly Said[]>();
  readonly #rights = new Map<string, number>();
  #calls: Said[] = [];
  constructor(readonly withAlarms: boolean = true) {}

  /** `locked`: nothing was compared. */
  answer(said: Said): 'verified' | 'refused' | 'locked' {
    const { at, caller, operator, hasPhrase } = said;
    const time = { now: at, behind: false };
    const strict = this.alarmed(said) ? lockingAtOnce(limits) : limits;
    const { state, decision } = reserve(this.#throttles.get(caller) ?? UNTRIED, time, strict);
    this.#throttles.set(caller, state);
    if (decision.kind !== 'proceed') return 'locked';
    this.#calls.push(said);
    const right = said.right && hasPhrase;
    if (right) this.#throttles.set(caller, succeed(state, decision.attempt, limits));
    if (right) this.#rights.set(`${caller}/${operator}`, at);
    if (!said.right && hasPhrase) this.#miss(said);
    return right ? 'verified' : 'refused';
  }

  alarmed(said: Pick<Said, 'at' | 'caller' | 'operator'>): boolean {
    return this.withAlarms && Object.values(idsOf(said)).some((id) => isOn(this.#alarms.get(id), said.at));
  }

  #miss(said: Said): void {
    const { at: now } = said;
    const ids = idsOf(said);
    for (const scope of ALARM_SCOPES) {
      const before = this.#alarms.get(ids[scope]);
      const known = isOn(before, now) ? [] : (this.#misses.get(ids[scope]) ?? []);
      const those = [...known, said].filter((one) => one.at > now - MISS_WINDOW && !this.putRight(one));
      this.#misses.set(ids[scope], those);
      const bound = missesAllowed(scope, this.#atWork(now), limits);
      const misses = scope === 'operator' ? new Set(those.map(({ caller }) => caller)).size : those.length;
      const after = afterMiss(before, { misses, bound, now }, limits);
      if (after === undefined) continue;
      this.#alarms.set(ids[scope], after);
      if (!isOn(before, now)) this.sounded.push({ scope, at: now });
      if (scope === 'desk') break;
    }
  }

  /** Of the newest calls: no more can be at work than there are. */
  #atWork(now: number): number {
    this.#calls = this.#calls.slice(-AGENTS).filter(({ at }) => at > now - MISS_WINDOW);
    return new Set(this.#calls.map(({ operator }) => operator)).size;
  }

  protected putRight({ at, caller, operator }: Said): boolean {
    const right = this.#rights.get(`${caller}/${operator}`) ?? 0;
    return right >= at && right <= at + CALL_SPAN;
  }
}

const idsOf = ({ caller, operator }: Pick<Said, 'caller' | 'operator'>) => ({
  desk: 'desk',
  company: `company${Math.floor(caller / 10)}`,
  operator: `operator${operator}`,
});

const AGENTS = 300;
const CALLERS = 4_000;

interface Asked {
  /** Hours; the attacker begins after `from` of them. */
  readonly length: number;
  readonly from: number;
  readonly rightful: number;
  readonly slips: number;
  readonly attacks: number;
  readonly seed: number;
}

interface Week {
  readonly desk: PaperDesk;
  /** Right answers of rightful callers, those of them that were refused, and those refused without a slip before in the same call. */
  readonly right: number;
  readonly stopped: number;
  readonly unslipped: number;
  /** Guesses of the attacker that were compared with a phrase. */
  readonly compared: number;
}

/** `rightful` calls an hour, one in five without a phrase, `slips` of them wrong at first, of which one in ten gives up; and `attacks` an hour. */
function weekOf(
  desk: PaperDesk,
  { length, rightful = 150, slips = 0.1, attacks = 0, from = 0, seed = 1 }: Partial<Asked> & Pick<Asked, 'length'>,
): Week {
  const chance = randomly(seed);
  const any = (below: number) => Math.floor(chance() * below);
  const calls: { readonly at: number; readonly owner: boolean }[] = [];
  for (let hour = 0; hour < length; hour += 1) {
    const within = () => START + hours(hour) + any(hours(1));
    for (let n = 0; n < rightful; n += 1) calls.push({ at: within(), owner: true });
    for (let n = 0; n < attacks && hour >= from; n += 1) calls.push({ at: within(), owner: false });
  }
  let [right, stopped, unslipped, compared] = [0, 0, 0, 0];
  for (const { at, owner } of calls.sort((a, b) => a.at - b.at)) {
    const caller = any(CALLERS);
    const said = { at, caller, operator: any(AGENTS), hasPhrase: caller % 5 !== 0 };
    if (owner) {
      // Of those with a phrase, so that it is the share of all calls.
      const slipped = said.hasPhrase && chance() < slips / 0.8;
      if (slipped) desk.answer({ ...said, right: false });
      if (slipped && chance() < 0.1) continue;
      const answer = desk.answer({ ...said, at: slipped ? at + seconds(20) : at, right: true });
      if (!said.hasPhrase) continue;
      right += 1;
      if (answer !== 'verified') stopped += 1;
      if (answer !== 'verified' && !slipped) unslipped += 1;
      continue;
    }
    const victim = { ...said, hasPhrase: true, caller: said.hasPhrase ? caller : caller + 1, right: false };
    // The second chance of a call (rules/hearing) is not given while an alarm is on.
    for (let tries = desk.alarmed(victim) ? 1 : 2; tries > 0; tries -= 1)
      if (desk.answer(victim) === 'refused') compared += 1;
  }
  return { desk, right, stopped, unslipped, compared };
}

describe('B95 alarms over many callers', () => {
  it('nor in hours of six calls for each of 300 agents, 54 slips an hour; teeth: a ledger that takes none off would sound', () => {
    class Unforgiving extends PaperDesk {
      protected override putRight(): boolean {
        return false;
      }
    }
    const busy = { length: 3, rightful: 1_800, slips: 0.03 };
    expect(weekOf(new PaperDesk(), busy).desk.sounded).toEqual([]);
    expect(weekOf(new Unforgiving(), busy).desk.sounded).not.toEqual([]);
  });

  it('the first week of a desk of 300: no rightful caller is stopped, and no alarm sounds', () => {
    const { desk, right, stopped } = weekOf(new PaperDesk(), { length: 7 * 24 });
    expect(right).toBeGreaterThan(19_000);
    expect({ stopped, sounded: desk.sounded }).toEqual({ stopped: 0, sounded: [] });
  });

  it.each([35, 350, 3_500])(
    'an attacker with %i calls an hour: the alarm sounds, right answers go on, fewer guesses are compared',
    (attacks) => {
      const asked = { length: 6, attacks, from: 2 };
      const [quiet, loud] = [weekOf(new PaperDesk(false), asked), weekOf(new PaperDesk(), asked)];
      const first = loud.desk.sounded.find(({ scope }) => scope === 'desk');
      const after = ((first?.at ?? 0) - START - hours(2)) / minutes(1);
      expect(first, 'the desk alarm').toBeDefined();
      expect(after).toBeLessThan(65);
      expect(loud.compared).toBeLessThan(quiet.compared * 0.75);
      // Who at the first try is refused only where the attacker has locked that very caller.
      expect(loud.unslipped).toBeLessThan(loud.right * (attacks > 1_000 ? 0.7 : 0.1));
    },
  );

  it('the bound grows with the operators at work, from a floor', () => {
    const bounds = (atWork: number) => ALARM_SCOPES.map((scope) => missesAllowed(scope, atWork, limits));
    expect([1, 300, 1_000].map(bounds)).toEqual([
      [30, 20, 10],
      [30, 20, 10],
      [100, 50, 10],
    ]);
  });

  it('a miss over the bound sounds it, each further one prolongs it, and an hour without one ends it', () => {
    const miss = (before: Alarm | undefined, misses: number, now: number) =>
      afterMiss(before, { misses, bound: 30, now }, limits);
    expect(miss(undefined, 30, START)).toBeUndefined();
    const on = miss(undefined, 31, START);
    expect(on).toEqual({ since: START, until: START + hours(1), counting: 0, misses: 31, bound: 30 });
    const longer = miss(on, 1, START + minutes(59));
    expect(longer).toEqual({ ...on, until: START + minutes(119) });
    expect([isOn(longer, START + minutes(119) - 1), isOn(longer, START + minutes(119))]).toEqual([true, false]);
    expect(miss(longer, 1, START + minutes(119)), 'it is off, and one miss is few').toBeUndefined();
  });

  it('while one is on, the first wrong answer locks for 15 minutes, the next for 30; a right one in between starts anew', () => {
    const strict = lockingAtOnce(limits);
    const at = (now: number) => ({ now, behind: false });
    const first = reserve(UNTRIED, at(START), strict);
    expect(first).toMatchObject({ decision: { kind: 'proceed' }, state: { lockedUntil: START + minutes(15) } });
    expect(reserve(first.state, at(START + 1), strict).decision.kind).toBe('locked');
    const second = reserve(first.state, at(START + minutes(15)), strict);
    expect(second.state.lockedUntil).toBe(START + minutes(45));
    expect(succeed(first.state, 1, limits)).toMatchObject({ failures: 0, lockedUntil: null });
  });
});
