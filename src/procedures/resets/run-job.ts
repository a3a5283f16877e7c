/**
 * Carries out a job (B51, B60), chunk by chunk in the order of user ids. Each chunk is one transaction with its log
 * entries, its notices and the number of users done so far. Its rows are reported only after the commit. Between chunks
 * others may write, and an interruption is noticed. Running the job again continues from the stored number.
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { isRefusal, type Refusal, refusal } from '../../errors.js';
import type { ActEntry } from '../../rules/audit-entry.js';
import { grouped } from '../../rules/lists.js';
import { act, askAuthority, type Door, loggingRefusals } from '../authorise.js';
import { Overtaken, pause, unlessOvertaken } from '../pause.js';
import { requireNotFrozen } from './freeze.js';
import { hasRunOut, type JobWork } from './job-work.js';
import { RESETTING_MANY, refuseOneself } from './plan-reset.js';
import { type Companies, type ResetOrder, stepEntry } from './reset-records.js';
import { applyStep, prepareStep } from './reset-step.js';
import { doneOutcome, type RowOutcome, storedOutcome, withRemotes } from './row-outcome.js';

export interface Watching {
  /** Rows that are done, in the order of lines within one call. The run waits for it, so a slow reader slows it down. */
  readonly told: (rows: readonly RowOutcome[]) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Users in one transaction while nobody else writes. */
export const CHUNK = 50;
/** Frees the lock for a moment, so that waiting calls come in between. */
const BETWEEN_CHUNKS_MS = 2;
/** While others write: calls, which have to wait for a chunk, come first. */
const BESIDE_CALLS = { chunk: 10, betweenMs: 8 };

/**
 * The start asks for a fresh code and a session that is not idle. Later chunks of the same run ask for neither, but for everything else again.
 */
const STARTING = { ...RESETTING_MANY, sendLater: true } as const;
const GOING_ON = { permission: 'mfa:reset-bulk', running: true, sendLater: true } as const;

/**
 * Runs what is left of the job, begun or resumed. Refusals: cancelled (interrupted, can be resumed), refused-by-policy
 * (frozen), forbidden and not-signed-in (the operator lost the role or was disabled since), store-unreachable and
 * others of the store. In each case the reported rows are done, and the job can be resumed.
 */
export async function runJob(desk: Desk, signed: SignedOperator, work: JobWork, watching: Watching): Promise<void> {
  await resumable(work, () => askAuthority(desk, signed, RESETTING_MANY));
  await loggingRefusals(desk, signed, RESETTING_MANY, () => refuseOneself(signed.alsoUserId, work.targets));
  const companies = companiesOf(work.targets);
  const told = new Set<number>();
  const tell = async (rows: readonly RowOutcome[]): Promise<void> => {
    for (const row of rows) told.add(row.line);
    if (rows.length > 0) await watching.told(rows);
  };
  let door: Door<'mfa:reset-bulk'> = STARTING;
  let idle = 0;
  let size = CHUNK;
  let logged: number | undefined;
  for (let from = work.head.done; from < work.targets.length; ) {
    if (watching.signal.aborted) throw await interrupted(desk, signed, work, from);
    const chunk = { from, size, door, companies };
    const done = await resumable(work, () => unlessOvertaken(() => runChunk(desk, signed, work, chunk)));
    door = GOING_ON;
    if (done !== undefined) {
      await resumable(work, () => tell(done.outcomes));
      idle = 0;
      from += size;
      size = logged === undefined || done.logBefore === logged ? Math.min(size * 2, CHUNK) : BESIDE_CALLS.chunk;
      logged = done.logAfter;
    } else {
      const head = await desk.store.read.jobs.head(work.head.id);
      idle = head?.done === from ? idle + 1 : 0;
      if (idle > 20) throw refusal('busy', 'overtaken', { id: work.head.id }, 'resume-job');
      from = head?.done ?? from;
    }
    await pause(size === CHUNK ? BETWEEN_CHUNKS_MS : BESIDE_CALLS.betweenMs);
  }
  await desk.store.forgetDeleted();
  await tell(await toldByOthers(desk, work, told));
}

