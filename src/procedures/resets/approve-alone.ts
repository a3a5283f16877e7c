/**
 * A desk with one operator who may approve is no dead end (B80): a recovery code of that operator counts in place of the second one. The
 * approval counts only after some hours, in which everybody who reads the log or the mail can object, and only while really nobody else
 * may approve.
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import { standingOf } from '../../rules/approval.js';
import { hours } from '../../rules/duration.js';
import { minuteOf } from '../../rules/moment.js';
import { act, askAuthority, loggingRefusals } from '../authorise.js';
import { tellOperator } from '../operators/operator-notices.js';
import { requireRecoveryCode } from '../operators/recovery-codes.js';
import { notAlone, otherApprovers } from '../operators/second-operator.js';
import { approvalEntry, noSuchRequest } from './approvals.js';
import { DECIDING, showApproval } from './decide-approval.js';

/** Refusals: not-found, forbidden (another's request, or one about oneself), approval-needed (somebody else may approve), not-signed-in, locked. */
export async function approveAlone(
  desk: Desk,
  signed: SignedOperator,
  given: { readonly id: string; readonly recoveryCode: () => Promise<string> },
) {
  await askAuthority(desk, signed, DECIDING);
  const shown = await showApproval(desk, given.id);
  const { id: self } = signed.operator;
  const { alsoUserId } = signed;
  await loggingRefusals(desk, signed, DECIDING, () => {
    if (shown.requester.id !== self) throw refusal('forbidden', 'not-own-request', {}, 'approve-as-usual');
    if (alsoUserId !== null && (shown.subject.users.includes(alsoUserId) || shown.subject.caller === alsoUserId)) {
      throw refusal('forbidden', 'request-about-oneself', {}, 'ask-other-lead');
    }
  });
  const others = await otherApprovers({ policy: desk.policy, reads: desk.store.read, now: desk.now() }, self);
  if (others.length > 0) throw notAlone(others, 'ask-other-lead');
  const code = await requireRecoveryCode({ desk, signed, door: DECIDING }, await given.recoveryCode());
  const at = desk.now();
  const { waitHours } = desk.policy.limits.operatorRecovery;
  return act(desk, signed, DECIDING, {
    change: async ({ write, now, by }) => {
      const row = await write.approvals.byId(shown.id);
      if (row === undefined || row.hash !== shown.hash) throw noSuchRequest(shown.id);
      const standing = standingOf({ state: row.state, expiresAt: row.expires_at }, now);
      if (standing !== 'pending') {
        throw refusal('refused-by-policy', 'request-decided', { id: row.id, standing }, 'list-decided');
      }
      const still = await otherApprovers({ policy: desk.policy, reads: write, now }, self);
      if (still.length > 0) throw notAlone(still, 'ask-other-lead');
      if (!(await write.lifeCycle.useRecoveryCode(code.id, now))) {
        throw refusal('not-signed-in', 'recovery-wrong', {}, 'recovery-code-form');
      }
      const validFrom = now + hours(waitHours);
      const expiresAt = validFrom + hours(24);
      // An approval of one's own counts from the time at which it was decided, which is ahead (approvals.ts).
      await write.approvals.decide(row.id, { state: 'approved', by: self, at: validFrom, reason: null, expiresAt });
      const change = ['mail', 'own-approval', row.id, minuteOf(validFrom)] as const;
      const values = { change, who: by.operator.name };
      await tellOperator(desk, write, by.operator, { kind: 'operator-changed', values, now });
      return { id: row.id, validFrom, expiresAt, row };
    },
    entry: ({ row, validFrom }, by) => {
      const entry = approvalEntry(by.actor, row, 'approval.approved', at);
      return { ...entry, detail: { ...entry.detail, approver: 'own recovery code', validFrom } };
    },
  });
}
