/**
 * Runs a job and reports it: one row per line after it is committed, progress, a file of failed lines, notices, exit status (B60).
 * It serves a new run and a resumed one.
 */
import { deliverDue } from '../../procedures/messages/deliver-outbox.js';
import { approvalNeeded } from '../../procedures/resets/approvals.js';
import type { BegunJob } from '../../procedures/resets/reset-job.js';
import { isNotDone, type RowOutcome, withRemotes } from '../../procedures/resets/row-outcome.js';
import { CHUNK, runJob } from '../../procedures/resets/run-job.js';
import { listOf, type ResetPlan } from '../../rules/reset-plan.js';
import type { Operated } from '../command.js';
import { exitOfTally, rowDocument, runView, type Tally } from './bulk-view.js';
import { listText, writeNotDone } from './reset-input.js';

interface Report {
  readonly plan: ResetPlan;
  /** What becomes of the lines that the run does not act on. */
  readonly idle: readonly RowOutcome[];
  /** Where the lines that were not done are written, if anywhere; `-` for standard output. */
  readonly failed: string | undefined;
}

/**
 * A small run reports its rows in the order of lines. A large run reports lines without a reset first, then each line as it is done.
 * Refusals as `runJob`, and approval-needed where nothing may be done now and all else is done; rows and file are complete as far as the run came.
 */
export async function showRun(at: Operated, { work, approval }: BegunJob, { plan, idle, failed }: Report) {
  const { context, desk, signed, words } = at;
  const approvalId = approval?.id ?? null;
  const small = (work?.targets.length ?? 0) <= CHUNK;
  const rows = new Rows(small, (row) => context.row(rowDocument(row, approvalId)));
  const progress = context.progress(words('job.resetting'), work?.targets.length ?? 0);
  progress.step(work?.head.done ?? 0);
  const end = async () => {
    if (await rows.end()) await writeNotDone(context, failed, plan, rows.linesNotDone());
  };
  try {
    await rows.add(idle);
    if (work !== null) {
      context.notice(words('job.begun', { id: work.head.id, count: work.targets.length }));
      const told = async (outcomes: readonly RowOutcome[]) => {
        await rows.add(outcomes);
        progress.step(outcomes.length);
      };
      await runJob(desk, signed, work, { told, signal: context.signal });
    }
    progress.done();
    // Rows that nothing changes any more are written before anything else can go wrong.
    if (plan.remote === undefined) await end();
    await sendNotices(at);
    rows.replace(await withRemotes(desk, rows.open));
  } finally {
    progress.done();
    await end();
  }
  const { tally, notDone } = rows;
  const exit = exitOfTally(tally);
  if (work === null && approval !== null && exit === 5 && failed !== '-') throw approvalNeeded(approval);
  const failedFile = notDone.length === 0 ? null : (failed ?? null);
  const shown = { tally, job: work?.head.id ?? null, approval: approvalId, failedFile, notDone };
  const result = { view: runView(shown, words), document: null, streamed: true, exit };
  if (failed !== '-') return result;
  if (!context.options.quiet) await context.show(result.view);
  return { ...result, raw: listText(listOf(plan, rows.linesNotDone())) };
}

const byLine = (a: RowOutcome, b: RowOutcome) => a.line - b.line;

/** Another system has not answered yet. */
const isOpen = ({ outcome, job }: RowOutcome): boolean => job !== null && ['waiting', 'unreachable'].includes(outcome);

/** The rows of a run. Those of a small one are kept until its end; a large one writes them as they come, and keeps what may still be asked for. */
class Rows {
  readonly #small: boolean;
  readonly #write: (row: RowOutcome) => Promise<void>;
  readonly #counts = new Map<RowOutcome['outcome'], number>();
  #kept: RowOutcome[] = [];
  #ended = false;

  constructor(small: boolean, write: (row: RowOutcome) => Promise<void>) {
    this.#small = small;
    this.#write = write;
  }

  async add(rows: readonly RowOutcome[]): Promise<void> {
    for (const row of rows) {
      if (this.#small || isOpen(row) || isNotDone(row)) this.#kept.push(row);
      else this.#counts.set(row.outcome, (this.#counts.get(row.outcome) ?? 0) + 1);
      if (!this.#small) await this.#write(row);
    }
  }

  get open(): readonly RowOutcome[] {
    return this.#kept.filter(isOpen);
  }

  /** What became of open rows. A large run has written them already, and counts what they are. */
  replace(rows: readonly RowOutcome[]): void {
    const now = new Map(rows.map((row) => [row.line, row]));
    this.#kept = this.#kept.map((row) => now.get(row.line) ?? row);
  }

  /** Writes what was kept; false if that was done before. */
  async end(): Promise<boolean> {
    if (this.#ended) return false;
    this.#ended = true;
    if (this.#small) for (const row of this.#kept.toSorted(byLine)) await this.#write(row);
    return true;
  }

  get tally(): Tally {
    const counts = new Map(this.#counts);
    for (const { outcome } of this.#kept) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    return counts;
  }

  get notDone(): readonly RowOutcome[] {
    return this.#kept.filter(isNotDone).toSorted(byLine);
  }

  linesNotDone(): readonly number[] {
    return this.notDone.map(({ line }) => line);
  }
}

/** A large run has many notices; the person who waits for the run does not wait longer than this for them. */
const SENDING_MS = 60_000;

/** The resets are committed; notices that cannot be sent now stay queued under the same ids. */
async function sendNotices({ context, desk, words }: Operated): Promise<void> {
  const { queued = 0 } = await desk.store.read.outbox.counts();
  if (queued === 0 || context.signal.aborted) return;
  const progress = context.progress(words('job.sending'), queued);
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
  if (left > 0) context.notice(words('job.still-queued', { count: left }));
}
