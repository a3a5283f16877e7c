/** What the console looks for in the store while a question is open: news of a request, and what waits for this operator. */
import { soundingAlarms } from '../../procedures/calls/alarms.js';
import { pause } from '../../procedures/pause.js';
import { type Approval, DECIDING, requestsFor } from '../../procedures/resets/decide-approval.js';
import { permits } from '../../rules/operator-roles.js';
import { block } from '../wording/results.js';
import { alarmLines, type LiveSession } from './console-session.js';

const LOOK_AGAIN_MS = 1_000;

/** Looks at the store beside the open question, until it is stopped. What goes wrong is found again by the stage itself. */
export function lookBeside(look: () => Promise<unknown>): { stop(): Promise<void> } {
  const ended = new AbortController();
  const looking = (async () => {
    for (; !ended.signal.aborted; await pause(LOOK_AGAIN_MS, ended.signal)) await look().catch(() => undefined);
  })();
  return {
    stop: async () => {
      ended.abort();
      await looking;
    },
  };
}

/** A token never decides. */
export const decides = ({ desk, signed }: LiveSession): boolean =>
  signed.via === 'session' && permits(desk.policy, signed.operator.role, DECIDING.permission);

/** Keeps the alarms up to date, and what waits for this operator, for whoever may decide in person. */
export function watchRequests(session: LiveSession): { stop(): Promise<void> } {
  const { desk } = session;
  return lookBeside(async () => {
    session.sounding = await soundingAlarms(desk, desk.now());
    session.requests = decides(session) ? await requestsFor(desk, session.signed.operator.id) : [];
  });
}

/** Between two calls: the alarms, and one line for a lead. */
export function requestLines(session: LiveSession) {
  const { requests, words } = session;
  const [first] = requests;
  if (first === undefined) return alarmLines(session);
  const waiting = words('approval.waiting-lines', { count: requests.length, first: summaryOf(session, first) });
  return [...alarmLines(session), block.alerts(waiting)];
}

export const summaryOf = ({ words }: LiveSession, { id, requester, why: approval, users }: Approval): string =>
  words('approval.summary', { id, name: requester.name, approval, users });
