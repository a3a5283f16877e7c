/**
 * Hears the phrase: the agent types it without seeing it, as whole words or spelled. The screen counts words, or letters and after which
 * one something could not be read; nothing is guessed. One Enter leads to the verdict. A phrase that was heard on this call is not asked
 * for again.
 */
import { verifyHeard } from '../../procedures/calls/heard-on-call.js';
import { type Verdict, verifyCaller } from '../../procedures/calls/verify-caller.js';
import { tooShortToBeOne } from '../../rules/hearing.js';
import { decodeSpelling, type SpellingTable } from '../../rules/spelling.js';
import type { View } from '../../terminal/render.js';
import { block } from '../wording/results.js';
import type { ScreenKey } from '../wording/words.js';
import type { LiveSession, Stage } from './console-session.js';
import { aloud, card, endKey, heardWords, keyOf, note, titleOf } from './console-session.js';
import { alphabetIn, alphabetOf, howToSpell, lettersOf, nextAlphabet, readOf, tooShort, wordsIn } from './spelled.js';

export async function phraseStage(session: LiveSession): Promise<Stage> {
  const request = requestOf(session);
  if (request === null) return 'find';
  const heard = await verifyHeard(session.desk, session.signed, request);
  if (heard !== null) return decided(session, heard);
  const { words } = session;
  const key = keyOf(session);
  const spell = (about: ScreenKey) => key('spell', ['f2', 'ctrl-s'], about);
  const hear = async (phrase: string | null): Promise<Stage> => {
    const checking = { view: () => heardView(session, 'aloud.thanks'), message: words('phrase.checking') };
    const check = () => verifyCaller(session.desk, session.signed, { ...request, phrase });
    return decided(session, await session.screen.working(checking, check));
  };
  for (let spelling = false, short = false; ; ) {
    const alphabet = session.alphabet ?? session.spelling ?? alphabetIn(heardWords(session).language);
    const table = await alphabetOf(session.desk, alphabet);
    const notes = short ? [tooShort(words)] : [];
    const how = block.lines(...(spelling ? [howToSpell(table, words)] : []));
    const view = (): View => [...heardView(session, spelling ? 'aloud.ask-spelled' : 'aloud.ask-phrase', notes), how];
    const answer = await session.screen.phrase({
      view,
      message: words(spelling ? 'phrase.spelled' : 'phrase.phrase'),
      counted: (line) => (spelling ? lettersOf(line, table, words) : wordsIn(line, words)),
      keys: [
        ...(spelling
          ? [spell('call.key-whole'), key('alphabet', ['f4', 'ctrl-t'], 'call.key-alphabet')]
          : [spell('call.key-spell')]),
        key('forgot', ['f7', 'ctrl-f'], 'call.key-forgot'),
        endKey(session),
      ],
    });
    if (answer === undefined) return 'request';
    if ('text' in answer) {
      const phrase = spelling ? await readSpelled(session, answer.text, table) : answer.text;
      short = phrase !== undefined && phrase.trim() !== '' && tooShortToBeOne(phrase);
      if (phrase !== undefined && phrase.trim() !== '' && !short) return hear(phrase);
    } else if (answer.key === 'end') return 'end';
    else if (answer.key === 'forgot') return hear(null);
    else if (answer.key === 'spell') spelling = !spelling;
    else session.alphabet = nextAlphabet(alphabet);
  }
}

const heardView = (session: LiveSession, say: ScreenKey, notes: readonly string[] = []): View => [
  ...titleOf(session, session.account?.name ?? ''),
  ...card(session),
  block.lines(...notes),
  ...aloud(session, say),
];

/** The letters, after the agent confirmed how many there are; undefined to hear them again. */
async function readSpelled(session: LiveSession, line: string, table: SpellingTable): Promise<string | undefined> {
  const read = decodeSpelling(line, table);
  const { words } = session;
  const again = { name: words('phrase.again'), value: false, key: '2' };
  const answer = await session.screen.choose({
    view: () => [...heardView(session, read.ok ? 'aloud.thanks' : 'aloud.ask-again'), block.lines(readOf(read, words))],
    message: words(read.ok ? 'phrase.check' : 'phrase.incomplete'),
    choices: read.ok ? [{ name: words('phrase.check-it'), value: true }, again] : [{ ...again, key: '1' }],
  });
  return read.ok && answer === true ? read.text : undefined;
}

/** What is asked for; null until company, caller and request are known. */
function requestOf({ account, caller, action, call }: LiveSession) {
  if (account === null || caller === null || action === null || call === null) return null;
  const who = typeof caller === 'string' ? caller : caller.id;
  return { account: account.id, caller: who, action: action.id, ticket: call.ticket ?? undefined, call: call.id };
}

async function decided(session: LiveSession, verdict: Verdict): Promise<Stage> {
  const { outcome, reason } = verdict;
  session.verdict = verdict;
  await note(session, { verificationId: verdict.id, outcome: reason ?? outcome });
  return 'verdict';
}
