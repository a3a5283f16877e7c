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

  it.each([
    ['bare', '="a",="b"\n="007",="+49 30"\n', [[2, '007', '+49 30']]],
    [
      'with blanks around it',
      'a; b\n1; ="007" \n="2" ;3',
      [
        [2, '1', '007'],
        [3, '2', '3'],
      ],
    ],
    ['with a separator inside', 'a;b\n="1;2";3', [[2, '1;2', '3']]],
    [
      'quoted, over lines',
      'a,b\n"=""007""","x\ny"\n1,="2"\n',
      [
        [2, '007', 'x\ny'],
        [4, '1', '2'],
      ],
    ],
    ['in words inside a quoted cell', 'a,b\n"x,="",y",="2"\n', [[2, 'x,=",y', '2']]],
    ['in words over lines', 'a,b\n"x\n=""1"",y",2\n', [[2, 'x\n="1",y', '2']]],
  ] as const)(
    'reads cells by which programs keep a spreadsheet from changing digits: %s',
    async (_what, text, rows) => {
      expect(await rowsOf(text)).toEqual(rows);
      // However the text comes in pieces.
      const pieces = async function* () {
        for (const one of text) yield Buffer.from(one);
      };
      const whole = (await readCsv(pieces(), SHAPE)).rows.map(({ line, values }) => [line, values.a, values.b]);
      expect(whole).toEqual(rows);
    },
  );

  it('fills rows that are short, and lists those that hold more than the header', async () => {
    const { rows, problems } = await read('a,b\n1\n2,2\n3,3,3\n4,4,,\n');
    expect(rows.map(({ values }) => [values.a, values.b])).toEqual([
      ['1', ''],
      ['2', '2'],
      ['4', '4'],
    ]);
    expect(problems.map(({ line }) => line)).toEqual([4]);
  });

  it.each([
    ['UTF-16 without a mark', Buffer.from('a,b\n1,2\n', 'utf16le'), 1],
    ['a NUL', 'a,b\n1,2\n3,\u00004\n', 3],
    ['Latin-1', Buffer.concat([Buffer.from('a,b\n1,2\n3,Taquer'), Buffer.from([0xed]), Buffer.from('a\n')]), 3],
    ['half a character pair', Buffer.concat([Buffer.from('a,b\n1,'), Buffer.from([0xed, 0xa0, 0x80])]), 2],
    ['a quote that never closes', 'a,b\n1,2\n"3,4\n', 3],
    ['a quote that takes in the rest of the file', 'List\na,b\n1,"2\n2"\n3,"4\n5,6\n7,8\n', 5],
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

  it.each([
    ['a separator by name', 'sep=;\r\na;b\r\n1;2\r\n', 3, [1]],
    ['a type and a comment', '#TYPE X.Y\n# by Anna\n"a","b"\n"1","2"\n', 4, [1, 2]],
    ['a title with quotes and separators', 'The 5" list, of "Anna", today\n\na\tb\n1\t2\n', 4, [1]],
    ['names and values above', 'Company;Adler\nDay;2026-01-02\n\n;;;;\na;c;b\n1;;2\n', 6, [1, 2]],
    ['a total in words', 'a,b\n1,2\nTotal: 1 row\n', 2, [3]],
    ['a total in brackets after an empty line', 'a,b\n1,2\n\n(1 row)\n', 2, [4]],
    ['totals with numbers', 'a;b;c\n1;2;3\n\nSumme;;1\n;;\nStand: heute\n', 2, [4, 6]],
    ['lines that are drawn', '| a | b |\n|---|---|\n| 1 | 2 |\n', 3, [2]],
    ['the header once more', 'a,b\n1,2\n\ufeffA,B\n', 2, [3]],
  ])('with %s is read, and each line passed over is named', async (_what, text, line, noted) => {
    const { rows, problems, notes } = await read(text);
    expect(rows.map((row) => [row.line, row.values.a, row.values.b])).toEqual([[line, '1', '2']]);
    expect(problems).toEqual([]);
    expect(notes.map((note) => note.line)).toEqual(noted);
  });

  it.each([
    ['a row that was cut off', 'a,b\n100,x\n200,y\n30', [2, 3, 4], []],
    ['a row with a gap before it', 'a,b\n100,x\n\n200,\n', [2, 4], []],
    ['a name that was cut off among names', 'a,b\nAnna Berg,x\nBea C', [2, 3], []],
    ['a total in the middle', 'a,b\n100,x\nTotal: 1\n200,y\n', [2, 3, 4], []],
    ['a header that was sorted among its rows', '100,x\n200,y\na,b\n300,z\n', [4], [1, 2]],
    ['a header that was sorted under its rows', '100,x\n200,y\na,b\n', [], [1, 2]],
    ['one row alone', 'a,b\n100\n', [2], []],
    ['words where others have words', 'a,b\nacme,x\n\nTotal,1\n', [2, 4], []],
  ])('with %s loses no row', async (_what, text, rows, problems) => {
    const table = await read(text);
    expect(table.rows.map(({ line }) => line)).toEqual(rows);
    expect(table.problems.map(({ line }) => line)).toEqual(problems);
    expect(table.notes).toEqual([]);
  });

  it.each([
    ['UTF-16 with a mark', Buffer.from('\ufeffa,b\n1,ö€\n', 'utf16le'), undefined],
    ['UTF-16 of the other order', Buffer.from('\ufeffa,b\n1,ö€\n', 'utf16le').swap16(), undefined],
    ['UTF-16 by name', Buffer.from('a,b\n1,ö€\n', 'utf16le'), 'utf-16le'],
    ['windows-1252 by name', Buffer.concat([Buffer.from('a,b\n1,'), Buffer.from([0xf6, 0x80])]), 'windows-1252'],
    ['windows-1254 by name', Buffer.concat([Buffer.from('a,b\n1,'), Buffer.from([0xf6, 0x80])]), 'windows-1254'],
    ['macintosh by name', Buffer.concat([Buffer.from('a,b\r1,'), Buffer.from([0x9a, 0xdb])]), 'macintosh'],
  ])('in %s is read, also byte by byte', async (_what, bytes, encoding) => {
    async function* singly() {
      for (const byte of bytes) yield Uint8Array.of(byte);
    }
    for (const chunks of [bytesOf(bytes), singly()])
      expect((await readCsv(chunks, SHAPE, undefined, encoding)).rows[0]?.values.b).toBe('ö€');
  });

  it.each([
    ['.xlsx', [0x50, 0x4b, 0x03, 0x04, 0x14]],
    ['.xls', [0xd0, 0xcf, 0x11, 0xe0, 0xa1]],
  ])('that is a workbook (%s) is refused by what it holds, with the way to save it', async (_name, bytes) => {
    const { message, hint } = await refusal(read(Uint8Array.from(bytes)));
    expect(`${message} ${hint}`).toMatch(/workbook.*CSV UTF-8/);
  });

  it('that is not UTF-8 names the line and the option, wherever the pieces end', async () => {
    const bytes = Buffer.concat([Buffer.from('a,b\n1,ö\n2,ö\n3,'), Buffer.from([0xf6]), Buffer.from('\n')]);
    for (let at = 1; at < bytes.length; at += 1) {
      async function* two() {
        yield bytes.subarray(0, at);
        yield bytes.subarray(at);
      }
      const { problems } = await refusal(readCsv(two(), SHAPE));
      expect(problems[0]).toEqual({
        line: 4,
        message:
          'is no UTF-8 text; if a spreadsheet or Windows wrote it, add: --encoding windows-1252 (Central Europe: windows-1250, Turkey: windows-1254, Japan: shift_jis, or utf-16le)',
      });
      const named = await refusal(readCsv(two(), SHAPE, undefined, 'shift_jis'));
      expect(named.problems[0]).toEqual({ line: 4, message: 'is no shift_jis text' });
    }
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
