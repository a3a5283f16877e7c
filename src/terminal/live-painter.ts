/**
 * How a question of the live screen gets onto the terminal. Two ways, and nothing else of the screen knows which:
 *
 * The frame: the whole picture on the alternate screen, of which only lines that changed are written. Its first line and
 * its question always stand; what does not fit between them is reached with PgUp and PgDn.
 *
 * Plain lines (--plain, TERM=dumb; for screen readers and logs): each picture once, from top to bottom, and what is typed behind it.
 * The cursor is never moved but to take a letter back.
 */
import { fit, printable, width, wrap } from './printable.js';
import { renderView, type View } from './render.js';
import type { Style } from './style.js';

/** A question as it looks. */
export interface Picture {
  readonly view: () => View;
  /** What stands before the box, or alone where there is none. */
  readonly prompt: string;
  /** Whether text is typed into it. */
  readonly box: boolean;
  /** `F2 spell`, `Esc back`. */
  readonly keys: readonly string[];
  /** Lines between the view and the question, as they are to be printed; `room` is Infinity in plain output. */
  body(room: number, style: Style): readonly string[];
  /** What is shown of the line typed so far. */
  typed(line: string): string;
}

export interface Painter {
  open(picture: Picture): void;
  update(picture: Picture, line: string): void;
  announce(picture: Picture, line: string): void;
  /** True where the key scrolled and means nothing else. */
  scroll(picture: Picture, key: string): boolean;
  /** The question was answered. */
  leave(): void;
  /** Everything on the screen may be gone: the next picture is drawn whole. */
  forget(): void;
  /** Before Ctrl-Z stops the process: the shell gets its own screen back. */
  suspend(): void;
  /** Back from it. */
  resume(): void;
  wipe(): void;
  close(): void;
}

interface Screen {
  readonly output: NodeJS.WriteStream;
  readonly style: Style;
  readonly clears: boolean;
}

const ESC = '\u001b';
const ALTERNATE = `${ESC}[?1049h`;
const ORIGINAL = `${ESC}[?1049l`;
const SHOW_CURSOR = `${ESC}[?25h`;
const HIDE_CURSOR = `${ESC}[?25l`;
const LEAVE = `${ESC}[2J${ESC}[H${SHOW_CURSOR}${ORIGINAL}`;
/** Screen, then scrollback (xterm's ED 3), then home. */
const CLEAR_ALL = `${ESC}[2J${ESC}[3J${ESC}[H`;

export function framePainter({ output, style }: Screen): Painter {
  let shown: readonly string[] = [];
  let entered = false;
  let offset = 0;
  let overflow = 0;

  const enter = () => {
    if (!entered) output.write(`${ALTERNATE}${ESC}[2J${ESC}[H`);
    entered = true;
  };
  const draw = (picture: Picture, line: string): void => {
    enter();
    const frame = layOut(picture, line, { ...style, columns: output.columns }, output.rows, offset);
    overflow = frame.overflow;
    offset = frame.offset;
    let bytes = HIDE_CURSOR;
    frame.lines.forEach((text, at) => {
      if (shown[at] !== text) bytes += `${ESC}[${at + 1};1H${text}${ESC}[K`;
    });
    if (shown.length !== frame.lines.length && frame.lines.length < output.rows)
      bytes += `${ESC}[${frame.lines.length + 1};1H${ESC}[J`;
    bytes += `${ESC}[${frame.row};${frame.column}H`;
    output.write(picture.box ? bytes + SHOW_CURSOR : bytes);
    shown = frame.lines;
  };
  return {
    open(picture) {
      offset = 0;
      draw(picture, '');
    },
    update: draw,
    announce: draw,
    scroll(picture, key) {
      const page = Math.max(1, output.rows - 8);
      if (key !== 'pagedown' && key !== 'pageup') return false;
      offset = Math.max(0, Math.min(overflow, offset + (key === 'pagedown' ? page : -page)));
      draw(picture, '');
      return true;
    },
    leave: () => undefined,
    forget: () => {
      shown = [];
      if (entered) output.write(`${ESC}[2J`);
    },
    suspend: () => {
      if (entered) output.write(LEAVE);
      entered = false;
      shown = [];
    },
    resume: enter,
    wipe: () => {
      shown = [];
      if (entered) output.write(CLEAR_ALL);
    },
    close: () => {
      if (entered) output.write(LEAVE);
      entered = false;
    },
  };
}