/** Rows of the job that this run did not do: done before an interruption, or by another process beside it. */
async function toldByOthers(desk: Desk, work: JobWork, told: ReadonlySet<number>): Promise<readonly RowOutcome[]> {
  const missing = work.targets.filter((row) => !told.has(row.line));
  if (missing.length === 0) return [];
  const rows = new Map((await desk.store.read.resets.ofJob(work.head.id)).map((row) => [row.line ?? 0, row]));
  const outcomes = missing.map((row) => storedOutcome(work.head.id, row, rows.get(row.line)));
  return inLines(work.plan.remote === undefined ? outcomes : await withRemotes(desk, outcomes));
}

/** Companies with several users: their admins get one message a run, not one a chunk (B58). */
function companiesOf(targets: JobWork['targets']): Companies {
  return new Map([...grouped(targets, ({ account }) => account)].filter(([, rows]) => rows.length > 1));
}

function orderOf(signed: SignedOperator, { head, plan, approved }: JobWork, { from, companies }: Chunk): ResetOrder {
  const { id, reason, ticket } = head;
  const { id: operatorId, name: who } = signed.operator;
  const job = { by: 'job', jobId: id, reason, ticket, final: plan.final, approved } as const;
  return { ...job, operatorId, who, requestedBy: ['mail', 'ticket', ticket], first: from === 0, companies };
}

interface Chunk {
  readonly from: number;
  readonly size: number;
  readonly door: Door<'mfa:reset-bulk'>;
  readonly companies: Companies;
}

/** Of a chunk that is done, with the size of the log, by which the next one sees whether others have written. */
async function runChunk(desk: Desk, signed: SignedOperator, work: JobWork, chunk: Chunk) {
  const { from, size, door } = chunk;
  const rows = work.targets.slice(from, from + size);
  const to = from + rows.length;
  const order = orderOf(signed, work, chunk);
  const targets = rows.map((row) => ({ userId: row.user ?? '', line: row.line }));
  const prepared = await prepareStep(desk, order, targets);
  const { outcomes, logBefore } = await act(desk, signed, door, {
    change: async (acting) => {
      const { write, now, by, log } = acting;
      refuseOneself(by.alsoUserId, rows);
      await requireNotFrozen(write, now);
      // Asked where it acts: a process that was stopped since it began would reset by a day that is over.
      if (hasRunOut({ ...work, head: { ...work.head, done: from } }, now, door === GOING_ON))
        throw refusal('approval-needed', 'job-ran-out', {});
      if (!(await write.jobs.advance(work.head.id, from, to, now))) throw new Overtaken();
      return { outcomes: await applyStep(acting, prepared), logBefore: log.size };
    },
    entry: ({ outcomes: done }) => [...done.map((outcome) => stepEntry(order, outcome)), chunkEntry(work, to)],
  });
  // The command that sends at the end of the run finds them in the outbox; the next act of this process must not wait for them all.
  desk.store.takeQueued();
  const byLine = new Map(outcomes.map((outcome) => [outcome.line ?? 0, outcome]));
  const all = rows.map((row) => doneOutcome(work.head.id, row, byLine.get(row.line)));
  return { outcomes: inLines(all), logBefore, logAfter: logBefore + outcomes.length + 1 };
}

const inLines = (rows: readonly RowOutcome[]) => rows.toSorted((a, b) => a.line - b.line);

/** Each chunk writes one entry for the job itself; the last one says that the job ended. */
function chunkEntry({ head: { id: job, reason, ticket }, targets }: JobWork, done: number): ActEntry {
  const kind = done >= targets.length ? 'job.ended' : 'job.advanced';
  return { kind, reason, ticket, detail: { job, done, total: targets.length } };
}

async function interrupted(desk: Desk, signed: SignedOperator, work: JobWork, done: number): Promise<Refusal> {
  const { id, reason, ticket } = work.head;
  const detail = { job: id, done, total: work.targets.length };
  const at = desk.now();
  const entry = { kind: 'job.interrupted', outcome: 'failed', at, by: signed.actor, reason, ticket, detail } as const;
  await desk.store.record(entry, async () => undefined);
  return refusal('cancelled', 'run-interrupted', { done, total: work.targets.length, id }, 'resume-job', {
    also: { job: { id, done, total: work.targets.length } },
  });
}

/** Whatever the refusal, the job can be resumed; the hint says how. */
async function resumable<T>(work: JobWork, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { id } = work.head;
    throw error.followedBy('resume-job', { id }, { job: { id } });
  }
}
