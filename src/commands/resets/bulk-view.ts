/** A plan and its run, as views and as JSON rows. */

import type { FrozenPlan } from '../../procedures/resets/plan-reset.js';
import type { RowOutcome } from '../../procedures/resets/row-outcome.js';
import { iso } from '../../rules/moment.js';
import { type PlannedRow, ROW_CLASSES, type RowClass } from '../../rules/reset-plan.js';
import type { View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { APPROVAL_REASONS } from '../wording/terms.js';

const CLASS_WORDS: Readonly<Record<RowClass, string>> = {
  'to-reset': 'to reset',
  'nothing-to-do': 'nothing to do',
  'sso-only': 'single sign-on only (also reset)',
  admin: 'admins (need an approval)',
  unknown: 'unknown',
  ambiguous: 'ambiguous',
  duplicate: 'duplicate',
};

const SHOWN = 20;

export function planView({ plan, hash, waiting, why }: FrozenPlan): View {
  const odd = plan.rows.filter(
    (row) => row.objected === true || row.noAddress === true || ['unknown', 'ambiguous', 'admin'].includes(row.class),
  );
  const objected = odd.filter((row) => row.objected === true).length;
  const unreached = plan.rows.filter((row) => row.noAddress === true).length;
  return [
    block.title(`Plan for ${plan.rows.length} line${plan.rows.length === 1 ? '' : 's'}`, plan.source),
    block.fields(
      ...ROW_CLASSES.map((name) => [CLASS_WORDS[name], String(plan.counts[name])] as const),
      ...(objected === 0 ? [] : [['of these with an objection (need an approval)', String(objected)] as const]),
      ...(unreached === 0
        ? []
        : [['of these without a usable address (no code can be sent)', String(unreached)] as const]),
      ['Number to confirm', String(plan.confirm)],
      ...(why === null
        ? []
        : [['Needs a second operator', `${APPROVAL_REASONS[why]}: ${waiting} users wait`] as const]),
      ['Reason', plan.reason],
      ['Ticket', plan.ticket],
      ...(plan.final ? [['Final', 'destroys the old factors; cannot be undone'] as const] : []),
      ['SHA-256', hash],
    ),
    ...(odd.length === 0 ? [] : [oddRows(odd)]),
  ];
}

const oddRows = (rows: readonly PlannedRow[]) =>
  block.lines(
    ...rows.slice(0, SHOWN).map((row) => `  line ${row.line}: ${row.account}/${row.login}: ${oddWords(row)}`),
    ...(rows.length > SHOWN ? [`  and ${rows.length - SHOWN} more`] : []),
  );

function oddWords({ class: name, objected, noAddress }: PlannedRow): string {
  if (name !== 'admin' && objected === true) return 'open objection';
  return noAddress === true ? 'no usable address' : name === 'admin' ? 'admin' : CLASS_WORDS[name];
}

export function planDocument({ plan, hash }: FrozenPlan) {
  const { job, madeAt, madeBy, reason, ticket, final, source, counts, confirm, rows } = plan;
  const made = iso(madeAt);
  const noAddress = rows.filter((row) => row.noAddress === true).length;
  return { job, sha256: hash, madeAt: made, madeBy, reason, ticket, final, source, counts, noAddress, confirm, rows };
}

export function rowDocument(row: RowOutcome, approval: string | null) {
  const { line, user, login, outcome, removed, account, job, reset } = row;
  return {
    line,
    user,
    login,
    outcome,
    removed,
    account,
    ...(job === null ? {} : { job }),
    ...(reset === null ? {} : { reset }),
    ...(outcome === 'needs-approval' && approval !== null ? { approval } : {}),
  };
}

export type Tally = ReadonlyMap<RowOutcome['outcome'], number>;

/** 5 if something waits for an approval, 4 if a line could not be done, otherwise 0. */
export function exitOfTally(tally: Tally): number {
  if ((tally.get('needs-approval') ?? 0) > 0) return 5;
  const failed = (['unknown', 'ambiguous', 'failed', 'no-address'] as const).some(
    (outcome) => (tally.get(outcome) ?? 0) > 0,
  );
  return failed ? 4 : 0;
}

const OUTCOME_WORDS: Readonly<Record<RowOutcome['outcome'], string>> = {
  reset: 'Reset',
  'no-address': 'Reset, but no code could be sent',
  'sso-only': 'Single sign-on only',
  'nothing-to-do': 'Nothing to do',
  duplicate: 'Duplicate',
  'needs-approval': 'Waiting for approval',
  unknown: 'Unknown',
  ambiguous: 'Ambiguous',
  failed: 'Failed',
};

/** `planned`: the run has not reached the line yet. */
export const outcomeWords = (outcome: RowOutcome['outcome'] | 'planned'): string =>
  outcome === 'planned' ? 'Still to do' : OUTCOME_WORDS[outcome];

export interface RunEnd {
  readonly tally: Tally;
  readonly job: string | null;
  readonly approval: string | null;
  readonly failedFile: string | null;
  /** Lines that could not be done, in order. */
  readonly notDone: readonly RowOutcome[];
}

export function runView({ tally, job, approval, failedFile, notDone }: RunEnd): View {
  const exit = exitOfTally(tally);
  const verdict = exit === 0 ? 'DONE' : exit === 5 ? 'WAITING FOR APPROVAL' : 'PARTLY DONE';
  return [
    block.verdict(verdict, exit === 0 ? 'good' : 'warn'),
    block.fields(
      ...(Object.keys(OUTCOME_WORDS) as RowOutcome['outcome'][]).flatMap((outcome) =>
        tally.has(outcome) ? [[OUTCOME_WORDS[outcome], String(tally.get(outcome))] as const] : [],
      ),
      ...(job === null ? [] : [['Job', job] as const]),
    ),
    ...(notDone.length === 0
      ? []
      : [
          block.lines(
            ...notDone.slice(0, SHOWN).map((row) => `  line ${row.line}: ${row.account}/${row.login}: ${row.outcome}`),
            ...(notDone.length > SHOWN ? [`  and ${notDone.length - SHOWN} more`] : []),
          ),
        ]),
    block.next(...nextLines(job, approval, failedFile, tally.has('no-address'))),
  ];
}

const nextLines = (
  job: string | null,
  approval: string | null,
  failedFile: string | null,
  unreached: boolean,
): readonly string[] => [
  ...(job === null ? [] : [`countersign mfa pending --job ${job}   (who has not enrolled again)`]),
  ...(approval === null
    ? []
    : [`countersign approval approve ${approval}   (another lead or admin; then run this again)`]),
  ...(unreached ? ['give them an address, then: countersign mfa resend ACCOUNT/LOGIN'] : []),
  ...(failedFile === null ? [] : [`correct ${failedFile} and run it again`]),
];
