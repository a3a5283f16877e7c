/**
 * Resets one user's second factors on a call (B50, B52–B58). It needs a live grant, which is checked again and used up in the same transaction
 * that removes the factors. A caller's own reset, an admin's, and one after an objection wait for a second operator first. Everything goes
 * together: factors, half-done enrolments, backup codes, remembered devices, portal sessions. "Nothing to do" is an outcome.
 */
import type { Desk, SignedOperator, Writes } from '../../desk.js';
import { isRefusal, refusal } from '../../errors.js';
import type { ApprovalSubject } from '../../rules/approval.js';
import { hours } from '../../rules/duration.js';
import type { Account, User } from '../../rules/people.js';
import { MFA_RESET } from '../../rules/policy-checks.js';
import { channelOf, type Remote, remoteOf } from '../../rules/remote-reset.js';
import { isReset } from '../../rules/reset-plan.js';
import { decideTarget } from '../../rules/reset-target.js';
import { type Acting, act, askAuthority } from '../authorise.js';
import { requireGrant } from '../calls/grants.js';
import { sentState } from '../messages/read-outbox.js';
import { untilNotOvertaken } from '../pause.js';
import { approvalNeeded, freezeSubject, requestApproval, useApproval, waitingEntries } from './approvals.js';
import { requireNotFrozen } from './freeze.js';
import { loggingAs, type ResetOrder, type StepOutcome, stepEntry, TAKES_ENTRIES } from './reset-records.js';
import { applyStep, type PreparedStep, prepareStep } from './reset-step.js';

/**
 * `caller`: who was verified and asked for it. `enrolmentCode`: `sent` if a server took it; `waiting` if it is tried again; `not-sent` if the
 * address takes no mail. `codeTrouble`: why it is not sent, in words of the channel. `final`: destroyed at once; cannot be undone. `remote`: at
 * the other system where the login is; null if there is none.
 */
export type ResetOutcome = Awaited<ReturnType<typeof resetUnderGrant>>;

export interface GrantedReset {
  readonly grantId: string;
  readonly account: Account;
  readonly target: User;
  readonly reason: string | undefined;
  readonly ticket: string | undefined;
  /** Destroys at once instead of suspending, for a stolen phone (B61). */
  readonly final?: boolean;
}

/** Every operator who may verify can open the console, so the reset asks for its own permission (B71, T14). */
export const RESETTING = { permission: 'mfa:reset-with-grant', fresh: true } as const;

/**
 * Refusals: no-grant, forbidden (B55), refused-by-policy (B63), locked (too many by one operator), approval-needed
 * (B56; the request is made, and named in the document). Nobody is reset on any of them.
 */
export async function resetUnderGrant(desk: Desk, signed: SignedOperator, asked: GrantedReset) {
  const entry = () => ({ ...refusedEntry(asked), at: desk.now(), by: signed.actor });
  const done = await loggingAs(desk, entry, TAKES_ENTRIES, async () => {
    await askAuthority(desk, signed, RESETTING);
    return untilNotOvertaken(() => attempt(desk, signed, asked));
  });
  if ('request' in done) throw approvalNeeded(done.request);
  const { step, account, caller } = done;
  const { id, user: target, removed } = step;
  if (isReset(step.result)) await desk.store.forgetDeleted();
  const remote = await remoteState(desk, step);
  const idle = remote?.state === 'nothing' && Object.values(removed).every((count) => count === 0);
  const outcome = isReset(step.result) && !idle ? ('reset' as const) : ('nothing-to-do' as const);
  const { final = false } = asked;
  return { id, outcome, account, caller, target, removed, final, ...(await codeState(desk, step)), remote };
}

/** What became of the mail with the code: nobody is promised a code that no server took (E7). */
async function codeState(desk: Desk, { enrolmentCode, codeMessage }: StepOutcome) {
  if (codeMessage === null) return { enrolmentCode, codeTrouble: null };
  const { state, why } = await sentState(desk, codeMessage);
  if (state === 'delivered') return { enrolmentCode, codeTrouble: null };
  return { enrolmentCode: state === 'queued' ? ('waiting' as const) : ('not-sent' as const), codeTrouble: why };
}

