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
  ['en', 'copper', 'copper'],
  ['en', 'cop per new word lan tern 4 2', 'copper lantern42'],
  ['en', 'co double p er', 'copper'],
  ['en', 'k i l o new word penguin', 'kilo penguin'],
  ['de', 'kupfer neues Wort laterne', 'kupfer laterne'],
  ['fr', 'cuivre', 'cuivre'],
  ['de', 'Berlin Leipzig Unna Essen', 'blue'],
  ['de', 'Berta Ludwig Ulrich Emil', 'blue'],
  ['de', 'Muenchen Umlaut Unna Leipzig', 'mül'],
  ['de', 'München Übermut Ludwig', 'mül'],
  ['de', 'Cäsar Charlotte Schule Eszett', 'cchschß'],
  ['de', 'b wie Biene doppel m neues Wort vier zwo', 'bmm 42'],
  ['de', 'ä wie Ärger scharfes S', 'äß'],
  ['de', 'Düsseldorf Köln Nürnberg Tübingen Völklingen', 'dkntv'],
  ['de', 'großes B kleines u', 'bu'],
  ['de', 'sch wie Schule ch wie Charlotte', 'schch'],
  ['de', 'o vier zwei neues Wort t', 'o42 t'],
  ['de', 'o 2 t zwo t', 'o2t2t'],
  ['fr', 'Berthe Louis Ursule Eugène', 'blue'],
  ['fr', 'b comme Berthe deux fois l é', 'bllé'],
  ['fr', 'Zoé Thérèse Célestin', 'ztc'],
  ['fr', 'e accent aigu c cédille i grec nouveau mot sept', 'éçy 7'],
  ['fr', 'a majuscule double m', 'amm'],
  ['fr', 'deux trois sept 2 l', '2372l'],
];

/** A line, and how many letters stand before each stretch of it that must be asked again. */
const UNREAD: readonly (readonly ['en' | 'de' | 'fr', line: string, after: readonly number[]])[] = [
  ['en', 'boy lima', [0]],
  ['en', 'b as in victor', [0]],
  ['en', 'bravo b as in', [1]],
  ['en', 'b for c', [0]],
  ['en', 'b bravo lima', [0]],
  ['en', 'lima bravo b lima', [1]],
  ['en', 'double u', [0]],
  ['en', 'k double you', [1]],
  ['en', 'four oh two', [1]],
  ['en', 'r oh s e', [1]],
  ['en', 'p i zed zed a', [2]],
  ['en', 'aitch e double l o', [0]],
  ['en', 'k nought', [1]],
  ['de', 'vau o g e l', [0]],
  ['de', 'm a jott o r', [2]],
  ['en', 'double', [0]],
  ['en', 'double double l', [0]],
  ['en', 'double new word l', [0]],
  ['en', 'as in boy', [0]],
  ['en', 'blue kilo penguin', [0, 1]],
  ['en', 'copper lima', [0]],
  ['en', 'kilo india limo oscar', [2]],
  ['en', "co's per", [0]],
  ['en', 'forty two', [0]],
  ['de', 'boy Anton', [0]],
  ['de', 'a Umlaut Aachen', [0]],
  ['de', 'b wie Anton', [0]],
  ['de', 'sch', [0]],
  ['de', 'sch wie Zeppelin', [0]],
  ['de', 'o zwei t o', [1]],
  ['fr', 'double v', [0]],
  ['fr', 'bravo', [0]],
  ['fr', 'e deux l e', [1]],
  ['fr', 'e deux Louis e', [1]],
];

describe('spelling mode', () => {
  it.each(READ)('%s: %j is read as %j', (language, line, text) => {
    const count = [...text.replaceAll(' ', '')].length;
    expect(decodeSpelling(line, tables[language])).toEqual({ ok: true, text, count });
  });

  it.each(UNREAD)('%s: in %j, what stands after letters %j is asked again and not guessed', (language, line, after) => {
    expect(decodeSpelling(line, tables[language])).toEqual({ ok: false, unreadAfter: after });
  });

  it('B11 of what was not read nothing but its place is told', () => {
    const told = decodeSpelling('violet kilo compass', tables.en);
    expect(told).toEqual({ ok: false, unreadAfter: [0, 1] });
  });

  it('the examples of each table are read by it', () => {
    for (const [language, used] of Object.entries(tables)) {
      for (const example of used.examples)
        expect(decodeSpelling(example, used).ok, `${language}: ${example}`).toBe(true);
    }
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
          return read.ok ? read.count >= 0 : read.unreadAfter.length > 0;
        } catch (error) {
          return isRefusal(error) && error.code === 'invalid-input';
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('a broken table is refused with its file and fault', () => {
    const good = JSON.parse(readFileSync(new URL('../../data/words/spelling/en.json', import.meta.url), 'utf8'));
    expect(() => spellingTable({ ...good, version: 2 }, 'mine.json')).toThrow(
      expect.objectContaining({
        because: { reason: 'spelling-table-wrong', facts: expect.objectContaining({ place: 'version' }) },
      }),
    );
    expect(() => spellingTable({ ...good, words: { ...good.words, four: 'f' } }, 'mine.json')).toThrow(
      expect.objectContaining({
        because: { reason: 'spelling-two-meanings', facts: { file: 'mine.json', phrase: 'four' } },
      }),
    );
    expect(() => spellingTable('no', 'mine.json')).toThrow(expect.objectContaining({ code: 'config' }));
  });
});
