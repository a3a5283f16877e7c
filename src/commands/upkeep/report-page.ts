/**
 * The report as one HTML page that contains everything: it fetches nothing and has no script (its own policy forbids both). It follows the
 * reader's settings for light, dark and paper. Its charts are tables with a bar in each row; a series has a pattern as well as a colour.
 */
import type { DeskReport } from '../../procedures/upkeep/desk-report.js';
import { dayOf } from '../../rules/moment.js';
import { printable } from '../../terminal/printable.js';
import type { Words } from '../wording/words.js';
import { type Chart, chartsOf, isRare, keyFigures, sum } from './report-view.js';

/** Escapes stored text, so that nothing in it can open a tag or an attribute. */
const inPage = (text: string): string =>
  printable(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

export function reportPage(report: DeskReport, deskName: string, words: Words): string {
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
<style>${STYLE}</style>
</head>
<body>
<header><h1>${inPage(deskName)}</h1><p>${inPage(words('report.in-utc', { stretch }))}</p></header>
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

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --quiet: #5b6675; --line: #d9dee5; --paper: #ffffff; --tile: #f4f6f9; --first: #2a6fbb; --second: #b4531b; --second-ground: #f3c9ad; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --quiet: #9aa5b4; --line: #343d49; --paper: #12161c; --tile: #1b2129; --first: #6aa9ee; --second: #f0935a; --second-ground: #5a3420; } }
body { margin: 0 auto; padding: 2rem 1.25rem; max-width: 60rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; } h2 { margin: 2.2rem 0 .4rem; font-size: 1.15rem; }
header p, footer, .none, dt { color: var(--quiet); } header p { margin: 0 0 1.2rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .6rem; margin: 0; }
.figures div { background: var(--tile); border-radius: .5rem; padding: .6rem .8rem; } dt { font-size: .85rem; } dd { margin: 0; font-size: 1.15rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.bar { width: 60%; } .bar i { display: inline-block; height: .8rem; vertical-align: -1px; }
.first { background: var(--first); } .second { background: repeating-linear-gradient(45deg, var(--second) 0 3px, var(--second-ground) 3px 6px); }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-size: .9rem; } th, td { text-align: right; padding: .2rem .8rem; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; } th:first-child, .bar { text-align: left; font-weight: 400; }
footer { margin-top: 3rem; font-size: .85rem; }
@media screen and (max-width: 40rem) { .figures { grid-template-columns: 1fr 1fr; } }
@media print { :root { --ink: #000; --quiet: #333; --line: #bbb; --paper: #fff; --tile: #fff; --first: #1f5fa8; --second: #7a3410; --second-ground: #f7e3d6; } body { padding: 0; max-width: none; font-size: 11pt; } tr { break-inside: avoid; } .figures div { border: 1px solid var(--line); } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;
