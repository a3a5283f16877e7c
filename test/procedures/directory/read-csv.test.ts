import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../src/procedures/directory/read-csv.js';
import { bytesOf } from '../../support/directory-desk.js';
import { refusalOf as refusal } from '../../support/said.js';

const SHAPE = { required: ['a', 'b'], optional: ['c'], others: 'refuse' } as const;
const read = (text: string | Uint8Array) => readCsv(bytesOf(text), SHAPE);
const rowsOf = async (text: string | Uint8Array) =>
  (await read(text)).rows.map(({ line, values }) => [line, values.a, values.b]);

describe('a CSV file', () => {
  it.each([
    ['commas', 'a,b\n1,2\n'],
    ['semicolons', 'a;b\n1;2\n'],
    ['tabs', 'a\tb\n1\t2'],
    ['a BOM', '\ufeffa,b\n1,2\n'],
    ['CRLF', 'a,b\r\n1,2\r\n'],
    ['lone CR', 'a,b\r1,2\r'],
    ['quotes', '"a","b"\n"1","2"\n'],
    ['spaces around cells', 'a , b\n 1 ,2 \n'],
    ['empty cells at the end', 'a,b,,\n1,2,,\n'],
  ])('with %s is read', async (_what, text) => {
    expect(await rowsOf(text)).toEqual([[2, '1', '2']]);
  });

  it('is counted by lines as an editor shows them: blank ones, rows of separators, cells of several lines', async () => {
    expect(await rowsOf('\r\na;b\r\n\r\n1;"x\r\ny"\r\n;\r\n3;4\r\n')).toEqual([
      [4, '1', 'x\ny'],
      [7, '3', '4'],
    ]);
  });

  it('holds quotes, separators and accents inside cells', async () => {
    expect(await rowsOf('a,b\n"say ""hi"", now",Taquería\n')).toEqual([[2, 'say "hi", now', 'Taquería']]);
  });

  it('lists every row that does not fit the header', async () => {
    const { rows, problems } = await read('a,b\n1\n2,2\n3,3,3\n');
    expect(rows).toHaveLength(1);
    expect(problems.map(({ line }) => line)).toEqual([2, 4]);
  });

  it.each([
    ['UTF-16', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'), 1],
    ['a NUL', 'a,b\n1,2\n3,\u00004\n', 3],
    ['Latin-1', Buffer.concat([Buffer.from('a,b\n1,2\n3,Taquer'), Buffer.from([0xed]), Buffer.from('a\n')]), 3],
    ['half a character pair', Buffer.concat([Buffer.from('a,b\n1,'), Buffer.from([0xed, 0xa0, 0x80])]), 2],
    ['a quote that never closes', 'a,b\n1,2\n"3,4\n', 3],
    ['text after a quote', 'a,b\n"1"x,2\n', 2],
    ['a quote in the middle', 'a,b\n1,2\n3,x"y\n', 3],
  ])('with %s is refused with its line', async (_what, text, line) => {
    const { code, problems } = await refusal(read(text));
    expect(code).toBe('invalid-input');
    expect(problems[0]?.line).toBe(line);
  });

  it.each([
    ['nothing', ''],
    ['blank lines', '\n\n  \n'],
    ['only a BOM', '\ufeff'],
  ])('with %s is refused', async (_what, text) => {
    expect((await refusal(read(text))).code).toBe('invalid-input');
  });

  it('that is too large is refused while it is read, by bytes and by rows', async () => {
    async function* endless() {
      for (;;) yield Buffer.alloc(1_000, 'a');
    }
    expect((await refusal(readCsv(endless(), SHAPE, { bytes: 10_000, rows: 5 }))).message).toMatch(/larger/);
    expect(
      (await refusal(readCsv(bytesOf(`a,b\n${'1,2\n'.repeat(6)}`), SHAPE, { bytes: 10_000, rows: 5 }))).message,
    ).toMatch(/more than 5 rows/);
    expect((await readCsv(bytesOf(`a,b\n${'1,2\n'.repeat(5)}`), SHAPE, { bytes: 10_000, rows: 5 })).rows).toHaveLength(
      5,
    );
  });

  it('of any bytes ends as a table or as a Refusal, and __proto__ is a word', async () => {
    const piece = fc.oneof(
      fc.constantFrom('a', 'b', ',', ';', '\t', '"', '""', '\n', '\r\n', '\ufeff', '__proto__', '\u0000'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
        const outcome = await read(`a,b\n${pieces.join('')}`).catch((error: unknown) => error);
        expect(outcome instanceof Error ? outcome.name : 'table').toMatch(/^(Refusal|table)$/);
      }),
    );
    expect(Object.hasOwn(Object.prototype, 'a')).toBe(false);
  });
});
