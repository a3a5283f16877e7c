/**
 * When to retry a message, as a pure function: the schedule of the Standard Webhooks specification ("Deliverability and
 * reliability"), used for every kind of message. It has jitter, so that a gateway that comes back does not get everything at
 * once.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Pause before each attempt, counted from the failure of the one before it, in milliseconds. */
export const PAUSES_MS: readonly number[] = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR),
];

/** The most by which jitter lengthens a pause, as a share of it. Jitter never shortens a pause. */
const JITTER = 0.1;

/**
 * Time of the next attempt in milliseconds, or null to give up (after the tenth, about three days in).
 * `attempt` is the number of attempts so far, 0 for a new message; `random01` is a random number from [0, 1).
 */
export function nextAttemptAt(attempt: number, now: number, random01: number): number | null {
  if (!Number.isInteger(attempt) || attempt < 0) throw new RangeError('attempt must be a whole number from 0');
  if (!(random01 >= 0 && random01 <= 1)) throw new RangeError('random01 must lie between 0 and 1');
  const pause = PAUSES_MS[attempt];
  return pause === undefined ? null : now + Math.floor(pause * (1 + JITTER * random01));
}
