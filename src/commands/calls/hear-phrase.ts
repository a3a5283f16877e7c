/** The prompt of `verify` that does not show the phrase: whole words or, after F2, spelled in one alphabet after the other. */
import type { Desk } from '../../desk.js';
import { decodeSpelling, type SpellingTable } from '../../rules/spelling.js';
import type { Prompts } from '../../terminal/prompts.js';
import type { Context } from '../command.js';
import { ALPHABETS, type Alphabet, ASK_AGAIN, alphabetOf, howToSpell, readOf } from './spelled.js';

const LANGUAGES: Readonly<Record<Alphabet, string>> = { en: 'English', de: 'German', fr: 'French' };
const WHOLE = { message: 'Phrase' } as const;

/** Asks until every letter could be read. It shows only how many letters it read, and checks nothing before the agent agrees. */
export async function hearPhrase(context: Context, desk: Desk, prompts: Prompts): Promise<string> {
  const tables = await Promise.all(ALPHABETS.map((language) => alphabetOf(desk, language)));
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
    if (table === undefined) return typed;
    const read = decodeSpelling(typed, table);
    if (!read.ok)
      await context.show([
        { kind: 'lines', lines: [readOf(read)] },
        { kind: 'say', text: ASK_AGAIN },
      ]);
    else if (await prompts.confirm({ message: `${readOf(read)} Check it` })) return read.text;
  }
}
