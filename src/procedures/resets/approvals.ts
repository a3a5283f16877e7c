/**
 * Four eyes, the asking side (B56): a request is frozen and stored. An approval is for exactly that request, and the
 * run that it allows uses it up. The deciding side is decide-approval.ts.
 */
import type { ApprovalRow, Desk, Reads } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import {
  APPROVAL_ID_BYTES,
  type ApprovalReason,
  type ApprovalSubject,
  approvalId,
  standingOf,
} from '../../rules/approval.js';
import type { ActEntry } from '../../rules/audit-entry.js';
import { hours } from '../../rules/duration.js';
import { known } from '../../rules/known.js';
import { iso } from '../../rules/moment.js';
import { permits } from '../../rules/operator-roles.js';
import type { OperatorRole } from '../../rules/people.js';
import type { Acting } from '../authorise.js';
import { freeId } from '../calls/live-calls.js';
import { type Asking, otherApprovers, personOf } from '../operators/second-operator.js';
import { pause } from '../pause.js';

/** The permissions whose use may need a second operator's approval. */
export type Asker = 'mfa:reset-with-grant' | 'mfa:reset-bulk' | 'directory:write' | 'passphrase:setup';

/** What an operator has asked for, before a transaction or inside one. */
export interface Asked extends Asking {
  readonly reads: Asking['reads'] & Pick<Reads, 'approvals'>;
  readonly operatorId: string;
}

export const askedIn = ({ desk, write, now, by }: Acting<Asker>): Asked => ({
  policy: desk.policy,
  reads: write,
  operatorId: by.operator.id,
  now,
});

/** The frozen text of a request, and its hash. */
export function freezeSubject(desk: Pick<Desk, 'notary' | 'digests'>, subject: ApprovalSubject) {
  const text = desk.notary.canonical(subject);
  return { text, hash: desk.digests.sha256(text) };
}

const NOTHING = { final: false, reason: null, ticket: null, grant: null, caller: null, users: [] };
export const UNKNOWN: ApprovalSubject = { kind: 'change', desk: '', ...NOTHING };

/** What a request froze; undefined if it is not that any more. */
export const frozenIn = ({ digests }: Pick<Desk, 'digests'>, { subject, hash }: ApprovalRow) =>
  digests.sha256(subject) === hash ? (JSON.parse(subject) as ApprovalSubject) : undefined;

/** The same. Refusal `store-corrupt`. */
export function subjectIn(desk: Pick<Desk, 'digests'>, row: ApprovalRow): ApprovalSubject {
  const frozen = frozenIn(desk, row);
  if (frozen === undefined) throw refusal('store-corrupt', 'request-changed', { id: row.id }, 'reject-and-verify');
  return frozen;
}

/** What would become of customers' powers or secrets, as a subject with its hash. */
export async function changeSubject(
  { desk, write }: Pick<Acting<Asker>, 'desk' | 'write'>,
  { users, ...what }: { readonly users: readonly string[]; readonly change: string; readonly reason: string | null },
) {
  const store = (await write.meta.get('store-id')) ?? '';
  const subject: ApprovalSubject = { ...UNKNOWN, desk: store, users: users.toSorted(), ...what };
  return { subject, hash: freezeSubject(desk, subject).hash };
}

/** The requester's approval for exactly this, if it can be used now. */
export async function usableApproval(asked: Asked, hash: string): Promise<ApprovalRow | undefined> {
  const { policy, reads, operatorId, now } = asked;
  for (const row of await reads.approvals.ofSubject(hash, operatorId)) {
    if (standingOf(row, now) !== 'approved') continue;
    const approver = row.decided_by === null ? undefined : await reads.operators.byId(row.decided_by);
    // An approver who was disabled, or given a lower role, since then does not count any more.
    if (approver === undefined || approver.disabled_at !== null) continue;
    if (approver.id === operatorId) {
      if (!(await countsAlone(asked, row))) continue;
    } else if ((await personOf(asked, operatorId)).handWith(approver.id) !== undefined) continue;
    if (permits(policy, approver.role as OperatorRole, 'approval:decide')) return row;
  }
  return undefined;
}

