/** `approval …`: a second operator approves or rejects exactly what was asked for (B56). */

import * as z from 'zod';
import { askAuthority } from '../../procedures/authorise.js';
import { approveAlone } from '../../procedures/resets/approve-alone.js';
import {
  type Approval,
  type ApprovalInFull,
  DECIDING,
  decideApproval,
  listApprovals,
  showApproval,
} from '../../procedures/resets/decide-approval.js';
import { iso } from '../../rules/moment.js';
import type { View } from '../../terminal/render.js';
import { type Command, type Context, command, type Result } from '../command.js';
import { APPROVAL_REASONS } from '../wording/desk-sentences.js';
import { localMinute } from '../wording/times.js';

const approvalDocument = (approval: Approval) => ({
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

const list = command({
  path: 'approval list',
  summary: 'list what waits for a second operator',
  examples: ['countersign approval list', 'countersign approval list --all --json'],
  access: 'mfa:read',
  options: [{ flags: '--all', about: 'also list what was decided, used or has expired' }],
  input: () => z.object({ all: z.boolean().default(false) }),
  run: async (context, { all }) => {
    const approvals = await listApprovals(await context.desk(), all);
    return {
      view: [
        {
          kind: 'table',
          columns: [{ title: 'request' }, { title: 'for' }, { title: 'users' }, { title: 'by' }, { title: 'state' }],
          empty: 'Nothing waits for an approval.',
          rows: approvals.map((one) => [
            one.id,
            APPROVAL_REASONS[one.why],
            String(one.users),
            one.requester.name,
            one.standing,
          ]),
        },
      ],
      document: { approvals: approvals.map(approvalDocument) },
    };
  },
});

const show = command({
  path: 'approval show',
  summary: 'show one request and everyone it would reset',
  examples: ['countersign approval show apr-7kq-2mp'],
  access: 'mfa:read',
  arguments: [{ name: '<request>', about: 'id of the request' }],
  input: () => z.object({ request: z.string() }),
  run: async (context, { request }) => {
    const approval = await showApproval(await context.desk(), request);
    const { caller, targets } = approval;
    return {
      view: requestView(approval),
      document: {
        approval: {
          ...approvalDocument(approval),
          caller: caller === null ? null : { id: caller.id, login: caller.login, name: caller.name },
          targets: targets.map(({ user, account }) => ({
            user: user.id,
            login: user.login,
            name: user.name,
            role: user.role,
            account: account.number,
          })),
        },
      },
    };
  },
});

function requestView(approval: ApprovalInFull): View {
  const { subject, requester, caller, targets } = approval;
  const counts = countsFrom(approval);
  return [
    { kind: 'title', text: APPROVAL_REASONS[approval.why], aside: approval.standing },
    {
      kind: 'fields',
      rows: [
        ['Asked for by', requester.name],
        ...(caller === null ? [] : [['Caller', `${caller.name} (${caller.login})`] as const]),
        ...(subject.change === undefined ? [] : [['Change', subject.change] as const]),
        ['Reason', subject.reason ?? 'none given'],
        ['Ticket', subject.ticket ?? 'none given'],
        ...(subject.final ? [['Final', 'destroys the old factors; cannot be undone'] as const] : []),
        ...(counts === null ? [] : [['Counts from', localMinute(counts)] as const]),
        ['Expires', localMinute(approval.expiresAt)],
        ['SHA-256', approval.hash],
      ],
    },
    {
      kind: 'table',
      columns: [{ title: 'account' }, { title: 'login' }, { title: 'name' }, { title: 'role' }],
      empty: 'No users.',
      rows: targets.map(({ user, account }) => [account.number, user.login, user.name, user.role]),
    },
    {
      kind: 'next',
      lines:
        approval.standing === 'pending'
          ? [`countersign approval approve ${approval.id}`, `countersign approval reject ${approval.id} --reason TEXT`]
          : [],
    },
  ];
}

const approve = command({
  path: 'approval approve',
  summary: 'approve exactly this request',
  examples: ['countersign approval approve apr-7kq-2mp'],
  access: 'approval:decide',
  arguments: [{ name: '<request>', about: 'id of the request' }],
  options: [
    { flags: '--reason <text>', about: 'why, for the log' },
    {
      flags: '--recovery-code-stdin',
      about:
        'where nobody else may approve: your own request, with a recovery code from standard input; counts a day later',
    },
  ],
  input: () =>
    z.object({ request: z.string(), reason: z.string().optional(), recoveryCodeStdin: z.boolean().default(false) }),
  run: async (context, given): Promise<Result> => {
    const desk = await context.desk();
    await askAuthority(desk, context.operator(), DECIDING);
    if (given.recoveryCodeStdin) return alone(context, given.request);
    if (context.ask.possible && !context.options.yes) {
      await context.show(requestView(await showApproval(desk, given.request)));
      const prompts = await context.ask.prompts('--yes');
      if (!(await prompts.confirm({ message: 'Approve exactly this?' }))) {
        return { view: [{ kind: 'lines', lines: ['Nothing was decided.'] }], document: { approval: null }, exit: 130 };
      }
    }
    const decided = await decideApproval(desk, context.operator(), {
      id: given.request,
      approve: true,
      reason: given.reason ?? null,
    });
    return {
      view: [
        { kind: 'verdict', verdict: 'APPROVED', tone: 'good' },
        {
          kind: 'lines',
          lines: [
            `${decided.requester.name} can now run the same command again, until ${localMinute(decided.expiresAt)}.`,
          ],
        },
      ],
      document: { approval: approvalDocument(decided) },
    };
  },
});

async function alone(context: Context, id: string): Promise<Result> {
  const recoveryCode = () => context.files.readSecretLine('--recovery-code-stdin');
  const { validFrom, expiresAt } = await approveAlone(await context.desk(), context.operator(), { id, recoveryCode });
  const line = `It counts from ${localMinute(validFrom)} until ${localMinute(expiresAt)}. Then run the same command again.`;
  return {
    view: [
      { kind: 'verdict', verdict: 'APPROVED, AND WAITS', tone: 'warn' },
      { kind: 'lines', lines: [line] },
    ],
    document: { approval: { id, state: 'approved', validFrom: iso(validFrom), expiresAt: iso(expiresAt) } },
    exit: 5,
  };
}

const reject = command({
  path: 'approval reject',
  summary: 'reject a request',
  examples: ['countersign approval reject apr-7kq-2mp --reason "call back first"'],
  access: 'approval:decide',
  arguments: [{ name: '<request>', about: 'id of the request' }],
  options: [{ flags: '--reason <text>', about: 'why; the requester sees it' }],
  input: () => z.object({ request: z.string(), reason: z.string().optional() }),
  run: async (context, given) => {
    const desk = await context.desk();
    await askAuthority(desk, context.operator(), DECIDING);
    const reason = given.reason ?? (await (await context.ask.prompts('--reason')).line({ message: 'Reason' }));
    const decided = await decideApproval(desk, context.operator(), { id: given.request, approve: false, reason });
    return {
      view: [{ kind: 'verdict', verdict: 'REJECTED', tone: 'warn' }],
      document: { approval: approvalDocument(decided) },
    };
  },
});

export const commands: readonly Command[] = [list, show, approve, reject];
