/**
 * Runs a job and reports it: one row per line after it is committed, progress, a file of failed lines, notices, exit status (B60).
 * It serves a new run and a resumed one.
 */
import type { Desk } from '../../desk.js';
import { deliverDue } from '../../procedures/messages/deliver-outbox.js';
import type { JobWork } from '../../procedures/resets/job-work.js';
import type { BegunJob } from '../../procedures/resets/reset-job.js';
import { idleOutcome, type RowOutcome } from '../../procedures/resets/row-outcome.js';
import { CHUNK, runJob } from '../../procedures/resets/run-job.js';
import type { PlannedRow } from '../../rules/reset-plan.js';
import type { Context, Result } from '../command.js';
import { wordsOf } from '../wording/words.js';
import { exitOfTally, rowDocument, runView } from './bulk-view.js';
import { rowsFile, type WrittenInput, writeRows } from './reset-input.js';

export interface Report {
  readonly input: WrittenInput;
  readonly failed: string | undefined;
}

/** A small run reports its rows in the order of lines. A large run reports lines without a reset first, then each line as it is done. */
export async function showRun(
  context: Context,
  desk: Desk,
  rows: readonly PlannedRow[],
  { work, approval, waiting }: BegunJob,
  report: Report | null,
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
  const told = async (outcomes: readonly RowOutcome[]) => {
    for (const row of outcomes) {
      tally.set(row.outcome, (tally.get(row.outcome) ?? 0) + 1);
      if (['unknown', 'ambiguous', 'failed', 'needs-approval'].includes(row.outcome)) notDone.push(row);
    }
    if (small) held.push(...outcomes);
    else await write(outcomes);
  };
  const doing = new Set(work?.targets.map((row) => row.line));
  const leftOut = new Set(waiting.map((row) => row.line));
  try {
    await told(rows.filter((row) => !doing.has(row.line)).map((row) => idleOutcome(row, leftOut.has(row.line))));
    if (work !== null) {
      await run(context, desk, work, async (outcomes) => {
        await told(outcomes);
        progress.step(outcomes.length);
      });
    }
  } finally {
    progress.done();
    await write(held.toSorted((a, b) => a.line - b.line));
  }
  notDone.sort((a, b) => a.line - b.line);
  const failedFile = await writeFailed(context, report, notDone);
  await sendNotices(context, desk);
  const end = { tally, job: work?.head.id ?? null, approval: approvalId, failedFile, notDone };
  const result = { view: runView(end, words), document: null, streamed: true, exit: exitOfTally(tally) };
  if (report?.failed !== '-') return result;
  if (!context.options.quiet) await context.show(result.view);
  return { ...result, raw: rowsOf(report.input, notDone) };
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

async function writeFailed(
  context: Context,
  report: Report | null,
  notDone: readonly RowOutcome[],
): Promise<string | null> {
  if (report?.failed === undefined) return null;
  const { failed, input } = report;
  if (failed !== '-') await context.files.write(failed, rowsOf(input, notDone), rowsFile(input));
  return notDone.length === 0 ? null : failed;
}

const rowsOf = (input: WrittenInput, rows: readonly RowOutcome[]): string =>
  writeRows(
    input,
    rows.map((row) => row.line),
  );

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
