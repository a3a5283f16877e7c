/**
 * Spelling mode of the console and of `verify`: the alphabets, how to spell, and what an agent is told about a line; and the prompt of `verify`
 * that does not show the phrase: whole words or, after F2, spelled in one alphabet after the other.
 */
import type { Desk } from '../../desk.js';
import { SHORTEST_PASSPHRASE, tooShortToBeOne } from '../../rules/hearing.js';
import { decodeSpelling, type Spelled, type SpellingTable, spellingTable } from '../../rules/spelling.js';
import type { Prompts } from '../../terminal/prompts.js';
import type { Context } from '../command.js';
import { block } from '../wording/results.js';
import { sayBlocks, type Words, wordsOf } from '../wording/words.js';

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

/** Asks until every letter could be read. It shows only how many letters it read, and checks nothing before the agent agrees. */
export async function hearPhrase(context: Context, desk: Desk, prompts: Prompts, heard: Words): Promise<string> {
  const words = wordsOf(context);
  const { spelling: first = alphabetIn(heard.language) } = (await context.settings()).file;
  const order = [first, nextAlphabet(first), nextAlphabet(nextAlphabet(first))];
  const tables = await Promise.all(order.map((language) => alphabetOf(desk, language)));
  let table: SpellingTable | undefined;
  const wording = () =>
    table === undefined
      ? { message: words('phrase.phrase') }
      : {
          message: words('phrase.spelled-in', { language: table.language }),
          hint: howToSpell(table, words).replace(/\.$/u, ''),
        };
  const next = () => {
    table = table === undefined ? tables[0] : tables[tables.indexOf(table) + 1];
    return wording();
  };
  for (;;) {
    const turn = { about: words('phrase.spelling'), next };
    const typed = await prompts.secret({ ...wording(), reveal: true, turn });
    const read = table === undefined ? { ok: true as const, text: typed, count: 0 } : decodeSpelling(typed, table);
    const said = readOf(read, words);
    if (!read.ok) await context.show([block.lines(said), ...sayBlocks(words, heard, 'aloud.ask-again')]);
    else if (tooShortToBeOne(read.text)) await context.show([block.lines(tooShort(words))]);
    else if (table === undefined || (await prompts.confirm({ message: words('phrase.check-asked', { read: said }) })))
      return read.text;
  }
}
