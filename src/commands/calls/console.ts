/**
 * `console`: a day of calls on one screen. Each stage asks one thing and answers which stage comes next; what is known of the
 * call so far stands in one LiveSession. The stages are in console-find, console-request, console-phrase and console-after; this file is
 * the loop around them, and what happens when it is cut off.
 */
import * as z from 'zod';
import { isRefusal, Refusal } from '../../errors.js';
import { dropCall } from '../../procedures/calls/live-calls.js';
import { type Command, type Context, command, type Result } from '../command.js';
import { endStage, handOverStage, resetStage } from './console-after.js';
import { findStage, generalStage, resumeStage, whoStage } from './console-find.js';
import { phraseStage } from './console-phrase.js';
import { problemStage, requestStage, verdictStage } from './console-request.js';
import { beginSession, type LiveSession, type Stage, stillSignedIn } from './console-session.js';

const input = () => z.object({ call: z.string().optional(), notes: z.string().optional() });
type Input = z.infer<ReturnType<typeof input>>;

const liveConsole = command<Input>({
  path: 'console',
  summary: 'the live-call screen (also: countersign alone)',
  examples: ['countersign', 'countersign console --call call_7kq2mp', 'countersign console --notes call-script.txt'],
  access: 'verify',
  options: [
    { flags: '--call <id>', about: 'resume a call that was dropped or handed over' },
    { flags: '--notes <file>', about: 'text shown with F1 on every screen, such as your call script' },
  ],
  input,
  run,
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
  'hand-over': handOverStage,
  end: endStage,
};

async function run(context: Context, given: Input): Promise<Result> {
  if (context.options.json) {
    throw new Refusal('usage', 'the console is for people; it has no JSON', {
      hint: 'Scripts use: countersign verify … --json',
    });
  }
  const notes = given.notes === undefined ? [] : (await context.files.readText(given.notes)).split(/\r?\n/);
  const desk = await context.desk();
  const screen = await context.ask.screen();
  const session = beginSession({ context, desk, screen, notes, signed: context.operator(), resuming: given.call });
  try {
    let stage: Stage = given.call === undefined ? 'find' : 'resume';
    while (stage !== 'left') stage = await step(session, stage);
    return { view: [], document: {} };
  } catch (error) {
    throw await cutOff(session, error);
  } finally {
    screen.wipe();
    screen.close();
  }
}

/** A refusal of the desk is shown and the call goes on; what ends the console is thrown on. */
async function step(session: LiveSession, stage: Exclude<Stage, 'left'>): Promise<Stage> {
  try {
    session.signed = await stillSignedIn(session.context, session.desk);
    return await STAGES[stage](session);
  } catch (error) {
    if (!isRefusal(error) || ENDS.has(error.code)) throw error;
    return problemStage(session, stage, error);
  }
}

const ENDS = new Set(['cancelled', 'not-signed-in', 'forbidden', 'store-unreachable', 'store-corrupt', 'key-mismatch']);

/** Ctrl-C, a signal or a closed terminal drops an open call: it is in the log, and whoever takes it up again is told how. */
async function cutOff({ desk, signed, call }: LiveSession, error: unknown): Promise<unknown> {
  if (call?.state !== 'open' || !isRefusal(error) || error.code !== 'cancelled') return error;
  await dropCall(desk, signed, call.id);
  return new Refusal('cancelled', error.message, {
    hint: `To go on with the call: countersign console --call ${call.id}`,
  });
}

export const commands: readonly Command[] = [liveConsole];
