/**
 * What lies over every screen: keys for ticket and notes, the question before it is left, what is looked for in the store beside the open
 * question (news of a request, alarms, what waits for this operator), and the lock.
 *
 * The locked console: nothing of the call is on the screen until the operator has given the password again. Then the call goes on where
 * it was. The session that was idle stays over; signing in opens a new one.
 */
import { isRefusal, type Refusal, refusal } from '../../errors.js';
import { soundingAlarms } from '../../procedures/calls/alarms.js';
import { signInOperator } from '../../procedures/operators/sign-in-operator.js';
import { pause } from '../../procedures/pause.js';
import { type Approval, DECIDING, requestsFor } from '../../procedures/resets/decide-approval.js';
import { minutes } from '../../rules/duration.js';
import { permits } from '../../rules/operator-roles.js';
import { fit } from '../../terminal/printable.js';
import type { View } from '../../terminal/render.js';
import { block } from '../wording/results.js';
import {
  alarmLines,
  keyOf,
  type LiveSession,
  note,
  spoken,
  stillSignedIn,
  tell,
  ticketOf,
  titleOf,
} from './console-session.js';

/** Reasons that a password mends; an operator who is disabled or has another role is not asked for one. */
const MENDED = ['session-idle', 'session-too-old', 'session-ended', 'nobody-signed-in'];

export const canUnlock = ({ signed }: LiveSession, error: unknown): error is Refusal =>
  isRefusal(error) && signed.via === 'session' && MENDED.includes(error.because?.reason ?? '');

/** Locks the screen once nobody pressed a key for as long as a session may be idle. A token has no password to ask for. */
export function lockWhenIdle(session: LiveSession): void {
  const { screen, desk, signed } = session;
  if (signed.via !== 'session') return;
  const { idleMinutes } = desk.policy.limits.operatorSession;
  screen.lockWhenIdle(minutes(idleMinutes), () =>
    unlock(session, refusal('not-signed-in', 'session-idle', { minutes: idleMinutes }, 'sign-in')),
  );
}

/** Asks until the password is right. Esc asks whether to leave the console. */
export async function unlock(session: LiveSession, why: Refusal): Promise<void> {
  const { context, desk, screen, signed, words } = session;
  const { name } = signed.operator;
  screen.wipe();
  screen.offerAlways(() => []);
  const { worded } = await import('../wording/worded.js');
  let said = why;
  for (;;) {
    const view = () => {
      const { message, hint } = worded(said, 'desk', words);
      return lockedView(session, message, said.because?.reason === 'sign-in-wrong' ? hint : undefined);
    };
    const given = await screen.phrase({ view, message: words('lock.password', { name }), keys: [] });
    if (given === undefined && !(await leaves(session))) continue;
    if (given === undefined || 'key' in given) throw refusal('not-signed-in', 'left-locked', {}, 'sign-in');
    try {
      const code = async () => (await screen.line({ view, message: words('lock.code') })) ?? '';
      const { token } = await signInOperator(desk, { name, password: given.text, code });
      await context.sessions.write('operator', 'desk', token);
      session.signed = await stillSignedIn(context, desk);
      return offerAlways(session);
    } catch (error) {
      // Locked out, disabled or lowered meanwhile: said here, so that nothing of the call is shown to find it out.
      if (!isRefusal(error) || !['not-signed-in', 'locked', 'factor-needed'].includes(error.code)) throw error;
      said = error;
    }
  }
}

function lockedView({ call, signed, words }: LiveSession, message: string, hint: string | undefined) {
  const stays = call === null ? [] : [words('lock.call-stays', { id: call.id })];
  return [
    block.title(words('lock.title'), signed.operator.name),
    block.blank,
    block.verdict(words('lock.locked'), 'warn'),
    block.lines(
      `${message[0]?.toUpperCase() ?? ''}${message.slice(1)}.`,
      ...(hint === undefined ? [] : [hint]),
      ...stays,
      words('lock.go-on'),
    ),
  ];
}

/** The ticket (E33), and the notes if there are any. */
export function offerAlways(session: LiveSession): void {
  const { notes, screen, words } = session;
  const shown = () => [...titleOf(session, words('call.notes')), block.lines(...notes)];
  const showNotes = async () => void (await tell(session, shown, 'call.back'));
  screen.offerAlways(() => {
    const given = ticketOf(session);
    const about = words('call.key-ticket', { ticket: given === null ? null : fit(spoken(given), 20) });
    const ticket = { keys: ['f8', 'ctrl-k'], about, value: async () => void (await askTicket(session)) };
    return notes.length === 0 ? [ticket] : [ticket, keyOf(session)(showNotes, ['f1', 'ctrl-n'], 'call.key-notes')];
  });
}

/** A phrase that was typed into the wrong box is not kept (B11). False if the question was left. */
export async function askTicket(session: LiveSession, above?: () => View): Promise<boolean> {
  const { screen, words } = session;
  const message = words('reset.ticket');
  for (let said = above === undefined ? words('call.ticket') : ''; ; said = words('call.ticket-again')) {
    const view = () => [...(above?.() ?? titleOf(session, message)), block.lines(said)];
    const ticket = await screen.line({ view, message, default: ticketOf(session) ?? undefined });
    if (ticket === undefined || ticket === '') return ticket === '';
    if (spoken(ticket) !== ticket) continue;
    if (session.call === null) session.ticket = ticket;
    else await note(session, { ticket });
    return true;
  }
}

/** Esc alone leaves nothing: a call, or a demo with all that was tried, may be behind it (E18). */
export async function leaves({ desk, screen, signed, words }: LiveSession): Promise<boolean> {
  const choices = [false, true].map((value) => ({ name: words(value ? 'call.do-leave' : 'call.stay'), value }));
  const view = () => [block.title(desk.name, signed.operator.name)];
  return (await screen.choose({ view, message: words('call.leave-asked'), choices })) === true;
}

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
