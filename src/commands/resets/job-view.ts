/** A bulk run and its undo, as views and as JSON. */

import type { JobHead } from '../../desk.js';
import { isNotDone, type RowOutcome } from '../../procedures/resets/row-outcome.js';
import type { JobLine, JobReport } from '../../procedures/resets/show-job.js';
import type { UndoOutcome } from '../../procedures/resets/undo-reset.js';
import { iso } from '../../rules/moment.js';
import type { View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { UNDO_STOPS } from '../wording/terms.js';
import { localMinute } from '../wording/times.js';
import { outcomeWords, rowDocument } from './bulk-view.js';

export const headDocument = (head: JobHead) => ({
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

export const jobsView = (jobs: readonly JobHead[]): View => [
  block.table(
    ['job', 'started', 'state', 'users', 'ticket'],
    jobs.map((job) => [job.id, localMinute(job.created_at), job.state, `${job.done} of ${job.total}`, job.ticket]),
    'No bulk runs.',
  ),
];

const nameOf = ({ row, planned }: JobLine): RowOutcome['outcome'] | 'planned' => (planned ? 'planned' : row.outcome);

export const lineDocument = (line: JobLine) => ({
  ...rowDocument(line.row, null),
  outcome: nameOf(line),
  ...(line.state === null ? {} : { state: line.state }),
  ...(line.code === null ? {} : { code: line.code }),
});

export function jobView({ head, begunBy, approvedBy, lines }: JobReport): View {
  const tally = new Map<ReturnType<typeof nameOf>, number>();
  for (const line of lines) tally.set(nameOf(line), (tally.get(nameOf(line)) ?? 0) + 1);
  const codes = new Map<string, number>();
  for (const { code } of lines) if (code !== null) codes.set(code, (codes.get(code) ?? 0) + 1);
  const undone = lines.filter(({ state }) => state === 'undone').length;
  const approved = approvedBy === null ? '' : `${approvedBy} (${head.approval_id})`;
  return [
    block.title(head.id, head.state),
    block.fields(
      ['Started', localMinute(head.created_at)],
      ['Started by', begunBy],
      ['Ended', head.ended_at === null ? 'not yet' : localMinute(head.ended_at)],
      ['Users', `${head.done} of ${head.total}`],
      ['Reason', head.reason],
      ['Ticket', head.ticket],
      ...(head.approval_id === null ? [] : [['Approved by', approved] as const]),
      ...[...tally].map(([outcome, count]) => [outcomeWords(outcome), String(count)] as const),
      ...(codes.size === 0 ? [] : [['Codes', [...codes].map(([state, n]) => `${n} ${state}`).join(', ')] as const]),
      ...(undone === 0 ? [] : [['Undone', String(undone)] as const]),
      ['Plan', head.plan_hash],
    ),
    block.next(
      ...(head.state === 'done' ? [] : [`countersign job resume ${head.id}`]),
      ...(lines.some(({ row, planned }) => !planned && isNotDone(row))
        ? [`countersign job show ${head.id} --failed FILE   (the lines that were not done, to be run again)`]
        : []),
    ),
  ];
}

export interface Undone {
  readonly undone: number;
  /** Undone by an earlier command. */
  readonly before: number;
  readonly stayed: readonly UndoOutcome[];
  /** Resets that had removed something. */
  readonly taken: readonly UndoOutcome[];
}

export function undoneOf(outcomes: readonly UndoOutcome[]): Undone {
  const taken = outcomes.filter(({ outcome }) => outcome !== 'nothing-taken');
  const stayed = taken.filter(({ outcome }) => outcome !== 'undone' && outcome !== 'undone-before');
  const before = taken.filter(({ outcome }) => outcome === 'undone-before').length;
  return { undone: taken.length - stayed.length - before, before, stayed, taken };
}

export const undoDocument = (id: string, { undone, before, stayed, taken }: Undone) => ({
  id,
  undone,
  undoneBefore: before,
  stayed: stayed.length,
  rows: taken.map(undoRow),
});

const undoRow = ({ reset, login, outcome }: UndoOutcome) => ({
  line: reset.line,
  user: reset.user_id,
  login,
  outcome,
  reset: reset.id,
  job: reset.job_id,
});

export function undoView({ undone, before, stayed }: Undone): View {
  const verdict = undone === 0 ? 'NOTHING UNDONE' : stayed.length === 0 ? 'UNDONE' : 'PARTLY UNDONE';
  return [
    block.verdict(verdict, stayed.length === 0 ? 'good' : 'warn'),
    block.fields(['Undone', String(undone)], ...(before === 0 ? [] : [['Undone before', String(before)] as const]), [
      'Not undone',
      String(stayed.length),
    ]),
    block.lines(
      ...stayed
        .slice(0, 20)
        .map(({ login, outcome }) => `  ${login}: ${outcome === 'undone' ? '' : UNDO_STOPS[outcome]}`),
    ),
    ...(undone === 0
      ? []
      : [block.note('Factors and backup codes work again. Remembered devices and sessions stay removed.')]),
  ];
}
