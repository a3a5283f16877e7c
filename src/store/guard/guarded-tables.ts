/**
 * Guarded rows (T8, B86) decide who may do what, who is locked out, which factor counts, and where messages go. Each has a tag over its
 * table, key and these columns, so a row that was changed outside countersign is refused by name and not used.
 *
 * A tag does not show that a row is missing, or that an older version of the same row was put back, because it does not depend on the
 * time. The sealed sum of each table does (table-sums.ts).
 */
import { Refusal } from '../../errors.js';
import type { Computed, SchemaTraits } from '../engine.js';
import columnsOf from './guarded-columns.json' with { type: 'json' };

/** Makes and checks tags. Main passes it in, so that the store has no key. */
export interface RowTags {
  make(text: string): string;
  fits(text: string, tag: string): boolean;
}

/** The rows of a table that still count: `column` is not more than `back` before the latest time of the log. Summed by spans of time. */
export interface Live {
  readonly column: string;
  readonly span: number;
  readonly back: number;
}

export interface GuardedTable {
  readonly key: string;
  /** Every column except the key, the tag, and times on which nothing is decided. */
  readonly columns: readonly string[];
  /** What each acting transaction compares with the sealed sum: `all` rows, those that count, or none: only the full check does. */
  readonly watched: 'all' | Live | 'none';
}

const MINUTE = 60_000;
/** Rows whose time is past decide nothing. */
const until = (column: string, span: number): Live => ({ column, span, back: 0 });

/** Read whole in each act. */
const WHOLE =
  'operators operator_tokens operator_hands operator_contacts operator_starts operator_recovery_codes imports policy_pins jobs freezes meta';
const WATCHED: Readonly<Record<string, GuardedTable['watched']>> = {
  ...Object.fromEntries(WHOLE.split(' ').map((name) => [name, 'all' as const])),
  alarms: until('until', 10 * MINUTE),
  operator_sessions: until('expires_at', 240 * MINUTE),
  verifications: { column: 'started_at', span: 10 * MINUTE, back: 60 * MINUTE },
  grants: until('expires_at', 5 * MINUTE),
  hearings: until('expires_at', 5 * MINUTE),
  approvals: until('expires_at', 10 * MINUTE),
};

/** The first column of each is its key, the others stand in the order in which they are tagged: lists never change, a new column needs a migration. */
export const GUARDED: Readonly<Record<string, GuardedTable>> = Object.fromEntries(
  Object.entries(columnsOf).map(([name, columns]) => {
    const [key = '', ...others] = columns.split(' ');
    return [name, { key, columns: others, watched: WATCHED[name] ?? 'none' }];
  }),
);

const DERIVED = { at: 'at', kind: 'kind', outcome: 'outcome', by_id: 'by.id', account_id: 'account', user_id: 'user' };

/** The columns of the log that the engine computes from its canonical JSON. */
export const derivedColumns = ({ bodyColumn }: SchemaTraits): Computed =>
  Object.entries(DERIVED).map(([name, path]) => [name, bodyColumn(path, name === 'at' ? 'integer' : 'text')]);

/** Name of the column that holds the tag. */
export const TAG_COLUMN = 'mac';

export type Row = Readonly<Record<string, unknown>>;

/** The text that is tagged, of the row with these changes: a JSON array, so that two different rows never have the same text. */
export function rowText(name: string, { key, columns }: GuardedTable, row: Row, changes: Row = {}): string {
  const parts: unknown[] = ['row', name, row[key]];
  for (const column of columns) {
    const value = changes[column];
    parts.push(plainValue(name, column, value === undefined ? row[column] : value));
  }
  return JSON.stringify(parts);
}

function plainValue(name: string, column: string, value: unknown): string | number | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw new TypeError(`${name}.${column} is neither text nor number and cannot be tagged`);
}

export function tableOf(name: string): GuardedTable {
  const table = GUARDED[name];
  if (table === undefined) throw new RangeError(`${name} is not guarded`);
  return table;
}

/** Checks the tag and returns the row without it. Refusal: as `checkRow`. */
export function checkedRow<R extends Row>(tags: RowTags, name: string, guarded: GuardedTable, row: R): R {
  checkRow(tags, name, guarded, row);
  // A copy by a loop takes a third of the time of one by spreading.
  const rest: Record<string, unknown> = {};
  for (const column in row) if (column !== TAG_COLUMN) rest[column] = row[column];
  return rest as R;
}

/** Refusal `store-corrupt`, if the tag does not fit: it names the row, never one of its values. */
export function checkRow(tags: RowTags, name: string, guarded: GuardedTable, row: Row): void {
  const tag = row[TAG_COLUMN];
  if (typeof tag === 'string' && tags.fits(rowText(name, guarded, row), tag)) return;
  throw new Refusal('store-corrupt', `the row ${String(row[guarded.key])} of ${name} was changed outside countersign`, {
    hint: 'The row was not used. Keep the store as it is and tell your lead. A backup shows the original row.',
  });
}
