/** Spelling mode: read by a table, never guessed. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRefusal } from '../../src/errors.js';
import { decodeSpelling, spellingTable } from '../../src/rules/spelling.js';
import { matchForm } from '../../src/rules/spoken-form.js';

function table(language: 'en' | 'de' | 'fr') {
  const file = new URL(`../../data/words/spelling/${language}.json`, import.meta.url);
  return spellingTable(JSON.parse(readFileSync(file, 'utf8')), `${language}.json`);
}
const tables = { en: table('en'), de: table('de'), fr: table('fr') };

const READ: readonly (readonly ['en' | 'de' | 'fr', line: string, text: string])[] = [
  ['en', 'bravo lima uniform echo', 'blue'],
  ['en', 'Bravo, Lima, Uniform, Echo.', 'blue'],
  ['en', 'b l u e', 'blue'],
  ['en', 'B as in Boy, L as in Lemon, U for Uncle, E like Egg', 'blue'],
  ['en', 'b for bravo l u e for echo', 'blue'],
  ['en', 'hotel echo double lima oscar', 'hello'],
  ['en', 'h e double l o', 'hello'],
  ['en', 'alfa triple alpha', 'aaaa'],
  ['en', 'double l as in lima', 'll'],
  ['en', 'x-ray x ray xray', 'xxx'],
  ['en', 'bravo new word lima', 'b l'],
  ['en', 'b space space l', 'b l'],
  ['en', 'capital bravo small lima upper case u', 'blu'],
  ['en', 'double capital l', 'll'],
  ['en', 'kilo four two', 'k42'],
  ['en', 'kilo 42 double 7', 'k4277'],
  ['en', 'kilo ４ ٢ niner', 'k429'],
  ['en', 'mike u umlaut lima', 'mül'],
  ['en', 'bravo b as in boy', 'bb'],
  ['en', 'juliet juliett whisky whiskey', 'jjww'],
  ['en', '', ''],
  ['de', 'Berlin Leipzig Unna Essen', 'blue'],
  ['de', 'Berta Ludwig Ulrich Emil', 'blue'],
  ['de', 'Muenchen Umlaut Unna Leipzig', 'mül'],
  ['de', 'München Übermut Ludwig', 'mül'],
  ['de', 'Cäsar Charlotte Schule Eszett', 'cchschß'],
  ['de', 'b wie Biene doppel m neues Wort vier zwo', 'bmm 42'],
  ['de', 'ä wie Ärger scharfes S', 'äß'],
  ['de', 'Düsseldorf Köln Nürnberg Tübingen Völklingen', 'dkntv'],
  ['de', 'großes B kleines u', 'bu'],
  ['fr', 'Berthe Louis Ursule Eugène', 'blue'],
  ['fr', 'b comme Berthe deux fois l é', 'bllé'],
  ['fr', 'Zoé Thérèse Célestin', 'ztc'],
  ['fr', 'e accent aigu c cédille i grec nouveau mot sept', 'éçy 7'],
  ['fr', 'a majuscule double m', 'amm'],
];

const UNREAD: readonly (readonly ['en' | 'de' | 'fr', line: string, unread: readonly string[]])[] = [
  ['en', 'boy lima', ['boy']],
  ['en', 'b as in victor', ['b as in victor']],
  ['en', 'bravo b as in', ['b as in']],
  ['en', 'b for c', ['b for c']],
  ['en', 'b bravo lima', ['b bravo']],
  ['en', 'bravo b lima', ['bravo b']],
  ['en', 'double u', ['double u']],
  ['en', 'k double you', ['double you']],
  ['en', 'four oh two', ['oh']],
  ['en', 'double', ['double']],
  ['en', 'double double l', ['double double l']],
  ['en', 'double new word l', ['double new word']],
  ['en', 'as in boy', ['as in', 'boy']],
  ['en', 'blue kilo penguin', ['blue', 'penguin']],
  ['en', 'forty two', ['forty']],
  ['de', 'boy Anton', ['boy']],
  ['de', 'a Umlaut Aachen', ['a Umlaut Aachen']],
  ['de', 'b wie Anton', ['b wie Anton']],
  ['fr', 'double v', ['double v']],
  ['fr', 'bravo', ['bravo']],
];

describe('spelling mode', () => {
  it.each(READ)('%s: %j is read as %j', (language, line, text) => {
    const count = [...text.replaceAll(' ', '')].length;
    expect(decodeSpelling(line, tables[language])).toEqual({ ok: true, text, count });
  });

  it.each(UNREAD)('%s: in %j, %j is asked again and not guessed', (language, line, unread) => {
    expect(decodeSpelling(line, tables[language])).toEqual({ ok: false, unread });
  });

  it('every table spells the whole alphabet and all ten digits', () => {
    for (const { meanings, language } of Object.values(tables)) {
      const spelled = new Set(
        [...meanings.values()].flatMap((meaning) => (meaning.kind === 'letter' ? [meaning.text] : [])),
      );
      expect(
        [...'abcdefghijklmnopqrstuvwxyz0123456789'].filter((sign) => !spelled.has(sign)),
        language,
      ).toEqual([]);
    }
  });

  it('B20 a spelled phrase has the spoken form of the phrase itself', () => {
    const spelled = decodeSpelling('b l u e new word papa e n g u i n four 2', tables.en);
    expect(spelled.ok && matchForm(spelled.text)).toBe(matchForm('Blue Penguin 42'));
  });

  it('letters spelled by code words come back as they were', () => {
    const words = [...tables.en.meanings].flatMap(([key, meaning]) =>
      meaning.kind === 'letter' && !key.includes(' ') ? [[key, meaning.text] as const] : [],
    );
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 20 }), (items) => {
        const read = decodeSpelling(
          items.map(([key]) => key),
          tables.en,
        );
        return read.ok && read.text === items.map(([, text]) => text).join('');
      }),
    );
  });

  it('any line is read, reported or refused as invalid input; nothing else is thrown', () => {
    const units = fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
      .map((codes) => String.fromCharCode(...codes));
    const line = fc.oneof(
      units,
      fc.string({ unit: 'grapheme' }),
      fc
        .array(fc.constantFrom('b', 'bravo', 'as', 'in', 'double', 'capital', 'u', '4', 'x', 'ray'))
        .map((words) => words.join(' ')),
    );
    fc.assert(
      fc.property(line, fc.constantFrom(...Object.values(tables)), (text, used) => {
        try {
          const read = decodeSpelling(text, used);
          return read.ok ? read.count >= 0 : read.unread.length > 0;
        } catch (error) {
          return isRefusal(error) && error.code === 'invalid-input';
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('a broken table is refused with its file and fault', () => {
    const good = JSON.parse(readFileSync(new URL('../../data/words/spelling/en.json', import.meta.url), 'utf8'));
    expect(() => spellingTable({ ...good, version: 2 }, 'mine.json')).toThrow(/mine\.json: version/);
    expect(() => spellingTable({ ...good, words: { ...good.words, four: 'f' } }, 'mine.json')).toThrow(
      /"four" has two meanings/,
    );
    expect(() => spellingTable('no', 'mine.json')).toThrow(expect.objectContaining({ code: 'config' }));
  });
});
