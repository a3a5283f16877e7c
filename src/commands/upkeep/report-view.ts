/** The report in words, tables and bars of blocks, and as JSON. */
import type { DeskReport, Failures } from '../../procedures/upkeep/desk-report.js';
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

export function reportView(report: DeskReport, deskName: string): View {
  return [
    block.title(deskName, `${dayOf(report.since)} to ${dayOf(report.until)}`),
    block.blank,
    block.fields(...keyFigures(report)),
    ...section('Verifications', stretchTable(report)),
    ...section('By request', actionTable(report)),
    ...section('Refused because', reasonTable(report)),
    ...section('Resets', resetTable(report)),
    ...section('Failed with', failureTable('caller', report.failuresByCaller)),
    ...section('Failed by', failureTable('operator', report.failuresByOperator)),
    ...section('Approvals', approvalTable(report)),
  ];
}

const section = (text: string, figures: Block): Block[] => [block.blank, block.title(text), figures];

/** Leaves out days without a call; the page shows them as gaps. */
function stretchTable({ verifications, width }: DeskReport): Block {
  const rows = verifications.filter(({ counts }) => Object.keys(counts).length > 0);
  const most = Math.max(1, ...rows.map(({ counts }) => (counts['verified'] ?? 0) + (counts['refused'] ?? 0)));
  return block.table(
    [
      width > 86_400_000 ? 'week of' : 'day',
      { title: 'verified', align: 'right' },
      { title: 'refused', align: 'right' },
      '',
    ],
    rows.map(({ from, counts }) => {
      const [verified, refused] = [counts['verified'] ?? 0, counts['refused'] ?? 0];
      return [dayOf(from), String(verified), String(refused), bar(verified, refused, most)];
    }),
    'None.',
  );
}

/** Full blocks for verified callers, light blocks for refused ones. */
function bar(verified: number, refused: number, most: number): string {
  const blocks = (count: number) => (count === 0 ? 0 : Math.max(1, Math.round((BAR * count) / most)));
  return `${'█'.repeat(blocks(verified))}${'░'.repeat(blocks(refused))}`;
}

const actionTable = ({ actions }: DeskReport): Block =>
  block.table(
    ['request', { title: 'verified', align: 'right' }, { title: 'refused', align: 'right' }],
    actions.map(({ title, verified, refused }) => [title, String(verified), String(refused)]),
    'None.',
  );

const reasonTable = ({ reasons }: DeskReport): Block =>
  block.table(
    ['reason', { title: 'times', align: 'right' }],
    reasons.map(({ reason, count }) => [reason, String(count)]),
    'None.',
  );

function resetTable({ resets, width }: DeskReport): Block {
  const rows = resets.map(({ from, counts }) => ({
    from,
    enrolled: counts['enrolled'] ?? 0,
    all: Object.values(counts).reduce((total, count) => total + count, 0),
  }));
  return block.table(
    [
      width > 86_400_000 ? 'week of' : 'day',
      { title: 'enrolled again', align: 'right' },
      { title: 'not yet, or undone', align: 'right' },
    ],
    rows
      .filter(({ all }) => all > 0)
      .map(({ from, enrolled, all }) => [dayOf(from), String(enrolled), String(all - enrolled)]),
    'None.',
  );
}

const approvalTable = ({ approvals }: DeskReport): Block =>
  block.table(
    ['state', { title: 'requests', align: 'right' }],
    Object.entries(approvals).map(([state, count]) => [state, String(count)]),
    'None.',
  );

const failureTable = (title: string, rows: readonly Failures[]): Block =>
  block.table(
    [{ title }, { title: 'times', align: 'right' }, 'last'],
    rows.map(({ who, count, lastAt }) => [who, String(count), `${dayOf(lastAt)} ${clockOf(lastAt)}`]),
    'None.',
  );

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
