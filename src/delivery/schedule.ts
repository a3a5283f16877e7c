/**
 * When to retry a message, as a pure function: the schedule of the Standard Webhooks specification ("Deliverability and reliability"), used
 * for every kind of message. It has jitter, so that a gateway that comes back does not get everything at once.
 */

const HOUR = 3_600_000;

/** Pause before each attempt, counted from the failure of the one before it: none, 5 s, 5 min, half an hour, and then hours. */
export const PAUSES_MS = [0, 5_000, 300_000, HOUR / 2, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

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
