/**
 * Carrying out a job (B51, B60): chunk after chunk in the order of user ids, each in one transaction with its log entries, its notices and
 * the mark of how far the job got. A row is told of only after that. Between chunks others may write, and an interruption is
 * heeded; whoever runs the job again goes on where the mark stands.
 */
import type { Desk, ResetRow, SignedOperator } from '../../desk.js';
import { Refusal } from '../../errors.js';
import type { AuditEntry } from '../../rules/audit-entry.js';
import { NOTHING, type PlannedRow, type Removed } from '../../rules/reset-plan.js';
import { pause } from '../pause.js';
import { requireNotFrozen } from './freeze.js';
import { refuseOneself } from './plan-reset.js';
import type { JobWork } from './reset-job.js';
import { type ResetOrder, type StepOutcome, type StepResult, stepEntry } from './reset-records.js';
import { applyStep, Overtaken, prepareStep } from './reset-step.js';

/** What became of one line of the input. */
export interface RowOutcome {
  readonly line: number;
  readonly account: string;
  readonly login: string;
  readonly user: string | null;
  readonly outcome: StepResult | 'unknown' | 'duplicate' | 'ambiguous';
  readonly removed: Removed;
  readonly job: string | null;
  /** Id to undo it or object to it by; null where nothing was reset. */
  readonly reset: string | null;
}

