/**
 * One user's second factors, reset on a call (B50, B52–B58). It takes a live grant, which is checked again and used up in the very
 * transaction that takes the factors away; a caller's own reset and an admin's wait for a second operator first. Everything goes
 * together: factors, half-done enrolments, backup codes, remembered devices, portal sessions. "Nothing to do" is an outcome.
 */
import type { Desk, SignedOperator, Writes } from '../../desk.js';
import { Refusal } from '../../errors.js';
import type { ApprovalReason, ApprovalSubject } from '../../rules/approval.js';
import { hours } from '../../rules/duration.js';
import { permits } from '../../rules/operator-roles.js';
import type { Account, OperatorRole, User } from '../../rules/people.js';
import { MFA_RESET } from '../../rules/policy-checks.js';
import type { Removed } from '../../rules/reset-plan.js';
import { decideTarget } from '../../rules/reset-target.js';
import { type Acting, act } from '../authorise.js';
import { requireGrant, type UsableGrant } from '../calls/grants.js';
import { deliverOutbox } from '../messages/deliver-outbox.js';
import { approvalNeeded, freezeSubject, requestApproval, usableApproval, useApproval } from './approvals.js';
import { requireNotFrozen } from './freeze.js';
import { type ResetOrder, type StepOutcome, stepEntry } from './reset-records.js';
import { applyStep, type PreparedStep, prepareStep, untilNotOvertaken } from './reset-step.js';

export type { Removed };

export interface ResetOutcome {
  readonly id: string;
  readonly outcome: 'reset' | 'nothing-to-do';
  readonly account: Account;
  /** Who asked for it on the phone. */
  readonly caller: User;
  readonly target: User;
  readonly removed: Removed;
  /** Where the enrolment code went, or why none was sent. */
  readonly enrolmentCode: StepOutcome['enrolmentCode'];
  /** Destroyed at once; cannot be undone. */
  readonly final: boolean;
}

export interface GrantedReset {
  readonly grantId: string;
  readonly account: Account;
  readonly target: User;
  readonly reason: string | undefined;
  readonly ticket: string | undefined;
  /** Destroy at once instead of suspending: a stolen phone (B61). */
  readonly final?: boolean;
}

export const RESETTING = { permission: 'mfa:reset-with-grant', fresh: true, sendLater: true } as const;

/** A second operator is needed and has not said yes; rolls the transaction back. */
class Unapproved extends Error {
  constructor(
    readonly why: ApprovalReason,
    readonly subject: ApprovalSubject,
  ) {
    super(why);
  }
}

/**
 * Refusals: no-grant, forbidden (B55), refused-by-policy (B63), locked (too many by one operator), approval-needed (B56; the request
 * is made, and named in the document). Nothing changes on any of them.
 */
export async function resetUnderGrant(desk: Desk, signed: SignedOperator, asked: GrantedReset): Promise<ResetOutcome> {
  const at = desk.now();
  try {
    const done = await untilNotOvertaken(() => attempt(desk, signed, asked, at));
    if (done.messages.length > 0) await deliverOutbox(desk, done.messages);
    return done.outcome;
  } catch (error) {
    await logRefusal(desk, signed, asked, at, error);
    if (error instanceof Unapproved)
      throw approvalNeeded(await requestApproval(desk, signed, error.why, error.subject));
    throw error;
  }
}

async function attempt(desk: Desk, signed: SignedOperator, asked: GrantedReset, at: number) {
  const order = await orderOf(desk, signed, asked);
  const prepared = await prepareStep(desk, order, [{ userId: asked.target.id, line: null }]);
  const outcome = await act<'mfa:reset-with-grant', ResetOutcome>(desk, signed, RESETTING, {
    entry: (result, { actor }) => ({ ...stepEntry(order, asStep(result), at), by: actor }),
    change: async (acting) => {
      const { write } = acting;
      const grant = await checkAll(acting, signed, asked);
      const [step] = await applyStep(desk, write, prepared, at);
      if (step === undefined) throw new Refusal('not-found', 'the user is gone');
      await write.grants.use(asked.grantId, at);
      return toOutcome(step, grant, asked);
    },
  });
  if (outcome.outcome === 'reset') await desk.store.forgetDeleted();
  return { outcome, messages: messageIds(prepared) };
}

const messageIds = ({ messages }: PreparedStep): readonly string[] => messages.map(({ id }) => id);

