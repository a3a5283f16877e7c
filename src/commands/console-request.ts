/** The middle of a call: what is asked for, the phrase, the verdict. */
import type { Refusal } from '../errors.js';
import { type Verdict, verifyCaller } from '../procedures/verify-caller.js';
import type { Action } from '../rules/policy.js';
import { decodeSpelling, spellingTable } from '../rules/spelling.js';
import type { LiveKey } from '../terminal/live-contract.js';
import type { View } from '../terminal/render.js';
import { lookForAlerts } from './console-find.js';
import { card, type LiveSession, NOTES_KEY, note, type Stage, showNotes, titleOf } from './console-session.js';
import { verdictView, withNeutralLine } from './verdict-view.js';

const ASK = 'Please tell me your support passphrase.';
const ASK_SPELLED = 'Please spell it for me, word by word.';

/** Digits in the order of the policy; 0 for anything unprotected. */
export async function requestStage(session: LiveSession): Promise<Stage> {
  const { desk, screen } = session;
  const answer = await screen.choose<Action | 'general' | 'end'>({
    view: () => [
      titleOf(session, session.account?.name ?? ''),
      { kind: 'blank' },
      ...card({ ...session, action: null }),
      { kind: 'say', text: 'What can I do for you?' },
    ],
    message: 'Request',
    choices: [
      ...desk.policy.actions.map((action) => ({ name: action.title, value: action })),
      { name: 'a general question (needs no verification)', value: 'general', key: '0' },
      { name: 'end the call', value: 'end', key: desk.policy.actions.length < 9 ? '9' : 'x' },
    ],
  });
  if (answer === undefined) return 'who';
  if (typeof answer === 'string') return answer;
  session.action = answer;
  session.verdict = null;
  await note(session, { action: answer });
  return 'phrase';
}

const SPELL: LiveKey<'spell'> = { keys: ['f2', 'ctrl-s'], about: 'spell', value: 'spell' };
const FORGOT: LiveKey<'forgot'> = { keys: ['f3', 'ctrl-f'], about: 'forgot', value: 'forgot' };
const END: LiveKey<'end'> = { keys: ['f10', 'ctrl-e'], about: 'end', value: 'end' };

export async function phraseStage(session: LiveSession): Promise<Stage> {
  let view = () => askView(session, ASK);
  let spelling = false;
  for (;;) {
    const answer = await session.screen.phrase({
      view,
      message: spelling ? 'Spelled' : 'Phrase',
      keys: [spelling ? { ...SPELL, about: 'whole words' } : SPELL, FORGOT, END, NOTES_KEY],
    });
    if (answer === undefined) return 'request';
    if ('key' in answer) {
      if (answer.key === 'end') return 'end';
      if (answer.key === 'forgot') return check(session, null);
      if (answer.key === 'notes') await showNotes(session);
      else spelling = !spelling;
      view = () => askView(session, spelling ? ASK_SPELLED : ASK);
      continue;
    }
    if (answer.text.trim() === '') continue;
    if (!spelling) return check(session, answer.text);
    const heard = await readSpelled(session, answer.text);
    if (heard !== undefined) return check(session, heard);
    view = () => askView(session, ASK_SPELLED);
  }
}

const askView = (session: LiveSession, say: string): View => [
  titleOf(session, session.account?.name ?? ''),
  { kind: 'blank' },
  ...card(session),
  { kind: 'say', text: say },
];

/** The count of letters is echoed, and words that could not be read; undefined to spell again. */
async function readSpelled(session: LiveSession, line: string): Promise<string | undefined> {
  const table = spellingTable(await session.desk.words.spelling('en'), 'en.json');
  const read = decodeSpelling(line, table);
  const view = (): View => [
    ...askView(session, read.ok ? 'Thank you. One moment, please.' : 'I did not get all of it. Please spell it again.'),
    {
      kind: 'lines',
      lines: read.ok
        ? [`Read: ${read.count} letters and digits.`]
        : [
            `Not read: ${read.unread.map((word) => `"${word}"`).join(', ')}. Ask again for: alpha, bravo … or "b as in boy".`,
          ],
    },
  ];
  const answer = await session.screen.choose({
    view,
    message: read.ok ? 'Check it' : 'Spell again',
    choices: [
      ...(read.ok ? [{ name: 'check it', value: true }] : []),
      { name: 'spell it again', value: false, key: '2' },
    ],
  });
  return read.ok && answer === true ? read.text : undefined;
}

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
  const verdict = await screen.working(
    { view: () => askView(session, 'Thank you. One moment, please.'), message: 'Checking …' },
    () => verifyCaller(desk, signed, request),
  );
  session.verdict = verdict;
  session.events.push(`${action.id}: ${verdict.outcome}${verdict.reason === null ? '' : ` (${verdict.reason})`}`);
  await note(session, { verificationId: verdict.id, outcome: verdict.reason ?? verdict.outcome });
  return 'verdict';
}

export async function verdictStage(session: LiveSession): Promise<Stage> {
  const { verdict, screen } = session;
  if (verdict === null) return 'request';
  const answer = await screen.choose<Stage>({
    view: () => [titleOf(session, verdict.account.name), ...verdictView(verdict).slice(1)],
    message: 'Next',
    choices: nextSteps(verdict),
  });
  if (verdict.grant === null) await lookForAlerts(session);
  return answer ?? 'request';
}

function nextSteps(verdict: Verdict) {
  const first =
    verdict.grant === null
      ? [{ name: 'hear the phrase again', value: 'phrase' as const }]
      : verdict.action.category === 'login-security'
        ? [{ name: 'reset second factors now', value: 'reset' as const }]
        : [];
  return [
    ...first,
    { name: 'another request by the same caller', value: 'request' as const, key: '2' },
    { name: 'hand the call over', value: 'hand-over' as const, key: '3' },
    { name: 'end the call', value: 'end' as const, key: '9' },
  ];
}

/** A refusal of the desk (locked, frozen, not found), in words; then back to where the call can go on. */
export async function problemStage(session: LiveSession, from: Stage, error: Refusal): Promise<Stage> {
  const shown = withNeutralLine(error) as Refusal;
  const say = shown.also['say'];
  const back: Stage = session.caller !== null ? 'request' : session.account !== null ? 'who' : 'find';
  session.events.push(`${session.action?.id ?? from}: ${shown.code}`);
  if (session.call !== null) await note(session, { outcome: shown.code });
  const answer = await session.screen.choose<Stage>({
    view: () => [
      titleOf(session, session.account?.name ?? session.desk.name),
      { kind: 'blank' },
      {
        kind: 'verdict',
        verdict: shown.code === 'approval-needed' ? 'WAITING FOR APPROVAL' : 'NOT DONE',
        tone: 'warn',
      },
      ...(typeof say === 'string' ? [{ kind: 'say', text: say } as const] : []),
      { kind: 'private', text: shown.message },
      ...(shown.hint === undefined ? [] : [{ kind: 'lines', lines: [shown.hint] } as const]),
    ],
    message: 'Next',
    choices: [
      { name: 'go on with the call', value: back },
      ...(session.call === null ? [] : [{ name: 'hand the call over', value: 'hand-over' as const, key: '3' }]),
      {
        name: session.call === null ? 'leave' : 'end the call',
        value: session.call === null ? 'left' : 'end',
        key: '9',
      },
    ],
  });
  return answer ?? back;
}
