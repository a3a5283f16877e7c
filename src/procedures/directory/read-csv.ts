/**
 * Reads the bytes of a CSV file as a table, piece by piece: UTF-8, UTF-16 or another encoding, any separator and line ends, quotes,
 * blank lines, titles above and totals below (B90). A file that cannot be read correctly is refused as a whole, with the line.
 */
import { refusal } from '../../errors.js';
import { findHeader, LINES_BEFORE, sortOut } from '../../rules/csv-extent.js';
import {
  type CsvRecord,
  type CsvRow,
  type CsvShape,
  type CsvTable,
  columnsHint,
  placeColumns,
  type Separator,
  unguardCell,
} from '../../rules/csv-table.js';
import { tidy } from '../../rules/directory-fields.js';
import { readText } from './read-text.js';

export interface CsvLimits {
  readonly bytes: number;
  readonly rows: number;
}

/** Twice the largest desk that was measured; a larger file must be split. What is read stays in memory, little more than the text. */
const LIMITS: CsvLimits = { bytes: 512 * 1024 * 1024, rows: 2_000_000 };

/**
 * `encoding` names how a file without a mark is written; UTF-8 if absent. Refusal `invalid-input` for a file that is too large, of
 * another encoding, empty, or not CSV, and for a wrong header.
 */
export async function readCsv<Column extends string>(
  chunks: AsyncIterable<Uint8Array>,
  shape: CsvShape<Column>,
  limits: CsvLimits = LIMITS,
  encoding?: string,
): Promise<CsvTable<Column>> {
  const { texts, found } = await readText(chunks, limits.bytes, encoding);
  const lines = (await takeHead(texts)).split('\n');
  const { before, separator } = findHeader(lines, shape);
  const above = lines.slice(0, before).flatMap((text, at) => plainRecord(text, at + 1, separator));
  const below = joined(lines.slice(before).join('\n'), texts);
  const { records, gaps } = await split(below, separator, limits, before);
  const [header, ...others] = records;
  if (header === undefined)
    throw refusal('invalid-input', 'file-empty', { columns: columnsHint(shape) }, 'name-columns');
  const places = placeColumns(header.cells, shape, header.line);
  const needed = shape.required.length === 0 ? [...places.keys()] : shape.required;
  const must = needed.flatMap((column) => places.get(column) ?? []);
  const valuesOf = (cells: readonly string[]) => placed(cells, places, shape.given);
  const { rows, problems, notes } = sortOut(header, above, others, gaps, must);
  return {
    ...found(),
    columns: new Set([...places.keys(), ...(Object.keys(shape.given ?? {}) as Column[])]),
    delimiter: separator,
    headerLine: header.line,
    header: header.cells,
    rows: rows.map((record) => new Row(record, valuesOf)),
    problems,
    notes,
  };
}

/** In no cell: a file with it is refused. */
const NUL = '\0';

/** A record keeps its cells as one text: a file may have a million, and each is looked at a few times. */
class Kept implements CsvRecord {
  readonly line: number;
  readonly #text: string;

  constructor(line: number, cells: readonly string[]) {
    this.line = line;
    this.#text = cells.join(NUL);
  }

  get cells(): readonly string[] {
    return this.#text.split(NUL);
  }
}

class Row<Column extends string> implements CsvRow<Column> {
  readonly #record: CsvRecord;
  readonly #valuesOf: (cells: readonly string[]) => CsvRow<Column>['values'];

  constructor(record: CsvRecord, valuesOf: (cells: readonly string[]) => CsvRow<Column>['values']) {
    this.#record = record;
    this.#valuesOf = valuesOf;
  }

  get line(): number {
    return this.#record.line;
  }

  get cells(): readonly string[] {
    return this.#record.cells;
  }

  get values(): CsvRow<Column>['values'] {
    return this.#valuesOf(this.#record.cells);
  }
}

function placed<Column extends string>(
  cells: readonly string[],
  places: ReadonlyMap<Column, readonly number[]>,
  given: CsvShape<Column>['given'],
): CsvRow<Column>['values'] {
  const values = { ...given } as Partial<Record<Column, string>>;
  for (const [column, all] of places) {
    const [only = '', ...more] = all.map((place) => tidy(unguardCell(cells[place] ?? '')));
    values[column] = more.length === 0 ? only : tidy([only, ...more].join(' '));
  }
  return values;
}

