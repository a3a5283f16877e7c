/**
 * `console`: takes a day of calls on one screen. Each stage (console-*) asks one thing and returns the next stage; one LiveSession has what
 * is known of the call. This file has the loop around them and what happens when it is cut off.
 */
import * as z from 'zod';
import type { Desk, SignedOperator } from '../../desk.js';
import { isRefusal, Refusal } from '../../errors.js';
import { leaveCall, recordConsoleEnded, resumeCall } from '../../procedures/calls/live-calls.js';
import { ownCalls } from '../../procedures/log/call-record.js';
import { readCallId } from '../../rules/call-id.js';
import { isPhone } from '../../rules/directory-keys.js';
import { type Command, command } from '../command.js';
import { block, localMinute } from '../wording/results.js';
import { beginWaiting, requestsStage, waitingStage } from './console-approval.js';
import { CARE_STAGES } from './console-care.js';
import { ALL, findStage, generalStage, lookForAlerts, whoStage } from './console-find.js';
import { canUnlock, lockWhenIdle, offerAlways, unlock, watchRequests } from './console-lock.js';
import { endStage, handOverStage } from './console-note.js';
import { phraseStage } from './console-phrase.js';
import { problemStage, requestStage, verdictStage } from './console-request.js';
import { resetStage } from './console-reset.js';
import { type LiveSession, NOTHING_KNOWN, type Stage, stillSignedIn, titleOf } from './console-session.js';

const WITHHELD = 'must be a phone number of at least 7 digits, as the telephone shows it; --from="" if it shows none';
const liveConsole = command({
  path: 'console',
  access: 'verify',
  options: ['--call <id>', '--from <number>', { flags: '--notes <file>', path: 'here' }],
  own: () => ({
    from: z
      .string()
      .refine((text) => text === '' || isPhone(text), { message: WITHHELD })
      .optional(),
  }),
  run: async ({ context, desk, signed, words }, { call: resuming, from, notes: file }) => {
    if (context.options.json) throw new Refusal('usage', words('call.no-json'), { hint: words('call.no-json-next') });
    const notes = file === undefined ? [] : (await context.files.readText(file)).split(/\r?\n/);
    const { spelling, plain } = (await context.settings()).file;
    const screen = await context.ask.screen(plain);
    const asked = { context, desk, screen, notes, signed, words, resuming, from, spelling };
    const session: LiveSession = { ...asked, ...NOTHING_KNOWN, requests: [], sounding: [] };
    lockWhenIdle(session);
    offerAlways(session);
    const watching = watchRequests(session);
    try {
      let stage: Stage = resuming === undefined ? 'find' : 'resume';
      while (stage !== 'left') stage = await step(session, stage);
      return { view: [], document: {} };
    } catch (error) {
      throw await cutOff(session, error);
    } finally {
      screen.wipe();
      screen.close();
      await watching.stop();
    }
  },
});

const STAGES: Readonly<Record<Exclude<Stage, 'left'>, (session: LiveSession) => Promise<Stage>>> = {
  find: findStage,
  who: whoStage,
  resume: resumeStage,
  general: generalStage,
  request: requestStage,
  phrase: phraseStage,
  verdict: verdictStage,
  reset: resetStage,
  waiting: waitingStage,
  requests: requestsStage,
  'hand-over': handOverStage,
  ...CARE_STAGES,
  end: endStage,
};

/**
 * Shows a refusal of the desk and continues the call; errors that end the console are thrown again. A refused step (one of another
 * role, a wrong code of the operator) ends the console only if the operator may no longer verify at all.
 */
