/** B20: spoken forms match by fixed rules. The table beside this file says which; the properties say what holds for every text. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRefusal } from '../../src/errors.js';
import {
  asDigits,
  FOLD_VERSION,
  heardAs,
  matchForm,
  sameSpoken,
  spokenForms,
  spokenWords,
} from '../../src/rules/spoken-form.js';
import { FAMILIES, ONE_IN_VERSION_1, TWO_IN_VERSION_1 } from './spoken-form.pairs.js';

const FRAGMENTS = [
  ...[
    'double',
    'triple',
    'doubl',
    'tripl',
    'zero',
    'one',
    'two',
    'three',
    'four',
    'five',
    'six',
    'seven',
    'eight',
    'nine',
  ],
  ...[
    'oh',
    'o',
    'h',
    'e',
    'ee',
    'a',
    'u',
    'ae',
    'ight',
    'd',
    'dot',
    'dash',
    'full stop',
    ' ',
    '-',
    '4',
    '0',
    '٣',
    'ä',
    'ß',
    'İ',
    'ı',
  ],
  ...[
    '\u0301',
    '\u0308',
    '\u200d',
    'ſ',
    'ﬁ',
    'Ω',
    'ς',
    'й',
    'и',
    '\u0306',
    'ᄀ',
    'ᅡ',
    'क',
    '\u093e',
    'ʼ',
    '\u0345',
    'ΐ',
  ],
];
const hostile = fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 14 }).map((parts) => parts.join(''));
const anyText = fc.oneof(
  hostile,
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);
const plainWord = fc.constantFrom(
  'blue',
  'penguin',
  'stone',
  'weight',
  'eagle',
  'Müller',
  'queen',
  'canine',
  'seven',
  'oh',
  '42',
  'do',
  'the',
  'Zoë',
);

describe('B20 pairs said once and typed another time', () => {
  for (const { family, match, differ } of FAMILIES) {
    it.each(match)(`B20 ${family}: %j matches %j`, (set, heard) => expect(matchForm(heard)).toBe(matchForm(set)));
    it.each(differ)(`B20 ${family}: %j does not match %j`, (set, heard) =>
      expect(matchForm(heard)).not.toBe(matchForm(set)),
    );
  }

  it('B20 the table is as large as promised, has both kinds in every family and no pair twice', () => {
    const rows = FAMILIES.flatMap(({ match, differ }) => [...match, ...differ]);
    expect(rows.length).toBeGreaterThanOrEqual(300);
    expect(new Set(rows.map((row) => JSON.stringify(row))).size).toBe(rows.length);
    expect(FAMILIES.filter(({ match, differ }) => match.length === 0 || differ.length === 0)).toEqual([]);
    for (const [set, heard] of rows) expect(set, `a pair of equal texts shows nothing: ${set}`).not.toBe(heard);
  });

  it('B20 teeth: a folding that only drops case and spaces fails in every family of the table but case, look-alikes and near ones', () => {
    const naive = (text: string) => text.toLowerCase().replaceAll(' ', '');
    const caught = FAMILIES.filter(({ match }) => match.some(([set, heard]) => naive(set) !== naive(heard))).map(
      ({ family }) => family,
    );
    expect(caught.length).toBeGreaterThanOrEqual(FAMILIES.length - 3);
    const fuzzy = (text: string) => matchForm(text).slice(0, 4);
    expect(FAMILIES.some(({ differ }) => differ.some(([set, heard]) => fuzzy(set) === fuzzy(heard)))).toBe(true);
  });
});

describe('B20 what holds for every text', () => {
  it('B20 folding a folded form gives itself', () => {
    fc.assert(
      fc.property(anyText, (text) => matchForm(matchForm(text)) === matchForm(text)),
      { numRuns: 5000 },
    );
  });

  it('B20 nothing but letters (and the vowel signs of scripts that need them) is left', () => {
    fc.assert(
      fc.property(anyText, (text) => /^[\p{L}\p{M}]*$/u.test(matchForm(text))),
      { numRuns: 3000 },
    );
  });

  it('B20 spaces, hyphens and case never matter between ordinary words', () => {
    const glue = fc.constantFrom('', ' ', '-', '  ', ', ', '.');
    fc.assert(
      fc.property(fc.array(fc.tuple(plainWord, glue), { minLength: 1, maxLength: 8 }), (parts) => {
        const glued = parts.map(([word, between]) => word + between).join('');
        return matchForm(glued.toUpperCase()) === matchForm(parts.map(([word]) => word).join(' '));
      }),
    );
  });

  it('B20 a phrase and the same phrase composed, decomposed or with invisible characters is one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
        return [text.normalize('NFD'), text.normalize('NFC'), `\u202e${text}\u200b`].every(
          (same) => matchForm(same) === matchForm(text),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('B20 any string, broken ones too, folds or is refused as invalid input', () => {
    const units = fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
      .map((codes) => String.fromCharCode(...codes));
    fc.assert(
      fc.property(fc.oneof(units, fc.constantFrom('a\ud800', '\udfff', '\udc00\ud800')), (text) => {
        try {
          return typeof matchForm(text) === 'string';
        } catch (error) {
          return isRefusal(error) && error.code === 'invalid-input';
        }
      }),
      { numRuns: 3000 },
    );
    expect(() => matchForm('a\ud800')).toThrow(expect.objectContaining({ code: 'invalid-input' }));
    expect(() => matchForm('a'.repeat(1025))).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  });
});

describe('B20 versions and readings', () => {
  it('B20 the version can be named, and one from a newer program is refused instead of guessed', () => {
    expect(FOLD_VERSION).toBe(2);
    expect(matchForm('Blue 4', 2)).toBe(matchForm('Blue 4'));
    expect(() => matchForm('blue', 99)).toThrow(expect.objectContaining({ code: 'store-corrupt' }));
    expect(() => matchForm('blue', 0)).toThrow(expect.objectContaining({ code: 'store-corrupt' }));
  });

  it('B20 version 1 is pinned: these forms stand in stores', () => {
    const pinned = {
      'Blue Penguin 42': 'blupenguinfourtwo',
      'Straße 8': 'strasseeight',
      'Müller-Lüdenscheidt': 'mullerludenscheidt',
      'blue dash double oh seven': 'bluzerozeroseven',
      'Łódź ٣': 'lodzthree',
      'two eagles, one queen': 'twoaglesonequn',
      '青い ペンギン': '青いペンギン',
    };
    expect(Object.fromEntries(Object.keys(pinned).map((text) => [text, matchForm(text, 1)]))).toEqual(pinned);
    for (const [set, heard] of ONE_IN_VERSION_1) expect(matchForm(heard, 1), heard).toBe(matchForm(set, 1));
    for (const [set, heard] of TWO_IN_VERSION_1) expect(matchForm(heard, 1), heard).not.toBe(matchForm(set, 1));
  });

  it('B20 version 2 is pinned too, and what it tells apart is another phrase there', () => {
    expect(matchForm('Blue Penguin & 42 Mueller, dot')).toBe('bluepenguinandfourtwomullerdot');
    expect(matchForm('two eagles, one queen on the toe of a canoe')).toBe('twoeaglesonequeenonthetoeofacanoe');
    for (const [set, heard] of ONE_IN_VERSION_1) expect(matchForm(heard), heard).not.toBe(matchForm(set));
    for (const [set, heard] of TWO_IN_VERSION_1) expect(matchForm(heard), heard).toBe(matchForm(set));
  });

  it('the owner reads how it will be heard: in words, without signs, digits as words', () => {
    expect(heardAs('Blue-Penguin & 42, Müller!')).toBe('blue penguin and four two muller');
    expect(heardAs('…')).toBe('');
  });

  it('B20 the readings begin with the one form that is hashed', () => {
    expect(spokenForms('Blue Stone 42')).toEqual(['bluestonefourtwo', 'bluestonefourtwo', 'bluest142']);
    expect(spokenWords("It's  Blue hyphen 42")).toEqual(['its', 'blue', '42']);
    expect(spokenWords('…')).toEqual([]);
    expect([asDigits('onetwo'), asDigits('4'), asDigits('stone')]).toEqual(['12', '4', undefined]);
  });

  it('B10 two texts are the same when spoken, and two empty ones are not', () => {
    expect(sameSpoken('Blue-Penguin 4', 'bluepenguin four')).toBe(true);
    expect(sameSpoken('blue', 'bleu')).toBe(false);
    expect(sameSpoken('...', '!!!')).toBe(false);
  });
});
