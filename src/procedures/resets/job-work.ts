/** A job as it is carried out: its plan as it was begun, whom it resets, and who waits for a second operator (B56, B60). */
import type { Desk, JobHead, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { ApprovalSubject } from '../../rules/approval.js';
import { days } from '../../rules/duration.js';
import { chunksOf } from '../../rules/lists.js';
import { byUserId, type PlannedRow, planTargets, type ResetPlan } from '../../rules/reset-plan.js';
import { act, askAuthority } from '../authorise.js';
import { hurryRemotes } from '../messages/remote-row.js';
import { subjectIn } from './approvals.js';
import { RESETTING_MANY } from './plan-reset.js';

/** What a job does, in order, whom of them the approval names, and which rows of the plan wait for one. */
export type JobWork = Awaited<ReturnType<typeof workOf>>;

/** The job as stored, with its plan. Refusals: not-found, store-corrupt. */
export async function openJob(desk: Desk, id: string): Promise<JobWork> {
  const row = await desk.store.read.jobs.byId(id);
  if (row === undefined) throw refusal('not-found', 'job-unknown', { id }, 'list-jobs');
  const { plan, ...head } = row;
  if (desk.digests.sha256(plan) !== row.plan_hash)
    throw refusal('store-corrupt', 'plan-changed', { id }, 'nothing-done-audit-verify');
  return workOf(desk, head, JSON.parse(plan) as ResetPlan);
}

/** The job as it was begun and its approval alone decide, never the policy of a later day. Refusal: store-corrupt. */
export async function workOf(desk: Desk, head: JobHead, plan: ResetPlan) {
  const { plain, barred } = planTargets(desk.policy, plan.rows);
  const approval = head.approval_id === null ? undefined : await desk.store.read.approvals.byId(head.approval_id);
  const approved: ReadonlySet<string> = new Set(approval && subjectIn(desk, approval).users);
  const all = head.total > plain.length;
  const targets = (all ? [...plain, ...barred] : plain).toSorted(byUserId);
  return { head, plan, targets, approval, approved, waiting: all ? [] : barred };
}

/**
 * Whether some of what is left may not go on: an approval counts while it lasts, and what was begun without one for the day in which the limits
 * count it (B81). A run that goes on outlives its approval, since who said yes saw whom it resets; but by a day at most, if it was stopped.
 */
export function hasRunOut({ head, targets, approval, approved }: JobWork, now: number, goesOn = false): boolean {
  const lasts = approval !== undefined && now < approval.expires_at + (goesOn ? days(1) : 0);
  const counted = now < head.created_at + days(1) && (head.approval_id === null || approval !== undefined);
  return targets.slice(head.done).some(({ user = '' }) => (approved.has(user) ? !lasts : !counted));
}

/** What a second operator approves: these users, and how they are reset. */
export function subjectOf(plan: ResetPlan, waiting: readonly PlannedRow[]): ApprovalSubject {
  const users = waiting.flatMap((row) => (row.user === undefined ? [] : [row.user])).sort();
  const { desk, final, reason, ticket } = plan;
  return { kind: 'bulk', desk, final, reason, ticket, grant: null, caller: null, users };
}

const AGAIN = { ...RESETTING_MANY, sendLater: true } as const;

/** Whoever resumes a job knows that the other systems can be reached again (B93). */
export async function tryRemotesAgain(desk: Desk, signed: SignedOperator, { id }: JobHead): Promise<void> {
  await askAuthority(desk, signed, RESETTING_MANY);
  for (const some of chunksOf((await desk.store.read.resets.ofJob(id)).map(({ user_id }) => user_id))) {
    await act<'mfa:reset-bulk', number>(desk, signed, AGAIN, {
      entry: (count) => ({ kind: 'mfa.remote-again', detail: { job: id, count } }),
      change: ({ write, now }) => hurryRemotes(write, some, now),
    });
  }
}
