/**
 * Tables as spreadsheets write them: which separator, which columns, and cells that a spreadsheet would take for a formula. Pure;
 * procedures/directory/read-csv.ts turns bytes into rows.
 */
import { type Problem, refusal } from '../errors.js';
import { nearest } from './nearest.js';

export interface CsvRow<Column extends string> {
  /** Line of the file on which the row begins; the header is counted. */
  readonly line: number;
  /** Tidy texts of the known columns that the file has. */
  readonly values: Readonly<Partial<Record<Column, string>>>;
  /** All cells as written, in the order of the header. */
  readonly cells: readonly string[];
}

export interface CsvTable<Column extends string> {
  /** The known columns that the file has. */
  readonly columns: ReadonlySet<Column>;
  readonly delimiter: ',' | ';' | '\t';
  /** It began with a byte order mark. */
  readonly bom: boolean;
  readonly newline: '\n' | '\r\n';
  /** The header as written. */
  readonly header: readonly string[];
  readonly rows: readonly CsvRow<Column>[];
  /** Rows that do not fit the header; they are not among `rows`. */
  readonly problems: readonly Problem[];
}

export interface CsvShape<Column extends string> {
  readonly required: readonly Column[];
  readonly optional: readonly Column[];
  /** What happens to further columns: they are refused by name, or kept in `cells`. */
  readonly others: 'refuse' | 'carry';
}

/** The separator that occurs most often in the header, outside quotes; a comma if none does. */
export function chooseDelimiter(header: string): ',' | ';' | '\t' {
  const bare = header.replace(/"[^"]*"?/g, '');
  const count = (separator: string) => bare.split(separator).length - 1;
  const candidates = [',', ';', '\t'] as const;
  return candidates.reduce((best, next) => (count(next) > count(best) ? next : best));
}

/** More columns than any list of people has; searching a header of a million names would take hours. */
const MOST_COLUMNS = 1_000;

/** The position of each known column. Refusal `invalid-input` names every missing, unknown and repeated column. */
export function placeColumns<Column extends string>(
  header: readonly string[],
  shape: CsvShape<Column>,
  line: number,
): ReadonlyMap<Column, number> {
  if (header.length > MOST_COLUMNS) {
    throw refusal('invalid-input', 'too-many-columns', { count: header.length, most: MOST_COLUMNS }, 'check-file');
  }
  const known = [...shape.required, ...shape.optional];
  const names = header.map((name) => name.normalize('NFKC').trim().toLowerCase());
  const places = new Map<Column, number>();
  const problems: Problem[] = [];
  for (const [index, name] of names.entries()) {
    const column = known.find((candidate) => candidate === name);
    if (names.indexOf(name) !== index && (column !== undefined || shape.others === 'refuse') && name !== '') {
      problems.push({ line, column: name, message: 'is in the header twice' });
    } else if (column !== undefined) places.set(column, index);
    else if (shape.others === 'refuse' && name !== '')
      problems.push({ line, column: name, message: `is not a known column${suggestion(name, known)}` });
  }
  for (const column of shape.required)
    if (!places.has(column)) problems.push({ line, column, message: 'is missing from the header' });
  if (problems.length === 0) return places;
  throw refusal('invalid-input', 'header-wrong', { columns: columnsHint(shape) }, 'columns', { problems });
}

/** The columns that a header may have, in words. */
export function columnsHint({ required, optional }: Pick<CsvShape<string>, 'required' | 'optional'>): string {
  if (required.length === 0) return `Columns: ${optional.join(', ')}.`;
  return `Columns: ${required.join(', ')}${optional.length === 0 ? '' : `; may be left out: ${optional.join(', ')}`}.`;
}

function suggestion(name: string, known: readonly string[]): string {
  const close = nearest(name, known);
  return close === undefined ? '' : `; did you mean ${close}?`;
}

/** First characters that spreadsheets take for a formula, also in full width. */
const FORMULA = /^'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/u;
/** The same after a separator of any locale: a file with commas is split at semicolons in half of Europe, whatever is in quotes. */
const INSIDE = /([;,\t\r\n]\s*)(?='*[=+\-@\uff1d\uff0b\uff0d\uff20])/gu;
const GUARDED_INSIDE = /([;,\t\r\n]\s*)'(?='*[=+\-@\uff1d\uff0b\uff0d\uff20])/gu;

/** Makes a cell that no spreadsheet runs: puts `'` before what looks like a formula. */
export function guardCell(text: string): string {
  const inside = text.replace(INSIDE, "$1'");
  return FORMULA.test(inside) ? `'${inside}` : inside;
}

/** Undoes `guardCell`, so that an export imports as it was. */
export function unguardCell(text: string): string {
  const bare = text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
  return bare.replace(GUARDED_INSIDE, '$1');
}
