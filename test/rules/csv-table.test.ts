import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findHeader } from '../../src/rules/csv-extent.js';
import { guardCell, placeColumns, unguardCell } from '../../src/rules/csv-table.js';

const SHAPE = { required: ['number', 'name'], optional: ['sso'], others: 'refuse' } as const;

describe('a table as spreadsheets write it', () => {
  it.each([
    ['number,name,sso', ','],
    ['number;name;sso', ';'],
    ['number\tname\tsso', '\t'],
    ['"number,of,account";name;sso', ';'],
    ['number', ','],
  ])('%j is separated by %j', (header, separator) =>
    expect(findHeader([header], SHAPE)).toMatchObject({ before: 0, separator }),
  );

  it('finds columns in any order and case', () => {
    expect([...placeColumns([' Name', 'NUMBER'], SHAPE, 1)]).toEqual([
      ['name', [0]],
      ['number', [1]],
    ]);
  });

  it.each([
    [
      ['number', 'nme'],
      ['nme is not a known column; did you mean name?', 'name is missing from the header'],
    ],
    [['number', 'name', 'name'], ['name is in the header twice']],
    [
      ['number', 'name', '__proto__', 'constructor'],
      ['__proto__ is not a known column', 'constructor is not a known column'],
    ],
    [[''], ['number is missing from the header', 'name is missing from the header']],
  ])('refuses the header %j by name', (header, faults) => {
    let said: readonly string[] = [];
    try {
      placeColumns(header, SHAPE, 1);
    } catch (error) {
      said = (error as { problems: readonly { column: string; message: string }[] }).problems.map(
        (one) => `${one.column} ${one.message}`,
      );
    }
    expect(said).toEqual(faults);
  });

  it.each(['refuse', 'carry'] as const)(
    'a header without end is refused before it is looked through (others: %s)',
    (others) => {
      const header = Array.from({ length: 1_000_000 }, (_, index) => `c${index}`);
      expect(() => placeColumns(header, { ...SHAPE, others }, 1)).toThrow(
        expect.objectContaining({ because: { reason: 'too-many-columns', facts: { count: 1_000_000, most: 1_000 } } }),
      );
    },
  );

  it.each([
    [
      'a value of --set that the file has',
      ['number', 'name'],
      { given: { name: 'x' } },
      'name stands in the file, so neither --set nor a profile can give it',
    ],
    [
      'a column that --map replaced',
      ['Nr', 'name', 'number'],
      { headings: { number: ['Nr'] } },
      'number is read from another column',
    ],
  ])('refuses %s', (_what, header, more, said) => {
    expect(() => placeColumns(header, { ...SHAPE, ...more }, 1)).toThrow(
      expect.objectContaining({
        problems: [{ line: 1, column: said.split(' ')[0], message: said.replace(/^\w+ /, '') }],
      }),
    );
  });

  it('takes a heading with a plus for itself where the file has it, and for two otherwise', () => {
    const shape = { ...SHAPE, headings: { name: ['Name (+ title)'] } };
    const table = ['Nr;Name (+ title);number', 'Nr;Name;title;number'].map((line) => line.split(';'));
    const places = table.map((header) => placeColumns(header, { ...shape, others: 'carry' }, 1).get('name'));
    expect(places).toEqual([[1], [1, 2]]);
    expect(findHeader(['List', 'x;Name (+ title)', 'number;1'], shape)).toMatchObject({ before: 1 });
  });

  it.each([
    ['="0123"', '0123'],
    ['="Tom Berg"', 'Tom Berg'],
    ['\'="0123"', '="0123"'],
    ['="a"&"b"', '="a"&"b"'],
  ])('takes %s for %s', (cell, text) => expect(unguardCell(cell)).toBe(text));

  it('carries further columns where that is wanted', () => {
    expect([...placeColumns(['note', 'number', 'name', 'note'], { ...SHAPE, others: 'carry' }, 1).keys()]).toEqual([
      'number',
      'name',
    ]);
  });

  it.each([
    ...['007', '4915123456789', '1E5', '1.50', '2026-01-02', '1/2', '12:30', 'sep1', 'Mai-5', 'wahr', '030-123'],
    ...[
      '(0301234567)',
      '5-May',
      '05-May',
      '5 May',
      '1. Mai',
      '12. Mai',
      '12-ene',
      '5/May/2021',
      'Mar 5, 2021',
      'falso',
    ],
    ...['12:00 AM', '5 AM', '5 p', '€5', '$5.00', '5 €', '(5%)'],
  ])('keeps %s as it is where a spreadsheet would change it', (text) => {
    expect([guardCell(text, true), guardCell(text)]).toEqual([`'${text}`, text]);
    for (const written of [`'${text}`, text]) expect(unguardCell(written)).toBe(text);
    expect(unguardCell(guardCell(`'${text}`))).toBe(`'${text}`);
  });

  it.each(['100234', 'ana', '1@x.example', "'t Hooft", 'Room 101 West', 'K9', 'May Whitfield'])(
    'leaves %s alone',
    (text) => expect(guardCell(text, true)).toBe(text),
  );

  it('guards every cell that a spreadsheet would run, and takes the guard back', () => {
    const cell = fc.oneof(
      fc.stringMatching(/^'{0,3}[=+\-@\t\r＝a]?.{0,5}$/),
      fc.stringMatching(/^'{0,2}[0-9a-e.]{0,4}$/),
      fc.stringMatching(/^[a;,\t '=+@-]{0,9}$/),
    );
    fc.assert(
      fc.property(cell, (text) => {
        const guarded = guardCell(text);
        expect([guarded, guardCell(text, true)].map(unguardCell)).toEqual([text, text]);
        // S31 as any locale splits it, whatever is in quotes.
        const [first = '', ...parts] = guarded.split(/[;,\t\r\n]/);
        expect(first).not.toMatch(/^[=+\-@\uff1d\uff0b\uff0d\uff20]/u);
        for (const part of parts) expect(part).not.toMatch(/^ *[=+\-@\uff1d\uff0b\uff0d\uff20]/u);
      }),
    );
  });
});
