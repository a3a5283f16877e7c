/** `report`: the desk in figures, in the terminal or as one HTML page for a browser or for paper. */
import { refusal } from '../../errors.js';
import { type DeskReport, deskReport, type Failures, type Stretch } from '../../procedures/upkeep/desk-report.js';
import { clockOf, dayOf, iso, readMoment } from '../../rules/moment.js';
import { printable } from '../../terminal/printable.js';
import { type Command, command } from '../command.js';
import { block, moments } from '../wording/results.js';
import type { Words } from '../wording/words.js';

const BAR = 24;

/** `1 min 12 s`; a dash if there is no figure. */
function span(milliseconds: number | null): string {
  if (milliseconds === null) return '–';
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Whole per cent of a sum; a dash if the sum is zero. */
const share = (part: number, whole: number): string => (whole === 0 ? '–' : `${Math.round((100 * part) / whole)} %`);

function keyFigures(report: DeskReport, words: Words): readonly (readonly [label: string, value: string])[] {
  const { verified, refused, enrolledAgain: again, resetCount: resets, undone, objections } = report;
  const { lockedForAWhile: awhile, lockedUntilLifted: lifted } = report;
  const total = verified + refused;
  return [
    [words('report.verifications'), String(total)],
    [words('report.Verified'), `${verified} (${share(verified, total)})`],
    [words('report.Refused'), String(refused)],
    [words('report.calls'), String(report.calls)],
    [words('report.to-verdict'), span(report.medianToVerdict)],
    [words('report.general'), String(report.generalQuestions)],
    [words('report.resets'), String(resets)],
    [words('report.again'), `${again} (${share(again, resets)})`],
    [words('report.reversed'), words('report.reversed-are', { undone, objections })],
    [words('report.waiting'), String(report.approvals['pending'] ?? 0)],
    [words('report.to-approval'), span(report.medianToDecision)],
    [words('report.alarms'), words('report.alarms-are', { alarms: report.alarms, on: report.alarmsOn })],
    [words('report.locked'), words('report.locked-are', { awhile, lifted })],
  ];
}

/** Figures by name or by day: a number for each label, shown as a table with bars. */
type Chart = ReturnType<typeof chartsOf>[number];
type Label = 'verified' | 'refused' | 'enrolled' | 'not-yet' | 'times' | 'requests';
const VERDICTS = ['verified', 'refused'] as const;
const RESETS = ['enrolled', 'not-yet'] as const;

/** What should be rare has another pattern. */
const isRare = (label: Label | undefined): boolean => ['refused', 'not-yet', 'times'].includes(label ?? '');

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** In the order in which they are shown; days without anything are left out. */
function chartsOf(report: DeskReport, words: Words) {
  const stretch = report.width > 86_400_000 ? 'week' : 'day';
  const first = words(`report.${stretch}`);
  const { verifications, actions, reasons, resets, failuresByCaller, failuresByOperator, approvals } = report;
  const verdict = ({ counts: { verified = 0, refused = 0 } }: Stretch) => [verified, refused];
  const reset = ({ counts: { enrolled = 0, ...others } }: Stretch) => [enrolled, sum(Object.values(others))];
  const row = (label: string, ...values: readonly number[]) => ({ label, values });
  const over = (rows: readonly Stretch[], valuesOf: (row: Stretch) => number[]) =>
    rows.map((one) => row(dayOf(one.from), ...valuesOf(one))).filter(({ values }) => values.some((value) => value > 0));
  const failed = (rows: readonly Failures[]) =>
    rows.map(({ who, count, lastAt }) =>
      row(words('report.failures', { who, last: `${dayOf(lastAt)} ${clockOf(lastAt)}` }), count),
    );
  const asked = actions.map(({ title, verified, refused }) => row(words.term('actionTitle', title), verified, refused));
  const why = reasons.map(({ reason, count }) => row(words.term('refusedFor', reason), count));
  const states = Object.entries(approvals).map(([state, count]) => row(words.term('standing', state), count));
  const chart = (title: string, first: string, labels: readonly Label[], rows: readonly ReturnType<typeof row>[]) => {
    return { title, first, labels, rows };
  };
  return [
    chart(words(`report.by-${stretch}`), first, VERDICTS, over(verifications, verdict)),
    chart(words('report.by-request'), words('report.request'), VERDICTS, asked),
    chart(words('report.because'), words('report.reason'), ['times'], why),
    chart(words(`report.resets-by-${stretch}`), first, RESETS, over(resets, reset)),
    chart(words('report.by-caller'), words('report.caller'), ['times'], failed(failuresByCaller)),
    chart(words('report.by-operator'), words('report.operator'), ['times'], failed(failuresByOperator)),
    chart(words('report.approvals'), words('report.state'), ['requests'], states),
  ];
}

export function reportView(report: DeskReport, deskName: string, words: Words) {
  return [
    block.title(deskName, words('report.stretch', { since: dayOf(report.since), until: dayOf(report.until) })),
    block.blank,
    block.fields(...keyFigures(report, words)),
    ...chartsOf(report, words).flatMap((chart) => [block.blank, block.title(chart.title), tableOf(chart, words)]),
  ];
}

function tableOf({ first, labels, rows }: Chart, words: Words) {
  const most = Math.max(1, ...rows.map(({ values }) => sum(values)));
  return block.table(
    [first, ...labels.map((label) => ({ title: words(`report.${label}`), align: 'right' as const })), ''],
    rows.map(({ label, values }) => [label, ...values.map(String), values.map(bar(labels, most)).join('')]),
    words('report.none'),
  );
}

/** Full blocks, and light ones for what should be rare. */
const bar = (labels: readonly Label[], most: number) => (count: number, at: number) =>
  (isRare(labels[at]) ? '░' : '█').repeat(count === 0 ? 0 : Math.max(1, Math.round((BAR * count) / most)));

function reportDocument(report: DeskReport) {
  const stretches = (rows: readonly Stretch[]) => rows.map(({ from, counts }) => ({ from: iso(from), ...counts }));
  const failures = (rows: readonly Failures[]) => rows.map((row) => ({ ...row, lastAt: iso(row.lastAt) }));
  return {
    ...report,
    ...moments(report, 'since', 'until'),
    verifications: stretches(report.verifications),
    resets: stretches(report.resets),
    failuresByCaller: failures(report.failuresByCaller),
    failuresByOperator: failures(report.failuresByOperator),
  };
}

/** Escapes stored text, so that nothing in it can open a tag or an attribute. */
const inPage = (text: string): string =>
  printable(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** `style`: the sheet of data/report.css. */
export function reportPage(report: DeskReport, deskName: string, words: Words, style: string): string {
  const stretch = words('report.stretch', { since: dayOf(report.since), until: dayOf(report.until) });
  return `<!doctype html>
<!-- report by countersign -->
<html lang="${words.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${inPage(`${deskName}: ${stretch}`)}</title>
<style>${style}</style>
</head>
<body>
<header><h1>${inPage(deskName)}</h1><p>${inPage(stretch)}</p></header>
<main>
<dl class="figures">${keyFigures(report, words)
    .map(([label, value]) => `<div><dt>${inPage(label)}</dt><dd>${inPage(value)}</dd></div>`)
    .join('')}</dl>
${chartsOf(report, words)
  .map((chart) => inBars(chart, words))
  .join('\n')}
</main>
<footer><p>${inPage(words('report.protect'))}</p></footer>
</body>
</html>
`;
}

function inBars({ title, first, labels, rows }: Chart, words: Words): string {
  const heading = `<h2>${inPage(title)}</h2>`;
  const most = Math.max(0, ...rows.map(({ values }) => sum(values)));
  if (most === 0) return `<section>${heading}<p class="none">${inPage(words('report.none'))}</p></section>`;
  const head = [first, ...labels.map((label) => words(`report.${label}`))].map(
    (text) => `<th scope="col">${inPage(text)}</th>`,
  );
  const lines = rows.map(({ label, values }) => {
    const bars = values.map((value, at) => {
      const look = isRare(labels[at]) ? 'second' : 'first';
      return `<i class="${look}" style="width:${((95 * value) / most).toFixed(1)}%"></i>`;
    });
    const cells = values.map((value) => `<td>${value}</td>`).join('');
    return `<tr><th scope="row">${inPage(label)}</th>${cells}<td class="bar" aria-hidden="true">${bars.join('')}</td></tr>`;
  });
  return `<section>${heading}<table><thead><tr>${head.join('')}<td></td></tr></thead><tbody>${lines.join('')}</tbody></table></section>`;
}

/** How `reportPage` begins. */
const REPORT = { what: 'a report', begins: /^<!doctype html>\n<!-- report by countersign -->\n/ };

const report = command({
  path: 'report',
  access: 'report:read',
  options: [{ flags: '--html <file>', path: 'writes' }, '--since <when>'],
  run: async ({ context, desk, signed, words }, { html, since }) => {
    // 30 days, so that each weekday occurs at least four times.
    const from = readMoment('since', since ?? '30d', desk.now(), 'back');
    if (from > desk.now()) throw refusal('invalid-input', 'since-ahead', { text: since ?? '' }, 'time-forms');
    const made = await deskReport(desk, signed, from);
    const document = { report: { ...reportDocument(made), ...(html === undefined ? {} : { file: html }) } };
    if (html === undefined) return { view: reportView(made, desk.name, words), document };
    const page = reportPage(made, desk.name, words, context.house.shipped('report.css'));
    if (html === '-') return { view: [], document, raw: page };
    await context.files.write(html, page, REPORT);
    return { view: [block.lines(words('report.written', { file: html }))], document };
  },
});

export const commands: readonly Command[] = [report];
