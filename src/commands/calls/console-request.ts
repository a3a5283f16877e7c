/** The middle of a call: the request, the verdict and the next steps, and refusals of the desk. */
import type { Refusal } from '../../errors.js';
import type { CallNews } from '../../procedures/calls/live-calls.js';
import type { Verdict } from '../../procedures/calls/verify-caller.js';
import type { Action } from '../../rules/policy.js';
import { MFA_RESET } from '../../rules/policy-checks.js';
import type { LiveChoice } from '../../terminal/live-contract.js';
import type { View } from '../../terminal/render.js';
import { block } from '../wording/results.js';
import {
  aloud,
  askNext,
  callerName,
  card,
  careSteps,
  heardWords,
  type LiveSession,
  note,
  type Stage,
  titleOf,
} from './console-session.js';
import { verdictView, withNeutralLine } from './verdict-view.js';

/** Digits in the order of the policy, then letters; 6 for a reset, 9 for the end and 0 for a request that is not protected, whatever the policy. */
export async function requestStage(session: LiveSession): Promise<Stage> {
  const { desk, screen, words } = session;
  const { actions } = desk.policy;
  const answer = await screen.choose<Action | Stage>({
    view: () => [
      ...titleOf(session, session.account?.name ?? ''),
      ...card({ ...session, action: null }),
      ...aloud(session, 'aloud.ask-wish'),
    ],
    message: words('call.request'),
    choices: [
      ...actions.map((action) => ({
        name: words.term('actionTitle', action.title),
        value: action,
        key: action.id === MFA_RESET ? '6' : undefined,
      })),
      { name: words('call.general'), value: 'general', key: '0' },
      { name: words('call.end'), value: 'end', key: '9' },
      ...careSteps(session),
    ],
  });
  if (answer === undefined) return 'who';
  if (typeof answer === 'string') return answer;
  Object.assign(session, { action: answer, verdict: null, reset: null, done: null });
  await note(session, { action: answer });
  return 'phrase';
}

export async function verdictStage(session: LiveSession): Promise<Stage> {
  const { verdict } = session;
  if (verdict === null) return 'request';
  const { caller, words } = session;
  const who = caller === null || typeof caller === 'string' ? callerName(session) : `${caller.name}, ${caller.login}`;
  // In the words of `verify`, with the waits as they are now; here the next step is a key, not a command.
  const view = () => {
    const unlockKey = careSteps(session).some(({ value }) => value === 'unlock');
    const shown = verdictView(verdict, words, heardWords(session), unlockKey);
    return [
      ...titleOf(session, verdict.account.name),
      block.lines(`${who}: ${words.term('actionTitle', verdict.action.title)}`),
      block.blank,
      ...shown.filter(({ kind }) => kind !== 'title' && kind !== 'next'),
    ];
  };
  const answer = await askNext(session, view, [...firstStep(session, verdict), ...otherSteps(session)]);
  await session.desk.sendQueued();
  return answer ?? 'request';
}

/** The likely next step gets key 1, if there is one. */
function firstStep({ words }: LiveSession, verdict: Verdict): readonly LiveChoice<Stage>[] {
  const { grant, action, reason, again, tries } = verdict;
  if (grant !== null) return action.id === MFA_RESET ? [{ name: words('reset.now'), value: 'reset' }] : [];
  const once = again || reason === 'not-verified' || reason === 'forgot';
  return once && tries?.lock === undefined ? [{ name: words('reset.hear-again'), value: 'phrase' }] : [];
}

/** Keys 2, 3 and 9 mean the same on every screen. */
export const otherSteps = ({ words }: LiveSession): readonly LiveChoice<Stage>[] => [
  { name: words('call.another'), value: 'request', key: '2' },
  { name: words('call.hand-over'), value: 'hand-over', key: '3' },
  { name: words('call.end'), value: 'end', key: '9' },
];

/** Where the call can go on. */
export const stageOfCall = ({ account, caller }: LiveSession): Stage =>
  caller !== null ? 'request' : account !== null ? 'who' : 'find';

/** Without key 2, where nobody is "the same caller" yet or the request is to go on. */
export const goingOn = (session: LiveSession, back: Stage): readonly LiveChoice<Stage>[] => [
  { name: session.words('call.go-on-call'), value: back },
  ...otherSteps(session).filter(({ value }) => value !== 'request'),
];

/** Shows what was done, also where another operator has the call by now; then goes on with the call. `news`: for its note. */
export async function showDone(session: LiveSession, news: CallNews | null, view: () => View): Promise<Stage> {
  const lost = news && (await note(session, news).catch((error: unknown) => error));
  const next = await askNext(session, view, otherSteps(session));
  if (lost instanceof Error) throw lost;
  return next ?? 'request';
}

/** Shows a refusal of the desk (locked out, frozen), then returns to the stage where the call can continue. */
export async function problemStage(session: LiveSession, error: Refusal): Promise<Stage> {
  const { words } = session;
  const { worded } = await import('../wording/worded.js');
  const shown = worded((await withNeutralLine(error, words, heardWords(session))) as Refusal, 'desk', words);
  const back = stageOfCall(session);
  if (session.call !== null) await note(session, { outcome: shown.code });
  const say = shown.also['say'];
  const own = worded(error, 'desk', words).hint;
  const view = () => [
    ...titleOf(session, session.account?.name ?? session.desk.name),
    block.verdict(words('call.not-done'), 'warn'),
    ...(typeof say === 'string' ? [block.say(say)] : []),
    block.private(shown.message),
    block.lines(...(own === undefined ? [] : [own])),
  ];
  const outside: readonly LiveChoice<Stage>[] = [{ name: words('call.go-on'), value: back }];
  return (await askNext(session, view, session.call === null ? outside : goingOn(session, back))) ?? back;
}
