/** Spelling mode of the console and of `verify`: the alphabets, how to spell, and what an agent is told about a line. */
import type { Desk } from '../../desk.js';
import { type Spelled, type SpellingTable, spellingTable } from '../../rules/spelling.js';

export const ALPHABETS = ['en', 'de', 'fr'] as const;
export type Alphabet = (typeof ALPHABETS)[number];

export const ASK_SPELLED = 'Please spell it for me, letter by letter.';
export const ASK_AGAIN = 'I did not get all of it. Please spell it once more.';

export async function alphabetOf(desk: Desk, language: Alphabet): Promise<SpellingTable> {
  return spellingTable(await desk.words.spelling(language), `${language}.json`);
}

export function howToSpell({ title, examples }: SpellingTable): string {
  return `${title}, letters, digits; also ${examples.map((example) => `"${example}"`).join(', ')}.`;
}

/** How many letters were read, or where one was not; never which (B11). */
export function readOf(read: Spelled): string {
  if (read.ok) return `Read: ${read.count} letters and digits.`;
  const places = read.unreadAfter.map((count) => (count === 0 ? 'at the beginning' : `after letter ${count}`));
  return `Could not read something ${places.join(', ')}.`;
}
