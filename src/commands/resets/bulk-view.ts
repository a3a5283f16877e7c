/** A plan and its run, as views and as JSON rows. */
import type { FrozenPlan } from '../../procedures/resets/plan-reset.js';
import type { RowOutcome } from '../../procedures/resets/row-outcome.js';
import { iso } from '../../rules/moment.js';
import type { Remote } from '../../rules/remote-reset.js';
import { type PlannedRow, ROW_CLASSES } from '../../rules/reset-plan.js';
import { block, pick } from '../wording/results.js';
import type { Words } from '../wording/words.js';

const SHOWN = 20;

export function planView({ plan, hash, waiting, why }: FrozenPlan, words: Words) {
  const odd = plan.rows.filter(
    (row) => row.objected === true || row.noAddress === true || ['unknown', 'ambiguous', 'admin'].includes(row.class),
  );
  const objected = odd.filter((row) => row.objected === true).length;
  const unreached = plan.rows.filter((row) => row.noAddress === true).length;
  return [
    block.title(words('bulk.plan', { count: plan.rows.length }), plan.source),
    block.fields(
      ...ROW_CLASSES.map((name) => [words(`bulk.class-${name}`), String(plan.counts[name])] as const),
      [words('bulk.objected'), objected === 0 ? null : String(objected)],
      [words('bulk.unreached'), unreached === 0 ? null : String(unreached)],
      [words('bulk.confirm'), String(plan.confirm)],
      [words('bulk.needs-second'), why === null ? null : words('bulk.needs-why', { approval: why, waiting })],
      [words('approval.reason'), plan.reason],
      [words('approval.ticket'), plan.ticket],
      [words('approval.final'), plan.final ? words('approval.final-means') : null],
      ['SHA-256', hash],
    ),
    // No undo there, and who could enrol first: said before the number is typed (B93).
    ...(plan.remote ?? []).map(({ connector, gate: kind, users: count, waitMinutes: minutes }) =>
      block.verdict(words('remote.plan', { connector, count, kind, minutes }), kind === 'none' ? 'bad' : 'warn'),
    ),
    ...(odd.length === 0 ? [] : [shownLines(odd, words, (row) => oddWords(row, words))]),
  ];
}

function shownLines<Row extends { readonly line: number; readonly account: string; readonly login: string }>(
  rows: readonly Row[],
  words: Words,
  what: (row: Row) => string,
) {
  const line = (row: Row) =>
    words('bulk.line', { line: row.line, who: `${row.account}/${row.login}`.slice(0, 200), what: what(row) });
  const more = rows.length - SHOWN;
  return block.lines(...rows.slice(0, SHOWN).map(line), ...(more > 0 ? [words('bulk.more', { count: more })] : []));
}

function oddWords({ class: name, objected, noAddress }: PlannedRow, words: Words): string {
  if (name !== 'admin' && objected === true) return words('bulk.open-objection');
  return noAddress === true ? words('bulk.no-address') : words(name === 'admin' ? 'bulk.admin' : `bulk.class-${name}`);
}

export const planDocument = ({ plan, hash }: FrozenPlan) => ({
  job: plan.job,
  sha256: hash,
  madeAt: iso(plan.madeAt),
  ...pick(plan, 'madeBy', 'reason', 'ticket', 'final', 'source', 'counts'),
  noAddress: plan.rows.filter((row) => row.noAddress === true).length,
  remote: plan.remote ?? [],
  ...pick(plan, 'confirm', 'rows'),
});

export const rowDocument = (row: RowOutcome, approval: string | null) => ({
  ...pick(row, 'line', 'user', 'login', 'outcome', 'removed', 'account'),
  job: row.job ?? undefined,
  reset: row.reset ?? undefined,
  remote: row.remote ? remoteDocument(row.remote) : undefined,
  approval: row.outcome === 'needs-approval' ? (approval ?? undefined) : undefined,
});

export function remoteDocument({ connector, state, id, removed, left, sessions, gate, until, why, next }: Remote) {
  return { connector, state, id, removed, left, sessions, gate, until: iso(until), why, next: iso(next) };
}

export type Tally = ReadonlyMap<RowOutcome['outcome'], number>;

const NOT_DONE = ['unknown', 'ambiguous', 'duplicate', 'failed', 'no-address', 'partial', 'unreachable'] as const;
const WAITING = ['needs-approval', 'waiting'] as const;

/** 4 if a line could not be done, 5 if some only wait, otherwise 0. */
export function exitOfTally(tally: Tally): number {
  const any = (outcomes: readonly RowOutcome['outcome'][]) => outcomes.some((outcome) => (tally.get(outcome) ?? 0) > 0);
  return any(NOT_DONE) ? 4 : any(WAITING) ? 5 : 0;
}

const OUTCOMES = [
  'reset',
  'no-address',
  'sso-only',
  'nothing-to-do',
  'duplicate',
  'needs-approval',
  'waiting',
  'partial',
  'unreachable',
  'unknown',
  'ambiguous',
  'failed',
] as const satisfies readonly RowOutcome['outcome'][];

interface RunEnd {
  readonly tally: Tally;
  readonly job: string | null;
  readonly approval: string | null;
  readonly failedFile: string | null;
  /** Lines that could not be done, in order. */
  readonly notDone: readonly RowOutcome[];
}

export function runView({ tally, job, approval, failedFile: file, notDone }: RunEnd, words: Words) {
  const exit = exitOfTally(tally);
  const waiting = tally.has('needs-approval') ? 'bulk.waiting' : 'bulk.waiting-there';
  const verdict = exit === 0 ? 'bulk.done' : exit === 5 ? waiting : 'bulk.partly';
  return [
    block.verdict(words(verdict), exit === 0 ? 'good' : 'warn'),
    block.fields(
      ...OUTCOMES.map((outcome) => [words(`bulk.outcome-${outcome}`), tally.get(outcome)?.toString() ?? null] as const),
      [words('bulk.job'), job],
    ),
    ...(notDone.length === 0 ? [] : [shownLines(notDone, words, ({ outcome }) => words.term('rowOutcome', outcome))]),
    block.next(
      ...(job === null ? [] : [words('bulk.next-pending', { job })]),
      ...(approval === null ? [] : [words('bulk.next-approve', { approval })]),
      ...(tally.has('no-address') ? [words('bulk.next-address')] : []),
      ...(file === null ? [] : [words('bulk.next-failed', { file })]),
    ),
  ];
}
