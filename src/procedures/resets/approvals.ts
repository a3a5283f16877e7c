/**
 * Four eyes, the asking side (B56): a request is frozen and kept, and the yes to exactly that is used up by the run it was given for.
 * The deciding side is decide-approval.ts.
 */
import type { ApprovalRow, Desk, Reads, SignedOperator, Writes } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { APPROVAL_REASONS, type ApprovalReason, type ApprovalSubject, standingOf } from '../../rules/approval.js';
import { hours } from '../../rules/duration.js';
import { permits } from '../../rules/operator-roles.js';
import type { OperatorRole } from '../../rules/people.js';
import { pause } from '../pause.js';

/** The frozen text of a request, and its hash. */
export function freezeSubject(desk: Desk, subject: ApprovalSubject): { readonly text: string; readonly hash: string } {
  const text = desk.notary.canonical(subject);
  return { text, hash: desk.digests.sha256(text) };
}

/** The requester's approval for exactly this, if it can be used now. Inside or outside the door. */
export async function usableApproval(
  { policy }: Pick<Desk, 'policy'>,
  reads: Pick<Reads, 'approvals' | 'operators'>,
  signed: SignedOperator,
  hash: string,
  now: number,
): Promise<ApprovalRow | undefined> {
  for (const row of await reads.approvals.ofSubject(hash, signed.operator.id)) {
    if (standingOf({ state: row.state, expiresAt: row.expires_at }, now) !== 'approved') continue;
    const approver = row.decided_by === null ? undefined : await reads.operators.byId(row.decided_by);
    // Who was disabled, or given a lower role, since then has no say any more.
    if (approver === undefined || approver.disabled_at !== null || approver.id === signed.operator.id) continue;
    if (permits(policy, approver.role as OperatorRole, 'approval:decide')) return row;
  }
  return undefined;
}

/** Uses the approval up, inside the transaction of what it allows. Refusal `approval-needed` where another one was faster. */
export async function useApproval(write: Writes, row: ApprovalRow, now: number): Promise<void> {
  if (await write.approvals.use(row.id, now)) return;
  throw new Refusal('approval-needed', `the approval ${row.id} was used already`, {
    hint: 'Ask for a new one: run the same command again.',
  });
}

/** The waiting request for this, made if there is none. */
export async function requestApproval(
  desk: Desk,
  signed: SignedOperator,
  why: ApprovalReason,
  subject: ApprovalSubject,
): Promise<ApprovalRow> {
  const { text, hash } = freezeSubject(desk, subject);
  const at = desk.now();
  const waiting = (rows: readonly ApprovalRow[]) =>
    rows.find((row) => standingOf({ state: row.state, expiresAt: row.expires_at }, at) === 'pending');
  const known = waiting(await desk.store.read.approvals.ofSubject(hash, signed.operator.id));
  if (known !== undefined) return known;
  const row: ApprovalRow = {
    id: desk.newId('apr'),
    why,
    subject: text,
    hash,
    operator_id: signed.operator.id,
    users: subject.users.length,
    state: 'pending',
    requested_at: at,
    expires_at: at + hours(desk.policy.limits.approval.requestHours),
    decided_by: null,
    decided_at: null,
    decision_reason: null,
    used_at: null,
  };
  await desk.store.record(approvalEntry(signed, row, 'approval.requested', at), (write) => write.approvals.insert(row));
  return row;
}

export function approvalEntry(signed: SignedOperator, row: ApprovalRow, kind: `approval.${string}`, at: number) {
  const { users, reason, ticket } = JSON.parse(row.subject) as ApprovalSubject;
  const [only] = users;
  return {
    kind,
    outcome: 'done',
    at,
    by: signed.actor,
    ...(users.length === 1 && only !== undefined ? { user: only } : {}),
    ...(ticket === null ? {} : { ticket }),
    ...(reason === null ? {} : { reason }),
    detail: { approval: row.id, why: row.why, hash: row.hash, users: row.users },
  } as const;
}

/** The refusal that says what waits for whom (exit 5). */
export function approvalNeeded(row: ApprovalRow): Refusal {
  return new Refusal('approval-needed', `${APPROVAL_REASONS[row.why as ApprovalReason]} needs a second operator`, {
    hint: `A lead or an admin decides: countersign approval approve ${row.id}   Then run the same command again (or use --wait).`,
    also: {
      approval: {
        id: row.id,
        state: 'pending',
        why: row.why,
        users: row.users,
        sha256: row.hash,
        expiresAt: new Date(row.expires_at).toISOString(),
      },
    },
  });
}

export const noSuchRequest = (id: string): Refusal =>
  new Refusal('not-found', `there is no request "${id}"`, { hint: 'See: countersign approval list' });

const LOOK_AGAIN_MS = 1_000;

/**
 * Waits until a request is decided. Answers when it is approved. Refusals: approval-needed (run out), refused-by-policy
 * (rejected), cancelled.
 */
export async function waitForApproval(desk: Desk, id: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const row = await desk.store.read.approvals.byId(id);
    if (row === undefined) throw noSuchRequest(id);
    const standing = standingOf({ state: row.state, expiresAt: row.expires_at }, desk.now());
    if (standing === 'approved' || standing === 'used') return;
    if (standing === 'rejected') {
      throw new Refusal(
        'refused-by-policy',
        `the request ${id} was rejected: ${row.decision_reason ?? 'no reason given'}`,
        {
          hint: `See: countersign approval show ${id}`,
          also: { approval: { id, state: 'rejected' } },
        },
      );
    }
    if (standing === 'expired') throw approvalNeeded(row);
    if (signal.aborted) throw new Refusal('cancelled', `Stopped waiting. The request ${id} stands.`);
    await pause(LOOK_AGAIN_MS, signal);
  }
}
