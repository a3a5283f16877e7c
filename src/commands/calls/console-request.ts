/** The middle of a call: the request, the verdict and the next steps, and refusals of the desk. */
import type { Refusal } from '../../errors.js';
import type { Verdict } from '../../procedures/calls/verify-caller.js';
import type { Action } from '../../rules/policy.js';
import { MFA_RESET } from '../../rules/policy-checks.js';
import type { LiveChoice } from '../../terminal/live-contract.js';
import type { View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { askNext, callerName, card, type LiveSession, note, type Stage, titleOf } from './console-session.js';
import { verdictView, withNeutralLine } from './verdict-view.js';

/** Digits in the order of the policy, then letters; 6 for a reset, 9 for the end and 0 for a request that is not protected, whatever the policy. */
export async function requestStage(session: LiveSession): Promise<Stage> {
  const { desk, screen } = session;
  const { actions } = desk.policy;
  const answer = await screen.choose<Action | 'general' | 'end'>({
    view: () => [
      titleOf(session, session.account?.name ?? ''),
      block.blank,
      ...card({ ...session, action: null }),
      block.say('What can I do for you?'),
    ],
    message: 'Request',
    choices: [
      ...actions.map((action) => ({
        name: action.title,
        value: action,
        key: action.id === MFA_RESET ? '6' : undefined,
      })),
      { name: 'a general question (needs no verification)', value: 'general', key: '0' },
      { name: 'end the call', value: 'end', key: '9' },
    ],
  });
  if (answer === undefined) return 'who';
  if (typeof answer === 'string') return answer;
  Object.assign(session, { action: answer, verdict: null, reset: null });
  await note(session, { action: answer });
  return 'phrase';
}

export async function verdictStage(session: LiveSession): Promise<Stage> {
  const { verdict } = session;
  if (verdict === null) return 'request';
  const view = () => [titleOf(session, verdict.account.name), ...verdictBlocks(session, verdict)];
  const answer = await askNext(session, view, [...firstStep(verdict), ...OTHER_STEPS]);
  await session.desk.sendQueued();
  return answer ?? 'request';
}

/** The verdict in the words of `verify`; here the next step is a key, not a command. */
function verdictBlocks({ caller, context }: LiveSession, verdict: Verdict): View {
  const who = caller === null || typeof caller === 'string' ? callerName(caller) : `${caller.name}, ${caller.login}`;
  return [
    block.lines(`${who}: ${verdict.action.title}`),
    block.blank,
    ...verdictView(verdict, context.house.now()).filter(({ kind }) => kind !== 'title' && kind !== 'next'),
  ];
}

/** The likely next step gets key 1, if there is one. */
function firstStep({ grant, action, reason, again, tries }: Verdict): readonly LiveChoice<Stage>[] {
  if (grant !== null) return action.id === MFA_RESET ? [{ name: 'reset second factors now', value: 'reset' }] : [];
  const once = again || reason === 'not-verified' || reason === 'forgot';
  return once && tries?.lock === undefined ? [{ name: 'hear the phrase again', value: 'phrase' }] : [];
}

/** Keys 2, 3 and 9 mean the same on every screen. */
export const OTHER_STEPS: readonly LiveChoice<Stage>[] = [
  { name: 'another request by the same caller', value: 'request', key: '2' },
  { name: 'hand the call over', value: 'hand-over', key: '3' },
  { name: 'end the call', value: 'end', key: '9' },
];

/** Shows a refusal of the desk (locked out, frozen), then returns to the stage where the call can continue. */
export async function problemStage(session: LiveSession, error: Refusal): Promise<Stage> {
  const now = session.context.house.now();
  const { worded } = await import('../wording/worded.js');
  const shown = worded((await withNeutralLine(error, now)) as Refusal, 'desk', now);
  const back: Stage = session.caller !== null ? 'request' : session.account !== null ? 'who' : 'find';
  if (session.call !== null) await note(session, { outcome: shown.code });
  const say = neutralLineOf(shown);
  const own = worded(error, 'desk', now).hint;
  const view = (): View => [
    titleOf(session, session.account?.name ?? session.desk.name),
    block.blank,
    block.verdict('NOT DONE', 'warn'),
    ...(say === undefined ? [] : [block.say(say)]),
    block.private(shown.message),
    block.lines(...(own === undefined ? [] : [own])),
  ];
  return (await askNext(session, view, problemSteps(session, back))) ?? back;
}

function problemSteps({ call }: LiveSession, back: Stage): readonly LiveChoice<Stage>[] {
  if (call === null)
    return [
      { name: 'go on', value: back },
      { name: 'leave the console', value: 'left', key: '9' },
    ];
  return [{ name: 'go on with the call', value: back }, ...OTHER_STEPS.filter(({ value }) => value !== 'request')];
}

function neutralLineOf({ also }: Refusal): string | undefined {
  return typeof also['say'] === 'string' ? also['say'] : undefined;
}
