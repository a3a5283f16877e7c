/**
 * Hears the phrase: the agent types it without seeing it, as whole words or spelled. The screen counts words, or letters and after which
 * one something could not be read; nothing is guessed. One Enter leads to the verdict. A phrase that was heard on this call is not asked
 * for again.
 */
import { verifyHeard } from '../../procedures/calls/heard-on-call.js';
import { type Verdict, verifyCaller } from '../../procedures/calls/verify-caller.js';
import { tooShortToBeOne } from '../../rules/hearing.js';
import { decodeSpelling, type SpellingTable } from '../../rules/spelling.js';
import type { LiveKey } from '../../terminal/live-contract.js';
import type { View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { card, END_KEY, type LiveSession, note, notesKey, type Stage, showNotes, titleOf } from './console-session.js';
import {
  ASK_AGAIN,
  ASK_SPELLED,
  alphabetOf,
  howToSpell,
  lettersOf,
  nextAlphabet,
  readOf,
  TOO_SHORT,
  wordsOf,
} from './spelled.js';

const ASK = 'Please tell me your support passphrase.';
const THANK = 'Thank you. One moment, please.';

const SPELL: LiveKey<'spell'> = { keys: ['f2', 'ctrl-s'], about: 'spell', value: 'spell' };
const WHOLE: LiveKey<'spell'> = { ...SPELL, about: 'whole words' };
const FORGOT: LiveKey<'forgot'> = { keys: ['f3', 'ctrl-f'], about: 'forgot', value: 'forgot' };
const ALPHABET: LiveKey<'alphabet'> = { keys: ['f4', 'ctrl-t'], about: 'alphabet', value: 'alphabet' };
const END: LiveKey<'end'> = { ...END_KEY, about: 'end' };

export async function phraseStage(session: LiveSession): Promise<Stage> {
  const request = requestOf(session);
  if (request === null) return 'find';
  const heard = await verifyHeard(session.desk, session.signed, request);
  if (heard !== null) return decided(session, heard);
  const hear = async (phrase: string | null): Promise<Stage> => {
    const checking = { view: () => heardView(session, THANK), message: 'Checking …' };
    const check = () => verifyCaller(session.desk, session.signed, { ...request, phrase });
    return decided(session, await session.screen.working(checking, check));
  };
  for (let spelling = false, tooShort = false; ; ) {
    const table = await alphabetOf(session.desk, session.alphabet);
    const notes = tooShort ? [TOO_SHORT] : [];
    const how = block.lines(...(spelling ? [howToSpell(table)] : []));
    const view = (): View => [...heardView(session, spelling ? ASK_SPELLED : ASK, notes), how];
    const answer = await session.screen.phrase({
      view,
      message: spelling ? 'Spelled' : 'Phrase',
      counted: spelling ? (line) => lettersOf(line, table) : wordsOf,
      keys: [...(spelling ? [WHOLE, ALPHABET] : [SPELL]), FORGOT, ...notesKey(session), END],
    });
    if (answer === undefined) return 'request';
    if ('text' in answer) {
      const phrase = spelling ? await readSpelled(session, answer.text, table) : answer.text;
      tooShort = phrase !== undefined && phrase.trim() !== '' && tooShortToBeOne(phrase);
      if (phrase !== undefined && phrase.trim() !== '' && !tooShort) return hear(phrase);
    } else if (answer.key === 'end') return 'end';
    else if (answer.key === 'forgot') return hear(null);
    else if (answer.key === 'spell') spelling = !spelling;
    else if (answer.key === 'alphabet') session.alphabet = nextAlphabet(session.alphabet);
    else await showNotes(session);
  }
}

const heardView = (session: LiveSession, say: string, notes: readonly string[] = []): View => [
  titleOf(session, session.account?.name ?? ''),
  block.blank,
  ...card(session),
  block.lines(...notes),
  block.say(say),
];

/** The letters, after the agent confirmed how many there are; undefined to hear them again. */
async function readSpelled(session: LiveSession, line: string, table: SpellingTable): Promise<string | undefined> {
  const read = decodeSpelling(line, table);
  const again = { name: 'hear it again', value: false, key: '2' };
  const answer = await session.screen.choose({
    view: () => [...heardView(session, read.ok ? THANK : ASK_AGAIN), block.lines(readOf(read))],
    message: read.ok ? 'Check it' : 'Not complete',
    choices: read.ok ? [{ name: 'check it', value: true }, again] : [{ ...again, key: '1' }],
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