async function step(session: LiveSession, stage: Exclude<Stage, 'left'>): Promise<Stage> {
  const { context, desk } = session;
  let entered = false;
  try {
    session.signed = await stillSignedIn(context, desk);
    entered = true;
    // Earlier attempts, locks and other agents on this caller are those of now, not of when the call began (E30).
    if (SHOWS_ALERTS.has(stage)) await lookForAlerts(session);
    return await STAGES[stage](session);
  } catch (error) {
    if (canUnlock(session, error)) {
      // The step was refused before it did anything, so it is taken once more.
      await unlock(session, error);
      return stage;
    }
    if (!isRefusal(error) || error.code === 'cancelled' || OUT_OF_REACH.has(error.code)) throw error;
    if (OF_AUTHORITY.has(error.code)) {
      if (!entered) throw error;
      session.signed = await stillSignedIn(context, desk);
    }
    // Another operator has taken it: here it is over.
    if (error.because?.reason === 'call-elsewhere') Object.assign(session, NOTHING_KNOWN);
    return error.code === 'approval-needed' ? beginWaiting(session, error) : problemStage(session, error);
  }
}

/** Not where a call ends or is handed over: that must go on whatever is wrong with its caller. */
const SHOWS_ALERTS: ReadonlySet<Stage> = new Set<Stage>(['request', 'phrase']);
const OUT_OF_REACH = new Set(['store-unreachable', 'store-corrupt', 'key-mismatch']);
const OF_AUTHORITY = new Set(['not-signed-in', 'forbidden']);

/**
 * Ctrl-C, a signal, a closed terminal, an operator without authority or a store out of reach drops the open call. The drop is logged
 * if the log can be written, and the operator is told how to resume the call.
 */
async function cutOff({ desk, signed, call }: LiveSession, error: unknown): Promise<unknown> {
  if (call?.state !== 'open' || !isRefusal(error)) return error;
  if (!OUT_OF_REACH.has(error.code)) await drop(desk, signed, call.id);
  return error.followedBy('resume-call', { id: call.id }, {});
}

/** If the drop cannot be logged, the reason why the console ended must still show; the call can be resumed by its id anyway. */
async function drop(desk: Desk, signed: SignedOperator, id: string): Promise<void> {
  try {
    await leaveCall(desk, signed, id, 'dropped').catch(async (error: unknown) => {
      if (!isRefusal(error) || !OF_AUTHORITY.has(error.code)) throw error;
      await recordConsoleEnded(desk, id, error.code);
    });
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

export const commands: readonly Command[] = [liveConsole];

/** One's own calls that have not ended, the newest first (E29), or the id that was read aloud. */
async function askWhichCall(session: LiveSession): Promise<string | undefined> {
  const { desk, signed, screen, words } = session;
  const own = (await ownCalls(desk, signed, ALL)).filter(({ state }) => state !== 'ended');
  const rows = own.map(({ id, state, openedAt: at, account: of, caller }) => ({
    name: [id, localMinute(at), words.term('callState', state), of ? `${of.number} ${caller ?? of.name}` : ''],
    value: id,
  }));
  return screen.search<string>({
    view: () => [...titleOf(session, words('find.resume')), block.lines(words('find.resume-id'))],
    message: words('find.call'),
    initial: '',
    most: ALL,
    look: async (text) => {
      const id = readCallId(text) ?? text;
      const found = rows.filter(({ value }) => value.includes(text.trim().toLowerCase()) || value === id);
      return found.length > 0 || text.trim() === '' ? found : [{ name: id, value: text }];
    },
  });
}

async function resumeStage(session: LiveSession): Promise<Stage> {
  const { resuming: given } = session;
  session.resuming = undefined;
  const text = given ?? (await askWhichCall(session));
  if (text === undefined || text === '') return 'find';
  const call = await resumeCall(session.desk, session.signed, text);
  // Nor what was done for whoever was on the line before another operator had it.
  Object.assign(session, NOTHING_KNOWN);
  Object.assign(session, { call, account: call.account, caller: call.caller });
  session.viewed = call.caller === null ? [] : [call.caller.id];
  if (call.account === null) return 'find';
  if (call.caller === null) return 'who';
  return 'request';
}