/** Enough of the text to find the header in. */
async function takeHead(texts: AsyncGenerator<string>): Promise<string> {
  let head = '';
  while (head.length < 1024 * 1024 && head.split('\n', LINES_BEFORE + 1).length <= LINES_BEFORE) {
    const next = await texts.next();
    if (next.done === true) break;
    head += next.value;
  }
  return head;
}

async function* joined(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}

/** Lines above the header are not CSV; they are cut only to compare them with rows. */
function plainRecord(text: string, line: number, separator: Separator): readonly CsvRecord[] {
  const cells = text.split(separator).map((cell) => cell.replace(/^"|"$/g, ''));
  return cells.some((cell) => cell.trim() !== '') ? [{ line, cells }] : [];
}

/** Records with the line that each begins on, without blank ones and rows of separators; and the lines of those that follow such a gap. */
async function split(texts: AsyncIterable<string>, delimiter: Separator, limits: CsvLimits, before: number) {
  const { parse } = await import('csv-parse');
  const records: CsvRecord[] = [];
  const gaps = new Set<number>();
  let next = before + 1;
  const parser = parse({
    delimiter,
    record_delimiter: '\n',
    relax_column_count: true,
    skip_empty_lines: true,
    on_record: (cells: readonly string[], { lines }: { lines: number }) => {
      if (cells.every((cell) => cell.trim() === '')) return null;
      if (records.length > limits.rows)
        throw refusal('invalid-input', 'file-too-long', { rows: limits.rows }, 'several-files');
      // The parser counts lines at the end of a record, and a quoted cell may span several.
      const inside = cells.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0);
      const line = before + lines - inside;
      if (line > next) gaps.add(line);
      next = before + lines + 1;
      records.push(new Kept(line, cells));
      return null;
    },
  });
  const ended = new Promise<void>((resolve, reject) => void parser.on('error', reject).on('end', resolve).resume());
  ended.catch(() => undefined);
  for await (const text of quoted(texts, delimiter)) {
    if (parser.destroyed) break;
    parser.write(text);
  }
  parser.end();
  try {
    await ended;
  } catch (error) {
    throw malformed(error, before, next);
  }
  return { records, gaps };
}

const LONGEST_LINE = 1024 * 1024;

/** Quotes the cells that stand as `="0123"` (rules/csv-table.ts), line by line: csv-parse takes a quote only at the beginning of a cell. */
async function* quoted(texts: AsyncIterable<string>, separator: Separator): AsyncGenerator<string> {
  const formula = new RegExp(`(^|[\\n${separator}]) *(="[^"\\n]*") *(?=[\\n${separator}]|$)`, 'g');
  const quotesIn = (text: string) => text.split('"').length - 1;
  let kept = '';
  let quotes = 0;
  const turn = (text: string) => {
    let from = 0;
    const turned = text.replace(formula, (match, edge: string, cell: string, at: number) => {
      quotes += quotesIn(text.slice(from, at));
      from = at;
      return quotes % 2 === 1 ? match : `${edge}"${cell.replaceAll('"', '""')}"`;
    });
    quotes += quotesIn(text.slice(from));
    return turned;
  };
  for await (const text of texts) {
    // A line without an end is not waited for.
    const end = kept.length > LONGEST_LINE ? text.length : text.lastIndexOf('\n') + 1;
    if (end > 0) yield turn(kept + text.slice(0, end));
    kept = (end > 0 ? '' : kept) + text.slice(end);
  }
  yield turn(kept);
}

/** csv-parse stops at the first syntax fault and gives its place, but of an open quote the end of the file; our words say what to do. */
function malformed(error: unknown, before: number, begun: number): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('lines' in error)) return error;
  const message =
    error.code === 'CSV_QUOTE_NOT_CLOSED'
      ? 'a quote is opened and never closed'
      : error.code === 'CSV_INVALID_CLOSING_QUOTE'
        ? 'text follows a closing quote'
        : 'an unquoted cell contains a quote';
  return refusal('invalid-input', 'file-not-csv', {}, 'csv-quotes', {
    problems: [{ line: error.code === 'CSV_QUOTE_NOT_CLOSED' ? begun : before + Number(error.lines), message }],
    cause: error,
  });
}
