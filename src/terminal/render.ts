/**
 * The rules of the terminal, and the only place that turns values into lines.
 *
 * What may appear where
 *   stdout   the result, and nothing else: a view made here, or with --json one document.
 *   stderr   everything else: prompts, progress, notices, errors.
 *
 * How lines begin
 *   countersign:        an error: one sentence, then its problems as a list, then `Next:`.
 *   VERIFIED, REFUSED … a verdict in capitals, alone on its line.
 *   Say:                the sentence to read to the caller, in quotes, with an empty line before and after.
 *   Do not read aloud:  information for the operator only.
 *   Alert:              information to read before asking for the phrase.
 *   Next:               what to do or type now.
 *   ?                   a question that waits for an answer (prompts.ts).
 *
 * Every value passes through `printable` here, at the last step: views give stored text as it is, and no value can start a
 * new line or move the cursor (T12). Colour repeats what words already say. A terminal of 80 columns is always enough.
 * In plain output (a pipe, --plain) nothing is cut, wrapped or ruled, so a script sees whole values.
 *
 * Exceptions: a QR code (qr.ts) is made of colours, and the progress line (progress.ts) is erased again, so both write their own lines.
 */
import type { Problem, Refusal } from '../errors.js';
import { printable, width, wrap } from './printable.js';
import type { Style } from './style.js';
import { type Table, tableLines } from './table.js';

export type Tone = 'good' | 'bad' | 'warn';

export type Block =
  | { readonly kind: 'title'; readonly text: string; readonly aside?: string | undefined }
  | { readonly kind: 'verdict'; readonly verdict: string; readonly tone: Tone }
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'private'; readonly text: string }
  | { readonly kind: 'next'; readonly lines: readonly string[] }
  | { readonly kind: 'fields'; readonly rows: readonly (readonly [label: string, value: string])[] }
  | ({ readonly kind: 'table' } & Table)
  /** What the operator should know before continuing. */
  | { readonly kind: 'alerts'; readonly lines: readonly string[] }
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'note'; readonly text: string }
  /** Lines made in this folder (a QR code), printed as they are. Never stored text. */
  | { readonly kind: 'picture'; readonly lines: readonly string[] }
  | { readonly kind: 'blank' };

export type View = readonly Block[];

/** A file with 5,000 wrong rows usually has the same few mistakes; twenty rows show which. */
export const PROBLEMS_SHOWN = 20;

/** The whole text of a view, ended by a newline; the empty text for an empty view. */
export function renderView(view: View, style: Style): string {
  const layout = unbroken(style);
  const lines: string[] = [];
  for (const block of view) {
    if (block.kind === 'say') leaveBlank(lines);
    // A table may have more rows than a call may have arguments.
    for (const line of blockLines(block, layout)) lines.push(line);
    if (block.kind === 'say') leaveBlank(lines);
  }
  while (lines.at(-1) === '') lines.pop();
  return lines.map((line) => `${line}\n`).join('');
}

/** An error for stderr: `countersign: ` and the message, its problems as a list, and the next step. */
export function renderError(error: Pick<Refusal, 'message' | 'hint' | 'problems'>, style: Style): string {
  const { columns } = unbroken(style);
  const [first = '', ...rest] = wrap(`countersign: ${printable(error.message)}`, columns);
  const lines = [first.replace('countersign:', style.bad('countersign:')), ...rest];
  const { problems } = error;
  for (const problem of problems.slice(0, PROBLEMS_SHOWN)) {
    lines.push(...hanging('  ', problemText(problem, style), columns, 4));
  }
  if (problems.length > PROBLEMS_SHOWN)
    lines.push(style.said('  and {count} more').replace('{count}', String(problems.length - PROBLEMS_SHOWN)));
  if (error.hint !== undefined) lines.push(...labelled(style.said('Next:'), error.hint, columns, style.strong));
  return lines.map((line) => `${line}\n`).join('');
}

/** In plain output lines are as long as they come. */
const unbroken = (style: Style): Style => (style.plain ? { ...style, columns: Number.POSITIVE_INFINITY } : style);

