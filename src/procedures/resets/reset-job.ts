/**
 * The job that carries out a plan (B60). It is made in one transaction, with the frozen plan in it, and found again by the plan's hash. Each
 * chunk moves one number on in its own transaction. So when a process is cut off, the store knows what is done, and nothing is done twice.
 */
import type { ApprovalRow, Desk, JobHead, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { ApprovalReason, ApprovalSubject } from '../../rules/approval.js';
import type { ActEntry } from '../../rules/audit-entry.js';
import { days } from '../../rules/duration.js';
import { type PlannedRow, type PlanTargets, planTargets, type ResetPlan } from '../../rules/reset-plan.js';
import { type Acting, act, askAuthority, loggingRefusals } from '../authorise.js';
import { Overtaken, untilNotOvertaken } from '../pause.js';
import {
  approvalEntry,
  freezeSubject,
  pendingApproval,
  requestApproval,
  usableApproval,
  useApproval,
} from './approvals.js';
import { requireNotFrozen } from './freeze.js';
import { hasRunOut, type JobWork, openJob, subjectOf, tryRemotesAgain, workOf } from './job-work.js';
import { type FrozenPlan, RESETTING_MANY, recentRuns, refuseOneself } from './plan-reset.js';

export interface BegunJob {
  /** Null if nothing may be done now. */
  readonly work: JobWork | null;
  /** The request that the waiting rows wait for, or null. */
  readonly approval: ApprovalRow | null;
  readonly waiting: readonly PlannedRow[];
}

/**
 * Finds or makes the job of a plan. Requests approval for the rows that need it, and leaves them out. Refusals: config
 * (a plan of another desk), forbidden (the operator's own login is in it), refused-by-policy (frozen).
 */
export async function beginJob(desk: Desk, signed: SignedOperator, frozen: FrozenPlan): Promise<BegunJob> {
  await askAuthority(desk, signed, RESETTING_MANY);
  if (frozen.plan.desk !== ((await desk.store.read.meta.get('store-id')) ?? ''))
    throw refusal('config', 'plan-of-other-store', {}, 'plan-here');
  await loggingRefusals(desk, signed, RESETTING_MANY, () => refuseOneself(signed.alsoUserId, frozen.plan.rows));
  // If two terminals begin the same plan at the same moment, the second joins the job of the first.
  return untilNotOvertaken(() => joinOrBegin(desk, signed, frozen));
}

async function joinOrBegin(desk: Desk, signed: SignedOperator, frozen: FrozenPlan): Promise<BegunJob> {
  const { plan, hash } = frozen;
  const known = await desk.store.read.jobs.ofPlan(hash);
  if (known !== undefined) return joinJob(desk, signed, known, plan);
  const targets = planTargets(desk.policy, plan.rows, await recentRuns(desk, signed.operator.id));
  if (withoutYes(targets) === 0) {
    const { why, waiting } = targets;
    if (why === null) return { work: null, approval: null, waiting };
    const request = await standingRequest(desk, signed, subjectOf(plan, waiting));
    if (request !== null && request !== 'approved') return { work: null, approval: request, waiting };
  }
  const { head, asked } = await act(desk, signed, RESETTING_MANY, {
    change: (acting) => begin(acting, frozen, targets),
    entry: (begun) => [
      ...(begun.head === null ? [] : [startedEntry(frozen, begun.head)]),
      ...(begun.asked?.made === true ? [approvalEntry(begun.asked.request, 'requested')] : []),
    ],
  });
  const waiting = asked === null ? [] : targets.waiting;
  return { work: head === null ? null : await workOf(desk, head, plan), approval: asked?.request ?? null, waiting };
}

/** How many users may be reset before anybody approves. */
const withoutYes = ({ why, plain }: PlanTargets): number => (why === 'bulk-over-limit' ? 0 : plain.length);

/** `asked`: the request for the rows that wait for a second operator; null if none is needed. */
async function begin(acting: Acting<'mfa:reset-bulk'>, frozen: FrozenPlan, targets: PlanTargets) {
  const { desk, write, by } = acting;
  const { plan, hash } = frozen;
  refuseOneself(by.alsoUserId, plan.rows);
  if ((await write.jobs.ofPlan(hash)) !== undefined) throw new Overtaken();
  // Two lists begun at the same moment count one after the other.
  const recent = await write.jobs.unapprovedSince(by.operator.id, acting.now - days(1));
  if (planTargets(desk.policy, plan.rows, recent).why !== targets.why) throw new Overtaken();
  const { why, waiting, plain, barred } = targets;
  const subject = subjectOf(plan, waiting);
  const yes = why === null ? undefined : await useApproval(acting, freezeSubject(desk, subject).hash);
  const total = yes === undefined ? withoutYes(targets) : plain.length + barred.length;
  const head = total === 0 ? null : await insertJob(acting, frozen, total, yes);
  const asked = why === null || yes !== undefined ? null : await requestApproval(acting, why, subject);
  // Another terminal made the same request since this one looked.
  if (head === null && asked?.made !== true) throw new Overtaken();
  return { head, asked };
}

/** The request that this plan, or what is left of its job, would wait for; null if it needs none, or is approved. */
export async function askApproval(desk: Desk, signed: SignedOperator, { plan, hash }: FrozenPlan) {
  await askAuthority(desk, signed, RESETTING_MANY);
  return untilNotOvertaken(async () => {
    const known = await desk.store.read.jobs.ofPlan(hash);
    const joined = known && (await joinJob(desk, signed, known, plan));
    if (joined !== undefined) return joined.work === null ? joined.approval : null;
    const { waiting, why } = planTargets(desk.policy, plan.rows, await recentRuns(desk, signed.operator.id));
    if (why === null) return null;
    const request = await requestFor(desk, signed, why, subjectOf(plan, waiting));
    return request === 'approved' ? null : request;
  });
}

/** The earlier request for this, if it still counts; otherwise a new one. */
async function requestFor(desk: Desk, signed: SignedOperator, why: ApprovalReason, subject: ApprovalSubject) {
  const standing = await standingRequest(desk, signed, subject);
  if (standing !== null) return standing;
  return act<'mfa:reset-bulk', ApprovalRow>(desk, signed, RESETTING_MANY, {
    entry: (request) => approvalEntry(request, 'requested'),
    change: async (acting) => {
      const { request, made } = await requestApproval(acting, why, subject);
      if (!made) throw new Overtaken();
      return request;
    },
  });
}

/** The earlier request for the same, if it still counts. */
async function standingRequest(desk: Desk, signed: SignedOperator, subject: ApprovalSubject) {
  const { hash } = freezeSubject(desk, subject);
  const asked = { policy: desk.policy, reads: desk.store.read, operatorId: signed.operator.id, now: desk.now() };
  if ((await usableApproval(asked, hash)) !== undefined) return 'approved';
  return (await pendingApproval(asked, hash)) ?? null;
}

/**
 * Takes a job up again. An approval counts for what is begun while it lasts; for what is left after that, another is asked for (B81).
 * Refusals: not-found, store-corrupt, and those of the role.
 */
export async function resumeJob(desk: Desk, signed: SignedOperator, id: string): Promise<BegunJob> {
  await askAuthority(desk, signed, RESETTING_MANY);
  const { head, plan } = await openJob(desk, id);
  if (plan.remote !== undefined) await tryRemotesAgain(desk, signed, head);
  return untilNotOvertaken(async () => joinJob(desk, signed, (await desk.store.read.jobs.head(id)) ?? head, plan));
}

async function joinJob(desk: Desk, signed: SignedOperator, head: JobHead, plan: ResetPlan): Promise<BegunJob> {
  const work = await workOf(desk, head, plan);
  const { waiting } = work;
  if (hasRunOut(work, desk.now())) return renewApproval(desk, signed, work);
  if (waiting.length === 0) return { work, approval: null, waiting };
  // The job existed before: this operator's request for the rows that it left waiting.
  const { hash } = freezeSubject(desk, subjectOf(plan, waiting));
  const [row] = await desk.store.read.approvals.ofSubject(hash, signed.operator.id);
  return { work, approval: row ?? null, waiting };
}

/** Asks for all that is left, since it is done in one order: for a part of it, the rest could run out before the yes comes. */
async function renewApproval(
  desk: Desk,
  signed: SignedOperator,
  { head, plan, targets, waiting }: JobWork,
): Promise<BegunJob> {
  const left = targets.slice(head.done);
  const subject = subjectOf(plan, left);
  const why = planTargets(desk.policy, left).why ?? 'bulk-over-limit';
  const request = await requestFor(desk, signed, why, subject);
  if (request !== 'approved') return { work: null, approval: request, waiting: left };
  const { id } = await act<'mfa:reset-bulk', ApprovalRow>(desk, signed, RESETTING_MANY, {
    entry: () => ({ kind: 'job.resumed', detail: { job: head.id, done: head.done } }),
    change: async (acting) => {
      const yes = await useApproval(acting, freezeSubject(desk, subject).hash);
      if (yes === undefined || (await acting.write.jobs.head(head.id))?.done !== head.done) throw new Overtaken();
      await acting.write.jobs.approve(head.id, yes.id, acting.now);
      return yes;
    },
  });
  return { work: await workOf(desk, { ...head, approval_id: id }, plan), approval: null, waiting };
}

async function insertJob(
  { write, now, by }: Acting<'mfa:reset-bulk'>,
  { plan, text, hash }: FrozenPlan,
  total: number,
  approved: ApprovalRow | undefined,
): Promise<JobHead> {
  await requireNotFrozen(write, now);
  const head: JobHead = {
    id: plan.job,
    operator_id: by.operator.id,
    state: 'unfinished',
    plan_hash: hash,
    approval_id: approved?.id ?? null,
    reason: plan.reason,
    ticket: plan.ticket,
    total,
    done: 0,
    // The limits of a day count them; also plain users beside those whom the approval names.
    unapproved: total - (approved?.users ?? 0),
    created_at: now,
    updated_at: now,
    ended_at: null,
  };
  await write.jobs.insert({ ...head, plan: text });
  return head;
}

function startedEntry({ plan, hash }: FrozenPlan, head: JobHead): ActEntry {
  const { reason, ticket, source, final } = plan;
  const detail = { job: head.id, plan: hash, users: head.total, source, approval: head.approval_id, final };
  return { kind: 'job.started', outcome: 'started', reason, ticket, detail };
}
