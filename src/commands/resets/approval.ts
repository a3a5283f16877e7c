/** `approval …`: a second operator approves or rejects exactly what was asked for (B56). */
import { refusal } from '../../errors.js';
import { askAuthority } from '../../procedures/authorise.js';
import { pause } from '../../procedures/pause.js';
import {
  approveAlone,
  DECIDING,
  decideApproval,
  listApprovals,
  showApproval,
} from '../../procedures/resets/decide-approval.js';
import { iso } from '../../rules/moment.js';
import type { View } from '../../terminal/render.js';
import { askReason } from '../ask.js';
import { type Command, command, type Operated, type Result } from '../command.js';
import { block, exitWhenStopped, localSecond, pick } from '../wording/results.js';
import { approvalDocument, listTable, requestView } from './approval-view.js';

const list = command({
  path: 'approval list',
  access: 'mfa:read',
  options: ['--all', '--watch'],
  run: async (at, { all, watch }) => {
    if (watch) return watchList(at, all);
    const approvals = await listApprovals(at.desk, all);
    return { view: [listTable(approvals, at.words)], document: { approvals: approvals.map(approvalDocument) } };
  },
});

/** Who only watches is not idle, as long as the session lasts and the role allows it. */
const WATCHING = { permission: 'mfa:read', running: true } as const;
const LOOK_AGAIN_MS = 1_000;

async function watchList({ context, desk, signed, words }: Operated, all: boolean): Promise<Result> {
  if (!context.options.json && !context.ask.possible) throw refusal('usage', 'watch-terminal', {}, 'watch-once');
  for (let shown = ''; !context.signal.aborted && !context.unread(); await pause(LOOK_AGAIN_MS, context.signal)) {
    await askAuthority(desk, signed, WATCHING);
    const approvals = await listApprovals(desk, all);
    const document = { approvals: approvals.map(approvalDocument) };
    const now = JSON.stringify(document);
    if (now === shown) continue;
    shown = now;
    const view: View = [block.title(localSecond(desk.now())), listTable(approvals, words), block.blank];
    await context.print({ view, document });
  }
  return { view: [], document: null, streamed: true, exit: exitWhenStopped(context.signal) };
}

const show = command({
  path: 'approval show',
  access: 'mfa:read',
  arguments: ['<request>'],
  run: async ({ desk, words }, { request }) => {
    const approval = await showApproval(desk, request);
    const { caller, targets } = approval;
    return {
      view: requestView(approval, words),
      document: {
        approval: {
          ...approvalDocument(approval),
          caller: caller && pick(caller, 'id', 'login', 'name'),
          targets: targets.map(({ user, account }) => ({
            user: user.id,
            ...pick(user, 'login', 'name', 'role'),
            account: account.number,
          })),
        },
      },
    };
  },
});

const approve = command({
  path: 'approval approve',
  access: 'approval:decide',
  arguments: ['<request>'],
  options: ['--reason <text>', '--recovery-code-stdin'],
  run: async (at, given): Promise<Result> => {
    const { context, desk, signed, words } = at;
    await askAuthority(desk, signed, DECIDING);
    if (given.recoveryCodeStdin) return alone(at, given.request, given.reason ?? null);
    if (context.ask.possible && !context.options.yes) {
      await context.show(requestView(await showApproval(desk, given.request), words));
      const prompts = await context.ask.prompts('--yes');
      if (!(await prompts.confirm({ message: words('approval.confirm') }))) {
        return { view: [block.lines(words('approval.undecided'))], document: { approval: null }, exit: 130 };
      }
    }
    const decided = await decideApproval(desk, signed, {
      id: given.request,
      approve: true,
      reason: given.reason ?? null,
    });
    return {
      view: [
        block.verdict(words('approval.approved')),
        block.lines(words('approval.run-again', { name: decided.requester.name, until: decided.expiresAt })),
      ],
      document: { approval: approvalDocument(decided) },
    };
  },
});

async function alone({ context, desk, signed, words }: Operated, id: string, reason: string | null): Promise<Result> {
  const recoveryCode = () => context.files.readSecretLine('--recovery-code-stdin');
  const { validFrom, expiresAt } = await approveAlone(desk, signed, { id, reason, recoveryCode });
  const line = words('approval.counts-later', { from: validFrom, until: expiresAt });
  return {
    view: [block.verdict(words('approval.approved-waits'), 'warn'), block.lines(line)],
    document: { approval: { id, state: 'approved', validFrom: iso(validFrom), expiresAt: iso(expiresAt) } },
    exit: 5,
  };
}

const reject = command({
  path: 'approval reject',
  access: 'approval:decide',
  arguments: ['<request>'],
  options: ['--reason <text>'],
  run: async ({ context, desk, signed, words }, given) => {
    await askAuthority(desk, signed, DECIDING);
    const reason = await askReason(context, given.reason);
    const decided = await decideApproval(desk, signed, { id: given.request, approve: false, reason });
    return {
      view: [block.verdict(words('approval.rejected'), 'warn')],
      document: { approval: approvalDocument(decided) },
    };
  },
});

export const commands: readonly Command[] = [list, show, approve, reject];
