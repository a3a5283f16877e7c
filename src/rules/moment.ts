/** Times and spans as people type them: `2026-11-22`, `2026-11-22T10:15Z`, `24h`, `30d`, `15m`. Pure: now is an argument. */
import { refusal } from '../errors.js';
import { days, hours, minutes } from './duration.js';

const SPAN = /^(\d{1,5})\s*(m|min|h|d)$/;
const UNITS = { m: minutes, min: minutes, h: hours, d: days } as const;

/** Milliseconds of a span such as `24h`; undefined if the text is not a span. */
export function readSpan(text: string): number | undefined {
  const match = SPAN.exec(text.trim());
  if (match === null) return undefined;
  const unit = UNITS[match[2] as keyof typeof UNITS];
  return unit(Number(match[1]));
}

const WRITTEN = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * A moment in ms since the epoch: a date or time, local as screens show it if no zone is named (B98), or a span counted from now. A day is its
 * first moment for `since`; as an end it includes itself (B90).
 */
export function readMoment(
  setting: 'since' | 'until' | 'expires',
  text: string,
  now: number,
  direction: 'ahead' | 'back',
): number {
  const span = readSpan(text);
  if (span !== undefined) return direction === 'ahead' ? now + span : now - span;
  const [, day = '', clock = '00:00', zone = ''] = WRITTEN.exec(text.trim()) ?? [];
  const time = Date.parse(`${day}T${clock}${zone}`);
  // Date.parse takes 2026-02-30 for the second of March.
  if (Number.isNaN(time) || dayOf(Date.parse(day)) !== day)
    throw refusal('invalid-input', 'time-unreadable', { setting, text }, 'time-forms');
  const wholeDay = setting !== 'since' && day === text.trim();
  // Not 24 hours: on some days people set their clocks.
  return wholeDay ? new Date(time).setHours(24, 0, 0, 0) : time;
}

/** For machines: RFC 3339, UTC, with milliseconds. */
export function iso(time: number): string;
export function iso(time: number | null): string | null;
export function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

/** `2026-11-22`, UTC. */
export const dayOf = (time: number): string => iso(time).slice(0, 10);

/** `10:15`, UTC; for what ends within the hour. */
export const clockOf = (time: number): string => iso(time).slice(11, 16);

/** For people in any time zone: `2026-11-22 10:15 UTC` */
export const minuteOf = (time: number): string => `${dayOf(time)} ${clockOf(time)} UTC`;

/** The end of this minute, ms: what can be done only from a moment on is said to be possible once that minute is over. */
export const minuteUp = (time: number): number => Math.ceil(time / minutes(1)) * minutes(1);

/** The same time of day so many working days later, ms; days are those of UTC. */
export function workingDaysLater(at: number, count: number): number {
  let then = at;
  for (let left = count; left > 0; ) {
    then += days(1);
    if (![0, 6].includes(new Date(then).getUTCDay())) left -= 1;
  }
  return then;
}
