/** The prompt of `verify` that does not show the phrase: whole words or, after F2, spelled in one alphabet after the other. */
import type { Desk } from '../../desk.js';
import { tooShortToBeOne } from '../../rules/hearing.js';
import { decodeSpelling, type SpellingTable } from '../../rules/spelling.js';
import type { Prompts } from '../../terminal/prompts.js';
import type { Context } from '../command.js';
import { block } from '../wording/results.js';
import { sayBlocks, type Words, wordsOf } from '../wording/words.js';
import { alphabetIn, alphabetOf, howToSpell, nextAlphabet, readOf, tooShort } from './spelled.js';

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
