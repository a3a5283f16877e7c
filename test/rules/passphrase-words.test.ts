/** B22: a phrase that can be said is drawn from words without sound-alikes; and what the two word files promise. */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgePassphrase, spokenLength } from '../../src/rules/passphrase.js';
import { generatedBits, generatePassphrase, MIN_GENERATED_BITS } from '../../src/rules/passphrase-words.js';
import { digitsForWords, JUDGED_VERSION, matchForm } from '../../src/rules/spoken-form.js';

function linesOf(name: string): readonly string[] {
  return readFileSync(new URL(`../../data/words/${name}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
}
const words = linesOf('passphrase-words.txt');
const blocked = linesOf('blocked.txt');
const draw = (below: number) => randomInt(below);

describe('B22 drawing', () => {
  it('B22 five words of the list give at least 51 bits, say how to say them, and pass the rules they are meant for', () => {
    for (let round = 0; round < 200; round += 1) {
      const { text, howToSay, bits } = generatePassphrase(words, 5, draw);
      expect(bits).toBeGreaterThanOrEqual(MIN_GENERATED_BITS);
      expect(howToSay).toBe(`Say "${text}": 5 words, each once, no digits.`);
      const limits = {
        minLength: 15,
        maxCodePoints: 256,
        minGuessesLog10: 6,
        context: { words: [] },
        blocked: new Set(blocked),
      };
      expect(judgePassphrase({ text, ...limits, guessesLog10: () => 15 })).toEqual({ ok: true, form: matchForm(text) });
    }
  });

  it('B22 fewer than 51 bits are refused, for instance four words', () => {
    expect(() => generatePassphrase(words, 4, draw)).toThrow(expect.objectContaining({ code: 'config' }));
    expect(() => generatePassphrase(words.slice(0, 1000), 5, draw)).toThrow(/bits/);
    expect(() => generatePassphrase([], 5, draw)).toThrow(expect.objectContaining({ code: 'config' }));
  });

  it('B22 teeth: a list that holds a word twice is refused, since its bits would be counted too high', () => {
    expect(() => generatedBits([...words, words[0] ?? ''], 5)).toThrow(/twice/);
  });

  it('B22 every place of the list can be drawn, first and last too', () => {
    expect(generatePassphrase(words, 5, () => 0).text).toBe(Array(5).fill(words[0]).join(' '));
    expect(generatePassphrase(words, 5, (below) => below - 1).text).toBe(Array(5).fill(words.at(-1)).join(' '));
    expect(() => generatePassphrase(words, 5, (below) => below)).toThrow(RangeError);
  });

  it('B22 different draws stay different phrases without spaces: all bits are there', () => {
    const phrase = fc.array(fc.nat(words.length - 1), { minLength: 5, maxLength: 5 });
    const textOf = (draws: readonly number[]) => draws.map((at) => words[at]).join(' ');
    fc.assert(
      fc.property(
        phrase,
        (draws) => matchForm(textOf(draws)) === draws.map((at) => matchForm(words[at] ?? '')).join(''),
      ),
    );
  });
});

describe('B22 the word list', () => {
  const forms = words.map((word) => matchForm(word));

  it('B22 is sorted, plain, short, without doubles and without words the folding treats in a special way', () => {
    expect([...new Set(words)].sort()).toEqual(words);
    expect(
      words.filter(
        (word) => !/^[a-z]{4,8}$/.test(word) || /[aou]$|^e|[aou]e/.test(word) || digitsForWords(word) !== word,
      ),
    ).toEqual([]);
    expect(words.filter((word) => matchForm(`kite ${word} kite`) !== `kite${matchForm(word)}kite`)).toEqual([]);
  });

  it('B22 no folded word begins another, so that a phrase can be read in one way only', () => {
    const sorted = [...forms].sort();
    expect(sorted.filter((form, at) => sorted[at + 1]?.startsWith(form))).toEqual([]);
  });

  it('B22 no two words are one letter apart', () => {
    const gaps = new Map<string, string>();
    const clashes: string[] = [];
    for (const word of words) {
      for (const gap of [...word].map((_letter, at) => `${word.slice(0, at)}*${word.slice(at + 1)}`)) {
        const other = gaps.get(gap);
        if (other !== undefined) clashes.push(`${other}/${word}`);
        gaps.set(gap, word);
      }
    }
    const all = new Set(words);
    const longer = words.filter((word) =>
      [...word].some((_letter, at) => all.has(word.slice(0, at) + word.slice(at + 1))),
    );
    expect([...clashes, ...longer]).toEqual([]);
  });

  it('B22 none of the words left out by hand, which are the rude ones and the known homophones, is on it', () => {
    const leftOut = new Set(
      linesOf('left-out.txt')
        .filter((line) => !line.startsWith('#'))
        .flatMap((line) => line.split(/[ =]+/)),
    );
    expect(words.filter((word) => leftOut.has(word))).toEqual([]);
    expect(
      ['night', 'knight', 'two', 'bravo', 'berta', 'dash', 'passphrase'].filter((word) => !leftOut.has(word)),
    ).toEqual([]);
  });
});

describe('B21 the block list', () => {
  it('B21 has over 3,000 folded phrases and words, each its own spoken form', () => {
    expect(blocked.length).toBeGreaterThan(3000);
    expect(new Set(blocked).size).toBe(blocked.length);
    expect(blocked.filter((form) => matchForm(form) !== form)).toEqual([]);
  });

  it.each([
    'Correct horse battery staple!',
    'To be, or not to be, that is the question',
    'let me in, let me in, let me in',
    'The quick brown fox jumps over the lazy dog',
    'May the Force be with you',
    'qwertyuiopasdfgh',
    'passwordpassword',
  ])('B21 %j is on it', (text) => {
    expect(spokenLength(text)).toBeGreaterThanOrEqual(15);
    expect(new Set(blocked).has(matchForm(text, JUDGED_VERSION))).toBe(true);
  });
});
