/**
 * The report as one HTML page that contains everything: it fetches nothing and has no script (its own policy forbids both). It follows the
 * reader's settings for light, dark and paper. Every chart has its figures as a table beside it.
 */
import type { DeskReport, Failures, Stretch } from '../../procedures/upkeep/desk-report.js';
import { dayOf } from '../../rules/moment.js';
import { barChart, type Column, columnChart, inPage, legend, PATTERNS, type Series } from './report-charts.js';
import { keyFigures } from './report-view.js';

const VERDICTS: readonly Series[] = [
  { label: 'verified', look: 'first' },
  { label: 'refused', look: 'second' },
];
const RESETS: readonly Series[] = [
  { label: 'enrolled again', look: 'first' },
  { label: 'not yet, or undone', look: 'second' },
];
const TIMES: readonly Series[] = [{ label: 'times', look: 'second' }];

export function reportPage(report: DeskReport, deskName: string): string {
  const title = `${deskName}: ${dayOf(report.since)} to ${dayOf(report.until)}`;
  const stretch = report.width > 86_400_000 ? 'week' : 'day';
  return `<!doctype html>
<!-- report by countersign -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${inPage(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${PATTERNS}
<header><h1>${inPage(deskName)}</h1><p>${dayOf(report.since)} to ${dayOf(report.until)}, times in UTC</p></header>
<main>
<dl class="figures">${keyFigures(report)
    .map(([label, value]) => `<div><dt>${inPage(label)}</dt><dd>${inPage(value)}</dd></div>`)
    .join('')}</dl>
${overTime(`Verifications by ${stretch}`, stretch, VERDICTS, report.verifications.map(verdictColumn))}
${byName(
  'Verifications by request',
  'request',
  VERDICTS,
  report.actions.map(({ title: name, verified, refused }) => ({ label: name, values: [verified, refused] })),
)}
${byName(
  'Refused because',
  'reason',
  TIMES,
  report.reasons.map(({ reason, count }) => ({ label: reason, values: [count] })),
)}
${overTime(`Resets by ${stretch}`, stretch, RESETS, report.resets.map(resetColumn))}
${byName('Failed with: callers', 'caller', TIMES, report.failuresByCaller.map(failureRow))}
${byName('Failed by: operators', 'operator', TIMES, report.failuresByOperator.map(failureRow))}
${byName(
  'Approvals',
  'state',
  [{ label: 'requests', look: 'first' }],
  Object.entries(report.approvals).map(([label, count]) => ({ label, values: [count] })),
)}
</main>
<footer><p>Made by countersign. It names callers who failed: protect it like the audit log.</p></footer>
</body>
</html>
`;
}

const verdictColumn = ({ from, counts }: Stretch): Column => ({
  label: dayOf(from),
  values: [counts['verified'] ?? 0, counts['refused'] ?? 0],
});

function resetColumn({ from, counts }: Stretch): Column {
  const all = Object.values(counts).reduce((total, count) => total + count, 0);
  const enrolled = counts['enrolled'] ?? 0;
  return { label: dayOf(from), values: [enrolled, all - enrolled] };
}

const failureRow = ({ who, count }: Failures): Column => ({ label: who, values: [count] });

function overTime(title: string, first: string, series: readonly Series[], columns: readonly Column[]): string {
  const rows = columns.filter(({ values }) => values.some((value) => value > 0));
  if (rows.length === 0) return section(title, '<p class="none">None.</p>');
  const table = `<details><summary>As a table</summary>${tableOf(first, series, rows)}</details>`;
  return section(title, legend(series) + columnChart(title, series, columns) + table);
}

function byName(title: string, first: string, series: readonly Series[], rows: readonly Column[]): string {
  if (rows.every(({ values }) => values.every((value) => value === 0)))
    return section(title, '<p class="none">None.</p>');
  const table = `<details><summary>As a table</summary>${tableOf(first, series, rows)}</details>`;
  return section(title, (series.length > 1 ? legend(series) : '') + barChart(title, series, rows) + table);
}

const section = (title: string, content: string): string => `<section><h2>${inPage(title)}</h2>${content}</section>`;

function tableOf(first: string, series: readonly Series[], rows: readonly Column[]): string {
  const head = [first, ...series.map(({ label }) => label)]
    .map((text) => `<th scope="col">${inPage(text)}</th>`)
    .join('');
  const body = rows
    .map(
      ({ label, values }) =>
        `<tr><th scope="row">${inPage(label)}</th>${values.map((value) => `<td>${value}</td>`).join('')}</tr>`,
    )
    .join('');
  return `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --quiet: #5b6675; --line: #d9dee5; --paper: #ffffff; --tile: #f4f6f9; --first: #2a6fbb; --second: #b4531b; --second-ground: #f3c9ad; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --quiet: #9aa5b4; --line: #343d49; --paper: #12161c; --tile: #1b2129; --first: #6aa9ee; --second: #f0935a; --second-ground: #5a3420; } }
body { margin: 0 auto; padding: 2rem 1.25rem; max-width: 60rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; } h2 { margin: 2.2rem 0 .4rem; font-size: 1.15rem; }
header p, footer, .none, dt, .legend, summary { color: var(--quiet); } header p { margin: 0 0 1.2rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .6rem; margin: 0; }
.figures div { background: var(--tile); border-radius: .5rem; padding: .6rem .8rem; } dt { font-size: .85rem; } dd { margin: 0; font-size: 1.15rem; font-weight: 600; font-variant-numeric: tabular-nums; }
svg { max-width: 100%; } section > svg { width: 100%; height: auto; display: block; }
.first { fill: var(--first); } .second { fill: url(#hatch); stroke: var(--second); } .second-ground { fill: var(--second-ground); } .second-line { stroke: var(--second); stroke-width: 3; }
.grid { stroke: var(--line); } .axis, .value { fill: var(--quiet); font-size: 12px; } .name { fill: var(--ink); font-size: 13px; }
.legend { margin: 0 0 .3rem; font-size: .9rem; } .key { margin-right: 1rem; } .key svg { vertical-align: -2px; }
table { border-collapse: collapse; margin: .5rem 0; font-size: .9rem; } th, td { text-align: right; padding: .2rem .8rem; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; } th:first-child { text-align: left; font-weight: 400; } summary { cursor: pointer; font-size: .9rem; }
footer { margin-top: 3rem; font-size: .85rem; }
@media screen and (max-width: 40rem) { section { overflow-x: auto; } section > svg { min-width: 30rem; } .figures { grid-template-columns: 1fr 1fr; } }
@media print { details:not([open]) { display: none; } :root { --ink: #000; --quiet: #333; --line: #bbb; --paper: #fff; --tile: #fff; --first: #1f5fa8; --second: #7a3410; --second-ground: #f7e3d6; } body { padding: 0; max-width: none; font-size: 11pt; } section { break-inside: avoid; } .figures div { border: 1px solid var(--line); } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;