/** What was read there by now; a row that cannot be read claims nothing. */
async function remoteState(desk: Desk, { remoteRow, account }: StepOutcome): Promise<Remote | null> {
  if (remoteRow === null) return null;
  const waiting = { channel: channelOf(account.connector ?? ''), state: 'queued', attempts: 0, reference: null };
  const row = await desk.store.read.outbox.byId(remoteRow).catch((error: unknown) => {
    if (isRefusal(error)) return undefined;
    throw error;
  });
  return remoteOf(row ?? { ...waiting, next_attempt_at: null, last_error: null });
}

async function attempt(desk: Desk, signed: SignedOperator, asked: GrantedReset) {
  const order = await orderOf(desk, signed, asked);
  const prepared = await prepareStep(desk, order, [{ userId: asked.target.id, line: null }]);
  const [only] = prepared.decided;
  if (only?.result === 'failed') {
    const facts = { connector: only.account.connector ?? '', login: asked.target.login };
    throw refusal('refused-by-policy', 'admin-without-gate', facts, 'gate-in-settings');
  }
  return act(desk, signed, RESETTING, {
    change: (acting) => resetOrAsk(acting, asked, prepared),
    entry: (done) => ('step' in done ? stepEntry(order, done.step) : waitingEntries(done, refusedEntry(asked))),
  });
}

/**
 * Checks, inside the transaction, everything that may stop the reset; then resets. Where a second operator is needed and has not approved
 * yet, all that happens is the request.
 */
async function resetOrAsk(acting: Acting<'mfa:reset-with-grant'>, asked: GrantedReset, prepared: PreparedStep) {
  const { desk, write, now, by } = acting;
  await requireNotFrozen(write, now);
  await requirePace(acting);
  const grant = await requireGrant(acting, asked.grantId, MFA_RESET);
  const target = await write.users.byId(asked.target.id);
  if (target === undefined) throw refusal('not-found', 'user-gone', {});
  const open = await write.resets.openOfUser(target.id);
  const { approval } = decideTarget({
    policy: desk.policy,
    operatorUserId: by.alsoUserId,
    account: grant.account,
    caller: grant.caller,
    target,
    objected: open !== undefined && open.objected_at !== null,
    now,
  });
  // Nobody is fetched to approve that nothing is taken (E13). `applyStep` looks again.
  if (approval !== null && prepared.decided.some(({ act: takes }) => takes)) {
    const subject = await subjectOf(write, asked, grant.caller);
    const yes = await useApproval(acting, freezeSubject(desk, subject).hash);
    if (yes === undefined) return requestApproval(acting, approval, subject);
  }
  const [step] = await applyStep(acting, prepared);
  if (step === undefined) throw refusal('not-found', 'user-gone', {});
  await write.grants.use(asked.grantId, now);
  return { step, account: grant.account, caller: grant.caller };
}

/** A person can reset only so many with care; more is a sign that something is wrong (limits.reset). */
async function requirePace({ desk, write, now, by }: Acting<'mfa:reset-with-grant'>): Promise<void> {
  const limit = desk.policy.limits.reset.perOperatorPerHour;
  if ((await write.resets.singlesBy(by.operator.id, now - hours(1))) < limit) return;
  throw refusal('locked', 'reset-pace', { limit }, 'bulk-instead');
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
  const { grantId, reason, ticket, final = false } = asked;
  return {
    by: 'call',
    operatorId: signed.operator.id,
    grantId,
    callerId: caller?.id,
    reason,
    ticket,
    final,
    who: signed.operator.name,
    requestedBy: caller === undefined ? ['mail', 'nobody-known'] : caller.name || caller.login,
  };
}

const refusedEntry = ({ account, target, grantId }: GrantedReset) =>
  ({ kind: 'mfa.reset-refused', account: account.id, user: target.id, detail: { grant: grantId } }) as const;
