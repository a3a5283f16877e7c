/** What is shown of requests for approval, for the commands and the console. */
import type { Approval, ApprovalInFull } from '../../procedures/resets/decide-approval.js';
import { iso, minuteUp } from '../../rules/moment.js';
import { block, localMinute, moments, pick } from '../wording/results.js';
import type { Words } from '../wording/words.js';

export const approvalDocument = (approval: Approval) => ({
  ...pick(approval, 'id', 'why'),
  state: approval.standing,
  sha256: approval.hash,
  users: approval.users,
  ...pick(approval.subject, 'final', 'reason', 'ticket', 'change', 'grant'),
  requester: approval.requester,
  ...moments(approval, 'requestedAt', 'expiresAt'),
  ...pick(approval, 'decidedBy', 'decidedAt', 'decisionReason'),
  ...moments(approval, 'decidedAt'),
  validFrom: iso(countsFrom(approval)) ?? undefined,
});

/** An approval with a recovery code of the requester counts only later (`approveAlone`). */
const countsFrom = ({ decidedAt, requestedAt, standing, requester, decidedBy }: Approval): number | null =>
  standing === 'approved' && decidedBy === requester.name && decidedAt !== null && decidedAt > requestedAt
    ? decidedAt
    : null;

export const listTable = (approvals: readonly Approval[], words: Words) =>
  block.table(
    (['request', 'for', 'users', 'by', 'state'] as const).map((name) => words(`approval.col-${name}`)),
    approvals.map((one) => [
      one.id,
      words.term('approval', one.why),
      String(one.users),
      askedBy(one, words),
      words.term('standing', one.standing),
    ]),
    words('approval.empty'),
  );

/** `mira`, or `token "nightly" of bulk, made by ana` */
function askedBy({ requester: { name, token } }: Pick<Approval, 'requester'>, words: Words): string {
  if (token === null) return name;
  const { label, madeBy } = token;
  return words('approval.by-token', { label, name, madeBy: madeBy === name ? null : madeBy });
}

/** Of a bulk run or an import nobody reads thousands on a screen. */
const SHOWN = 50;

export function requestView(approval: ApprovalInFull, words: Words) {
  const { id, subject, caller, standing, targets } = approval;
  const counts = countsFrom(approval);
  const left = targets.length - SHOWN;
  return [
    block.title(words.term('approval', approval.why), words.term('standing', standing)),
    block.fields(
      [words('approval.asked-by'), askedBy(approval, words)],
      [words('approval.caller'), caller === null ? null : `${caller.name} (${caller.login})`],
      [words('approval.change'), subject.change ?? null],
      [words('approval.reason'), subject.reason ?? words('approval.none-given')],
      [words('approval.ticket'), subject.ticket ?? words('approval.none-given')],
      [words('approval.final'), subject.final ? words('approval.final-means') : null],
      [words('approval.counts-from'), counts === null ? null : localMinute(minuteUp(counts))],
      [words('approval.expires'), localMinute(approval.expiresAt)],
      ['SHA-256', approval.hash],
    ),
    block.table(
      (['account', 'login', 'name', 'role'] as const).map((name) => words(`approval.col-${name}`)),
      targets
        .slice(0, SHOWN)
        .map(({ user, account }) => [account.number, user.login, user.name, words.term('roleTitle', user.role)]),
      words('approval.no-users'),
    ),
    ...(left > 0 ? [block.note(words('approval.more-users', { count: left, id }))] : []),
    ...(standing === 'pending'
      ? [block.next(`countersign approval approve ${id}`, `countersign approval reject ${id} --reason TEXT`)]
      : []),
  ];
}