interface Frame {
  readonly lines: readonly string[];
  /** Where the cursor stands, from 1. */
  readonly row: number;
  readonly column: number;
  /** Lines of the view that are out of sight below, at most. */
  readonly overflow: number;
  readonly offset: number;
}

function layOut(picture: Picture, line: string, style: Style, rows: number, wanted: number): Frame {
  const columns = style.columns;
  const [title = '', ...rest] = renderView(picture.view(), style, { plain: false }).trimEnd().split('\n');
  const body = picture.body(columns, style);
  const asked = promptLine(picture, line, style, columns);
  const keys = wrap(picture.keys.join(' · '), columns)
    .filter((text) => text !== '')
    .map(style.faint);
  const fixed = 1 + body.length + 1 + keys.length;
  const gaps = rows - fixed - rest.length;
  const space = Math.max(1, rows - fixed - 1);
  const overflow = Math.max(0, rest.length - space);
  const offset = Math.min(wanted, overflow);
  const seen = overflow === 0 ? rest : [...rest.slice(offset, offset + space), style.faint(more(offset, overflow))];
  const gap = (many: number) => (gaps >= many ? [''] : []);
  const above = [title, ...seen, ...(body.length === 0 ? [] : gap(1)), ...body, ...gap(body.length === 0 ? 1 : 2)];
  const lines = [...above, asked.text, ...gap(3), ...keys];
  return { lines: lines.slice(0, rows), row: Math.min(rows, above.length + 1), column: asked.column, overflow, offset };
}

const more = (offset: number, overflow: number): string =>
  offset === 0 ? '… PgDn shows more' : offset >= overflow ? '… PgUp shows the beginning' : '… PgUp and PgDn show more';

/** The question and the end of what was typed: the end is what one looks at. */
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

/** What stood in the picture before is not read out again, and a clock that went on is no news. */
const withoutClock = (line: string): string => line.replace(/\d+(:\d\d)+$/, '');

export function plainPainter({ output, style, clears }: Screen): Painter {
  let before: ReadonlySet<string> = new Set();
  let echoed = '';

  const ask = (picture: Picture, line: string): void => {
    echoed = printable(picture.typed(line));
    output.write(`? ${printable(picture.prompt)} ${echoed}`);
  };
  const body = (picture: Picture) => picture.body(Number.POSITIVE_INFINITY, style);
  return {
    open(picture) {
      const view = renderView(picture.view(), style, { plain: true }).trimEnd().split('\n');
      const news = view.filter((text) => text !== '' && !before.has(withoutClock(text)));
      before = new Set(view.map(withoutClock));
      const keys = picture.keys.length === 0 ? [] : [`(${picture.keys.join(' · ')})`];
      output.write(`\n${[...news, ...body(picture), ...keys].map((text) => `${text}\n`).join('')}`);
      ask(picture, '');
    },
    update(picture, line) {
      const now = printable(picture.typed(line));
      if (now.startsWith(echoed)) output.write(now.slice(echoed.length));
      else if (echoed.startsWith(now)) output.write('\b \b'.repeat(width(echoed) - width(now)));
      else output.write(`\n? ${printable(picture.prompt)} ${now}`);
      echoed = now;
    },
    announce(picture, line) {
      output.write(
        `\n${body(picture)
          .map((text) => `${text}\n`)
          .join('')}`,
      );
      ask(picture, line);
    },
    scroll: () => false,
    leave: () => {
      output.write('\n');
    },
    forget: () => undefined,
    suspend: () => undefined,
    resume: () => {
      before = new Set();
    },
    wipe: () => {
      before = new Set();
      if (clears) output.write(CLEAR_ALL);
    },
    close: () => undefined,
  };
}
