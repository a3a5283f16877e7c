/** Where a table begins and ends in its file, and by what its cells are separated (B90). Pure. */
import type { Problem } from '../errors.js';
import {
  type CsvRecord,
  type CsvShape,
  headingKey,
  headingsOf,
  knownOf,
  partsOf,
  SEPARATORS,
  type Separator,
} from './csv-table.js';

/** A header may stand this many lines down: titles and the like come first. */
export const LINES_BEFORE = 100;
/** A quoted heading may hold line ends. */
const LINES_OF_HEADER = 10;

/**
 * The first line with two known headings, otherwise the one with most; and the separator that makes headings of its words. Lines
 * are as in the file, without their ends; at least one of them holds text.
 */
export function findHeader(
  lines: readonly string[],
  shape: CsvShape<string>,
): { readonly before: number; readonly separator: Separator } {
  const words = new Set(knownOf(shape).flatMap((column) => headingsOf(column, shape).flatMap(partsOf).map(headingKey)));
  let best = { before: Math.max(0, lines.findIndex(filled)), separator: ',' as Separator, hits: -1, cells: 0 };
  for (const [before, line] of lines.slice(0, LINES_BEFORE).entries()) {
    if (!filled(line)) continue;
    const text = wholeRecord(lines, before);
    for (const separator of SEPARATORS) {
      const cells = cellsOf(text, separator);
      const hits = new Set(cells.map(headingKey).filter((key) => words.has(key))).size;
      const fitsBetter = before === best.before && hits === best.hits && cells.length > best.cells;
      if (hits > best.hits || fitsBetter) best = { before, separator, hits, cells: cells.length };
    }
    if (best.hits > 1) break;
  }
  return best;
}

const filled = (text: string): boolean => text.trim() !== '';

/** A line, and those that its open quote takes in; the line alone if that does not end. */
function wholeRecord(lines: readonly string[], at: number): string {
  for (let to = at + 1; to <= at + LINES_OF_HEADER && to <= lines.length; to += 1) {
    const text = lines.slice(at, to).join('\n');
    if (text.split('"').length % 2 === 1) return text;
  }
  return lines[at] ?? '';
}

const cellsOf = (text: string, separator: string): readonly string[] =>
  text.replace(/"(?:[^"]|"")*"?/g, (quoted) => quoted.replaceAll(separator, ' ')).split(separator);

/**
 * Tells rows from the lines around them. In doubt a line is a row: a file that was cut off, or a header that was sorted among its
 * rows, must not lose any. `gaps` holds the lines that follow an empty one.
 */
export function sortOut(
  header: CsvRecord,
  before: readonly CsvRecord[],
  records: readonly CsvRecord[],
  gaps: ReadonlySet<number>,
  needed: readonly number[],
): { readonly rows: readonly CsvRecord[]; readonly problems: readonly Problem[]; readonly notes: readonly Problem[] } {
  const width = header.cells.length;
  const rows = records.filter((record) => !isRule(record) && !repeats(record, header));
  const after: CsvRecord[] = [];
  for (let last = rows.at(-1); last !== undefined && after.length < LINES_BEFORE; last = rows.at(-1)) {
    if (!endsTable(last, rows.slice(0, -1), gaps.has(last.line), width)) break;
    after.unshift(last);
    rows.pop();
  }
  const mayBeRow = (record: CsvRecord) =>
    needed.every((place) => filled(record.cells[place] ?? '')) && !ofAnotherKind(record, rows);
  const above = before.filter(mayBeRow);
  const left = new Set([...rows, ...above]);
  return {
    rows: rows.filter(({ cells }) => !hasSurplus(cells, width)),
    problems: [
      ...above.map(({ line }) => ({ line, message: 'stands above the header, and may be a row' })),
      ...rows.filter(({ cells }) => hasSurplus(cells, width)).map(({ line, cells }) => tooLong(line, cells, width)),
    ],
    notes: [...before, ...records].filter((record) => !left.has(record)).map(passedOver),
  };
}

/** Spreadsheets leave out empty cells at the end, or add some. */
const hasSurplus = (cells: readonly string[], width: number): boolean => cells.slice(width).some(filled);
const tooLong = (line: number, cells: readonly string[], width: number): Problem => ({
  line,
  message: `has ${cells.length} cells where the header has ${width}`,
});

const passedOver = ({ line, cells }: CsvRecord): Problem => {
  const text = cells.filter(filled).join(' ').replace(/\s+/gu, ' ');
  return { line, message: `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"` };
};

/** `----,----`: without a letter or digit. */
const isRule = ({ cells }: CsvRecord): boolean => !cells.some((cell) => /[\p{L}\p{N}]/u.test(cell));
/** Files that were joined repeat the header, with the mark that the second file began with. */
const repeats = ({ cells }: CsvRecord, header: CsvRecord): boolean =>
  cells.length === header.cells.length &&
  cells.every((cell, at) => headingKey(cell) === headingKey(header.cells[at] ?? ''));

/** A total: it fills fewer cells than any row, none but the first with words, and is of another kind than every row. */
function endsTable(record: CsvRecord, rows: readonly CsvRecord[], afterGap: boolean, width: number): boolean {
  const [text = '', ...more] = record.cells.filter(filled);
  if (!more.every((cell) => /^[\p{N}.,\s%]+$/u.test(cell)) || hasSurplus(record.cells, width)) return false;
  const fewer = (other: CsvRecord) => other.cells.filter(filled).length > more.length + 1;
  const apart = rows.length === 0 ? width > more.length + 1 : rows.every(fewer);
  return (apart || (afterGap && more.length === 0 && kindOf(text) === 'phrase')) && ofAnotherKind(record, rows);
}

/** No row has such a text where this record has its first. Without rows, only a phrase is no row. */
function ofAnotherKind({ cells }: CsvRecord, rows: readonly CsvRecord[]): boolean {
  const place = cells.findIndex(filled);
  const kind = kindOf(cells[place] ?? '');
  return rows.length === 0 ? kind === 'phrase' : rows.every((row) => kindOf(row.cells[place] ?? '') !== kind);
}

function kindOf(text: string): 'phrase' | 'number' | 'word' {
  if (/[\s:()[\]#=]/u.test(text.trim())) return 'phrase';
  return /\p{N}/u.test(text) ? 'number' : 'word';
}
