/**
 * Four eyes, the deciding side (B56): another operator, in person and with a fresh code, sees exactly what was asked
 * for and approves or rejects it. The requester never decides.
 */
import type { ApprovalRow, Desk, SignedOperator } from '../../desk.js';
import { Refusal, refusal } from '../../errors.js';
import { type ApprovalReason, approvalEnds, readApprovalId, standingOf } from '../../rules/approval.js';
import { hours } from '../../rules/duration.js';
import { inChunks } from '../../rules/lists.js';
import { minuteOf, minuteUp } from '../../rules/moment.js';
import { type Acting, type Authorised, act, askAuthority, loggingRefusals } from '../authorise.js';
import { withHomes } from '../directory/search-directory.js';
import { tellOperator } from '../operators/operator-notices.js';
import { requireRecoveryCode } from '../operators/recovery-codes.js';
import { notAlone, notTwoPersons, otherApprovers, personOf } from '../operators/second-operator.js';
import { approvalEntry, frozenIn, noSuchRequest, subjectIn, UNKNOWN } from './approvals.js';

/** A request as people see it. */
export type Approval = Awaited<ReturnType<typeof toApproval>>;

export async function listApprovals(desk: Desk, all: boolean): Promise<readonly Approval[]> {
  const rows = await desk.store.read.approvals.list(200);
  const open = rows.filter((row) => all || ['pending', 'approved'].includes(standingOf(row, desk.now())));
  return Promise.all(open.map((row) => toApproval(desk, row)));
}

/** What waits for this operator to decide: what others asked, without those who are the same person or do not count as another (B81). */
export async function requestsFor(desk: Desk, operatorId: string): Promise<readonly Approval[]> {
  const { policy, store } = desk;
  const now = desk.now();
  const rows = await store.read.approvals.pending(now, 50);
  if (rows.length === 0) return [];
  const person = await personOf({ policy, reads: store.read, now }, operatorId);
  const theirs = rows.filter(({ operator_id: id }) => !person.isAlso(id) && person.handWith(id) === undefined);
  return (await Promise.all(theirs.map((row) => toApproval(desk, row)))).filter(({ standing: is }) => is === 'pending');
}

/** Of one whose stored subject does not match its hash, nothing of that is told; what counts is the hash. */
async function toApproval(desk: Desk, row: ApprovalRow) {
  const frozen = frozenIn(desk, row);
  const { operators } = desk.store.read;
  const requester = await operators.byId(row.operator_id);
  const decider = row.decided_by === null ? undefined : await operators.byId(row.decided_by);
  return {
    id: row.id,
    why: row.why as ApprovalReason,
    standing: frozen === undefined ? ('changed' as const) : standingOf(row, desk.now()),
    hash: row.hash,
    subject: frozen ?? UNKNOWN,
    users: row.users,
    requester: { id: row.operator_id, name: requester?.name ?? '', token: await tokenOf(desk, row) },
    requestedAt: row.requested_at,
    expiresAt: row.expires_at,
    decidedBy: decider?.name ?? null,
    decidedAt: row.decided_at,
    decisionReason: row.decision_reason,
  };
}

/** The token that asked, and who made it, if it is known; null for a person. */
async function tokenOf({ store: { read } }: Desk, { token_id: id }: ApprovalRow) {
  const token = id === null ? undefined : await read.operators.tokenById(id);
  if (token === undefined) return null;
  const maker = token.made_by === null ? undefined : await read.operators.byId(token.made_by);
  return { id: token.id, label: token.name, madeBy: maker?.name ?? null };
}

/** A request with the people in it, as they are now. */
export type ApprovalInFull = Awaited<ReturnType<typeof showApproval>>;

