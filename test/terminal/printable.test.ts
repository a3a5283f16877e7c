import xterm from '@xterm/headless';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fit as cut, printable, printableJson, width, wrap } from '../../src/terminal/printable.js';
import { HOSTILE, hasNaughtyStrings, isVisible, naughtyStrings } from '../support/hostile-text.js';

const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));
const names = fc.constantFrom(
  'Ana',
  'Łukasz',
  '山田　太郎',
  'ภาษาไทยที่',
  'नमस्ते',
  'עִבְרִית',
  'e\u0301',
  '😀',
  'Ｗide',
  '한국',
);
const shownText = fc.array(names, { maxLength: 8 }).map((parts) => parts.join(' '));

describe('printable', () => {
  it('T12: leaves only visible characters, for every code point there is', () => {
    const wrong: string[] = [];
    for (let code = 0; code <= 0x10ffff; code += 1) {
      if (!isVisible(printable(String.fromCodePoint(code)))) wrong.push(code.toString(16));
    }
    expect(wrong).toEqual([]);
  });

  it('leaves every visible character as it is', () => {
    for (let code = 0; code <= 0x10ffff; code += 1) {
      const character = String.fromCodePoint(code);
      if (isVisible(character) && printable(character) !== character) expect.unreachable(code.toString(16));
    }
  });

  it('T12: leaves only visible characters of any sequence, lone surrogates too', () => {
    fc.assert(fc.property(anyText, (text) => isVisible(printable(text))));
  });

  it('teeth: the same check fails for the text as it is', () => {
    expect(HOSTILE.filter((text) => !isVisible(text))).toEqual(HOSTILE);
    expect(() => fc.assert(fc.property(anyText, isVisible), { numRuns: 200 })).toThrow();
  });

  it('writes the code point in hex', () => {
    expect(printable('a\u001b[2Jb\u202e\u{e0041}\n')).toBe('a\\u{1b}[2Jb\\u{202e}\\u{e0041}\\u{a}');
    expect(printable('\ud800x')).toBe('\\u{d800}x');
  });

  it('leaves names in any script alone', () => {
    fc.assert(fc.property(shownText, (text) => printable(text) === text));
  });

  it.skipIf(!hasNaughtyStrings)('the Big List of Naughty Strings comes out visible', () => {
    expect(
      naughtyStrings()
        .map(printable)
        .filter((text) => !isVisible(text)),
    ).toEqual([]);
  });
});

describe('printableJson', () => {
  const anyValue = fc.oneof(fc.jsonValue(), fc.dictionary(anyText, anyText), fc.array(anyText));

  it('T12: is visible on one line, and means the same', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const json = printableJson(value);
        expect(isVisible(json)).toBe(true);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('teeth: JSON.stringify leaves U+009B and U+202E raw', () => {
    expect(isVisible(JSON.stringify('\u009b\u202e'))).toBe(false);
    expect(printableJson('\u009b\u202e\u{e0041}')).toBe('"\\u009b\\u202e\\udb40\\udc41"');
  });

  it('says null for what JSON cannot say', () => {
    expect(printableJson(undefined)).toBe('null');
  });
});

describe('width', () => {
  it.each([
    ['', 0],
    ['plain', 5],
    ['山田', 4],
    ['Ｗ', 2],
    ['한국', 4],
    ['\u1112\u1161\u11ab', 2],
    ['e\u0301', 1],
    ['ที่', 1],
    ['😀', 2],
    ['Łukasz …─', 9],
  ])('%j takes %i columns', (text, columns) => {
    expect(width(text)).toBe(columns);
  });
});

it('width counts the columns that a terminal gives', async () => {
  const emulator = new xterm.Terminal({ cols: 200, rows: 1, allowProposedApi: true });
  for (const name of [
    'Ana',
    'Łukasz',
    '山田　太郎',
    'ภาษาไทยที่',
    'עִבְרִית',
    'e\u0301',
    'Ｗide',
    '한국',
    '\u1112\u1161\u11ab',
    '─…',
  ]) {
    await new Promise<void>((resolve) => emulator.write(`\r\u001b[K${name}`, resolve));
    expect([name, width(name)]).toEqual([name, emulator.buffer.active.cursorX]);
  }
  emulator.dispose();
});

describe('fit', () => {
  it('is never wider than asked, is the text itself where that fits, and says where it cut', () => {
    fc.assert(
      fc.property(shownText, fc.integer({ min: 0, max: 60 }), (text, columns) => {
        const shown = cut(text, columns);
        expect(width(shown)).toBeLessThanOrEqual(columns);
        if (width(text) <= columns) expect(shown).toBe(text);
        else if (columns > 0) expect(shown.endsWith('…')).toBe(true);
      }),
    );
  });

  it('keeps marks with their letter', () => {
    expect(cut('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…');
    expect(cut('山田太郎', 4)).toBe('山…');
  });
});

describe('wrap', () => {
  it('keeps every word, in order, and no line is wider unless it is one word', () => {
    fc.assert(
      fc.property(
        shownText,
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 6 }),
        (text, columns, indent) => {
          const lines = wrap(text, columns, indent);
          expect(lines.join(' ').split(' ').filter(Boolean)).toEqual(text.split(' ').filter(Boolean));
          for (const line of lines) {
            expect(line.startsWith(' '.repeat(indent))).toBe(true);
            if (width(line) > columns) expect(line.trim()).not.toContain(' ');
          }
        },
      ),
    );
  });

  it('keeps leading blanks on every line, and leaves a long word whole', () => {
    expect(wrap('  one two three', 8)).toEqual(['  one', '  two', '  three']);
    expect(wrap('see otpauth://totp/a-long-address now', 12)).toEqual(['see', 'otpauth://totp/a-long-address', 'now']);
    expect(wrap('', 10, 2)).toEqual(['  ']);
  });
});
