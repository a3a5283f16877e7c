/**
 * The one clock of a desk (B87). Its time is this machine's, or with PostgreSQL the server's, but never before the latest that the log has
 * seen from somebody who proved who they are (T21, T22). Part of main's room.
 */
import type { DeskClock } from '../desk.js';
import { refusal } from '../errors.js';
import { hours, seconds } from '../rules/duration.js';
import type { Limits } from '../rules/policy.js';
import { trustedTime } from '../rules/throttle.js';

/** `as-given`: a test moves the clock itself. */
export type ClockSource = 'machine' | 'server' | 'as-given';

export function openClock(machine: () => number, source: ClockSource, limits: Pick<Limits, 'clock'>): DeskClock {
  const tolerance = seconds(limits.clock.toleranceSeconds);
  const silence = hours(limits.clock.silenceHours);
  let latest = 0;
  let offset = 0;
  let mended = false;
  const here = () => machine() + offset;
  const isBehind = () => latest - here() > tolerance;
  const isFarAhead = (latestAt: number) => source === 'machine' && latestAt > 0 && here() - latestAt > silence;
  return {
    here,
    now: () => (mended ? here() : Math.max(here(), latest)),
    // While the clock is being mended, no lock-out ends by it.
    time: () => (mended ? { now: here(), behind: true } : trustedTime(here(), latest, tolerance)),
    codeTime: () => (mended || !isBehind() ? here() : null),
    saw: (latestAt, serverAt) => {
      latest = latestAt;
      if (source === 'server' && serverAt !== null) offset = serverAt - machine();
    },
    requireLikely: (latestAt) => {
      if (mended || !isFarAhead(latestAt)) return;
      throw refusal('clock', 'clock-far-ahead', { machineAt: here(), latestAt }, 'confirm-clock');
    },
    state: () => ({
      machineAt: here(),
      latestAt: latest,
      is: isBehind() ? 'behind' : isFarAhead(latest) ? 'far-ahead' : 'right',
    }),
    mend: () => {
      mended = true;
    },
  };
}
