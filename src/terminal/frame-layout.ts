/**
 * Lays out one question of a live call in the lines of a window. The title and the question always stay, and the sentence to say is
 * visible. In a low window empty lines are left out first; PgUp and PgDn reach what still does not fit.
 */
import { fit, printable, width } from './printable.js';
import { type Block, renderView, type View } from './render.js';
import type { Style } from './style.js';

/** How a question looks. */
export interface Picture {
  readonly view: () => View;
  /** The text before the box, or the only text if there is no box. */
  readonly prompt: string;
  /** Whether text is typed into it. */
  readonly box: boolean;
  /** Rows that are kept for the body, because it changes with each letter. */
  readonly list?: number;
  /** `F2 spell`, `Esc back`. */
  readonly keys: readonly string[];
  /** Lines below the box, or between the view and a question without one, ready to print; `room` is Infinity in plain output. */
  body(room: number, style: Style): readonly string[];
  /** What is shown of the line typed so far. */
  typed(line: string): string;
}

/**
 * Scrolls by `wanted` lines; if undefined, by as few lines as show the sentence to say. `row`, `column`: of the cursor, from 1; `overflow`:
 * lines of the view that are not visible, above and below together, of which `offset` are above.
 */
export function layOut(picture: Picture, line: string, style: Style, rows: number, wanted: number | undefined) {
  const { columns } = style;
  const keys = packed(picture.keys.map(style.said), columns).map(style.keys);
  const body = picture.body(columns, style).slice(0, Math.max(1, rows - 2 - keys.length));
  const asked = promptLine(picture, line, style, columns);
  // Neither the box nor the keys move while somebody types, except in a window too low for that (E35). No alert gives way to empty rows.
  const spare = rows - 1 - keys.length - viewLines(picture.view(), style, 0).length;
  const kept = Math.max(body.length, rows < 20 ? 0 : Math.min(picture.list ?? 0, spare));
  const fixed = 1 + kept + 1 + keys.length;
  const [title = '', ...rest] = viewLines(picture.view(), style, rows - fixed + 1);
  const gaps = rows - fixed - rest.length;
  const space = gaps >= 0 ? rest.length : Math.max(0, rows - fixed - 1);
  const overflow = rest.length - space;
  const offset = Math.min(wanted ?? Math.max(0, sayEnd(picture.view(), style) - space), overflow);
  const seen =
    overflow === 0 ? rest : [...rest.slice(offset, offset + space), more(offset, overflow, picture.view(), style)];
  const gap = (many: number) => (gaps >= many ? [''] : []);
  const list = [...body, ...Array.from({ length: kept - body.length }, () => '')];
  const above = [title, ...seen, ...gap(1), ...(picture.box || list.length === 0 ? [] : [...list, ...gap(2)])];
  const lines = [...above, asked.text, ...(picture.box ? list : []), ...gap(3), ...keys];
  return { lines: lines.slice(0, rows), row: Math.min(rows, above.length + 1), column: asked.column, overflow, offset };
}

/** The view with its title on one line, and without empty lines if there is not enough room. */
function viewLines(view: View, style: Style, room: number): readonly string[] {
  const lines = textLines(view, style);
  return lines.length <= room ? lines : lines.filter((text) => text !== '');
}

function textLines(view: View, style: Style): readonly string[] {
  const blocks = view.map((block) => (block.kind === 'title' ? oneLine(block, style.columns) : block));
  return renderView(blocks, style).trimEnd().split('\n');
}

function oneLine(title: Block & { readonly kind: 'title' }, columns: number): Block {
  const room = columns - width(printable(title.aside ?? '')) - 2;
  return { ...title, text: fit(printable(title.text), Math.max(8, room)) };
}

/** Lines from the title to the end of the last sentence to say, without empty ones; 0 if there is no such sentence. */
function sayEnd(view: View, style: Style): number {
  const upTo = view.slice(0, view.findLastIndex(({ kind }) => kind === 'say') + 1);
  return upTo.length === 0 ? 0 : textLines(upTo, style).filter((text) => text !== '').length - 1;
}

/** As many keys on each line as fit; no key is broken over two lines. */
function packed(keys: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const key of keys) {
    const longer = `${lines.at(-1) ?? ''} · ${key}`;
    if (lines.length > 0 && width(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(key);
  }
  return lines;
}

/** Says where the rest is: above or below. It mentions an alert that is not visible. */
function more(offset: number, overflow: number, view: View, style: Style): string {
  if (offset > 0 && view.some(({ kind }) => kind === 'alerts'))
    return style.warn(style.said('… Alert above: PgUp shows it'));
  if (offset === 0) return style.keys(style.said('… PgDn shows more'));
  return style.keys(style.said(offset >= overflow ? '… PgUp shows the beginning' : '… PgUp and PgDn show more'));
}

/** The question and the end of what was typed, because people look at the end. */
function promptLine(picture: Picture, line: string, style: Style, columns: number): { text: string; column: number } {
  const prompt = fit(printable(picture.prompt), columns - 4);
  const mark = `${style.accent('?')} ${style.strong(prompt)}`;
  if (!picture.box) return { text: mark, column: 1 };
  const room = Math.max(4, columns - width(prompt) - 5);
  const typed = endOf(printable(picture.typed(line)), room);
  return { text: `${mark} ${typed}`, column: width(prompt) + width(typed) + 4 };
}

function endOf(text: string, room: number): string {
  if (width(text) <= room) return text;
  const characters = [...text];
  while (width(characters.join('')) > room - 1) characters.shift();
  return `…${characters.join('')}`;
}
