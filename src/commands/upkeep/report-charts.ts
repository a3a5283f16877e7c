/**
 * The charts of the page, as SVG text: no script, readable on a dark screen and on paper. A series has a pattern as well as a colour, each
 * mark gives its numbers (as a tooltip and to a screen reader), and every chart has a table beside it.
 */
import { fit, printable } from '../../terminal/printable.js';

/** Escapes stored text, so that nothing in it can open a tag or an attribute. */
export const inPage = (text: string): string =>
  printable(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

export interface Series {
  readonly label: string;
  /** Class of its marks in the style sheet: `first` or `second`. */
  readonly look: 'first' | 'second';
}

export interface Column {
  readonly label: string;
  /** One number for each series, stacked from below. */
  readonly values: readonly number[];
}

export const FIRST: Series['look'] = 'first';

const WIDTH = 720;
const HEIGHT = 220;
const LEFT = 40;
const BOTTOM = 24;
const TOP = 10;

/** Columns over time. */
export function columnChart(title: string, series: readonly Series[], columns: readonly Column[]): string {
  const most = Math.max(1, ...columns.map(({ values }) => sum(values)));
  const ticks = tickSteps(most);
  const top = ticks.at(-1) ?? most;
  const y = (value: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP);
  const step = (WIDTH - LEFT) / Math.max(1, columns.length);
  const grid = ticks.map((tick) => gridLine(y(tick), tick)).join('');
  const marks = columns.map((column, at) => columnMarks(column, series, LEFT + at * step, step, y)).join('');
  const every = Math.ceil(columns.length / 8);
  const labels = columns
    .map(({ label }, at) => (at % every === 0 ? axisLabel(LEFT + (at + 0.5) * step, label) : ''))
    .join('');
  return svg(title, HEIGHT, grid + marks + labels);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const round = (value: number): string => String(Math.round(value * 10) / 10);

/** Four or five steps of 1, 2 or 5 times a power of ten. */
function tickSteps(most: number): number[] {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = Math.max(1, [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough) ?? power);
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, at) => at * step);
}

const gridLine = (y: number, value: number): string =>
  `<line class="grid" x1="${LEFT}" x2="${WIDTH}" y1="${round(y)}" y2="${round(y)}"/>` +
  `<text class="axis" x="${LEFT - 6}" y="${round(y + 4)}" text-anchor="end">${value}</text>`;

const axisLabel = (x: number, label: string): string =>
  `<text class="axis" x="${round(x)}" y="${HEIGHT - 6}" text-anchor="middle">${inPage(label)}</text>`;

function columnMarks(
  { label, values }: Column,
  series: readonly Series[],
  x: number,
  step: number,
  y: (value: number) => number,
): string {
  const gap = Math.min(6, step * 0.2);
  let below = 0;
  const marks = values.map((value, at) => {
    const height = y(below) - y(below + value);
    below += value;
    if (value === 0) return '';
    return `<rect class="${series[at]?.look ?? FIRST}" x="${round(x + gap / 2)}" y="${round(y(below))}" width="${round(step - gap)}" height="${round(height)}"/>`;
  });
  return `<g><title>${inPage(`${label}: ${saying(values, series)}`)}</title>${marks.join('')}</g>`;
}

const saying = (values: readonly number[], series: readonly Series[]): string =>
  values.map((value, at) => `${value} ${series[at]?.label ?? ''}`).join(', ');

const ROW = 30;
const NAMES = 250;
/** A longer name is cut here; tooltip and table show it in full. */
const NAME_COLUMNS = 34;

/** Horizontal bars, one for each name, with the numbers at their ends. */
export function barChart(title: string, series: readonly Series[], rows: readonly Column[]): string {
  const most = Math.max(1, ...rows.map(({ values }) => sum(values)));
  const room = WIDTH - NAMES - 70;
  const bars = rows.map(({ label, values }, at) => {
    let x = NAMES;
    const marks = values.map((value, index) => {
      const width = (value / most) * room;
      const mark = `<rect class="${series[index]?.look ?? FIRST}" x="${round(x)}" y="${at * ROW + 6}" width="${round(width)}" height="${ROW - 12}"/>`;
      x += width;
      return value === 0 ? '' : mark;
    });
    const middle = at * ROW + ROW / 2 + 4;
    return (
      `<g><title>${inPage(`${label}: ${saying(values, series)}`)}</title>` +
      `<text class="name" x="${NAMES - 8}" y="${middle}" text-anchor="end">${inPage(fit(label, NAME_COLUMNS))}</text>${marks.join('')}` +
      `<text class="value" x="${round(x + 6)}" y="${middle}">${values.join(' + ')}</text></g>`
    );
  });
  return svg(title, Math.max(ROW, rows.length * ROW), bars.join(''));
}

const svg = (title: string, height: number, content: string): string =>
  `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${inPage(title)}">${content}</svg>`;

/** The pattern of the second series, in the colours of the style sheet. The page contains it once. */
export const PATTERNS =
  '<svg width="0" height="0" aria-hidden="true"><defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">' +
  '<rect class="second-ground" width="6" height="6"/><line class="second-line" x1="0" y1="0" x2="0" y2="6"/></pattern></defs></svg>';

export function legend(series: readonly Series[]): string {
  const keys = series.map(
    ({ label, look }) =>
      `<span class="key"><svg viewBox="0 0 14 14" width="14" height="14" aria-hidden="true"><rect class="${look}" width="14" height="14"/></svg> ${inPage(label)}</span>`,
  );
  return `<p class="legend">${keys.join(' ')}</p>`;
}
