/**
 * Runs a job and reports it: one row per line after it is committed, progress, a file of failed lines, notices, exit status (B60).
 * It serves a new run and a resumed one.
 */
import type { Desk } from '../../desk.js';
import { deliverDue } from '../../procedures/messages/deliver-outbox.js';
import { approvalNeeded } from '../../procedures/resets/approvals.js';
import type { JobWork } from '../../procedures/resets/job-work.js';
import type { BegunJob } from '../../procedures/resets/reset-job.js';
import { isNotDone, type RowOutcome, withRemotes } from '../../procedures/resets/row-outcome.js';
import { CHUNK, runJob } from '../../procedures/resets/run-job.js';
import { listOf, type ResetPlan } from '../../rules/reset-plan.js';
import type { Context, Result } from '../command.js';
import { wordsOf } from '../wording/words.js';
import { exitOfTally, rowDocument, runView } from './bulk-view.js';
import { listText, writeNotDone } from './reset-input.js';

export interface Report {
  readonly plan: ResetPlan;
  /** What becomes of the lines that the run does not act on. */
  readonly idle: readonly RowOutcome[];
  /** Where the lines that were not done are written, if anywhere; `-` for standard output. */
  readonly failed: string | undefined;
}

/**
 * A small run reports its rows in the order of lines. A large run reports lines without a reset first, then each line as it is done.
 * Refusals as `runJob`, and approval-needed where nothing may be done now; rows and file are complete as far as the run came.
 */
export async function showRun(
  context: Context,
  desk: Desk,
  { work, approval }: BegunJob,
  { plan, idle, failed }: Report,
): Promise<Result> {
  const words = wordsOf(context);
  const approvalId = approval?.id ?? null;
  const tally = new Map<RowOutcome['outcome'], number>();
  const notDone: RowOutcome[] = [];
  const held: RowOutcome[] = [];
  const small = (work?.targets.length ?? 0) <= CHUNK;
  const progress = context.progress(words('job.resetting'), work?.targets.length ?? 0);
  progress.step(work?.head.done ?? 0);
  const write = async (outcomes: readonly RowOutcome[]) => {
    for (const row of outcomes) await context.row(rowDocument(row, approvalId));
  };
  const waiting: RowOutcome[] = [];
  const count = (outcomes: readonly RowOutcome[]) => {
    for (const row of outcomes) {
      tally.set(row.outcome, (tally.get(row.outcome) ?? 0) + 1);
      if (isNotDone(row)) notDone.push(row);
    }
  };
  const told = async (outcomes: readonly RowOutcome[]) => {
    count(outcomes);
    waiting.push(
      ...outcomes.filter(({ outcome, job }) => job !== null && ['waiting', 'unreachable'].includes(outcome)),
    );
    if (small) held.push(...outcomes);
    else await write(outcomes);
  };
  const byLine = (a: RowOutcome, b: RowOutcome) => a.line - b.line;
  const lines = () => notDone.sort(byLine).map((row) => row.line);
  let ended = false;
  const end = async () => {
    if (ended) return;
    ended = true;
    await write(held.toSorted(byLine));
    await writeNotDone(context, failed, plan, lines());
  };
  /** What other systems have answered by now. A large run has written "waiting" already, and counts what it is. */
  const lookAgain = async () => {
    const before = waiting.splice(0);
    const now = await withRemotes(desk, before);
    for (const row of before) {
      const left = (tally.get(row.outcome) ?? 0) - 1;
      if (left > 0) tally.set(row.outcome, left);
      else tally.delete(row.outcome);
      if (isNotDone(row)) notDone.splice(notDone.indexOf(row), 1);
    }
    held.splice(0, held.length, ...held.filter((row) => !before.includes(row)));
    count(now);
    if (small) held.push(...now);
  };
  try {
    await told(idle);
    if (work !== null) {
      await run(context, desk, work, async (outcomes) => {
        await told(outcomes);
        progress.step(outcomes.length);
      });
    }
    progress.done();
    // Rows that nothing changes any more are written before anything else can go wrong.
    if (plan.remote === undefined) await end();
    await sendNotices(context, desk);
    await lookAgain();
  } finally {
    progress.done();
    await end();
  }
  if (work === null && approval !== null && failed !== '-') throw approvalNeeded(approval);
  const failedFile = notDone.length === 0 ? null : (failed ?? null);
  const shown = { tally, job: work?.head.id ?? null, approval: approvalId, failedFile, notDone };
  const result = { view: runView(shown, words), document: null, streamed: true, exit: exitOfTally(tally) };
  if (failed !== '-') return result;
  if (!context.options.quiet) await context.show(result.view);
  return { ...result, raw: listText(listOf(plan, lines())) };
}

async function run(
  context: Context,
  desk: Desk,
  work: JobWork,
  told: (rows: readonly RowOutcome[]) => Promise<void>,
): Promise<void> {
  context.notice(wordsOf(context)('job.begun', { id: work.head.id, count: work.targets.length }));
  await runJob(desk, context.operator(), work, { told, signal: context.signal });
}

/** A large run has many notices; the person who waits for the run does not wait longer than this for them. */
const SENDING_MS = 60_000;

/** The resets are committed; notices that cannot be sent now stay queued under the same ids. */
async function sendNotices(context: Context, desk: Desk): Promise<void> {
  const { queued = 0 } = await desk.store.read.outbox.counts();
  if (queued === 0 || context.signal.aborted) return;
  const progress = context.progress(wordsOf(context)('job.sending'), queued);
  const enough = new AbortController();
  const stop = () => enough.abort();
  context.signal.addEventListener('abort', stop);
  const ended = desk.now() + SENDING_MS;
  const step = () => {
    progress.step(1);
    if (desk.now() >= ended) stop();
  };
  try {
    await deliverDue(desk, { signal: enough.signal, step });
  } finally {
    context.signal.removeEventListener('abort', stop);
    progress.done();
  }
  const left = (await desk.store.read.outbox.counts())['queued'] ?? 0;
  if (left > 0) context.notice(wordsOf(context)('job.still-queued', { count: left }));
}
