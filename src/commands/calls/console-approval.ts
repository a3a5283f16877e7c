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
import type { View } from '../../terminal/render.js';
import { requestView } from '../resets/approval-view.js';
import { block } from '../wording/blocks.js';
import { APPROVAL_REASONS } from '../wording/terms.js';
import { localClock } from '../wording/times.js';
import { OTHER_STEPS } from './console-request.js';
import { giveFreshCode } from './console-reset.js';
import { askNext, card, type LiveSession, note, type Stage, titleOf } from './console-session.js';
import { lookBeside, summaryOf } from './console-watch.js';

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
  const { desk, request } = session;
  if (request === null) return 'request';
  const shown = await showApproval(desk, request);
  let news = false;
  const beside = lookBeside(async () => {
    news = (await showApproval(desk, request)).standing !== shown.standing;
  });
  const { verdict, tone, say, lines, steps } = standingOf(shown);
  const view = (): View => [
    titleOf(session, session.account?.name ?? desk.name),
    block.blank,
    ...card(session, session.reset === null ? [] : [['Reset', session.reset.target.name]]),
    block.blank,
    block.verdict(verdict, tone),
    block.say(say),
    block.lines(...lines),
  ];
  try {
    const next =
      (await askNext(session, view, [...steps, ...OTHER_STEPS], () => (news ? 'waiting' : undefined))) ?? 'request';
    if (next !== 'waiting') session.request = null;
    return next;
  } finally {
    await beside.stop();
  }
}

interface Shown {
  readonly verdict: string;
  readonly tone: 'good' | 'warn';
  readonly say: string;
  readonly lines: readonly string[];
  readonly steps: readonly LiveChoice<Stage>[];
}

function standingOf({ id, why, standing, decidedBy, decisionReason, expiresAt }: Approval): Shown {
  if (standing === 'pending')
    return {
      verdict: 'WAITING FOR A SECOND OPERATOR',
      tone: 'warn',
      say: 'A colleague has to confirm this. One moment, please.',
      lines: [
        `${APPROVAL_REASONS[why]}: a lead or an admin decides. This screen changes by itself when they do.`,
        `  countersign approval approve ${id}`,
      ],
      steps: [],
    };
  if (standing === 'approved')
    return {
      verdict: 'APPROVED',
      tone: 'good',
      say: 'Thank you for waiting. It is confirmed.',
      lines: [`${decidedBy ?? 'A second operator'} approved ${id}. It counts until ${localClock(expiresAt)}.`],
      steps: [{ name: 'reset second factors now', value: 'reset' }],
    };
  const expired = standing === 'expired';
  return {
    verdict: expired ? 'EXPIRED' : 'NOT APPROVED',
    tone: 'warn',
    say: expired ? 'Nobody could confirm it yet. One moment, please.' : 'I cannot do this now.',
    lines: [
      expired ? `Nobody decided ${id} in time.` : `${id} is ${standing}${decidedBy === null ? '' : ` (${decidedBy})`}.`,
      ...(decisionReason === null ? [] : [`Reason: ${decisionReason}`]),
    ],
    steps: expired ? [{ name: 'ask once more', value: 'reset' }] : [],
  };
}

/** The newest request, or the one that is chosen. */
export async function requestsStage(session: LiveSession): Promise<Stage> {
  const { desk, screen, signed } = session;
  const found = await requestsFor(desk, signed.operator.id);
  const title = titleOf(session, 'Requests for a second operator');
  const only = found.length === 1 ? found[0] : undefined;
  const chosen =
    only ??
    (await screen.choose<Approval>({
      view: () => [title, block.blank, block.lines(...(found.length === 0 ? ['Nothing waits.'] : []))],
      message: 'Request',
      choices: found.slice(0, 9).map((one) => ({ name: summaryOf(one), value: one })),
    }));
  return chosen === undefined ? 'find' : decideOne(session, chosen.id);
}

/** Shows exactly what is asked for, and decides it (B56). */
async function decideOne(session: LiveSession, id: string): Promise<Stage> {
  const { desk, screen } = session;
  const shown = await showApproval(desk, id);
  const left = shown.targets.length - MOST;
  const view = (): View => [
    titleOf(session, 'A request for a second operator'),
    block.blank,
    ...requestView({ ...shown, targets: shown.targets.slice(0, MOST) }).filter(({ kind }) => kind !== 'next'),
    ...(left > 0 ? [block.note(`… and ${left} more: countersign approval show ${id}`)] : []),
  ];
  const approve = await screen.choose<boolean>({
    view,
    message: 'Decide',
    choices: [
      { name: 'approve exactly this', value: true },
      { name: 'reject it', value: false },
    ],
  });
  if (approve === undefined) return 'find';
  const reason = approve ? null : await screen.line({ view, message: 'Reason', prose: true });
  if (reason === undefined || !(await giveFreshCode(session, DECIDING))) return 'find';
  const { standing, requester } = await decideApproval(desk, session.signed, { id, approve, reason });
  session.requests = session.requests.filter((one) => one.id !== id);
  const verdict = standing === 'approved' ? 'APPROVED' : 'REJECTED';
  await screen.choose({
    view: () => [
      titleOf(session, 'A request for a second operator'),
      block.blank,
      block.verdict(verdict, standing === 'approved' ? 'good' : 'warn'),
      block.lines(`The screen of ${requester.name} shows it at once.`),
    ],
    message: 'Go on',
    choices: [{ name: 'back to the calls', value: true }],
  });
  return 'find';
}
