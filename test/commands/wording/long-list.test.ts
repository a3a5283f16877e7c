/** A long list is one table and one document, however many pages it is read in. */
import { describe, expect, it } from 'vitest';
import type { Context } from '../../../src/commands/command.js';
import { longList } from '../../../src/commands/wording/long-list.js';
import { block } from '../../../src/commands/wording/results.js';
import { makeStyle } from '../../../src/terminal/style.js';

const name = (n: number) => `row-${String(n).padStart(4, '0')}`;

async function* pages(count: number, size: number) {
  for (let from = 0; from < count; from += size)
    yield Array.from({ length: Math.min(size, count - from) }, (_, at) => name(from + at));
}

/** What is written of so many rows, and the longest text that is written at once. */
async function written(
  count: number,
  options: { json?: boolean; quiet?: boolean },
  signal = new AbortController().signal,
  unread = () => false,
) {
  const texts: string[] = [];
  const context = {
    options: { plain: true, ...options },
    style: makeStyle({ isTTY: false, columns: 80, env: {}, noColor: true, plain: true }),
    write: async (text: string) => void texts.push(text),
    signal,
    unread,
    tongue: { language: 'en', read: () => ({}), now: () => 0 },
  } as unknown as Context;
  const { exit } = await longList(context, pages(count, 300), {
    name: 'rows',
    table: (rows: readonly string[]) =>
      block.table(
        ['name', 'length'],
        rows.map((row) => [row, String(row.length)]),
        'none',
      ),
    document: (row) => ({ row }),
  });
  return { exit, text: texts.join(''), longest: Math.max(...texts.map(({ length }) => length)) };
}

describe('a long list', () => {
  const all = Array.from({ length: 3_500 }, (_, n) => name(n));

  it('has one heading and every row in order', async () => {
    const { text, longest } = await written(3_500, {});
    const [heading, ...rows] = text.trimEnd().split('\n');
    expect(heading).toMatch(/^name\s+length$/);
    expect(rows).toEqual(all.map((row) => `${row}  8`));
    expect(longest).toBeLessThan(text.length / 2);
  });

  it('is one JSON document', async () => {
    expect(JSON.parse((await written(3_500, { json: true })).text)).toEqual({ rows: all.map((row) => ({ row })) });
    expect((await written(3_500, { json: true })).text).toMatch(/\]\}\n$/);
  });

  it('that is interrupted is one JSON document too, with the error in it', async () => {
    let looks = 0;
    const signal = {
      get aborted() {
        looks += 1;
        return looks > 6;
      },
    } as AbortSignal;
    const { exit, text } = await written(3_500, { json: true }, signal);
    const { rows, error } = JSON.parse(text);
    expect({ exit, rows: rows.length, error }).toEqual({
      exit: 130,
      rows: 1_200,
      error: { code: 'cancelled', message: 'the export was interrupted and is incomplete' },
    });
  });

  it('is read no further once nobody reads what is written', async () => {
    let looks = 0;
    const { text } = await written(1_000_000, {}, undefined, () => {
      looks += 1;
      return looks > 6;
    });
    expect([looks, text.split('\n').length]).toEqual([7, 1_802]);
  });

  it('without rows says so, or is an empty list', async () => {
    expect((await written(0, {})).text).toBe('none\n');
    expect((await written(0, { json: true })).text).toBe('{"rows":[]}\n');
  });

  it('is silent with --quiet', async () => {
    expect((await written(3_500, { quiet: true })).text).toBe('');
  });
});
