/**
 * Tables as spreadsheets write them: their columns, also under other people's headings (B90), and cells that a spreadsheet would take
 * for a formula. Pure; csv-extent.ts finds the table, procedures/directory/read-csv.ts turns bytes into rows.
 */

import { type Problem, refusal } from '../errors.js';
import cells from './damaged-cells.json' with { type: 'json' };
import { nearest } from './nearest.js';

export const SEPARATORS = [',', ';', '\t', '|'] as const;
export type Separator = (typeof SEPARATORS)[number];

export interface CsvRecord {
  /** Line of the file on which it begins. */
  readonly line: number;
  /** All cells as written, in the order of the header. */
  readonly cells: readonly string[];
}

export interface CsvRow<Column extends string> extends CsvRecord {
  /** Tidy texts of the known columns that the file has. */
  readonly values: Readonly<Partial<Record<Column, string>>>;
}

export interface CsvTable<Column extends string> {
  /** The known columns that the file has. */
  readonly columns: ReadonlySet<Column>;
  readonly delimiter: Separator;
  /** It began with a byte order mark; without it Excel misreads accents. */
  readonly bom: boolean;
  readonly newline: '\n' | '\r\n';
  readonly headerLine: number;
  /** The header as written. */
  readonly header: readonly string[];
  readonly rows: readonly CsvRow<Column>[];
  /** Rows that do not fit the header; they are not among `rows`. */
  readonly problems: readonly Problem[];
  /** Lines that were passed over because they cannot be rows: titles, totals. People are told of each. */
  readonly notes: readonly Problem[];
}

export interface CsvShape<Column extends string> {
  readonly required: readonly Column[];
  readonly optional: readonly Column[];
  /** What happens to further columns: they are refused by name, or kept in `cells`. */
  readonly others: 'refuse' | 'carry';
  /**
   * Headings under which this file has a column, the best first; `givenName+surname` is two, joined by a space. A column that is not here
   * has its own name.
   */
  readonly headings?: Readonly<Record<string, readonly string[]>>;
  /** Values of columns that the file does not have. */
  readonly given?: Readonly<Record<string, string>>;
}

/** `E-Mail`, `e_mail` and `Email` are one heading. */
export const headingKey = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');

export const headingsOf = (column: string, { headings }: CsvShape<string>): readonly string[] =>
  headings?.[column] ?? [column];

export const partsOf = (heading: string): readonly string[] => heading.split('+');

/** More columns than any list of people has; searching a header of a million names would take hours. */
const MOST_COLUMNS = 1_000;

/** The positions of each known column. Refusal `invalid-input` names every missing, unknown and repeated column. */
export function placeColumns<Column extends string>(header: readonly string[], shape: CsvShape<Column>, line: number) {
  if (header.length > MOST_COLUMNS)
    throw refusal('invalid-input', 'too-many-columns', { count: header.length, most: MOST_COLUMNS }, 'check-file');
  const known = [...shape.required, ...shape.optional];
  const keys = header.map(headingKey);
  const places = new Map<Column, readonly number[]>();
  for (const column of known) {
    const place = headingsOf(column, shape)
      .map((heading) => (keys.includes(headingKey(heading)) ? [heading] : partsOf(heading)))
      .map((parts) => parts.map((part) => keys.indexOf(headingKey(part))))
      .find((found) => !found.includes(-1));
    if (place !== undefined) places.set(column, place);
  }
  const taken = new Set([...places.values()].flat());
  const problems: Problem[] = [];
  for (const [index, heading] of header.entries()) {
    const name = heading.normalize('NFKC').trim().toLowerCase();
    const first = keys.indexOf(keys[index] ?? '');
    const elsewhere = known.some((column) => column === name) ? 'is read from another column' : undefined;
    if (name === '' || taken.has(index)) continue;
    if (first !== index && (taken.has(first) || shape.others === 'refuse'))
      problems.push({ line, column: name, message: 'is in the header twice' });
    else if (shape.others === 'refuse')
      problems.push({ line, column: name, message: elsewhere ?? `is not a known column${suggestion(name, known)}` });
  }
  for (const column of known.filter((one) => places.has(one) && shape.given?.[one] !== undefined))
    problems.push({ line, column, message: 'stands in the file, so neither --set nor a profile can give it' });
  for (const column of shape.required) {
    if (places.has(column) || shape.given?.[column] !== undefined) continue;
    problems.push({ line, column, message: `is missing from the header${missingHeading(column, shape, header)}` });
  }
  if (problems.length === 0) return new Map([...places].sort(([, [left = 0]], [, [right = 0]]) => left - right));
  const more =
    shape.others === 'refuse' ? ' To pass over all others: --ignore-other-columns   Other headings: --map' : '';
  const columns = `${columnsHint(shape)}${more}`;
  throw refusal('invalid-input', 'header-wrong', { columns }, 'columns', { problems });
}

/** Which heading was looked for, and the one in the file that is like it. A plain name is found by `suggestion` where columns are refused. */
function missingHeading(column: string, shape: CsvShape<string>, header: readonly string[]): string {
  const wanted = headingsOf(column, shape);
  const named = wanted[0] === column ? '' : `: ${wanted.join(' or ')}`;
  if (named === '' && shape.others === 'refuse') return '';
  return `${named}${wanted.map((heading) => suggestion(heading, header.filter(Boolean))).find(Boolean) ?? ''}`;
}

/** The columns that a header may have, in words. */
export function columnsHint({ required, optional }: Pick<CsvShape<string>, 'required' | 'optional'>): string {
  if (required.length === 0) return `Columns: ${optional.join(', ')}.`;
  return `Columns: ${required.join(', ')}${optional.length === 0 ? '' : `; may be left out: ${optional.join(', ')}`}.`;
}

export function suggestion(name: string, known: readonly string[]): string {
  const close = nearest(name, known);
  return close === undefined ? '' : `; did you mean ${close}?`;
}

/** First characters that spreadsheets take for a formula, also in full width. */
const FORMULA = /^'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/u;
/** The same after a separator of any locale: a file with commas is split at semicolons in half of Europe, whatever is in quotes. */
const INSIDE = /([;,\t\r\n]\s*)(?='*[=+\-@\uff1d\uff0b\uff0d\uff20])/gu;
const GUARDED_INSIDE = /([;,\t\r\n]\s*)'(?='*[=+\-@\uff1d\uff0b\uff0d\uff20])/gu;

/** What Excel takes for a number, money, a time, date or truth value and saves as another text. Any word beside a day may be a month. */
const ALTERED = new RegExp(cells.altered, 'iu');

/**
 * Makes a cell that no spreadsheet runs: puts `'` before what looks like a formula, and with `keepDigits` before what Excel would
 * change. A text that has such a mark of its own gets another, so that `unguardCell` takes off the right one.
 */
export function guardCell(text: string, keepDigits = false): string {
  const inside = text.replace(INSIDE, "$1'");
  const altered = (keepDigits || inside.startsWith("'")) && ALTERED.test(inside);
  return altered || FORMULA.test(inside) ? `'${inside}` : inside;
}

/** Undoes `guardCell`, so that an export imports as it was; and `="0123"`, as other programs keep a spreadsheet from changing digits. */
export function unguardCell(text: string): string {
  const guarded = text.startsWith("'") && (FORMULA.test(text) || ALTERED.test(text));
  const bare = guarded ? text.slice(1) : (/^="([^"]*)"$/.exec(text)?.[1] ?? text);
  return bare.replace(GUARDED_INSIDE, '$1');
}
