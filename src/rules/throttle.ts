/**
 * Limits on guessing: the lock-out of one subject (a caller; also a portal login or an operator's
 * sign-in; B72; NIST SP 800-63B-4, 3.2.2). What many callers miss together sounds an alarm (alarms.ts), under which `reserve` locks at once.
 *
 * An attempt is *reserved* before the secret is checked. Reserving counts it as a failure at once, and sets the lock that this
 * failure would bring; the state must be committed before the check begins. A wrong answer therefore needs no further step,
 * and an answer that never comes (a crash, a cut line) stays counted. A right answer takes the count back. Counting after
 * the check instead would let every process that is already checking through: with a limit of 5 and 8 processes, 11 or more.
 *
 * A subject is open; the 5th failure locks it for 15 minutes, and each later one for twice as long, up to 24 hours. After a wait, or when the
 * owner signs in, one try is free and the count stays. The 20th failure disables it until a lead lifts everything.
 *
 * So 5 wrong guesses reach the check before the first lock, then one for each wait, then none after the 20th: at most 20
 * in a row, over more than a week. A success of an attempt that is still being checked leads to OPEN from LOCKED and
 * DISABLED too, because its own reservation may have brought them.
 *
 * Attempts refused while locked neither count nor prolong the lock, so that an attacker who keeps calling cannot keep the owner out for good.
 */
import { minutes } from './duration.js';
import type { Limits } from './policy.js';

/** Lock-out state of one subject. Times are milliseconds since the epoch. */
export interface Throttle {
  /** Attempts since the last success, in the order of reservation; those still being checked are included. */
  readonly failures: number;
  /** Attempts ever reserved; never goes down. The number of an attempt is its place in this count. */
  readonly reserved: number;
  readonly lockedUntil: number | null;
  readonly disabledAt: number | null;
}

/** The state of a subject without any attempt. */
export const UNTRIED: Throttle = { failures: 0, reserved: 0, lockedUntil: null, disabledAt: null };

/** A time no earlier than any seen before. `behind`: the host's clock is so far back that no lock may expire by it. */
export interface TrustedTime {
  readonly now: number;
  readonly behind: boolean;
}

/** Time for decisions, from the host's clock and the latest time the store has seen. `tolerance` in milliseconds. */
export function trustedTime(now: number, latestSeen: number, tolerance: number): TrustedTime {
  return { now: Math.max(now, latestSeen), behind: latestSeen - now > tolerance };
}

/** Pass `attempt` to `succeed`. `clockBehind`: `until` may have passed, but the clock cannot be trusted. */
export type ThrottleDecision =
  | { readonly kind: 'proceed'; readonly attempt: number }
  | { readonly kind: 'locked'; readonly until: number; readonly clockBehind: boolean }
  | { readonly kind: 'disabled'; readonly since: number };

/**
 * Counts an attempt before it is made. Commit `state` before the secret is checked, and check it only if the decision is
 * `proceed`. A refusal leaves the state as it was.
 */
export function reserve(
  state: Throttle,
  time: TrustedTime,
  limits: Limits,
): { readonly state: Throttle; readonly decision: ThrottleDecision } {
  const refusal = refusalNow(state, time);
  if (refusal !== undefined) return { state, decision: refusal };
  const { lockFromFailure, disabledAtFailure } = limits.throttle;
  const failures = state.failures + 1;
  const next: Throttle = {
    failures,
    reserved: state.reserved + 1,
    lockedUntil: failures < lockFromFailure ? null : time.now + lockDuration(failures, limits),
    disabledAt: failures < disabledAtFailure ? null : time.now,
  };
  return { state: next, decision: { kind: 'proceed', attempt: next.reserved } };
}

/** Why an attempt would be refused now, without making one; undefined if it may be made. */
export function refusalNow(
  state: Throttle,
  time: TrustedTime,
): Exclude<ThrottleDecision, { kind: 'proceed' }> | undefined {
  const { lockedUntil, disabledAt } = state;
  if (disabledAt !== null) return { kind: 'disabled', since: disabledAt };
  if (lockedUntil !== null && (time.behind || time.now < lockedUntil))
    return { kind: 'locked', until: lockedUntil, clockBehind: time.behind };
  return undefined;
}

/**
 * The attempt was right. Clears what was counted up to and including it. Attempts reserved after it stay counted, so that an
 * owner's success cannot wipe out guesses that are still being checked. Locks end when too few failures are left to cause one.
 */
export function succeed(state: Throttle, attempt: number, limits: Limits): Throttle {
  const failures = Math.min(state.failures, state.reserved - attempt);
  if (failures >= limits.throttle.lockFromFailure) return { ...state, failures };
  return { ...state, failures, lockedUntil: null, disabledAt: null };
}

/**
 * A `lead` lifts everything and starts the count again at zero (B76). The `owner`, by signing in to the portal, ends the wait but keeps the
 * count: that sign-in proved another secret, so one try is free, its failure locks for longer, and a disabled subject stays disabled.
 */
export function unlock(state: Throttle, by: 'lead' | 'owner'): Throttle {
  if (by === 'lead') return { ...state, failures: 0, lockedUntil: null, disabledAt: null };
  return { ...state, lockedUntil: null };
}

/** Milliseconds of the lock that the given failure brings: the first wait, doubled for each further failure, up to a ceiling. */
export function lockDuration(failures: number, { throttle }: Limits): number {
  const doublings = Math.max(0, failures - throttle.lockFromFailure);
  return minutes(Math.min(throttle.firstLockMinutes * 2 ** doublings, throttle.maxLockMinutes));
}

/** Joins two states of one subject when an earlier store is restored: the stricter one counts, so a restore forgives nothing. */
export function strictest(a: Throttle, b: Throttle): Throttle {
  return {
    failures: Math.max(a.failures, b.failures),
    reserved: Math.max(a.reserved, b.reserved),
    lockedUntil: later(a.lockedUntil, b.lockedUntil),
    disabledAt: later(a.disabledAt, b.disabledAt),
  };
}

/** A lock that may have run out unseen starts again: what was left of it at `seen` is left of it at `now`. */
export function lockedAnew(state: Throttle, seen: number, now: number): Throttle {
  const { lockedUntil } = state;
  if (lockedUntil === null || lockedUntil <= seen || now <= seen) return state;
  return { ...state, lockedUntil: lockedUntil + (now - seen) };
}

const later = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b);
