/** The outcome of one line of a list: done just now, done some time ago, or not acted on. */
import type { Desk, ResetRow } from '../../desk.js';
import { inChunks } from '../../rules/lists.js';
import { REMOTE_KINDS, type Remote, type RemoteState, remoteOf, resetOf } from '../../rules/remote-reset.js';
import { isReset, NOTHING, type PlannedRow, type Removed } from '../../rules/reset-plan.js';
import type { StepOutcome, StepResult } from './reset-records.js';

export interface RowOutcome {
  readonly line: number;
  readonly account: string;
  readonly login: string;
  readonly user: string | null;
  readonly outcome: StepResult | 'unknown' | 'duplicate' | 'ambiguous' | 'partial' | 'waiting' | 'unreachable';
  readonly removed: Removed;
  readonly job: string | null;
  /** Id to undo it or object to it by; null if nothing was reset. */
  readonly reset: string | null;
  /** At the other system where the login is; null if there is none. */
  readonly remote: Remote | null;
}

type Line = Pick<PlannedRow, 'line' | 'account' | 'login'> & { readonly user?: string | null };

function baseOf({ line, account, login, user = null }: Line, job: string | null) {
  return { line, account, login, user, job, remote: null };
}

/** A line without a result of its own. */
export function notActedOn(line: Line, outcome: RowOutcome['outcome'], job: string | null = null): RowOutcome {
  return { ...baseOf(line, job), outcome, removed: NOTHING, reset: null };
}

/** A line that was done just now, by the job or in the portal. */
export function doneOutcome(job: string | null, planned: Line, outcome: StepOutcome | undefined): RowOutcome {
  // The user no longer exists.
  if (outcome === undefined) return notActedOn(planned, 'failed', job);
  const { result, removed, id, remoteRow } = outcome;
  const reset = isReset(result) || Object.values(removed).some((count) => count > 0) ? id : null;
  // Its turn comes after the commit.
  return { ...baseOf(planned, job), outcome: remoteRow === null ? result : 'waiting', removed, reset };
}

/** Of the line as a whole: what is not done there is not done (B93). `here`: something was taken away here. */
export function outcomeWith(outcome: RowOutcome['outcome'], state: RemoteState, here = true): RowOutcome['outcome'] {
  if (state === 'nothing') return here ? outcome : 'nothing-to-do';
  if (state === 'refused') return 'failed';
  // A line that was read before its turn there came may still say so.
  if (state === 'reset') return 'reset';
  return state === 'lifted' || state === 'cancelled' ? outcome : state;
}

/** The same lines with what the other systems say now. */
export async function withRemotes(desk: Desk, rows: readonly RowOutcome[]): Promise<readonly RowOutcome[]> {
  const { outbox } = desk.store.read;
  const ids = rows.flatMap(({ reset, user }) => (reset === null || user === null ? [] : [user]));
  const stored = await inChunks(ids, (some) => outbox.allAbout(some, REMOTE_KINDS.reset));
  const found = new Map(stored.map((row) => [resetOf(row), row]));
  return rows.map((row) => {
    const there = row.reset === null ? undefined : found.get(row.reset);
    if (there === undefined) return row;
    const remote = remoteOf(there);
    const here = Object.values(row.removed).some((count) => count > 0);
    return { ...row, remote, outcome: outcomeWith(row.outcome, remote.state, here) };
  });
}

/** A line that the job did some time ago, as stored. */
export function storedOutcome(job: string, planned: PlannedRow, row: ResetRow | undefined): RowOutcome {
  if (row === undefined) return notActedOn(planned, 'failed', job);
  const { factors, devices, sessions, enrolments } = row;
  const removed = { factors, backupCodes: row.backup_codes, devices, sessions, enrolments };
  const reset = row.state === 'none' ? null : row.id;
  return { ...baseOf(planned, job), outcome: row.outcome as StepResult, removed, reset };
}

/** True of a line that somebody has to correct, or to run again. */
export const isNotDone = ({ outcome }: RowOutcome): boolean =>
  ['unknown', 'ambiguous', 'failed', 'needs-approval', 'partial', 'unreachable'].includes(outcome);

/** A line that the job does not act on: there is nothing to do, no such user, or it waits for an approval. */
export function idleOutcome(planned: PlannedRow, waiting: boolean): RowOutcome {
  const { class: name } = planned;
  const outcome = waiting ? 'needs-approval' : name === 'admin' || name === 'to-reset' ? 'failed' : name;
  return notActedOn(planned, outcome);
}
