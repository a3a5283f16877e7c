/**
 * Bulk runs as people see them: the list, and one run line by line (B60, B61); and who was reset and has not enrolled again (B57, B62), for the
 * operator who follows up on a run.
 */
import type { Desk, JobHead, ResetRow } from '../../desk.js';
import { refusal } from '../../errors.js';
import { byId, chunksOf } from '../../rules/lists.js';
import { enrolledAgain, type PlannedRow, type ResetPlan } from '../../rules/reset-plan.js';
import { type CodeState, codeStateOf } from '../codes/mfa-status.js';
import { inPages } from '../directory/export-directory.js';
import { type JobWork, openJob } from './job-work.js';
import type { BegunJob } from './reset-job.js';
import { idleOutcome, type RowOutcome, storedOutcome, withRemotes } from './row-outcome.js';

export type JobLine = ReturnType<ReturnType<typeof liner>>;
export type JobReport = Awaited<ReturnType<typeof showJob>>;

/** Newest first. */
export const listJobs = (desk: Desk): Promise<readonly JobHead[]> => desk.store.read.jobs.list(100);

/** Refusals: not-found, store-corrupt. */
export async function showJob(desk: Desk, id: string) {
  const work = await openJob(desk, id);
  const { head, plan, approval } = work;
  const { resets, outbox, operators } = desk.store.read;
  const rows = await resets.ofJob(id);
  const stored = new Map(rows.map((row) => [row.line ?? 0, row]));
  const codes = new Map<string, CodeState>();
  for (const some of chunksOf(rows.filter((row) => row.state !== 'none'))) {
    const ids = some.map((row) => row.user_id);
    const messages = await outbox.latestAbout(ids, 'enrolment-code');
    const live = new Map((await resets.facts(ids, desk.now())).map((one) => [one.userId, one.codeLive]));
    for (const row of some) {
      // Who has nothing here enrols at the other system, without a code of ours.
      if (plan.remote !== undefined && !messages.has(row.user_id)) continue;
      const made = { live: live.get(row.user_id) ?? false, since: row.at };
      codes.set(row.id, codeStateOf(made, messages.get(row.user_id)));
    }
  }
  const lines = plan.rows.map(liner(work, stored, codes));
  const here = lines.map(({ row }) => row);
  const elsewhere = plan.remote === undefined ? here : await withRemotes(desk, here);
  const decider = approval?.decided_by == null ? undefined : await operators.byId(approval.decided_by);
  return {
    head,
    plan,
    begunBy: (await operators.byId(head.operator_id))?.name ?? '',
    approvedBy: decider?.name ?? null,
    lines: lines.map((line, index) => ({ ...line, row: elsewhere[index] ?? line.row })),
  };
}

function liner(
  { head, targets, waiting }: JobWork,
  stored: ReadonlyMap<number, ResetRow>,
  codes: ReadonlyMap<string, CodeState>,
) {
  const places = new Map(targets.map((row, index) => [row.line, index]));
  const left = new Set(waiting.map((row) => row.line));
  return (row: PlannedRow) => {
    const place = places.get(row.line);
    const reset = stored.get(row.line);
    const code = (reset?.state === 'open' && codes.get(reset.id)) || null;
    const done = place === undefined ? idleOutcome(row, left.has(row.line)) : storedOutcome(head.id, row, reset);
    return {
      // A mail that the server refused for good reached nobody.
      row: code === 'not-sent' && done.outcome === 'reset' ? { ...done, outcome: 'no-address' as const } : done,
      /** The run has not reached it yet. */
      planned: place !== undefined && place >= head.done,
      /** What became of its reset since: `open`, `undone` …; null if nothing was reset. */
      state: reset === undefined || reset.state === 'none' ? null : reset.state,
      /** What became of the mail with its code; null if nothing was reset. */
      code,
    };
  };
}

/** The lines that a run does not act on now; of a job whose approval ran out also those that were done before. */
export async function idleRows(
  desk: Desk,
  plan: ResetPlan,
  { work, waiting }: BegunJob,
): Promise<readonly RowOutcome[]> {
  if (work === null && (await desk.store.read.jobs.head(plan.job)) !== undefined) {
    const { lines } = await showJob(desk, plan.job);
    return lines.map(({ row, planned }) => (planned ? { ...row, outcome: 'needs-approval' } : row));
  }
  const doing = new Set(work?.targets.map((row) => row.line));
  const leftOut = new Set(waiting.map((row) => row.line));
  return plan.rows.filter((row) => !doing.has(row.line)).map((row) => idleOutcome(row, leftOut.has(row.line)));
}

export type PendingEnrolment = Awaited<ReturnType<typeof ofBatch>>[number];

/** Of the code; `waiting`: it was sent, and can be used. `objected`: a customer admin objected to the reset. */
type State = Exclude<CodeState, 'sent'> | 'waiting' | 'objected' | 'no-code-needed';

/**
 * In pages: resets with an objection come first, because they wait for the desk; otherwise newest first. Of whom no login asks for a second
 * factor, and who cannot sign in, is not pending (B89). Refusal not-found for an unknown job.
 */
export async function pendingEnrolments(desk: Desk, jobId: string | undefined) {
  if (jobId !== undefined && (await desk.store.read.jobs.head(jobId)) === undefined) {
    throw refusal('not-found', 'job-unknown', { id: jobId }, 'list-jobs');
  }
  return pages(desk, jobId);
}

async function* pages(desk: Desk, jobId: string | undefined) {
  const { resets } = desk.store.read;
  for (const objected of [true, false])
    for await (const rows of inPages<ResetRow>((last, limit) => resets.open(objected, limit, jobId, last)))
      yield ofBatch(desk, rows);
}

async function ofBatch(desk: Desk, rows: readonly ResetRow[]) {
  const { users, accounts, resets, outbox } = desk.store.read;
  const ids = rows.map((row) => row.user_id);
  const facts = new Map((await resets.facts(ids, desk.now())).map((one) => [one.userId, one]));
  const people = byId(await users.byIds(ids));
  const homes = byId(await accounts.byIds([...new Set(rows.map((row) => row.account_id))]));
  const messages = await outbox.latestAbout(ids, 'enrolment-code');
  const stateOf = (reset: ResetRow, live: boolean): State => {
    if (reset.objected_at !== null) return 'objected';
    if (!desk.policy.limits.enrolmentCode.required) return 'no-code-needed';
    // Who has nothing here enrols at the other system, without a code of ours.
    const message = messages.get(reset.user_id);
    const elsewhere = homes.get(reset.account_id)?.connector != null;
    if (elsewhere && (message === undefined || message.created_at < reset.at)) return 'no-code-needed';
    const state = codeStateOf({ live, since: reset.at }, messages.get(reset.user_id));
    return state === 'sent' ? 'waiting' : state;
  };
  return rows.flatMap((reset) => {
    const user = people.get(reset.user_id);
    const account = homes.get(reset.account_id);
    const fact = facts.get(reset.user_id);
    if (user === undefined || account === undefined || fact === undefined || enrolledAgain(fact)) return [];
    const gone = user.disabledAt !== null || account.disabledAt !== null || account.mfaRequiredAt === null;
    if (gone && reset.objected_at === null) return [];
    return [{ reset, user, account, state: stateOf(reset, fact.codeLive) }];
  });
}
