/** How often a user may be invited: so many times an hour, and so many a day. Pure. */
import { hours, minutes } from './duration.js';

/** From when one more is allowed, ms; not after `now` if it is allowed now. `times` are those of the last 24 hours, oldest first. */
export function nextInvitation(
  { perHour, perDay }: { perHour: number; perDay: number },
  times: readonly number[],
  now: number,
): number {
  const after = (most: number, span: number) => {
    const recent = times.filter((at) => at > now - span && at <= now + minutes(1));
    return recent.length < most ? now : (recent.at(-most) ?? now) + span;
  };
  return Math.max(after(perHour, hours(1)), after(perDay, hours(24)));
}
