/**
 * Alarms over many callers (B95). Each caller is protected by their own limit (throttle.ts), so what many callers miss together stops nobody:
 * it sounds an alarm for the desk, for one company, or for the calls of one operator. While it is on, a wrong answer locks its caller at once;
 * right answers are verified as ever. Pure.
 *
 * A miss is a wrong answer where there was something to guess: the caller is known, may sign in and has a passphrase. One that the same
 * operator hears put right within the call is taken off again. An operator's misses are counted by callers.
 */
import { hours, minutes } from './duration.js';
import type { Limits } from './policy.js';

export type AlarmScope = 'desk' | 'company' | 'operator';
export const ALARM_SCOPES: readonly AlarmScope[] = ['desk', 'company', 'operator'];

/** Misses count for this long, and operators as being at work, ms. */
export const MISS_WINDOW = hours(1);
/** How soon a right phrase must follow to take a miss back, ms. */
export const CALL_SPAN = minutes(15);

/** Times in ms. `since` it sounded, with so many misses over its bound. Of the desk's, `counting`: what was missed before was seen by a lead. */
export interface Alarm {
  readonly since: number;
  readonly until: number;
  readonly counting: number;
  readonly misses: number;
  readonly bound: number;
}

export const QUIET: Alarm = { since: 0, until: 0, counting: 0, misses: 0, bound: 0 };

export const isOn = (alarm: Alarm | undefined, now: number): boolean => alarm !== undefined && now < alarm.until;

/** The bound grows with the operators who took calls in the last hour, from a floor. */
export function missesAllowed(scope: AlarmScope, atWork: number, { alarms }: Limits): number {
  const { floor, perOperator } = alarms[scope];
  return Math.max(floor, Math.floor(perOperator * atWork));
}

/** What a miss makes of an alarm; undefined if it is not on. Each miss makes it last until an hour without one. */
export function afterMiss(
  before: Alarm = QUIET,
  { misses, bound, now }: Pick<Alarm, 'misses' | 'bound'> & { readonly now: number },
  { alarms }: Limits,
): Alarm | undefined {
  const until = now + minutes(alarms.quietMinutes);
  if (isOn(before, now)) return { ...before, until };
  return misses > bound ? { ...before, since: now, until, misses, bound } : undefined;
}

/** The limits of one caller while an alarm is on: the first wrong answer locks. */
export const lockingAtOnce = (limits: Limits): Limits => ({
  ...limits,
  throttle: { ...limits.throttle, lockFromFailure: 1 },
});
