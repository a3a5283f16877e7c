/** The prompt of `verify` that does not show the phrase: whole words or, after F2, spelled in one alphabet after the other. */
import type { Desk } from '../../desk.js';
import { tooShortToBeOne } from '../../rules/hearing.js';
import { decodeSpelling, type SpellingTable } from '../../rules/spelling.js';
import type { Prompts } from '../../terminal/prompts.js';
import type { Context } from '../command.js';
import { block } from '../wording/blocks.js';
import { type Alphabet, ASK_AGAIN, alphabetOf, howToSpell, nextAlphabet, readOf, TOO_SHORT } from './spelled.js';

const LANGUAGES: Readonly<Record<Alphabet, string>> = { en: 'English', de: 'German', fr: 'French' };
const WHOLE = { message: 'Phrase' } as const;

/** Asks until every letter could be read. It shows only how many letters it read, and checks nothing before the agent agrees. */
export async function hearPhrase(context: Context, desk: Desk, prompts: Prompts): Promise<string> {
  const { spelling: first = 'en' } = (await context.settings()).file;
  const order = [first, nextAlphabet(first), nextAlphabet(nextAlphabet(first))];
  const tables = await Promise.all(order.map((language) => alphabetOf(desk, language)));
  let table: SpellingTable | undefined;
  const wording = () =>
    table === undefined
      ? WHOLE
      : { message: `Spelled, ${LANGUAGES[table.language]}`, hint: howToSpell(table).replace(/\.$/u, '') };
  const next = () => {
    table = table === undefined ? tables[0] : tables[tables.indexOf(table) + 1];
    return wording();
  };
  for (;;) {
    const typed = await prompts.secret({ ...wording(), reveal: true, turn: { about: 'spelling', next } });
    const read = table === undefined ? { ok: true as const, text: typed, count: 0 } : decodeSpelling(typed, table);
    if (!read.ok) await context.show([block.lines(readOf(read)), block.say(ASK_AGAIN)]);
    else if (tooShortToBeOne(read.text)) await context.show([block.lines(TOO_SHORT)]);
    else if (table === undefined || (await prompts.confirm({ message: `${readOf(read)} Check it` }))) return read.text;
  }
}
