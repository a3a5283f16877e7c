/** A job as it is carried out: its plan as it was begun, whom it resets, and who waits for a second operator (B56, B60). */
import type { Desk, JobHead, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { ApprovalSubject } from '../../rules/approval.js';
import { chunksOf } from '../../rules/lists.js';
import { byUserId, type PlannedRow, planTargets, type ResetPlan } from '../../rules/reset-plan.js';
import { act, askAuthority } from '../authorise.js';
import { hurryRemotes } from '../messages/remote-row.js';
import { RESETTING_MANY } from './plan-reset.js';

/** What a job does, in order, and which rows of the plan wait for an approval. */
export type JobWork = ReturnType<typeof workOf>;

/** The job as stored, with its plan. Refusals: not-found, store-corrupt. */
export async function openJob(desk: Desk, id: string): Promise<JobWork> {
  const row = await desk.store.read.jobs.byId(id);
  if (row === undefined) throw refusal('not-found', 'job-unknown', { id }, 'list-jobs');
  const { plan, ...head } = row;
  if (desk.digests.sha256(plan) !== row.plan_hash)
    throw refusal('store-corrupt', 'plan-changed', { id }, 'nothing-done-audit-verify');
  return workOf(desk, head, JSON.parse(plan) as ResetPlan);
}

/** The plan and the approval alone decide, never the policy of a later day. */
export function workOf(desk: Desk, head: JobHead, plan: ResetPlan) {
  const { plain, barred } = planTargets(desk.policy, plan.rows);
  const approved = head.approval_id !== null;
  const targets = (approved ? [...plain, ...barred] : plain).toSorted(byUserId);
  return { head, plan, targets, waiting: approved ? [] : barred };
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
