/**
 * Draws a question of the live screen on the terminal, in one of two ways. The rest of the screen does not know which:
 *
 * The frame draws the whole picture on the alternate screen (frame-layout.ts) and writes only the lines that changed.
 *
 * Plain lines (--plain, TERM=dumb; for screen readers and logs) print each picture once, from top to bottom, and then what is typed.
 * They move the cursor only to remove a letter.
 */
import { layOut, type Picture } from './frame-layout.js';
import type { LiveTerminal } from './live-contract.js';
import { printable, width } from './printable.js';
import { renderView } from './render.js';

/** What is missing does nothing. */
export interface Painter {
  open(picture: Picture): void;
  update(picture: Picture, line: string): void;
  announce(picture: Picture, line: string): void;
  /** True if the key scrolled and so means nothing else. */
  scroll?(picture: Picture, key: string): boolean;
  /** The question was answered. */
  leave?(): void;
  /** The screen may have changed, so the next picture is drawn completely. */
  forget?(): void;
  /** Gives the shell its screen back before Ctrl-Z stops the process. */
  suspend?(): void;
  /** The process continues after Ctrl-Z. */
  resume(): void;
  wipe(): void;
  close?(): void;
}

type Screen = Pick<LiveTerminal, 'output' | 'style' | 'clears'>;

const ESC = '\u001b';
const ALTERNATE = `${ESC}[?1049h`;
const ORIGINAL = `${ESC}[?1049l`;
const SHOW_CURSOR = `${ESC}[?25h`;
const HIDE_CURSOR = `${ESC}[?25l`;
const LEAVE = `${ESC}[2J${ESC}[H${SHOW_CURSOR}${ORIGINAL}`;
/** Screen, then scrollback (xterm's ED 3), then home. */
const CLEAR_ALL = `${ESC}[2J${ESC}[3J${ESC}[H`;

/** A terminal that does not know its size reports 0. */
const sizeOf = ({ columns, rows }: NodeJS.WriteStream) => ({ columns: columns || 80, rows: rows || 24 });

/** Writes the lines that changed, clears old lines below, and sets the cursor. */
function bytesOf({ lines, row, column }: ReturnType<typeof layOut>, shown: readonly string[], rows: number): string {
  let bytes = HIDE_CURSOR;
  lines.forEach((text, at) => {
    if (shown[at] !== text) bytes += `${ESC}[${at + 1};1H${text}${ESC}[K`;
  });
  if (shown.length !== lines.length && lines.length < rows) bytes += `${ESC}[${lines.length + 1};1H${ESC}[J`;
  return `${bytes}${ESC}[${row};${column}H`;
}

export function framePainter({ output, style }: Screen): Painter {
  let shown: readonly string[] = [];
  let entered = false;
  /** Number of lines scrolled; undefined until a key scrolls. */
  let wanted: number | undefined;
  let at = { offset: 0, overflow: 0 };

  const enter = () => {
    if (!entered) output.write(`${ALTERNATE}${ESC}[2J${ESC}[H`);
    entered = true;
  };
  const draw = (picture: Picture, line: string): void => {
    const { columns, rows } = sizeOf(output);
    enter();
    const frame = layOut(picture, line, { ...style, columns }, rows, wanted);
    at = frame;
    const bytes = bytesOf(frame, shown, rows);
    output.write(picture.box ? bytes + SHOW_CURSOR : bytes);
    shown = frame.lines;
  };
  const leave = () => {
    if (entered) output.write(LEAVE);
    entered = false;
    shown = [];
  };
  return {
    open(picture) {
      wanted = undefined;
      draw(picture, '');
    },
    update: draw,
    announce: draw,
    scroll(picture, key) {
      const page = Math.max(1, sizeOf(output).rows - 8);
      if (key !== 'pagedown' && key !== 'pageup') return false;
      wanted = Math.max(0, Math.min(at.overflow, at.offset + (key === 'pagedown' ? page : -page)));
      draw(picture, '');
      return true;
    },
    forget: () => {
      shown = [];
      if (entered) output.write(`${ESC}[2J`);
    },
    suspend: leave,
    resume: enter,
    wipe: () => {
      shown = [];
      if (entered) output.write(CLEAR_ALL);
    },
    close: leave,
  };
}

/** Lines of the last picture are not read out again, even if the clock in them has moved. */
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
      const view = renderView(picture.view(), { ...style, plain: true })
        .trimEnd()
        .split('\n');
      const news = view.filter((text) => text !== '' && !before.has(withoutClock(text)));
      before = new Set(view.map(withoutClock));
      const keys = picture.keys.length === 0 ? [] : [`(${picture.keys.map(style.said).join(' · ')})`];
      output.write(['', ...news, ...body(picture), ...keys, ''].join('\n'));
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
      output.write(['', ...body(picture), ''].join('\n'));
      ask(picture, line);
    },
    leave: () => {
      output.write('\n');
    },
    resume: () => {
      before = new Set();
    },
    wipe: () => {
      before = new Set();
      if (clears) output.write(`${ESC}[2J${ESC}[H`);
    },
  };
}
