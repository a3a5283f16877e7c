/**
 * The job that carries out a plan (B60): made in one transaction with the frozen plan in it, found again by the plan's hash, and moved on
 * by one number in the transaction of each chunk. So whoever is cut off, the store knows what is done, and nothing is done twice.
 */
import type { ApprovalRow, Desk, JobHead, SignedOperator } from '../../desk.js';
import { Refusal } from '../../errors.js';
import type { ApprovalSubject } from '../../rules/approval.js';
import { byUserId, type PlannedRow, planTargets, type ResetPlan } from '../../rules/reset-plan.js';
import { freezeSubject, requestApproval, usableApproval, useApproval } from './approvals.js';
import { requireNotFrozen } from './freeze.js';
import { type FrozenPlan, refuseOneself } from './plan-reset.js';
import { Overtaken } from './reset-step.js';

/** What a job does, in order, and what of the plan it leaves waiting for an approval. */
export interface JobWork {
  readonly head: JobHead;
  readonly plan: ResetPlan;
  readonly targets: readonly PlannedRow[];
  readonly waiting: readonly PlannedRow[];
}

export interface BegunJob {
  /** Null where there is nothing that may be done now. */
  readonly work: JobWork | null;
  /** The request that the waiting rows wait for, or null. */
  readonly approval: ApprovalRow | null;
  readonly waiting: readonly PlannedRow[];
}

/**
 * Finds or makes the job of a plan. What waits for an approval is asked for, and left out. Refusals: config (a plan of another desk),
 * forbidden (the operator's own login is in it), refused-by-policy (frozen), approval-needed (the approval was used by another run a moment ago).
 */
export async function beginJob(desk: Desk, signed: SignedOperator, frozen: FrozenPlan): Promise<BegunJob> {
  const { plan, hash } = frozen;
  await requireOwnPlan(desk, plan);
  refuseOneself(signed, plan.rows);
  const known = await desk.store.read.jobs.ofPlan(hash);
  if (known !== undefined) return joinJob(desk, signed, known, plan);
  const { plain, waiting, why } = planTargets(desk.policy, plan.rows);
  const subject = subjectOf(plan, waiting);
  const now = desk.now();
  const approved =
    why === null
      ? undefined
      : await usableApproval(desk, desk.store.read, signed, freezeSubject(desk, subject).hash, now);
  const doing = approved !== undefined ? union(plain, waiting) : why === 'bulk-over-limit' ? [] : plain;
  const made = doing.length === 0 ? null : await makeJob(desk, signed, frozen, doing.length, approved);
  // Two terminals began the same plan in the same moment: the second goes along with the first.
  if (made === 'begun-elsewhere') return beginJob(desk, signed, frozen);
  const head = made;
  const left = approved === undefined ? waiting : [];
  const approval = why === null || approved !== undefined ? null : await requestApproval(desk, signed, why, subject);
  return { work: head === null ? null : workOf(desk, head, plan), approval, waiting: left };
}

/** The request that this plan would wait for; null where it needs none, or has its yes. */
export async function askApproval(
  desk: Desk,
  signed: SignedOperator,
  { plan }: FrozenPlan,
): Promise<ApprovalRow | null> {
  const { waiting, why } = planTargets(desk.policy, plan.rows);
  if (why === null) return null;
  const subject = subjectOf(plan, waiting);
  const approved = await usableApproval(desk, desk.store.read, signed, freezeSubject(desk, subject).hash, desk.now());
  return approved === undefined ? requestApproval(desk, signed, why, subject) : null;
}

const union = (plain: readonly PlannedRow[], waiting: readonly PlannedRow[]): readonly PlannedRow[] => [
  ...new Set([...plain, ...waiting]),
];

async function joinJob(desk: Desk, signed: SignedOperator, head: JobHead, plan: ResetPlan): Promise<BegunJob> {
  const work = workOf(desk, head, plan);
  return { work, approval: await waitingRequest(desk, signed, work), waiting: work.waiting };
}

/** A job met again: what it left waiting was asked for by whoever began it. */
async function waitingRequest(desk: Desk, signed: SignedOperator, work: JobWork): Promise<ApprovalRow | null> {
  if (work.waiting.length === 0) return null;
  const { hash } = freezeSubject(desk, subjectOf(work.plan, work.waiting));
  const [row] = await desk.store.read.approvals.ofSubject(hash, signed.operator.id);
  return row ?? null;
}

/** The job as the store has it, with its plan. Refusals: not-found, store-corrupt. */
export async function openJob(desk: Desk, id: string): Promise<JobWork> {
  const row = await desk.store.read.jobs.byId(id);
  if (row === undefined) {
    throw new Refusal('not-found', `there is no job "${id}"`, { hint: 'See: countersign job list' });
  }
  const { plan, ...head } = row;
  if (desk.digests.sha256(plan) !== row.plan_hash) {
    throw new Refusal('store-corrupt', `the plan of ${id} is not the one that was begun`, {
      hint: 'Nothing was done. Keep the store as it is, and run: countersign audit verify',
    });
  }
  return workOf(desk, head, JSON.parse(plan) as ResetPlan);
}

/** Decided by the plan and the approval alone, never by the policy of a later day. */
function workOf(desk: Desk, head: JobHead, plan: ResetPlan): JobWork {
  const { plain, barred } = planTargets(desk.policy, plan.rows);
  const approved = head.approval_id !== null;
  const targets = (approved ? [...plain, ...barred] : plain).toSorted(byUserId);
  return { head, plan, targets, waiting: approved ? [] : barred };
}

function subjectOf(plan: ResetPlan, waiting: readonly PlannedRow[]): ApprovalSubject {
  const users = waiting.flatMap((row) => (row.user === undefined ? [] : [row.user])).sort();
  const { desk, final, reason, ticket } = plan;
  return { kind: 'bulk', desk, final, reason, ticket, grant: null, caller: null, users };
}

async function makeJob(
  desk: Desk,
  signed: SignedOperator,
  { plan, text, hash }: FrozenPlan,
  total: number,
  approved: ApprovalRow | undefined,
): Promise<JobHead | 'begun-elsewhere'> {
  const at = desk.now();
  const head: JobHead = {
    id: plan.job,
    operator_id: signed.operator.id,
    state: 'unfinished',
    plan_hash: hash,
    approval_id: approved?.id ?? null,
    reason: plan.reason,
    ticket: plan.ticket,
    total,
    done: 0,
    created_at: at,
    updated_at: at,
    ended_at: null,
  };
  const detail = {
    job: plan.job,
    plan: hash,
    users: total,
    source: plan.source,
    approval: head.approval_id,
    final: plan.final,
  };
  const { reason, ticket } = plan;
  const entry = { kind: 'job.started', outcome: 'started', at, by: signed.actor, reason, ticket, detail } as const;
  try {
    await desk.store.record(entry, async (write, log) => {
      await requireNotFrozen(write, Math.max(at, log.latestAt));
      if ((await write.jobs.ofPlan(hash)) !== undefined) throw new Overtaken();
      if (approved !== undefined) await useApproval(write, approved, at);
      await write.jobs.insert({ ...head, plan: text });
    });
  } catch (error) {
    if (error instanceof Overtaken) return 'begun-elsewhere';
    throw error;
  }
  return head;
}

async function requireOwnPlan(desk: Desk, plan: ResetPlan): Promise<void> {
  if (plan.desk === ((await desk.store.read.meta.get('store-id')) ?? '')) return;
  throw new Refusal('config', 'the plan was made in another store', {
    hint: 'Name its store with --store, or plan again. Nothing was changed.',
  });
}
