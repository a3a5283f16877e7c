/** Policy speaks in seconds, minutes, hours and days of 24 hours; the desk counts integer milliseconds. Only this file converts them. */

export const seconds = (count: number): number => count * 1000;
export const minutes = (count: number): number => seconds(count * 60);
export const hours = (count: number): number => minutes(count * 60);
/** Calendars and daylight saving do not matter. */
export const days = (count: number): number => hours(count * 24);
