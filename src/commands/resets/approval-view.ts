/** What is shown of requests for approval, for the commands and the console. */

import type { Approval, ApprovalInFull } from '../../procedures/resets/decide-approval.js';
import { iso } from '../../rules/moment.js';
import type { Block, View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { APPROVAL_REASONS } from '../wording/terms.js';
import { localMinute } from '../wording/times.js';

export const approvalDocument = (approval: Approval) => ({
  id: approval.id,
  why: approval.why,
  state: approval.standing,
  sha256: approval.hash,
  users: approval.users,
  final: approval.subject.final,
  reason: approval.subject.reason,
  ticket: approval.subject.ticket,
  ...(approval.subject.change === undefined ? {} : { change: approval.subject.change }),
  grant: approval.subject.grant,
  requester: approval.requester,
  requestedAt: iso(approval.requestedAt),
  expiresAt: iso(approval.expiresAt),
  decidedBy: approval.decidedBy,
  decidedAt: iso(approval.decidedAt),
  decisionReason: approval.decisionReason,
  ...(countsFrom(approval) === null ? {} : { validFrom: iso(countsFrom(approval)) }),
});

/** An approval with a recovery code of the requester counts only later (approve-alone.ts). */
const countsFrom = ({ decidedAt, requestedAt, standing, requester, decidedBy }: Approval): number | null =>
  standing === 'approved' && decidedBy === requester.name && decidedAt !== null && decidedAt > requestedAt
    ? decidedAt
    : null;

export const listTable = (approvals: readonly Approval[]): Block =>
  block.table(
    ['request', 'for', 'users', 'by', 'state'],
    approvals.map((one) => [one.id, APPROVAL_REASONS[one.why], String(one.users), askedBy(one), one.standing]),
    'Nothing waits for an approval.',
  );

/** `mira`, or `token "nightly" of bulk, made by ana` */
export function askedBy({ requester: { name, token } }: Pick<Approval, 'requester'>): string {
  if (token === null) return name;
  return `token "${token.label}" of ${name}${token.madeBy === null || token.madeBy === name ? '' : `, made by ${token.madeBy}`}`;
}

export function requestView(approval: ApprovalInFull): View {
  const { subject, caller, targets } = approval;
  const counts = countsFrom(approval);
  return [
    block.title(APPROVAL_REASONS[approval.why], approval.standing),
    block.fields(
      ['Asked for by', askedBy(approval)],
      ...(caller === null ? [] : [['Caller', `${caller.name} (${caller.login})`] as const]),
      ...(subject.change === undefined ? [] : [['Change', subject.change] as const]),
      ['Reason', subject.reason ?? 'none given'],
      ['Ticket', subject.ticket ?? 'none given'],
      ...(subject.final ? [['Final', 'destroys the old factors; cannot be undone'] as const] : []),
      ...(counts === null ? [] : [['Counts from', localMinute(counts)] as const]),
      ['Expires', localMinute(approval.expiresAt)],
      ['SHA-256', approval.hash],
    ),
    block.table(
      ['account', 'login', 'name', 'role'],
      targets.map(({ user, account }) => [account.number, user.login, user.name, user.role]),
      'No users.',
    ),
    block.next(
      ...(approval.standing === 'pending'
        ? [`countersign approval approve ${approval.id}`, `countersign approval reject ${approval.id} --reason TEXT`]
        : []),
    ),
  ];
}