function blockLines(block: Block, style: Style): string[] {
  const { columns } = style;
  switch (block.kind) {
    case 'title':
      return titleLines(block.text, block.aside, style);
    case 'verdict':
      return [style.strong(style[block.tone](printable(block.verdict)))];
    case 'say':
      return labelled(
        style.said('Say:'),
        style.said('"{text}"').replace('{text}', () => block.text),
        columns,
        style.accent,
      );
    case 'private':
      return labelled(style.said('Do not read aloud:'), block.text, columns, style.warn);
    case 'alerts':
      return block.lines.flatMap((line) => labelled(style.said('Alert:'), line, columns, style.warn));
    case 'next':
      // Never wrapped: if a command is copied in two pieces, its first half would run.
      return block.lines.length === 0
        ? []
        : [style.strong(style.said('Next:')), ...block.lines.map((line) => `  ${printable(line)}`)];
    case 'fields':
      return fieldLines(block.rows, style);
    case 'table':
      return tableLines(block, style);
    case 'lines':
      return block.lines.flatMap((line) => listed(printable(line), columns));
    case 'note':
      return wrap(printable(block.text), columns).map(style.faint);
    case 'picture':
      return [...block.lines];
    case 'blank':
      return [''];
  }
}

function titleLines(text: string, aside: string | undefined, { strong, plain, columns }: Style): string[] {
  const title = printable(text);
  if (aside === undefined) return wrap(title, columns).map(strong);
  const besides = printable(aside);
  if (plain) return [`${strong(title)}  ${besides}`];
  const gap = columns - width(title) - width(besides);
  if (gap < 2) return [...wrap(title, columns).map(strong), ...wrap(besides, columns)];
  return [strong(title) + ' '.repeat(gap) + besides];
}

/** Labels in one column, values in the next; a long value continues under its beginning. */
function fieldLines(rows: readonly (readonly [string, string])[], { faint, columns }: Style): string[] {
  const labels = rows.map(([label]) => `${printable(label)}:`);
  const indent = Math.max(0, ...labels.map(width)) + 2;
  return rows.flatMap(([, value], at) => {
    const label = labels[at] ?? '';
    const lead = faint(label) + ' '.repeat(indent - width(label));
    const [first = '', ...rest] = hanging(lead, printable(value), columns, indent);
    return [first.trimEnd(), ...rest];
  });
}

/** A text after its lead, wrapped; its other lines begin after so many spaces. */
function hanging(lead: string, text: string, columns: number, indent: number): string[] {
  const [first = '', ...rest] = wrap(text, columns - indent);
  return [lead + first, ...rest.map((line) => ' '.repeat(indent) + line)];
}

/** A line, wrapped; in a numbered line (`  1. …`) the rest is indented under the text. */
function listed(text: string, columns: number): string[] {
  const mark = /^ *\d+\. /.exec(text)?.[0] ?? '';
  return hanging(mark, text.slice(mark.length), columns, mark.length);
}

/** `label text`, wrapped under the beginning of the text; in a narrow window under a long label, so that words have room. */
function labelled(label: string, text: string, columns: number, paint: (label: string) => string): string[] {
  const margin = label.length * 4 < columns ? label.length + 1 : 4;
  const lead = margin > label.length ? '' : `${'x'.repeat(label.length - margin)} `;
  const [first = '', ...rest] = wrap(lead + printable(text), columns - margin);
  return [`${paint(label)} ${first.slice(lead.length)}`, ...rest.map((line) => ' '.repeat(margin) + line)];
}

/** `line 12, column email: not an address` */
function problemText({ line, column, message }: Problem, { said }: Style): string {
  const place = [line && `${said('line')} ${line}`, column && `${said('column')} ${column}`].filter(Boolean).join(', ');
  const text = place === '' ? message : `${place}: ${message}`;
  // It may hold a whole cell, and a file has cells of any length.
  return printable(text.length > 600 ? `${text.slice(0, 300)} … ${text.slice(-200)}` : text);
}

function leaveBlank(lines: string[]): void {
  if (lines.length > 0 && lines.at(-1) !== '') lines.push('');
}
