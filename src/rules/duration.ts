/** Policy speaks in seconds, minutes, hours and days; the desk counts integer milliseconds. Only this file converts them. */

/** Milliseconds in `count` seconds. */
export function seconds(count: number): number {
  return count * 1000;
}

/** Milliseconds in `count` minutes. */
export function minutes(count: number): number {
  return seconds(count * 60);
}

/** Milliseconds in `count` hours. */
export function hours(count: number): number {
  return minutes(count * 60);
}

/** Milliseconds in `count` days of 24 hours; calendars and daylight saving do not matter. */
export function days(count: number): number {
  return hours(count * 24);
}
