/**
 * Hears the phrase: the agent types it without seeing it, as whole words or spelled. For spelling, the screen shows only how many
 * letters were read and after which one something could not be read; nothing is guessed. One Enter leads to the verdict.
 */
import { verifyCaller } from '../../procedures/calls/verify-caller.js';
import { decodeSpelling } from '../../rules/spelling.js';
import type { LiveKey } from '../../terminal/live-contract.js';
import type { View } from '../../terminal/render.js';
import { card, END_KEY, type LiveSession, note, notesKey, type Stage, showNotes, titleOf } from './console-session.js';
import { ALPHABETS, ASK_AGAIN, ASK_SPELLED, alphabetOf, howToSpell, readOf } from './spelled.js';

const ASK = 'Please tell me your support passphrase.';
const THANK = 'Thank you. One moment, please.';

const SPELL: LiveKey<'spell'> = { keys: ['f2', 'ctrl-s'], about: 'spell', value: 'spell' };
const WHOLE: LiveKey<'spell'> = { ...SPELL, about: 'whole words' };
const FORGOT: LiveKey<'forgot'> = { keys: ['f3', 'ctrl-f'], about: 'forgot', value: 'forgot' };
const ALPHABET: LiveKey<'alphabet'> = { keys: ['f4', 'ctrl-t'], about: 'alphabet', value: 'alphabet' };
const END: LiveKey<'end'> = { ...END_KEY, about: 'end' };

/** How the caller says the phrase. */
interface Hearing {
  spelling: boolean;
  /** Index in ALPHABETS. */
  alphabet: number;
}

export async function phraseStage(session: LiveSession): Promise<Stage> {
  const hearing: Hearing = { spelling: false, alphabet: 0 };
  for (;;) {
    const { spelling } = hearing;
    const view = await askingView(session, hearing);
    const answer = await session.screen.phrase({
      view,
      message: spelling ? 'Spelled' : 'Phrase',
      keys: [...(spelling ? [WHOLE, ALPHABET] : [SPELL]), FORGOT, ...notesKey(session), END],
    });
    if (answer === undefined) return 'request';
    if ('text' in answer) {
      const phrase = spelling ? await readSpelled(session, hearing, answer.text) : answer.text;
      if (phrase !== undefined && phrase.trim() !== '') return check(session, phrase);
    } else if (answer.key === 'end') return 'end';
    else if (answer.key === 'forgot') return check(session, null);
    else if (answer.key === 'spell') hearing.spelling = !spelling;
    else if (answer.key === 'alphabet') hearing.alphabet = (hearing.alphabet + 1) % ALPHABETS.length;
    else await showNotes(session);
  }
}

async function askingView(session: LiveSession, hearing: Hearing): Promise<() => View> {
  if (!hearing.spelling) return () => heardView(session, ASK);
  const how = howToSpell(await tableOf(session, hearing));
  return () => [...heardView(session, ASK_SPELLED), { kind: 'lines', lines: [how] }];
}

const heardView = (session: LiveSession, say: string): View => [
  titleOf(session, session.account?.name ?? ''),
  { kind: 'blank' },
  ...card(session),
  { kind: 'say', text: say },
];

const tableOf = ({ desk }: LiveSession, { alphabet }: Hearing) => alphabetOf(desk, ALPHABETS[alphabet] ?? 'en');

/** The letters, after the agent confirmed how many there are; undefined to hear them again. */
async function readSpelled(session: LiveSession, hearing: Hearing, line: string): Promise<string | undefined> {
  const read = decodeSpelling(line, await tableOf(session, hearing));
  const again = { name: 'hear it again', value: false, key: '2' };
  const answer = await session.screen.choose({
    view: () => [...heardView(session, read.ok ? THANK : ASK_AGAIN), { kind: 'lines', lines: [readOf(read)] }],
    message: read.ok ? 'Check it' : 'Not complete',
    choices: read.ok ? [{ name: 'check it', value: true }, again] : [{ ...again, key: '1' }],
  });
  return read.ok && answer === true ? read.text : undefined;
}

/** `phrase` is null if the caller forgot it (B19). */
async function check(session: LiveSession, phrase: string | null): Promise<Stage> {
  const { desk, screen, signed, account, caller, action, call } = session;
  if (account === null || caller === null || action === null) return 'find';
  const request = {
    account: account.id,
    caller: typeof caller === 'string' ? caller : caller.id,
    action: action.id,
    phrase,
    ticket: call?.ticket ?? undefined,
  };
  const view = () => heardView(session, THANK);
  const verdict = await screen.working({ view, message: 'Checking …' }, () => verifyCaller(desk, signed, request));
  session.verdict = verdict;
  session.events.push(`${action.id}: ${verdict.outcome}${verdict.reason === null ? '' : ` (${verdict.reason})`}`);
  await note(session, { verificationId: verdict.id, outcome: verdict.reason ?? verdict.outcome });
  return 'verdict';
}
