/** Makes the blocks of a view (terminal/render.ts) in few words. */
import type { SoundingAlarm } from '../../procedures/calls/alarms.js';
import type { Block, Tone } from '../../terminal/render.js';
import type { TableColumn } from '../../terminal/table.js';
import { localClock } from './times.js';
import type { ScreenKey, Words } from './words.js';

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
  fields: (...rows: readonly (readonly [label: string, value: string])[]): Block => ({ kind: 'fields', rows }),
  /** A column is its title alone, where it is like any other. */
  table: (columns: readonly (string | TableColumn)[], rows: readonly (readonly string[])[], empty = '') => ({
    kind: 'table' as const,
    columns: columns.map((column) => (typeof column === 'string' ? { title: column } : column)),
    rows,
    empty,
  }),
} as const satisfies Readonly<Record<Block['kind'], unknown>>;

/** A sentence to read aloud, and what it means where the operator works in another language. */
export const sayBlocks = (words: Words, heard: Words, key: ScreenKey, facts = {}): readonly Block[] => [
  block.say(heard(key, facts)),
  ...(heard.language === words.language ? [] : [block.note(words('call.meaning', { text: words(key, facts) }))]),
];

/** `31 wrong phrases at 100234 Northwind within an hour, 14:05` (B95) */
export const alarmLine = ({ scope, name, since, misses }: SoundingAlarm, words: Words): string =>
  words('alerts.alarm', { scope, name, misses, clock: localClock(since) });
