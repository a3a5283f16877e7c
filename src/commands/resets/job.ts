/** `job …`: bulk runs, seen, resumed and taken back (B60, B61). */
import * as z from 'zod';
import type { Desk, JobHead } from '../../desk.js';
import { deliverDue } from '../../procedures/messages/deliver-outbox.js';
import { requireBulk } from '../../procedures/resets/plan-reset.js';
import { openJob } from '../../procedures/resets/reset-job.js';
import { type RowOutcome, storedOutcome } from '../../procedures/resets/run-job.js';
import { UNDO_STOPS, type UndoOutcome, undoResets } from '../../procedures/resets/undo-reset.js';
import type { View } from '../../terminal/render.js';
import { type Command, command } from '../command.js';
import { idleOutcome, outcomeWords, rowDocument } from './bulk-view.js';
import { showRun } from './show-run.js';

const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());

const headDocument = (head: JobHead) => ({
  id: head.id,
  state: head.state,
  total: head.total,
  done: head.done,
  reason: head.reason,
  ticket: head.ticket,
  approval: head.approval_id,
  plan: head.plan_hash,
  operator: head.operator_id,
  createdAt: iso(head.created_at),
  updatedAt: iso(head.updated_at),
  endedAt: iso(head.ended_at),
});

const list = command({
  path: 'job list',
  summary: 'bulk runs, newest first',
  examples: ['countersign job list', 'countersign job list --json'],
  access: 'mfa:read',
  input: () => z.object({}),
  run: async (context) => {
    const jobs = await (await context.desk()).store.read.jobs.list(100);
    return {
      view: [
        {
          kind: 'table',
          columns: [{ title: 'job' }, { title: 'begun' }, { title: 'state' }, { title: 'users' }, { title: 'ticket' }],
          empty: 'No bulk runs.',
          rows: jobs.map((job) => [
            job.id,
            iso(job.created_at)?.slice(0, 16).replace('T', ' ') ?? '',
            job.state,
            `${job.done} of ${job.total}`,
            job.ticket,
          ]),
        },
      ],
      document: { jobs: jobs.map(headDocument) },
    };
  },
});

const show = command({
  path: 'job show',
  summary: 'one bulk run, line by line',
  examples: ['countersign job show job_…', 'countersign job show job_… --json'],
  access: 'mfa:read',
  arguments: [{ name: '<job>', about: 'id of the job' }],
  input: () => z.object({ job: z.string() }),
  run: async (context, given) => {
    const desk = await context.desk();
    const work = await openJob(desk, given.job);
    const stored = new Map((await desk.store.read.resets.ofJob(given.job)).map((row) => [row.line ?? 0, row]));
    const doing = new Map(work.targets.map((row, index) => [row.line, index]));
    const waiting = new Set(work.waiting.map((row) => row.line));
    const tally = new Map<RowOutcome['outcome'] | 'planned', number>();
    const undone = [...stored.values()].filter((row) => row.state === 'undone').length;
    for (const row of work.plan.rows) {
      const place = doing.get(row.line);
      const reset = stored.get(row.line);
      const planned = place !== undefined && place >= work.head.done;
      const outcome = place === undefined ? idleOutcome(row, waiting.has(row.line)) : storedOutcome(work, row, reset);
      const name = planned ? 'planned' : outcome.outcome;
      const document = { ...rowDocument(outcome, null), outcome: name };
      tally.set(name, (tally.get(name) ?? 0) + 1);
      await context.row({
        ...document,
        ...(reset === undefined || reset.state === 'none' ? {} : { state: reset.state }),
      });
    }
    return { view: showView(work.head, await namesOf(desk, work.head), tally, undone), document: null, streamed: true };
  },
});

/** Who began it, and who said yes to it. */
async function namesOf(desk: Desk, head: JobHead): Promise<{ readonly begun: string; readonly approved: string }> {
  const { operators, approvals } = desk.store.read;
  const approval = head.approval_id === null ? undefined : await approvals.byId(head.approval_id);
  const decider = approval?.decided_by == null ? undefined : await operators.byId(approval.decided_by);
  const begun = (await operators.byId(head.operator_id))?.name ?? '';
  return { begun, approved: decider === undefined ? '' : `${decider.name} (${head.approval_id})` };
}

