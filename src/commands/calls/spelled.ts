/** Spelling mode of the console and of `verify`: the alphabets, how to spell, and what an agent is told about a line. */
import type { Desk } from '../../desk.js';
import { SHORTEST_PASSPHRASE } from '../../rules/hearing.js';
import { decodeSpelling, type Spelled, type SpellingTable, spellingTable } from '../../rules/spelling.js';
import { counted } from '../wording/counted.js';

const ALPHABETS = ['en', 'de', 'fr'] as const;
export type Alphabet = (typeof ALPHABETS)[number];

export const ASK_SPELLED = 'Please spell it for me, letter by letter.';
export const ASK_AGAIN = 'I did not get all of it. Please spell it once more.';

export async function alphabetOf(desk: Desk, language: Alphabet): Promise<SpellingTable> {
  return spellingTable(await desk.words.spelling(language), `${language}.json`);
}

export function howToSpell({ title, examples }: SpellingTable): string {
  return `${title}, letters, digits; also ${examples.map((example) => `"${example}"`).join(', ')}.`;
}

/** The spelling alphabet after this one. */
export const nextAlphabet = (alphabet: Alphabet): Alphabet =>
  ALPHABETS[(ALPHABETS.indexOf(alphabet) + 1) % ALPHABETS.length] ?? 'en';

export const TOO_SHORT = `No passphrase is shorter than ${SHORTEST_PASSPHRASE} letters and digits, so that was not checked and does not count.`;

/** `3 words`: shown while a phrase is typed, instead of the phrase. */
export const wordsOf = (line: string): string => counted(line.match(/\S+/gu)?.length ?? 0, 'word');

/** `12 letters` of a line that is being spelled; `12 letters …` while the rest is not read. */
export function lettersOf(line: string, table: SpellingTable): string {
  const read = decodeSpelling(line.slice(0, 1000), table);
  return read.ok ? counted(read.count, 'letter') : `${counted(read.unreadAfter[0] ?? 0, 'letter')} …`;
}

/** How many letters were read, or where one was not; never which (B11). */
export function readOf(read: Spelled): string {
  if (read.ok) return `Read: ${read.count} letters and digits.`;
  const places = read.unreadAfter.map((count) => (count === 0 ? 'at the beginning' : `after letter ${count}`));
  return `Could not read something ${places.join(', ')}.`;
}
