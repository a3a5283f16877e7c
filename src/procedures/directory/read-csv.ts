/**
 * Reads the bytes of a CSV file as a table: UTF-8 with or without BOM, comma, semicolon or tab, any line ends, quotes, blank
 * lines. A file that cannot be read correctly is refused as a whole, with the line.
 */
import { type Refusal, refusal } from '../../errors.js';
import {
  type CsvRow,
  type CsvShape,
  type CsvTable,
  chooseDelimiter,
  columnsHint,
  placeColumns,
  unguardCell,
} from '../../rules/csv-table.js';
import { tidy } from '../../rules/directory-fields.js';

export interface CsvLimits {
  readonly bytes: number;
  readonly rows: number;
}

/** About four times the largest desk that was measured; a larger file must be split. */
const LIMITS: CsvLimits = { bytes: 64 * 1024 * 1024, rows: 500_000 };

/** Refusal `invalid-input` for a file that is too large, not UTF-8, empty, or not CSV, and for a wrong header. */
export async function readCsv<Column extends string>(
  chunks: AsyncIterable<Uint8Array>,
  shape: CsvShape<Column>,
  limits: CsvLimits = LIMITS,
): Promise<CsvTable<Column>> {
  const bytes = await gather(chunks, limits.bytes);
  const written = decode(bytes);
  const text = written.replace(/\r\n?/g, '\n');
  const delimiter = chooseDelimiter(firstLine(text));
  const [header, ...records] = await split(text, delimiter, limits);
  if (header === undefined)
    throw refusal('invalid-input', 'file-empty', { columns: columnsHint(shape) }, 'name-columns');
  const places = placeColumns(header.cells, shape, header.line);
  const width = header.cells.length;
  const problems = records.flatMap(({ line, cells }) =>
    fits(cells, width) ? [] : [{ line, message: `has ${cells.length} cells where the header has ${width}` }],
  );
  const rows = records.filter(({ cells }) => fits(cells, width)).map((record) => toRow(record, places));
  const bom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const newline = written.includes('\r\n') ? '\r\n' : '\n';
  return { columns: new Set(places.keys()), delimiter, bom, newline, header: header.cells, rows, problems };
}

interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Spreadsheets add empty cells at the end; they never remove any. */
const fits = (cells: readonly string[], width: number): boolean =>
  cells.length >= width && cells.slice(width).every((cell) => cell.trim() === '');

function toRow<Column extends string>({ line, cells }: CsvRecord, places: ReadonlyMap<Column, number>): CsvRow<Column> {
  const values: Partial<Record<Column, string>> = {};
  for (const [column, place] of places) values[column] = tidy(unguardCell(cells[place] ?? ''));
  return { line, values, cells };
}

async function gather(chunks: AsyncIterable<Uint8Array>, most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > most)
      throw refusal('invalid-input', 'file-too-large', { mib: Math.floor(most / 1024 / 1024) }, 'several-files');
    parts.push(chunk);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const LINE_FEED = 0x0a;

/** Strict UTF-8: a wrong byte is refused, never replaced. A NUL is the sign of UTF-16 or of a file that is not text. */
function decode(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  if (nul !== -1) throw notText(lineAt(bytes, nul), 'holds a NUL byte');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notText(firstBadLine(bytes), 'is not UTF-8');
  }
}

const notText = (line: number, message: string): Refusal =>
  refusal('invalid-input', 'file-not-utf8', {}, 'save-as-utf8', { problems: [{ line, message }] });

function lineAt(bytes: Uint8Array, place: number): number {
  let line = 1;
  for (let at = 0; at < place; at += 1) if (bytes[at] === LINE_FEED) line += 1;
  return line;
}

/** No byte of a longer UTF-8 sequence is a line feed, so each line can be judged alone. */
function firstBadLine(bytes: Uint8Array): number {
  const strict = new TextDecoder('utf-8', { fatal: true });
  for (let from = 0, line = 1; from <= bytes.length; line += 1) {
    const found = bytes.indexOf(LINE_FEED, from);
    const to = found === -1 ? bytes.length : found;
    try {
      strict.decode(bytes.subarray(from, to));
    } catch {
      return line;
    }
    from = to + 1;
  }
  return 1;
}

/** The first line with text in it; the delimiter is chosen by it. */
const firstLine = (text: string): string => text.split('\n', 100).find((line) => line.trim() !== '') ?? '';

/** Records with the line that each begins on; blank ones and rows of separators only are left out. */
async function split(text: string, delimiter: string, limits: CsvLimits): Promise<readonly CsvRecord[]> {
  const { parse } = await import('csv-parse/sync');
  const records: CsvRecord[] = [];
  try {
    parse(text, {
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
        records.push({ line: lines - inside, cells });
        return null;
      },
    });
  } catch (error) {
    throw malformed(error);
  }
  return records;
}

/** csv-parse stops at the first syntax fault and gives its place; our words say what to do. */
function malformed(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('lines' in error)) return error;
  const message =
    error.code === 'CSV_QUOTE_NOT_CLOSED'
      ? 'a quote is opened and never closed'
      : error.code === 'CSV_INVALID_CLOSING_QUOTE'
        ? 'text follows a closing quote'
        : 'an unquoted cell contains a quote';
  return refusal('invalid-input', 'file-not-csv', {}, 'csv-quotes', {
    problems: [{ line: Number(error.lines), message }],
    cause: error,
  });
}
