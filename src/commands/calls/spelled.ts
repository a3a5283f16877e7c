/** Spelling mode of the console and of `verify`: the alphabets, how to spell, and what an agent is told about a line. */
import type { Desk } from '../../desk.js';
import { SHORTEST_PASSPHRASE } from '../../rules/hearing.js';
import { decodeSpelling, type Spelled, type SpellingTable, spellingTable } from '../../rules/spelling.js';
import type { Words } from '../wording/words.js';

const ALPHABETS = ['en', 'de', 'fr'] as const;
export type Alphabet = (typeof ALPHABETS)[number];

export async function alphabetOf(desk: Desk, language: Alphabet): Promise<SpellingTable> {
  return spellingTable(await desk.words.spelling(language), `${language}.json`);
}

export const howToSpell = ({ title, examples }: SpellingTable, words: Words): string =>
  words('phrase.how', {
    title: words.known(title),
    examples: examples.map((example) => words('phrase.example', { example })),
  });

/** The one of the language in which the caller is spoken to (E34). */
export const alphabetIn = (language: string): Alphabet => ALPHABETS.find((one) => one === language) ?? 'en';

/** The spelling alphabet after this one. */
export const nextAlphabet = (alphabet: Alphabet): Alphabet =>
  ALPHABETS[(ALPHABETS.indexOf(alphabet) + 1) % ALPHABETS.length] ?? 'en';

export const tooShort = (words: Words): string => words('phrase.too-short', { shortest: SHORTEST_PASSPHRASE });

/** `3 words`: shown while a phrase is typed, instead of the phrase. */
export const wordsIn = (line: string, words: Words): string =>
  words('phrase.words', { count: line.match(/\S+/gu)?.length ?? 0 });

/** `12 letters` of a line that is being spelled; `12 letters …` while the rest is not read. */
export function lettersOf(line: string, table: SpellingTable, words: Words): string {
  const read = decodeSpelling(line.slice(0, 1000), table);
  const count = read.ok ? read.count : (read.unreadAfter[0] ?? 0);
  return `${words('phrase.letters', { count })}${read.ok ? '' : ' …'}`;
}

/** How many letters were read, or where one was not; never which (B11). */
export function readOf(read: Spelled, words: Words): string {
  if (read.ok) return words('phrase.read', { count: read.count });
  const places = read.unreadAfter.map((count) =>
    count === 0 ? words('phrase.at-beginning') : words('phrase.after', { count }),
  );
  return words('phrase.unread', { places });
}
