/** Every behaviour has a test that names it, and no title names one that behaviours.md does not know; so with the traps of src/README.md. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSources } from './support/imports.js';
import { allTitles, type Title } from './support/test-titles.js';

const root = path.dirname(import.meta.dirname);
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

interface Behaviour {
  readonly number: string;
  readonly toCome: boolean;
}

const behavioursIn = (text: string): readonly Behaviour[] =>
  [...text.matchAll(/^- \*\*(B\d{2})\*\* (.+)$/gm)].map(([, number = '', words = '']) => ({
    number,
    toCome: words.endsWith('*(to come)*'),
  }));

const trapsIn = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(/^\| (T\d{1,2}) \|/gm)].map(([, number = '']) => number));

const namedIn = (text: string, letter: 'B' | 'T'): readonly string[] =>
  text.match(new RegExp(letter === 'B' ? '\\bB\\d{2}\\b' : '\\bT\\d{1,2}\\b', 'g')) ?? [];

/** What is wrong between the list and the titles, one sentence each. */
function faults(list: readonly Behaviour[], titles: readonly Title[]): readonly string[] {
  const shown = new Set(titles.flatMap(({ text }) => namedIn(text, 'B')));
  const known = new Set(list.map(({ number }) => number));
  return [
    ...list.filter(({ number, toCome }) => !toCome && !shown.has(number)).map(({ number }) => `${number} has no test`),
    ...titles.flatMap(({ place, text }) =>
      namedIn(text, 'B')
        .filter((number) => !known.has(number))
        .map((number) => `${place} names ${number}, which behaviours.md does not know`),
    ),
  ];
}

describe('the keys to the comments', () => {
  const list = behavioursIn(read('test/behaviours.md'));
  const traps = trapsIn(read('src/README.md'));

  it('behaviours.md has one line a number, in order', () => {
    const numbers = list.map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].sort());
    expect(numbers.length).toBeGreaterThanOrEqual(80);
  });

  it('every behaviour that is built has a test, and every number in a title is known', () => {
    expect(faults(list, allTitles(root))).toEqual([]);
  });

  it('every number in a comment of the sources and the tests is known', () => {
    const known = new Set([...list.map(({ number }) => number), ...traps]);
    const sources = [...readSources(root, 'src'), ...readSources(root, 'test')].filter(
      ({ path: place }) => place !== 'test/behaviours.test.ts',
    );
    const unknown = sources.flatMap(({ path: place, text }) =>
      [...new Set([...namedIn(text, 'B'), ...namedIn(text, 'T')])]
        .filter((number) => !known.has(number))
        .map((number) => `${place} names ${number}`),
    );
    expect(unknown).toEqual([]);
  });

  it('nothing refers to a document that is not in the repository', () => {
    const help = readdirSync(path.join(root, 'data', 'help'));
    const here = new Set(['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'behaviours.md', ...help]);
    const sources = [...readSources(root, 'src'), ...readSources(root, 'test')];
    const strangers = sources.flatMap(({ path: place, text }) =>
      (text.match(/(?<![\w./-])[a-z][a-z-]+\.md\b/g) ?? [])
        .filter((name) => !here.has(name))
        .map((name) => `${place}: ${name}`),
    );
    expect(strangers).toEqual([]);
  });

  it('teeth: a missing test and a made-up number are found', () => {
    const two = behavioursIn('- **B01** One.\n- **B02** Two. *(to come)*\n');
    expect(faults(two, [{ place: 'a', text: 'shows B02 and B77' }])).toEqual([
      'B01 has no test',
      'a names B77, which behaviours.md does not know',
    ]);
    expect(faults(two, [{ place: 'a', text: 'B01' }])).toEqual([]);
  });
});
