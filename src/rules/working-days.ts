/** Monday to Friday, so that a run on a Friday can be answered on Monday (B89). Pure. */
import { days } from './duration.js';

/** The same time of day so many working days later, ms; days are those of UTC. */
export function workingDaysLater(at: number, count: number): number {
  let then = at;
  for (let left = count; left > 0; ) {
    then += days(1);
    if (![0, 6].includes(new Date(then).getUTCDay())) left -= 1;
  }
  return then;
}