export interface Watching {
  /** Rows that are done, in the order of lines within one call. Waited for: a slow reader slows the run down. */
  readonly told: (rows: readonly RowOutcome[]) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Users in one transaction: what a live call may have to wait for. */
export const CHUNK = 50;
/** Leaves the lock alone for a moment, so that waiting calls come in between. */
const BETWEEN_CHUNKS_MS = 2;

/**
 * Runs what is left of the job. Refusals: cancelled (interrupted, resumable), refused-by-policy (frozen), store-unreachable and
 * others of the store; in each case what was told is done, and the job can be resumed.
 */
export async function runJob(desk: Desk, signed: SignedOperator, work: JobWork, watching: Watching): Promise<void> {
  refuseOneself(signed, work.targets);
  const order = orderOf(signed, work);
  const told = new Set<number>();
  const tell = async (rows: readonly RowOutcome[]): Promise<void> => {
    for (const row of rows) told.add(row.line);
    if (rows.length > 0) await watching.told(rows);
  };
  let idle = 0;
  for (let from = work.head.done; from < work.targets.length; ) {
    if (watching.signal.aborted) throw await interrupted(desk, signed, work, from);
    const outcomes = await resumable(work, () => runChunk(desk, order, work, from));
    if (outcomes !== 'overtaken') {
      await tell(outcomes);
      idle = 0;
      from += CHUNK;
    } else {
      const head = await desk.store.read.jobs.head(work.head.id);
      idle = head?.done === from ? idle + 1 : 0;
      if (idle > 20)
        throw new Refusal('busy', 'the same users are being changed all the time', { hint: resumeHint(work) });
      from = head?.done ?? from;
    }
    await pause(BETWEEN_CHUNKS_MS);
  }
  await desk.store.forgetDeleted();
  await tell(await toldByOthers(desk, work, told));
}

/** Rows of the job that this run did not do itself: done before an interruption, or by another process beside it. */
async function toldByOthers(desk: Desk, work: JobWork, told: ReadonlySet<number>): Promise<readonly RowOutcome[]> {
  const missing = work.targets.filter((row) => !told.has(row.line));
  if (missing.length === 0) return [];
  const rows = new Map((await desk.store.read.resets.ofJob(work.head.id)).map((row) => [row.line ?? 0, row]));
  return missing.toSorted((a, b) => a.line - b.line).map((row) => storedOutcome(work, row, rows.get(row.line)));
}

export function storedOutcome(work: JobWork, planned: PlannedRow, row: ResetRow | undefined): RowOutcome {
  const { line, account, login, user } = planned;
  const base = { line, account, login, user: user ?? null, job: work.head.id };
  if (row === undefined) return { ...base, outcome: 'failed', removed: NOTHING, reset: null };
  const { factors, devices, sessions, enrolments } = row;
  const removed = { factors, backupCodes: row.backup_codes, devices, sessions, enrolments };
  return { ...base, outcome: row.outcome as StepResult, removed, reset: row.state === 'none' ? null : row.id };
}

function orderOf(signed: SignedOperator, { head, plan }: JobWork): ResetOrder {
  return {
    actor: signed.actor,
    operatorId: signed.operator.id,
    byUserId: null,
    callerId: null,
    grantId: null,
    jobId: head.id,
    reason: head.reason,
    ticket: head.ticket,
    final: plan.final,
    includeApprovalOnly: head.approval_id !== null,
    who: signed.operator.name,
    requestedBy: `ticket ${head.ticket}`,
  };
}

async function runChunk(
  desk: Desk,
  order: ResetOrder,
  work: JobWork,
  from: number,
): Promise<readonly RowOutcome[] | 'overtaken'> {
  const rows = work.targets.slice(from, from + CHUNK);
  const to = from + rows.length;
  const prepared = await prepareStep(
    desk,
    order,
    rows.map((row) => ({ userId: row.user ?? '', line: row.line })),
  );
  const at = desk.now();
  try {
    const outcomes = await desk.store.record<readonly StepOutcome[]>(
      (done) => [...done.map((outcome) => stepEntry(order, outcome, at)), ...chunkEntries(order, work, to, at)],
      async (write, log) => {
        await requireNotFrozen(write, Math.max(at, log.latestAt));
        if (!(await write.jobs.advance(work.head.id, from, to, at))) throw new Overtaken();
        return applyStep(desk, write, prepared, at);
      },
    );
    const byLine = new Map(outcomes.map((outcome) => [outcome.line ?? 0, outcome]));
    return rows.map((row) => toRow(work, row, byLine.get(row.line))).toSorted((a, b) => a.line - b.line);
  } catch (error) {
    if (error instanceof Overtaken) return 'overtaken';
    throw error;
  }
}

function toRow(work: JobWork, planned: PlannedRow, outcome: StepOutcome | undefined): RowOutcome {
  const { line, account, login, user } = planned;
  const base = { line, account, login, user: user ?? null, job: work.head.id };
  // The user is gone since the plan was made.
  if (outcome === undefined) return { ...base, outcome: 'failed', removed: NOTHING, reset: null };
  const { result, removed, id } = outcome;
  const reset = result === 'reset' || Object.values(removed).some((count) => count > 0) ? id : null;
  return { ...base, outcome: result, removed, reset };
}

/** Each chunk leaves one entry of the job's own, the last one its end. */
function chunkEntries(order: ResetOrder, work: JobWork, done: number, at: number): readonly AuditEntry[] {
  const { reason, ticket } = work.head;
  const ended = done >= work.targets.length;
  const detail = { job: work.head.id, done, total: work.targets.length };
  const kind = ended ? 'job.ended' : 'job.advanced';
  return [{ kind, outcome: 'done', at, by: order.actor, reason, ticket, detail }];
}

async function interrupted(desk: Desk, signed: SignedOperator, work: JobWork, done: number): Promise<Refusal> {
  const { id, reason, ticket } = work.head;
  const detail = { job: id, done, total: work.targets.length };
  const at = desk.now();
  const entry = { kind: 'job.interrupted', outcome: 'failed', at, by: signed.actor, reason, ticket, detail } as const;
  await desk.store.record(entry, async () => undefined);
  return new Refusal('cancelled', `Interrupted after ${done} of ${work.targets.length} users.`, {
    hint: resumeHint(work),
    also: { job: { id, done, total: work.targets.length } },
  });
}

const resumeHint = (work: JobWork): string => `Go on with: countersign job resume ${work.head.id}`;

/** Whatever the store refused, the job can be taken up again; the refusal says how. */
async function resumable<T>(work: JobWork, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const hint = [error.hint, resumeHint(work)].filter((text) => text !== undefined).join('   ');
    const { message, code, problems, also } = error;
    throw new Refusal(code, message, { hint, problems, also: { ...also, job: { id: work.head.id } }, cause: error });
  }
}
