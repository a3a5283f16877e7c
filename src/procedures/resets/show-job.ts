/** Bulk runs as people see them: the list, and one run line by line (B60, B61). */
import type { Desk, JobHead, ResetRow } from '../../desk.js';
import { chunksOf } from '../../rules/lists.js';
import type { PlannedRow } from '../../rules/reset-plan.js';
import { type CodeState, codeStateOf } from '../codes/mfa-status.js';
import { type JobWork, openJob } from './job-work.js';
import { idleOutcome, storedOutcome, withRemotes } from './row-outcome.js';

export type JobLine = ReturnType<ReturnType<typeof liner>>;
export type JobReport = Awaited<ReturnType<typeof showJob>>;

/** Newest first. */
export const listJobs = (desk: Desk): Promise<readonly JobHead[]> => desk.store.read.jobs.list(100);

/** Refusals: not-found, store-corrupt. */
export async function showJob(desk: Desk, id: string) {
  const work = await openJob(desk, id);
  const { head, plan } = work;
  const { resets, outbox } = desk.store.read;
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
  if (plan.remote === undefined) return { head, plan, ...(await namesOf(desk, head)), lines };
  const elsewhere = await withRemotes(
    desk,
    lines.map(({ row }) => row),
  );
  const both = lines.map((line, index) => ({ ...line, row: elsewhere[index] ?? line.row }));
  return { head, plan, ...(await namesOf(desk, head)), lines: both };
}

async function namesOf(desk: Desk, head: JobHead) {
  const { operators, approvals } = desk.store.read;
  const approval = head.approval_id === null ? undefined : await approvals.byId(head.approval_id);
  const decider = approval?.decided_by == null ? undefined : await operators.byId(approval.decided_by);
  const begunBy = (await operators.byId(head.operator_id))?.name ?? '';
  return { begunBy, approvedBy: decider?.name ?? null };
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
