/** Four eyes at the console (E13): the agent's screen that follows the request, and the lead's that decides it. Neither needs a key to see news. */
import type { Refusal } from '../../errors.js';
import {
  type Approval,
  DECIDING,
  decideApproval,
  requestsFor,
  showApproval,
} from '../../procedures/resets/decide-approval.js';
import type { LiveChoice } from '../../terminal/live-contract.js';
import type { Tone } from '../../terminal/render.js';
import { requestView } from '../resets/approval-view.js';
import { block, localClock } from '../wording/results.js';
import type { ScreenKey } from '../wording/words.js';
import { lookBeside, summaryOf } from './console-lock.js';
import { otherSteps } from './console-request.js';
import { giveFreshCode } from './console-reset.js';
import { aloud, askNext, card, type LiveSession, note, type Stage, tell, titleOf } from './console-session.js';

/** Of a long list, what fits on a screen. */
const MOST = 12;

/** A reset needs a second operator: the call goes on here. */
export async function beginWaiting(session: LiveSession, { also }: Refusal): Promise<Stage> {
  session.request = (also['approval'] as { readonly id: string }).id;
  if (session.call !== null) await note(session, { outcome: 'approval-needed' });
  return 'waiting';
}

/** Shows where the request stands, and begins again as soon as that has changed. */
export async function waitingStage(session: LiveSession): Promise<Stage> {
  const { desk, request, words } = session;
  if (request === null) return 'request';
  const shown = await showApproval(desk, request);
  let news = false;
  const beside = lookBeside(async () => {
    news = (await showApproval(desk, request)).standing !== shown.standing;
  });
  const [verdict, tone, say, next] = SHOWN[shown.standing] ?? NOT_APPROVED;
  const lines = standingLines(session, shown);
  const steps: readonly LiveChoice<Stage>[] = next === undefined ? [] : [{ name: words(next), value: 'reset' }];
  const view = () => [
    ...titleOf(session, session.account?.name ?? desk.name),
    ...card(session, session.reset === null ? [] : [[words('call.reset'), session.reset.target.name]]),
    block.blank,
    block.verdict(words(verdict), tone),
    ...aloud(session, say),
    block.lines(...lines),
  ];
  try {
    const overtaken = () => (news ? 'waiting' : undefined);
    const answer = (await askNext(session, view, [...steps, ...otherSteps(session)], overtaken)) ?? 'request';
    if (answer !== 'waiting') session.request = null;
    return answer;
  } finally {
    await beside.stop();
  }
}

type Shown = readonly [verdict: ScreenKey, tone: Tone, say: ScreenKey, next?: ScreenKey];
const NOT_APPROVED: Shown = ['approval.not-approved', 'warn', 'aloud.approval-refused'];
/** How each standing is shown, and the words of the reset as the next step where there can be one. */
const SHOWN: Readonly<Partial<Record<Approval['standing'], Shown>>> = {
  pending: ['approval.waiting', 'warn', 'aloud.approval-waits'],
  approved: ['approval.approved', 'good', 'aloud.approval-given', 'reset.now'],
  expired: ['approval.expired', 'warn', 'aloud.approval-expired', 'approval.ask-again'],
};

function standingLines({ words }: LiveSession, approval: Approval): readonly string[] {
  const { id, why, standing, decidedBy: by, decisionReason: reason, expiresAt } = approval;
  if (standing === 'pending')
    return [words('approval.who-decides', { approval: why }), `  countersign approval approve ${id}`];
  if (standing === 'approved') return [words('approval.counts-until', { by, id, clock: localClock(expiresAt) })];
  const expired = standing === 'expired';
  return [
    expired ? words('approval.nobody-decided', { id }) : words('approval.is', { id, standing, by }),
    ...(reason === null ? [] : [words('approval.reason-was', { reason })]),
  ];
}

export async function requestsStage(session: LiveSession): Promise<Stage> {
  const { desk, screen, signed, words } = session;
  const found = await requestsFor(desk, signed.operator.id);
  const title = titleOf(session, words('approval.requests'));
  const only = found.length === 1 ? found[0] : undefined;
  const chosen =
    only ??
    (await screen.choose<Approval>({
      view: () => [...title, block.lines(...(found.length === 0 ? [words('approval.none')] : []))],
      message: words('approval.request'),
      choices: found.slice(0, 9).map((one) => ({ name: summaryOf(session, one), value: one })),
    }));
  return chosen === undefined ? 'find' : decideOne(session, chosen.id);
}

/** Shows exactly what is asked for, and decides it (B56). */
async function decideOne(session: LiveSession, id: string): Promise<Stage> {
  const { desk, screen, words } = session;
  const shown = await showApproval(desk, id);
  const left = shown.targets.length - MOST;
  const view = () => [
    ...titleOf(session, words('approval.one')),
    ...requestView({ ...shown, targets: shown.targets.slice(0, MOST) }, words).filter(({ kind }) => kind !== 'next'),
    ...(left > 0 ? [block.note(words('approval.more', { count: left, id }))] : []),
  ];
  const approve = await screen.choose<boolean>({
    view,
    message: words('approval.decide'),
    choices: [
      { name: words('approval.approve'), value: true },
      { name: words('approval.reject'), value: false },
    ],
  });
  if (approve === undefined) return 'find';
  const reason = approve ? null : await screen.line({ view, message: words('approval.reason'), prose: true });
  if (reason === undefined || !(await giveFreshCode(session, DECIDING))) return 'find';
  const { standing, requester } = await decideApproval(desk, session.signed, { id, approve, reason });
  session.requests = session.requests.filter((one) => one.id !== id);
  const verdict = words(standing === 'approved' ? 'approval.approved' : 'approval.rejected');
  const decided = () => [
    ...titleOf(session, words('approval.one')),
    block.verdict(verdict, standing === 'approved' ? 'good' : 'warn'),
    block.lines(words('approval.shown-at-once', { name: requester.name })),
  ];
  await tell(session, decided, 'call.back-calls');
  return 'find';
}
