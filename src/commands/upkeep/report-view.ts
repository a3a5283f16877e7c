/** The report in words, tables and bars of blocks, and as JSON. */
import type { DeskReport, Failures, Stretch } from '../../procedures/upkeep/desk-report.js';
import { clockOf, dayOf, iso } from '../../rules/moment.js';
import type { Block, View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';

const BAR = 24;

/** `1 min 12 s`; a dash if there is no figure. */
export function span(milliseconds: number | null): string {
  if (milliseconds === null) return '–';
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Whole per cent of a sum; a dash if the sum is zero. */
export const share = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${Math.round((100 * part) / whole)} %`;

/** Label and value of each single figure. */
export function keyFigures(report: DeskReport): readonly (readonly [label: string, value: string])[] {
  const total = report.verified + report.refused;
  const waiting = report.approvals['pending'] ?? 0;
  return [
    ['Verifications', String(total)],
    ['Verified', `${report.verified} (${share(report.verified, total)})`],
    ['Refused', String(report.refused)],
    ['Calls on the console', String(report.calls)],
    ['Median time to verdict', span(report.medianToVerdict)],
    ['General questions', String(report.generalQuestions)],
    ['Resets', String(report.resetCount)],
    ['Enrolled again', `${report.enrolledAgain} (${share(report.enrolledAgain, report.resetCount)})`],
    ['Resets reversed', `${report.undone} undone, ${report.objections} objected to`],
    ['Approvals waiting', String(waiting)],
    ['Median time to approval', span(report.medianToDecision)],
    ['Alarms', `${report.alarms}, ${report.alarmsOn} on now`],
    [
      'Callers locked out now',
      `${report.lockedForAWhile} for a time, ${report.lockedUntilLifted} until a lead unlocks`,
    ],
  ];
}

/** Figures by name or by day: a number for each label, shown as a table with bars. */
export interface Chart {
  readonly title: string;
  readonly first: string;
  readonly labels: readonly string[];
  readonly rows: readonly { readonly label: string; readonly values: readonly number[] }[];
}

const VERDICTS = ['verified', 'refused'];
const RESETS = ['enrolled again', 'not yet, or undone'];

/** What should be rare has another pattern. */
export const isRare = (label: string): boolean => ['refused', 'not yet, or undone', 'times'].includes(label);

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** In the order in which they are shown; days without anything are left out. */
export function chartsOf(report: DeskReport): readonly Chart[] {
  const stretch = report.width > 86_400_000 ? 'week' : 'day';
  const { verifications, actions, reasons, resets, failuresByCaller, failuresByOperator, approvals } = report;
  const verdict = ({ counts: { verified = 0, refused = 0 } }: Stretch) => [verified, refused];
  const reset = ({ counts: { enrolled = 0, ...others } }: Stretch) => [enrolled, sum(Object.values(others))];
  const over = (rows: readonly Stretch[], valuesOf: (row: Stretch) => number[]) =>
    rows
      .map((row) => ({ label: dayOf(row.from), values: valuesOf(row) }))
      .filter(({ values }) => values.some((value) => value > 0));
  const failed = (rows: readonly Failures[]) =>
    rows.map(({ who, count, lastAt }) => ({
      label: `${who} (last ${dayOf(lastAt)} ${clockOf(lastAt)})`,
      values: [count],
    }));
  const asked = actions.map(({ title, verified, refused }) => ({ label: title, values: [verified, refused] }));
  const why = reasons.map(({ reason, count }) => ({ label: reason, values: [count] }));
  const states = Object.entries(approvals).map(([label, count]) => ({ label, values: [count] }));
  return [
    { title: `Verifications by ${stretch}`, first: stretch, labels: VERDICTS, rows: over(verifications, verdict) },
    { title: 'Verifications by request', first: 'request', labels: VERDICTS, rows: asked },
    { title: 'Refused because', first: 'reason', labels: ['times'], rows: why },
    { title: `Resets by ${stretch}`, first: stretch, labels: RESETS, rows: over(resets, reset) },
    { title: 'Failed with: callers', first: 'caller', labels: ['times'], rows: failed(failuresByCaller) },
    { title: 'Failed by: operators', first: 'operator', labels: ['times'], rows: failed(failuresByOperator) },
    { title: 'Approvals', first: 'state', labels: ['requests'], rows: states },
  ];
}

export function reportView(report: DeskReport, deskName: string): View {
  return [
    block.title(deskName, `${dayOf(report.since)} to ${dayOf(report.until)}`),
    block.blank,
    block.fields(...keyFigures(report)),
    ...chartsOf(report).flatMap((chart) => [block.blank, block.title(chart.title), tableOf(chart)]),
  ];
}

function tableOf({ first, labels, rows }: Chart): Block {
  const most = Math.max(1, ...rows.map(({ values }) => sum(values)));
  return block.table(
    [first, ...labels.map((title) => ({ title, align: 'right' as const })), ''],
    rows.map(({ label, values }) => [label, ...values.map(String), values.map(bar(labels, most)).join('')]),
    'None.',
  );
}

/** Full blocks, and light ones for what should be rare. */
const bar = (labels: readonly string[], most: number) => (count: number, at: number) =>
  (isRare(labels[at] ?? '') ? '░' : '█').repeat(count === 0 ? 0 : Math.max(1, Math.round((BAR * count) / most)));

export function reportDocument(report: DeskReport) {
  const stretches = (rows: DeskReport['verifications']) =>
    rows.map(({ from, counts }) => ({ from: iso(from), ...counts }));
  const failures = (rows: readonly Failures[]) => rows.map((row) => ({ ...row, lastAt: iso(row.lastAt) }));
  return {
    ...report,
    since: iso(report.since),
    until: iso(report.until),
    verifications: stretches(report.verifications),
    resets: stretches(report.resets),
    failuresByCaller: failures(report.failuresByCaller),
    failuresByOperator: failures(report.failuresByOperator),
  };
}
