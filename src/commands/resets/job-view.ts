/** A bulk run and its undo, as views and as JSON. */
import type { JobHead } from '../../desk.js';
import { isNotDone, type RowOutcome } from '../../procedures/resets/row-outcome.js';
import type { JobLine, JobReport } from '../../procedures/resets/show-job.js';
import type { UndoOutcome } from '../../procedures/resets/undo-reset.js';
import { iso } from '../../rules/moment.js';
import { block, localMinute, pick } from '../wording/results.js';
import type { Words } from '../wording/words.js';
import { rowDocument } from './bulk-view.js';

export const headDocument = (head: JobHead) => ({
  ...pick(head, 'id', 'state', 'total', 'done', 'reason', 'ticket'),
  approval: head.approval_id,
  plan: head.plan_hash,
  operator: head.operator_id,
  createdAt: iso(head.created_at),
  updatedAt: iso(head.updated_at),
  endedAt: iso(head.ended_at),
});

export const jobsView = (jobs: readonly JobHead[], words: Words) => [
  block.table(
    (['job', 'started', 'state', 'users', 'ticket'] as const).map((name) => words(`job.${name}`)),
    jobs.map((job) => [job.id, localMinute(job.created_at), stateOf(job, words), doneOf(job, words), job.ticket]),
    words('job.none'),
  ),
];

const stateOf = ({ state }: JobHead, words: Words): string => words.term('jobState', state);

const doneOf = ({ done, total }: JobHead, words: Words): string => words('job.of', { done, total });

const nameOf = ({ row, planned }: JobLine): RowOutcome['outcome'] | 'planned' => (planned ? 'planned' : row.outcome);

export const lineDocument = (line: JobLine) => ({
  ...rowDocument(line.row, null),
  outcome: nameOf(line),
  state: line.state ?? undefined,
  code: line.code ?? undefined,
});

export function jobView({ head, begunBy, approvedBy, lines }: JobReport, words: Words) {
  const tally = new Map<ReturnType<typeof nameOf>, number>();
  for (const line of lines) tally.set(nameOf(line), (tally.get(nameOf(line)) ?? 0) + 1);
  const codes = new Map<string, number>();
  for (const { code } of lines) if (code !== null) codes.set(code, (codes.get(code) ?? 0) + 1);
  const undone = lines.filter(({ state }) => state === 'undone').length;
  const approved = approvedBy === null ? '' : `${approvedBy} (${head.approval_id})`;
  return [
    block.title(head.id, stateOf(head, words)),
    block.fields(
      [words('job.Started'), localMinute(head.created_at)],
      [words('job.Started-by'), begunBy],
      [words('job.Ended'), head.ended_at === null ? words('job.not-yet') : localMinute(head.ended_at)],
      [words('job.Users'), doneOf(head, words)],
      [words('approval.reason'), head.reason],
      [words('approval.ticket'), head.ticket],
      [words('job.approved-by'), head.approval_id === null ? null : approved],
      ...[...tally].map(([outcome, count]) => [words(`bulk.outcome-${outcome}`), String(count)] as const),
      [
        words('job.codes'),
        codes.size === 0 ? null : [...codes].map(([state, n]) => `${n} ${words.term('codeState', state)}`).join(', '),
      ],
      [words('job.undone'), undone === 0 ? null : String(undone)],
      [words('job.plan'), head.plan_hash],
    ),
    block.next(
      ...(head.state === 'done' ? [] : [`countersign job resume ${head.id}`]),
      ...(lines.some(({ row, planned }) => !planned && isNotDone(row))
        ? [words('job.next-failed', { id: head.id })]
        : []),
    ),
  ];
}

/** Of the resets that had removed something (`taken`). `before`: undone by an earlier command. */
export function undoneOf(outcomes: readonly UndoOutcome[]) {
  const taken = outcomes.filter(({ outcome }) => outcome !== 'nothing-taken');
  const stayed = taken.filter(({ outcome }) => outcome !== 'undone' && outcome !== 'undone-before');
  const before = taken.filter(({ outcome }) => outcome === 'undone-before').length;
  return { undone: taken.length - stayed.length - before, before, stayed, taken };
}

type Undone = ReturnType<typeof undoneOf>;

export const undoDocument = (id: string, { undone, before, stayed, taken }: Undone) => ({
  id,
  undone,
  undoneBefore: before,
  stayed: stayed.length,
  rows: taken.map(({ reset: { id: reset, line, user_id: user, job_id: job }, login, outcome, remote }) => {
    return { line, user, login, outcome, reset, job, remote: remote ?? undefined };
  }),
});

export function undoView({ undone, before, stayed, taken }: Undone, words: Words) {
  const remotes = (['cancelled', 'goes-on', 'stays'] as const).map(
    (what) => [what, taken.filter(({ remote }) => remote === what).length] as const,
  );
  const all = stayed.length === 0 ? 'job.all-undone' : 'job.partly-undone';
  const verdict = words(undone === 0 ? 'job.nothing-undone' : all);
  return [
    block.verdict(verdict, stayed.length === 0 ? 'good' : 'warn'),
    block.fields(
      [words('job.undone'), String(undone)],
      [words('job.undone-before'), before === 0 ? null : String(before)],
      [words('job.not-undone'), String(stayed.length)],
      ...remotes.map(([what, count]) => [words(`remote.undo-${what}`), count === 0 ? null : String(count)] as const),
    ),
    block.lines(...stayed.slice(0, 20).map(({ login, outcome }) => `  ${login}: ${words.term('undo', outcome)}`)),
    ...(undone === 0 ? [] : [block.note(words('job.work-again'))]),
  ];
}
