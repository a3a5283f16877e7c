/** A list that may be long, written as it is read, so that it does not fill the memory: a table, or under --json one document. */
import { exitOf, isRefusal, Refusal } from '../../errors.js';
import { printableJson } from '../../terminal/printable.js';
import { renderView, type View } from '../../terminal/render.js';
import type { Context, Result } from '../command.js';
import { errorDocument } from '../report-outcome.js';
import type { block } from './results.js';
import { worded } from './worded.js';
import { wordsOf } from './words.js';

export interface LongList<T> {
  /** Its name in the document. */
  readonly name: string;
  readonly table: (rows: readonly T[]) => ReturnType<typeof block.table>;
  readonly document: (row: T) => unknown;
  /** What stands above the table and below it, and beside the list in the document. */
  readonly above?: View;
  readonly below?: View;
  readonly beside?: Readonly<Record<string, unknown>>;
}

/** So many have the same widths; the next ones stand below them. */
const AT_ONCE = 1_000;

export async function longList<T>(
  context: Context,
  pages: AsyncIterable<readonly T[]>,
  { name, table, document, above = [], below = [], beside = {} }: LongList<T>,
): Promise<Result> {
  const { json, quiet } = context.options;
  const words = wordsOf(context);
  const show = (view: View) => renderView(view, context.style);
  let goesOn = false;
  const textOf = (rows: readonly T[]) => {
    if (!json) return quiet ? '' : show([...(goesOn ? [] : above), { ...table(rows), goesOn }]);
    return `${goesOn ? ',' : `{"${name}":[`}${rows.map((row) => printableJson(document(row))).join(',')}`;
  };
  let kept: T[] = [];
  try {
    for await (const page of pages) {
      if (context.signal.aborted) throw new Refusal('cancelled', words('audit.incomplete'));
      if (context.unread()) break;
      kept.push(...page);
      if (kept.length < AT_ONCE) continue;
      await context.write(textOf(kept));
      [kept, goesOn] = [[], true];
    }
  } catch (error) {
    // What has begun as one document ends as one.
    if (!json || !goesOn || !isRefusal(error)) throw error;
    await context.write(`],${printableJson(errorDocument(worded(error, 'desk', words))).slice(1)}\n`);
    return { view: [], document: null, streamed: true, exit: exitOf(error.code) };
  }
  if (kept.length > 0 || !goesOn) await context.write(textOf(kept));
  const rest = Object.entries(beside).map(([key, value]) => `,${printableJson(key)}:${printableJson(value)}`);
  if (json) await context.write(`]${rest.join('')}}\n`);
  else if (!quiet && below.length > 0) await context.write(show(below));
  return { view: [], document: null, streamed: true };
}
