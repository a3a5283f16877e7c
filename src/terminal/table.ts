/**
 * Tables, drawn with `width` of printable.ts, so that columns stay aligned with Thai marks and wide Chinese characters
 * (cli-table3 counts every mark outside U+0300–036F as a column, and its columns shift).
 *
 * On a terminal a rule follows the heading, and if a row is too wide the widest column is cut first, ids last. Plain output
 * has no rule and cuts nothing.
 */
import { fit, printable, width } from './printable.js';
import type { Style } from './style.js';

export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right' | undefined;
  /** Never wider than this on a terminal. */
  readonly max?: number | undefined;
  /** To be typed again, so it is cut only if cutting all other columns is not enough. Columns of ids always are. */
  readonly whole?: boolean | undefined;
}

export interface Table {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly string[])[];
  /** Shown instead of a table without rows. */
  readonly empty: string;
  /** The next page of a table: without the heading. */
  readonly goesOn?: boolean | undefined;
}

const GAP = '  ';

/** `gr_01m8dh6aa3egvv2mda3tzx3gd9` */
const ID = /^[a-z]{2,5}_[0-9a-z]{6,}$/;

/** Other columns are not cut below this width; then columns of ids are cut. */
const LITTLE = 4;

/** The lines of a table, or the line `empty` if it has no rows. A missing cell is empty. */
export function tableLines(table: Table, style: Style): string[] {
  const { plain } = style;
  if (table.rows.length === 0) return [printable(table.empty)];
  const titles = table.columns.map((column) => printable(column.title));
  const rows = table.rows.map((row) => titles.map((_, at) => printable(row[at] ?? '')));
  const widths = columnWidths(table.columns, [titles, ...rows], plain);
  const typed = table.columns.map(({ whole }, at) => whole === true || rows.some((row) => ID.test(row[at] ?? '')));
  if (!plain) shrink(widths, style.columns - GAP.length * (widths.length - 1), typed);
  const draw = (cells: readonly string[]) => rowLine(cells, table.columns, widths);
  if (table.goesOn === true) return rows.map(draw);
  const rule = plain ? [] : [style.faint(widths.map((columns) => '─'.repeat(columns)).join(GAP))];
  return [style.strong(draw(titles)), ...rule, ...rows.map(draw)];
}

function columnWidths(columns: readonly TableColumn[], rows: readonly (readonly string[])[], plain: boolean): number[] {
  return columns.map(({ max }, at) => {
    const widest = rows.reduce((most, row) => Math.max(most, width(row[at] ?? '')), 0);
    return plain || max === undefined ? widest : Math.min(widest, max);
  });
}

/** Shrinks the widest column again and again until the row fits or every column is one wide; `last` columns shrink last. */
function shrink(widths: number[], room: number, last: readonly boolean[] = []): void {
  let excess = widths.reduce((sum, columns) => sum + columns, 0) - room;
  while (excess > 0) {
    const others = widths.map((columns, at) => (last[at] === true ? 0 : columns));
    const from = Math.max(...others) > LITTLE ? others : widths;
    const widest = Math.max(...from);
    if (widest <= 1) return;
    widths[from.indexOf(widest)] = widest - 1;
    excess -= 1;
  }
}

function rowLine(cells: readonly string[], columns: readonly TableColumn[], widths: readonly number[]): string {
  const padded = cells.map((cell, at) => {
    const shown = fit(cell, widths[at] ?? 0);
    const space = ' '.repeat((widths[at] ?? 0) - width(shown));
    return columns[at]?.align === 'right' ? space + shown : shown + space;
  });
  return padded.join(GAP).trimEnd();
}

/** A cell that is cut below this width says too little to choose by. */
const LEAST = 10;

/**
 * Rows in columns without a heading, for lists to choose from; cut to `room` columns if that is finite. People choose by the first
 * columns, so if not even the beginning of each cell fits, the last column is left out.
 */
export function alignedLines(rows: readonly (readonly string[])[], room: number): string[] {
  const cells = rows.map((row) => row.map(printable));
  const columns = Array.from({ length: Math.max(0, ...cells.map((row) => row.length)) }, () => ({ title: '' }));
  const widths = columnWidths(columns, cells, true);
  if (Number.isFinite(room)) {
    const least = () =>
      widths.reduce((sum, columns) => sum + Math.min(columns, LEAST), GAP.length * (widths.length - 1));
    while (widths.length > 1 && least() > room) widths.pop();
    shrink(widths, room - GAP.length * (widths.length - 1));
  }
  return cells.map((row) => rowLine(row.slice(0, widths.length), columns, widths));
}