/** Everything that could stand in the way, as it is inside the transaction. */
async function checkAll(
  acting: Acting<'mfa:reset-with-grant'>,
  signed: SignedOperator,
  asked: GrantedReset,
): Promise<UsableGrant> {
  const { desk, write, now } = acting;
  await requirePermission(desk, write, signed);
  await requireNotFrozen(write, now);
  await requirePace(desk, write, signed, now);
  const grant = await requireGrant(acting, asked.grantId, MFA_RESET);
  const target = await write.users.byId(asked.target.id);
  if (target === undefined) throw new Refusal('not-found', 'the user is gone');
  const open = await write.resets.openOfUser(target.id);
  const { approval } = decideTarget({
    policy: desk.policy,
    operatorUserId: signed.alsoUserId,
    account: grant.account,
    caller: grant.caller,
    target,
    objected: open !== undefined && open.objected_at !== null,
  });
  if (approval === null) return grant;
  const subject = await subjectOf(write, asked, grant.caller);
  const row = await usableApproval(desk, write, signed, freezeSubject(desk, subject).hash, now);
  if (row === undefined) throw new Unapproved(approval, subject);
  await useApproval(write, row, now);
  return grant;
}

/** The console opens for whoever may verify, so the reset asks for its own permission, by the role in the store (B71). */
async function requirePermission(desk: Desk, write: Writes, signed: SignedOperator): Promise<void> {
  const row = await write.operators.byId(signed.operator.id);
  const roles = [signed.operator.role, (row?.role ?? '') as OperatorRole];
  if (row?.disabled_at === null && roles.every((role) => permits(desk.policy, role, 'mfa:reset-with-grant'))) return;
  throw new Refusal('forbidden', `the role ${signed.operator.role} may not reset second factors`, {
    hint: 'It needs the permission mfa:reset-with-grant. Hand the call over to an agent or a lead.',
  });
}

/** A person can only do so many with care; more is a sign of something else (limits.reset). */
async function requirePace(desk: Desk, write: Writes, signed: SignedOperator, now: number): Promise<void> {
  const limit = desk.policy.limits.reset.perOperatorPerHour;
  if ((await write.resets.singlesBy(signed.operator.id, now - hours(1))) < limit) return;
  throw new Refusal('locked', `you have reset ${limit} users within an hour`, {
    hint: 'Wait, and tell your lead. Many at once are a job for: countersign mfa reset --from FILE --reason TEXT --ticket T',
  });
}

async function subjectOf(write: Writes, asked: GrantedReset, caller: User): Promise<ApprovalSubject> {
  return {
    kind: 'reset',
    desk: (await write.meta.get('store-id')) ?? '',
    final: asked.final ?? false,
    reason: asked.reason ?? null,
    ticket: asked.ticket ?? null,
    grant: asked.grantId,
    caller: caller.id,
    users: [asked.target.id],
  };
}

async function orderOf(desk: Desk, signed: SignedOperator, asked: GrantedReset): Promise<ResetOrder> {
  const grant = await desk.store.read.grants.byId(asked.grantId);
  const caller = grant === undefined ? undefined : await desk.store.read.users.byId(grant.user_id);
  return {
    actor: signed.actor,
    operatorId: signed.operator.id,
    byUserId: null,
    callerId: caller?.id ?? null,
    grantId: asked.grantId,
    jobId: null,
    reason: asked.reason ?? null,
    ticket: asked.ticket ?? null,
    final: asked.final ?? false,
    // Whether this user may be reset is decided above, by the grant and the approval.
    includeApprovalOnly: true,
    who: signed.operator.name,
    requestedBy: caller === undefined ? 'nobody known' : caller.name || caller.login,
  };
}

function toOutcome(step: StepOutcome, grant: UsableGrant, asked: GrantedReset): ResetOutcome {
  const { factors, backupCodes, devices, sessions, enrolments } = step.removed;
  const something = step.result === 'reset' || factors + backupCodes + devices + sessions + enrolments > 0;
  return {
    id: step.id,
    outcome: something ? 'reset' : 'nothing-to-do',
    account: grant.account,
    caller: grant.caller,
    target: step.user,
    removed: step.removed,
    enrolmentCode: step.enrolmentCode,
    final: asked.final ?? false,
  };
}

const asStep = (done: ResetOutcome): StepOutcome => ({
  id: done.id,
  line: null,
  result: done.outcome,
  account: done.account,
  user: done.target,
  removed: done.removed,
  enrolmentCode: done.enrolmentCode,
});

async function logRefusal(
  desk: Desk,
  signed: SignedOperator,
  asked: GrantedReset,
  at: number,
  error: unknown,
): Promise<void> {
  const code = error instanceof Unapproved ? 'approval-needed' : error instanceof Refusal ? error.code : undefined;
  if (code === undefined || code === 'store-unreachable' || code === 'store-corrupt') return;
  await desk.store.record(
    {
      kind: 'mfa.reset-refused',
      outcome: 'refused',
      at,
      by: signed.actor,
      account: asked.account.id,
      user: asked.target.id,
      reason: code,
      detail: { grant: asked.grantId },
    },
    async () => undefined,
  );
}