/** With a recovery code (`approveAlone`) the requester's own approval counts: its time has come, and still nobody else may approve. */
async function countsAlone(asking: Asking, { decided_at, operator_id }: ApprovalRow): Promise<boolean> {
  if (decided_at === null || asking.now < decided_at) return false;
  return (await otherApprovers(asking, operator_id)).length === 0;
}

/** Finds the approval and uses it up, inside the transaction that it allows. */
export async function useApproval(acting: Acting<Asker>, hash: string): Promise<ApprovalRow | undefined> {
  const row = await usableApproval(askedIn(acting), hash);
  if (row === undefined) return undefined;
  return (await acting.write.approvals.use(row.id, acting.now)) ? row : undefined;
}

/** The pending request for exactly this. */
export async function pendingApproval({ reads, operatorId, now }: Asked, hash: string) {
  const rows = await reads.approvals.ofSubject(hash, operatorId);
  return rows.find((row) => standingOf(row, now) === 'pending');
}

/** The pending request for this, and whether it was made just now. */
export async function requestApproval(acting: Acting<Asker>, why: ApprovalReason, subject: ApprovalSubject) {
  const { desk, write, now, by } = acting;
  const { text, hash } = freezeSubject(desk, subject);
  const known = await pendingApproval(askedIn(acting), hash);
  if (known !== undefined) return { request: known, made: false };
  const request: ApprovalRow = {
    id: await freeId(() => approvalId(desk.chance.bytes(APPROVAL_ID_BYTES)), write.approvals),
    why,
    subject: text,
    hash,
    operator_id: by.operator.id,
    users: subject.users.length,
    state: 'pending',
    requested_at: now,
    expires_at: now + hours(desk.policy.limits.approval.requestHours),
    decided_by: null,
    decided_at: null,
    decision_reason: null,
    used_at: null,
    token_id: by.token?.id ?? null,
  };
  await write.approvals.insert(request);
  return { request, made: true };
}

/** What the log says where somebody has to wait for a second operator: that they were refused, and the request, if it is new. */
export const waitingEntries = (
  { request, made }: Awaited<ReturnType<typeof requestApproval>>,
  refused: Pick<ActEntry, 'kind' | 'account' | 'user' | 'detail'>,
): readonly ActEntry[] => [
  { ...refused, outcome: 'refused', reason: 'approval-needed' },
  ...(made ? [approvalEntry(request, 'requested')] : []),
];

export function approvalEntry(
  row: ApprovalRow,
  what: 'requested' | 'approved' | 'rejected',
  { users, reason, ticket } = JSON.parse(row.subject) as ApprovalSubject,
): ActEntry {
  const [only] = users;
  return {
    kind: `approval.${what}`,
    ...known({ user: users.length === 1 ? only : undefined, ticket: ticket ?? undefined, reason: reason ?? undefined }),
    detail: { approval: row.id, why: row.why, hash: row.hash, users: row.users },
  };
}

/** The refusal that says what waits for whom (exit 5). */
export function approvalNeeded({ id, why, users, hash: sha256, expires_at }: ApprovalRow): Refusal {
  const approval = { id, state: 'pending', why, users, sha256, expiresAt: iso(expires_at) };
  const facts = { approval: why as ApprovalReason, id };
  return refusal('approval-needed', 'approval-needed', facts, 'approve', { also: { approval } });
}

export const noSuchRequest = (id: string): Refusal => refusal('not-found', 'request-unknown', { id }, 'list-approvals');

const LOOK_AGAIN_MS = 1_000;

/**
 * Waits until a request is decided; returns once it is approved. Refusals: approval-needed (expired), refused-by-policy (rejected), cancelled.
 */
export async function waitForApproval(desk: Desk, id: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const row = await desk.store.read.approvals.byId(id);
    if (row === undefined) throw noSuchRequest(id);
    const standing = standingOf(row, desk.now());
    if (standing === 'approved' || standing === 'used') return;
    if (standing === 'rejected') {
      const reason = row.decision_reason ?? '';
      const said = reason === '' ? 'request-rejected' : 'request-rejected-why';
      const also = { approval: { id, state: 'rejected' } };
      throw refusal('refused-by-policy', said, { id, reason }, 'show-approval', { also });
    }
    if (standing === 'expired') throw approvalNeeded(row);
    if (signal.aborted) throw refusal('cancelled', 'waiting-stopped', { id });
    await pause(LOOK_AGAIN_MS, signal);
  }
}
