/**
 * Joins the lock-out state machine (rules/throttle) to its rows: an attempt is counted and committed before anything is
 * checked (B72, T6). Call `reserveAttempt` inside the write door, check outside it, then call `clearAttempt`, or what
 * `unlessLocked` has answered, inside the door.
 */
import type { Desk, ThrottleRow, Writes } from '../desk.js';
import { type Refusal, refusal } from '../errors.js';
import { iso } from '../rules/moment.js';
import type { Account, User } from '../rules/people.js';
import type { Limits } from '../rules/policy.js';
import {
  refusalNow,
  reserve,
  succeed,
  type Throttle,
  type ThrottleDecision,
  UNTRIED,
  unlock,
} from '../rules/throttle.js';

/** What is being guessed at: `caller:<key>`, `portal:<user>`, `sign-in:<operator>`, … */
export type Subject = `${'caller' | 'portal' | 'portal-code' | 'sign-in' | 'start' | 'recover'}:${string}`;

/** A known caller is counted under the ids in the store, so that a lock-out survives a change of the master key. */
export const callerKeyOf = (account: Pick<Account, 'id'>, caller: Pick<User, 'id'>): string =>
  `${account.id}/${caller.id}`;

export function toThrottle(row: ThrottleRow | undefined): Throttle {
  if (row === undefined) return UNTRIED;
  return { failures: row.failures, reserved: row.reserved, lockedUntil: row.locked_until, disabledAt: row.disabled_at };
}

export function toRow(subject: string, state: Throttle, at: number): ThrottleRow {
  return {
    subject,
    failures: state.failures,
    reserved: state.reserved,
    locked_until: state.lockedUntil,
    disabled_at: state.disabledAt,
    updated_at: at,
  };
}

/** Counts the attempt before it is checked. If the decision is not `proceed`, do not check. `limits`: stricter ones, while an alarm is on. */
export async function reserveAttempt(desk: Desk, write: Writes, subject: Subject, limits: Limits = desk.policy.limits) {
  const time = desk.clock.time();
  const before = await write.throttles.get(subject);
  const { state, decision } = reserve(toThrottle(before), time, limits);
  if (decision.kind === 'proceed') await write.throttles.put(toRow(subject, state, time.now), before ?? null);
  return decision;
}

/** The answer was right: takes back what was counted for the attempt. */
export async function clearAttempt(desk: Desk, write: Writes, subject: Subject, attempt: number): Promise<void> {
  const before = await write.throttles.get(subject);
  const state = succeed(toThrottle(before), attempt, desk.policy.limits);
  await write.throttles.put(toRow(subject, state, desk.clock.time().now), before ?? null);
}

/** For a guess that may be checked: what takes it back once it was right. Otherwise it throws what `refused` says. */
export function unlessLocked(
  desk: Desk,
  subject: Subject,
  decision: ThrottleDecision,
  refused: (no: Locked) => Refusal,
) {
  if (decision.kind !== 'proceed') throw refused(decision);
  return (write: Writes): Promise<void> => clearAttempt(desk, write, subject, decision.attempt);
}

/** A lead lifts everything (B76); the owner's own sign-in lifts only the wait. Returns whether there was anything to lift. */
export async function liftLock(desk: Desk, write: Writes, subject: Subject, by: 'lead' | 'owner'): Promise<boolean> {
  const row = await write.throttles.get(subject);
  if (row === undefined) return false;
  const time = desk.clock.time();
  const wasLocked = refusalNow(toThrottle(row), time) !== undefined || row.failures > 0;
  await write.throttles.put(toRow(subject, unlock(toThrottle(row), by), time.now), row);
  return wasLocked;
}

export type Locked = Exclude<ThrottleDecision, { kind: 'proceed' }>;

/** The next step while a lock lasts, and once it is for good. */
const STEPS = {
  caller: { wait: 'wait-for-owner', good: 'lead-lifts' },
  'sign-in': { wait: 'wait-for-admin', good: 'admin-lifts' },
} as const;

/** The refusal for a throttled attempt. It does not differ between known and unknown subjects. */
export function lockedRefusal(decision: Locked, who: keyof typeof STEPS) {
  const { wait, good } = STEPS[who];
  if (decision.kind === 'disabled') return refusal('locked', 'locked-for-good', { who }, good);
  const { until, clockBehind } = decision;
  const also = { lockedUntil: iso(until) };
  return refusal('locked', 'locked-until', { who, until }, clockBehind ? 'set-clock' : wait, { also });
}