function showView(
  head: JobHead,
  names: Awaited<ReturnType<typeof namesOf>>,
  tally: ReadonlyMap<RowOutcome['outcome'] | 'planned', number>,
  undone: number,
): View {
  return [
    { kind: 'title', text: head.id, aside: head.state },
    {
      kind: 'fields',
      rows: [
        ['Begun', iso(head.created_at) ?? ''],
        ['Begun by', names.begun],
        ['Ended', iso(head.ended_at) ?? 'not yet'],
        ['Users', `${head.done} of ${head.total}`],
        ['Reason', head.reason],
        ['Ticket', head.ticket],
        ...(head.approval_id === null ? [] : [['Approved by', names.approved] as const]),
        ...[...tally].map(([outcome, count]) => [outcomeWords(outcome), String(count)] as const),
        ...(undone === 0 ? [] : [['Taken back', String(undone)] as const]),
        ['Plan', head.plan_hash],
      ],
    },
    { kind: 'next', lines: head.state === 'done' ? [] : [`countersign job resume ${head.id}`] },
  ];
}

const resume = command({
  path: 'job resume',
  summary: 'go on with an interrupted run; nothing is done twice',
  examples: ['countersign job resume job_…', 'countersign job resume job_… --json'],
  access: 'mfa:reset-bulk',
  arguments: [{ name: '<job>', about: 'id of the job' }],
  input: () => z.object({ job: z.string() }),
  run: async (context, given) => {
    const desk = await context.desk();
    await requireBulk(desk, context.operator(), 'job resume');
    const work = await openJob(desk, given.job);
    return showRun(context, desk, work.plan.rows, { work, approval: null, waiting: work.waiting }, null);
  },
});

const undo = command({
  path: 'job undo',
  summary: 'take resets back: factors and backup codes return',
  examples: [
    'countersign job undo job_… --reason "wrong list"',
    'countersign job undo job_… --line 12 --reason "wrong person"',
    'countersign job undo rst_… --reason "the owner called"',
  ],
  access: 'job:undo',
  arguments: [{ name: '<job>', about: 'id of the job, or of one reset' }],
  options: [
    { flags: '--line <n>', about: 'only this line of the input' },
    { flags: '--reason <text>', about: 'why, for the log' },
  ],
  input: () =>
    z.object({
      job: z.string(),
      line: z.coerce.number<string>().int('must be a whole number').optional(),
      reason: z.string().optional(),
    }),
  run: async (context, given) => {
    const desk = await context.desk();
    const reason = given.reason ?? (await (await context.ask.prompts('--reason')).line({ message: 'Reason' }));
    const outcomes = await undoResets(desk, context.operator(), { id: given.job, line: given.line, reason });
    await deliverDue(desk, { signal: context.signal, step: () => undefined });
    const taken = outcomes.filter(({ outcome }) => outcome !== 'nothing-taken');
    const stayed = taken.filter(({ outcome }) => outcome !== 'undone' && outcome !== 'undone-before');
    const before = taken.filter(({ outcome }) => outcome === 'undone-before').length;
    const undone = taken.length - stayed.length - before;
    return {
      view: undoView({ undone, before, stayed }),
      document: {
        undo: { id: given.job, undone, undoneBefore: before, stayed: stayed.length, rows: taken.map(undoRow) },
      },
      exit: stayed.length > 0 ? 4 : 0,
    };
  },
});

const undoRow = ({ reset, login, outcome }: UndoOutcome) => ({
  line: reset.line,
  user: reset.user_id,
  login,
  outcome,
  reset: reset.id,
  job: reset.job_id,
});

interface Undone {
  readonly undone: number;
  readonly before: number;
  readonly stayed: readonly UndoOutcome[];
}

function undoView({ undone, before, stayed }: Undone): View {
  const verdict = undone === 0 ? 'NOTHING TAKEN BACK' : stayed.length === 0 ? 'TAKEN BACK' : 'PARTLY TAKEN BACK';
  return [
    { kind: 'verdict', verdict, tone: stayed.length === 0 ? 'good' : 'warn' },
    {
      kind: 'fields',
      rows: [
        ['Taken back', String(undone)],
        ...(before === 0 ? [] : [['Taken back before', String(before)] as const]),
        ['Stay as they are', String(stayed.length)],
      ],
    },
    {
      kind: 'lines',
      lines: stayed
        .slice(0, 20)
        .map(({ login, outcome }) => `  ${login}: ${outcome === 'undone' ? '' : UNDO_STOPS[outcome]}`),
    },
    ...(undone === 0
      ? []
      : [{ kind: 'note', text: 'Factors and backup codes are back; devices and sessions are not.' } as const]),
  ];
}

export const commands: readonly Command[] = [list, show, resume, undo];
