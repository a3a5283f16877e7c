/** What results are made of, in few words: the blocks of a view (terminal/render.ts), the members of a JSON document, moments as people read them. */
import type { ErrorCode } from '../../errors.js';
import { hours, minutes } from '../../rules/duration.js';
import { clockOf, iso, minuteOf, minuteUp } from '../../rules/moment.js';
import type { Block, Tone } from '../../terminal/render.js';
import type { TableColumn } from '../../terminal/table.js';

export const block = {
  blank: { kind: 'blank' },
  title: (text: string, aside?: string): Block => ({ kind: 'title', text, aside }),
  verdict: (verdict: string, tone: Tone = 'good'): Block => ({ kind: 'verdict', verdict, tone }),
  say: (text: string): Block => ({ kind: 'say', text }),
  private: (text: string): Block => ({ kind: 'private', text }),
  note: (text: string): Block => ({ kind: 'note', text }),
  next: (...lines: readonly string[]): Block => ({ kind: 'next', lines }),
  alerts: (...lines: readonly string[]): Block => ({ kind: 'alerts', lines }),
  lines: (...lines: readonly string[]): Block => ({ kind: 'lines', lines }),
  picture: (...lines: readonly string[]): Block => ({ kind: 'picture', lines }),
  /** A row without a value is left out. */
  fields: (...rows: readonly (readonly [label: string, value: string | null])[]): Block => ({
    kind: 'fields',
    rows: rows.flatMap(([label, value]) => (value === null ? [] : [[label, value] as const])),
  }),
  /** A column is its title alone, where it is like any other. */
  table: (columns: readonly (string | TableColumn)[], rows: readonly (readonly string[])[], empty = '') => ({
    kind: 'table' as const,
    columns: columns.map((column) => (typeof column === 'string' ? { title: column } : column)),
    rows,
    empty,
  }),
} as const satisfies Readonly<Record<Block['kind'], unknown>>;

/** Of a command that runs until it is stopped: Ctrl-C interrupts it; a service manager's SIGTERM and a closed pipe are how it ends. */
export const exitWhenStopped = ({ aborted, reason }: AbortSignal) => (aborted && reason !== 'SIGTERM' ? 130 : 0);

/** The beginning of a document that shows what failed. */
export const failure = (is: boolean, code: ErrorCode, message: string) => (is ? { error: { code, message } } : {});

/** These members, in this order. */
export const pick = <From, Name extends keyof From>(from: From, ...names: readonly Name[]): Pick<From, Name> =>
  Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<From, Name>;

/** One word of a command that is printed to be copied. */
export const inShell = (word: string): string =>
  /^[\w./:@=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** These moments, as scripts read them. */
export const moments = <Name extends string>(
  from: { readonly [One in NoInfer<Name>]: number | null },
  ...names: readonly Name[]
) => Object.fromEntries(names.map((name) => [name, iso(from[name])])) as Record<Name, string | null>;

export const two = (number: number): string => String(number).padStart(2, '0');

/** `20:54` */
export function localClock(at: number): string {
  const time = new Date(at);
  return `${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** `2026-11-22` */
export function localDay(at: number): string {
  const time = new Date(at);
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

/** `2026-11-22 20:54` */
export const localMinute = (at: number): string => `${localDay(at)} ${localClock(at)}`;

/** `2026-11-22 20:54:07` */
export const localSecond = (at: number): string => `${localMinute(at)}:${two(new Date(at).getSeconds())}`;

/** `2026-11-22 20:54:07 UTC+01:00`, for what is read elsewhere. */
export function localZoned(at: number): string {
  const east = -new Date(at).getTimezoneOffset();
  const offset = `${east < 0 ? '-' : '+'}${two(Math.floor(Math.abs(east) / 60))}:${two(Math.abs(east) % 60)}`;
  return `${localSecond(at)} UTC${east === 0 ? '' : offset}`;
}

/** How moments are written: in the zone of this machine, or for people anywhere. */
export const LOCAL = { clock: localClock, minute: localMinute, second: localSecond };
export const ANYWHERE = { clock: (at: number) => `${clockOf(at)} UTC`, minute: minuteOf, second: iso };

/** `in 14 minutes (20:54)`, `in 3 days (2026-12-02 20:54)`. Rounded up: at that minute the wait is over. */
export const waitFrom =
  (now: number, language = 'en', { clock, minute }: Pick<typeof LOCAL, 'clock' | 'minute'> = LOCAL) =>
  (at: number): string => {
    const waiting = new Intl.RelativeTimeFormat(language);
    const end = minuteUp(at);
    const left = Math.max(1, Math.ceil((at - now) / minutes(1)));
    if (left < 120) return `${waiting.format(left, 'minute')} (${clock(end)})`;
    if (left < 48 * 60) return `${waiting.format(Math.ceil((at - now) / hours(1)), 'hour')} (${minute(end)})`;
    return `${waiting.format(Math.ceil((at - now) / hours(24)), 'day')} (${minute(end)})`;
  };

/** `3 minutes ago`, `2 days ago`; undefined within the last minute. */
export const agoFrom =
  (now: number, language: string) =>
  (at: number): string | undefined => {
    const past = new Intl.RelativeTimeFormat(language);
    const gone = Math.floor((now - at) / minutes(1));
    if (gone < 1) return undefined;
    if (gone < 60) return past.format(-gone, 'minute');
    const hoursGone = Math.floor(gone / 60);
    return hoursGone < 48 ? past.format(-hoursGone, 'hour') : past.format(-Math.floor(hoursGone / 24), 'day');
  };