/** Refusals: not-found; store-corrupt if the stored subject does not match its hash, unless it is only rejected. */
export async function showApproval(desk: Desk, text: string, rejecting = false) {
  const id = readApprovalId(text);
  const row = await desk.store.read.approvals.byId(id);
  if (row === undefined) throw noSuchRequest(text);
  const approval = await toApproval(desk, row);
  if (approval.standing === 'changed' && !rejecting) subjectIn(desk, row);
  const { users } = desk.store.read;
  const targets = await inChunks(approval.subject.users, async (ids) => {
    const found = await users.byIds(ids);
    return withHomes(
      desk,
      found.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
  });
  const { caller } = approval.subject;
  return { ...approval, targets, caller: caller === null ? null : ((await users.byId(caller)) ?? null) };
}

export interface Decision {
  readonly id: string;
  readonly approve: boolean;
  readonly reason: string | null;
}

export const DECIDING = { permission: 'approval:decide', fresh: true, inPerson: true } as const;

/**
 * Refusals: not-found, forbidden (the requester), factor-needed (no fresh code, or a token), refused-by-policy (decided already, or expired).
 */
export async function decideApproval(desk: Desk, signed: SignedOperator, decision: Decision): Promise<Approval> {
  await askAuthority(desk, signed, DECIDING);
  const { approve, reason } = decision;
  const because = reason === null ? {} : { reason };
  const shown = await showApproval(desk, decision.id, !approve);
  const { id } = shown;
  const decided = await act(desk, signed, DECIDING, {
    change: (acting) => decide(acting, shown, { ...decision, id }),
    entry: (done) =>
      done instanceof Refusal
        ? {
            kind: 'approval.decision-refused',
            outcome: 'refused',
            reason: done.code,
            detail: { approval: id, why: done.because?.reason ?? null },
          }
        : { ...approvalEntry(done.row, approve ? 'approved' : 'rejected', shown.subject), ...because },
  });
  if (decided instanceof Refusal) throw decided;
  const { row, ...ended } = decided;
  return { ...shown, ...ended, hash: row.hash };
}

/** Returns the refusal instead of throwing it, so that it is logged. */
async function decide(
  { desk, write, now, by }: Acting<'approval:decide'>,
  shown: ApprovalInFull,
  { id, approve, reason }: Decision,
) {
  const row = await write.approvals.byId(id);
  if (row === undefined || row.hash !== shown.hash) throw noSuchRequest(id);
  const requester = await write.operators.byId(row.operator_id);
  const own = refusalOf(by, shown, requester?.also_user_id ?? null);
  if (own !== null) return own;
  const asking = { policy: desk.policy, reads: write, now };
  const tied = approve ? await notTwoPersons(asking, row.operator_id, by.operator.id) : null;
  if (tied !== null) return tied;
  const standing = standingOf(row, now);
  if (standing !== 'pending') return refusal('refused-by-policy', 'request-decided', { id, standing }, 'list-decided');
  const expiresAt = approve ? approvalEnds(desk.policy, now) : row.expires_at;
  const state = approve ? ('approved' as const) : ('rejected' as const);
  await write.approvals.decide(id, { state, by: by.operator.id, at: now, reason, expiresAt });
  return { row, standing: state, expiresAt, decidedBy: by.operator.name, decidedAt: now, decisionReason: reason };
}

const isAbout = ({ subject: { users, caller } }: ApprovalInFull, login: string | null): boolean =>
  login !== null && (users.includes(login) || caller === login);

/** `requesterIs` is the customer login of the requester. Two operators with the same customer login are one person. */
function refusalOf(
  { operator, alsoUserId: own }: Authorised<'approval:decide'>,
  shown: ApprovalInFull,
  requesterIs: string | null,
): Refusal | null {
  if (shown.requester.id === operator.id || (own !== null && own === requesterIs))
    return refusal('forbidden', 'own-request', {}, 'ask-other-lead-or-code');
  return isAbout(shown, own) ? refusal('forbidden', 'request-about-oneself', {}, 'ask-other-lead') : null;
}

/**
 * A desk with one operator who may approve is no dead end (B80): a recovery code of that operator counts in place of the second one. The
 * approval counts only after some hours, in which everybody who reads the log or the mail can object, and only while really nobody else
 * may approve. Refusals: not-found, forbidden (another's request, or one about oneself), approval-needed (somebody else may approve), not-signed-in,
 * locked.
 */
export async function approveAlone(
  desk: Desk,
  signed: SignedOperator,
  given: { readonly id: string; readonly reason: string | null; readonly recoveryCode: () => Promise<string> },
) {
  await askAuthority(desk, signed, DECIDING);
  const { reason } = given;
  const shown = await showApproval(desk, given.id);
  const { id: self } = signed.operator;
  const { alsoUserId } = signed;
  await loggingRefusals(desk, signed, DECIDING, () => {
    if (shown.requester.id !== self) throw refusal('forbidden', 'not-own-request', {}, 'approve-as-usual');
    if (isAbout(shown, alsoUserId)) throw refusal('forbidden', 'request-about-oneself', {}, 'ask-other-lead');
  });
  const others = await otherApprovers({ policy: desk.policy, reads: desk.store.read, now: desk.now() }, self);
  if (others.length > 0) throw notAlone(others, 'ask-other-lead');
  const code = await requireRecoveryCode({ desk, signed, door: DECIDING }, await given.recoveryCode());
  const { waitHours } = desk.policy.limits.operatorRecovery;
  return act(desk, signed, DECIDING, {
    change: async ({ write, now, by }) => {
      const row = await write.approvals.byId(shown.id);
      if (row === undefined || row.hash !== shown.hash) throw noSuchRequest(shown.id);
      const standing = standingOf(row, now);
      if (standing !== 'pending')
        throw refusal('refused-by-policy', 'request-decided', { id: row.id, standing }, 'list-decided');
      const still = await otherApprovers({ policy: desk.policy, reads: write, now }, self);
      if (still.length > 0) throw notAlone(still, 'ask-other-lead');
      if (!(await write.lifeCycle.useRecoveryCode(code.id, now)))
        throw refusal('not-signed-in', 'recovery-wrong', {}, 'recovery-code-form');
      const validFrom = now + hours(waitHours);
      const expiresAt = validFrom + hours(24);
      // An approval of one's own counts from the time at which it was decided, which is ahead (approvals.ts).
      await write.approvals.decide(row.id, { state: 'approved', by: self, at: validFrom, reason, expiresAt });
      const change = ['mail', 'own-approval', row.id, minuteOf(minuteUp(validFrom))] as const;
      const values = { change, who: by.operator.name };
      await tellOperator(desk, write, by.operator, { kind: 'operator-changed', values, now });
      return { id: row.id, validFrom, expiresAt, row };
    },
    entry: ({ row, validFrom }) => {
      const entry = { ...approvalEntry(row, 'approved'), ...(reason === null ? {} : { reason }) };
      return { ...entry, detail: { ...entry.detail, approver: 'own recovery code', validFrom } };
    },
  });
}
