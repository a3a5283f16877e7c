/** Where a table begins and ends in its file, and by what its cells are separated (B90). Pure. */
import type { Problem } from '../errors.js';
import {
  type CsvRecord,
  type CsvShape,
  headingKey,
  headingsOf,
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
export function findHeader(lines: readonly string[], shape: CsvShape<string>) {
  const words = new Set(
    [...shape.required, ...shape.optional].flatMap((column) =>
      headingsOf(column, shape).flatMap((heading) => [heading, ...partsOf(heading)].map(headingKey)),
    ),
  );
  let best = { before: Math.max(0, lines.findIndex(filled)), separator: ',' as Separator, hits: -1, cells: 0 };
  for (const [before, line] of lines.slice(0, LINES_BEFORE).entries()) {
    if (!filled(line)) continue;
    const text = wholeRecord(lines, before);
    for (const separator of SEPARATORS) {
      const cells = text.replace(/"(?:[^"]|"")*"?/g, (quoted) => quoted.replaceAll(separator, ' ')).split(separator);
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
  const all = records.filter((record) => !isRule(record) && !repeats(record, header));
  const rows = all.slice(0, endOf(all, gaps, width));
  const mayBeRow = (record: CsvRecord) =>
    needed.every((place) => filled(record.cells[place] ?? '')) && !ofAnotherKind(record.cells, rows);
  const above = before.filter(mayBeRow);
  const left = new Set([...rows, ...above]);
  const tooLong = rows.filter(({ cells }) => hasSurplus(cells, width));
  return {
    rows: tooLong.length === 0 ? rows : rows.filter(({ cells }) => !hasSurplus(cells, width)),
    problems: [
      ...above.map(({ line }) => ({ line, message: 'stands above the header, and may be a row' })),
      ...tooLong.map(({ line, cells }) => ({
        line,
        message: `has ${cells.length} cells where the header has ${width}`,
      })),
    ],
    notes: [...before, ...records].filter((record) => !left.has(record)).map(passedOver),
  };
}

/** Spreadsheets leave out empty cells at the end, or add some. */
const hasSurplus = (cells: readonly string[], width: number): boolean => cells.slice(width).some(filled);

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

/** How many rows there are before the lines that end the file and are none; those are 20 at most. */
function endOf(rows: readonly CsvRecord[], gaps: ReadonlySet<number>, width: number): number {
  for (let at = Math.max(0, rows.length - 20); at < rows.length; at += 1) {
    const table = rows.slice(0, at);
    const afterGap = gaps.has(rows[at]?.line ?? 0);
    if (rows.slice(at).every((record) => endsTable(record, table, afterGap, width))) return at;
  }
  return rows.length;
}

/** It fills fewer cells than any row, with numbers but for the first, and that is of another kind than in every row; or it is a phrase. */
function endsTable({ cells }: CsvRecord, rows: readonly CsvRecord[], afterGap: boolean, width: number): boolean {
  const [text = '', ...more] = cells.filter(filled);
  const phrase = afterGap && /\s|:/u.test(text.trim());
  const numbers = more.every((cell) => /^[\p{N}.,\s%]+$/u.test(cell));
  const apart =
    rows.length === 0
      ? width > more.length + 1
      : rows.every((row) => row.cells.filter(filled).length > more.length + 1);
  const fits = apart ? numbers || phrase : phrase && more.length === 0;
  return fits && !hasSurplus(cells, width) && ofAnotherKind(cells, rows);
}

/** No row has such a text where this record has its first. Without rows, only what is more than a name is none. */
function ofAnotherKind(cells: readonly string[], rows: readonly CsvRecord[]): boolean {
  const place = cells.findIndex(filled);
  const text = cells[place] ?? '';
  return rows.length === 0
    ? /[:()[\]#=]/.test(text)
    : rows.every((row) => kindOf(row.cells[place] ?? '') !== kindOf(text));
}

function kindOf(text: string): 'phrase' | 'number' | 'word' {
  if (/[\s:()[\]#=]/u.test(text.trim())) return 'phrase';
  return /\p{N}/u.test(text) ? 'number' : 'word';
}
