/** The page of the report: whole in itself, safe with hostile names, and opened in a real browser (skipped, and counted, without one). */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportPage, reportView } from '../../../src/commands/upkeep/report.js';
import type { DeskReport } from '../../../src/procedures/upkeep/desk-report.js';
import { days } from '../../../src/rules/duration.js';
import { renderView } from '../../../src/terminal/render.js';
import { makeStyle } from '../../../src/terminal/style.js';
import { dataFolder, START } from '../../support/test-desk.js';
import { wordsAt } from '../../support/words.js';

const browser = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);
const STYLE = readFileSync(join(dataFolder, 'report.css'), 'utf8');
const HOSTILE = `<script>alert(1)</script>"'&\u202e\u001b[2J`;

const CONTROLS = ['\u202e', '\u001b'];

function report(more: Partial<DeskReport> = {}): DeskReport {
  const counts = Array.from({ length: 31 }, (_, at) => ({
    from: START - days(30 - at),
    counts: { verified: (at * 7) % 23, refused: at % 5 },
  }));
  return {
    since: START - days(30),
    until: START,
    width: days(1),
    verifications: counts,
    verified: 300,
    refused: 60,
    reasons: [
      { reason: 'not-verified', count: 40 },
      { reason: 'locked', count: 20 },
    ],
    actions: [
      { title: 'Change billing', verified: 200, refused: 30 },
      { title: 'Answer a billing question', verified: 100, refused: 30 },
    ],
    generalQuestions: 12,
    calls: 320,
    medianToVerdict: 41_000,
    resets: counts.map(({ from }, at) => ({ from, counts: at % 4 === 0 ? { enrolled: 2, open: 1 } : {} })),
    resetCount: 24,
    enrolledAgain: 16,
    undone: 1,
    objections: 0,
    approvals: { used: 9, rejected: 1 },
    medianToDecision: 95_000,
    alarms: 2,
    alarmsOn: 1,
    lockedForAWhile: 1,
    lockedUntilLifted: 0,
    failuresByCaller: [{ who: '100234/ana', count: 9, lastAt: START }],
    failuresByOperator: [{ who: 'mira', count: 30, lastAt: START }],
    ...more,
  };
}

const hostile = report({
  failuresByCaller: [{ who: HOSTILE, count: 3, lastAt: START }],
  actions: [{ title: HOSTILE, verified: 1, refused: 1 }],
});

describe('the page', () => {
  it('fetches nothing and runs nothing: no address, no script, and its own policy says so', () => {
    const page = reportPage(report(), 'Support desk', wordsAt(START), STYLE);
    expect(page).toContain(`default-src 'none'; style-src 'unsafe-inline'`);
    expect(page).not.toMatch(/https?:|src=|href=|url\(|@import|<script|javascript:|\son[a-z]+=/i);
  });

  it('T12: a hostile name opens no tag and no attribute, and its controls are seen', () => {
    const page = reportPage(hostile, HOSTILE, wordsAt(START), STYLE);
    expect(page).not.toContain('<script>');
    for (const control of CONTROLS) expect(page).not.toContain(control);
    expect(page).toContain('\\u{202e}');
  });

  it('says every number beside its bar, for who does not see the bars', () => {
    const page = reportPage(report(), 'Support desk', wordsAt(START), STYLE);
    const row =
      /<th scope="row">Change billing<\/th><td>200<\/td><td>30<\/td><td class="bar" aria-hidden="true">(.*?)<\/td>/;
    const [, bars = ''] = row.exec(page) ?? [];
    expect(bars.match(/width:[\d.]+%/g)).toEqual(['width:82.6%', 'width:12.4%']);
    expect(page.match(/<table>/g)?.length).toBe(7);
  });

  it('an empty desk is a page that says so', () => {
    const none = report({
      verifications: [],
      resets: [],
      actions: [],
      reasons: [],
      failuresByCaller: [],
      failuresByOperator: [],
      approvals: {},
      verified: 0,
      refused: 0,
      medianToVerdict: null,
      medianToDecision: null,
    });
    expect(reportPage(none, 'Support desk', wordsAt(START), STYLE).match(/>None\.</g)?.length).toBe(7);
  });
});

describe('the terminal', () => {
  it('says the same in 80 columns', () => {
    const style = makeStyle({ isTTY: true, columns: 80, env: {}, noColor: true });
    const text = renderView(reportView(hostile, 'Support desk', wordsAt(START)), style);
    expect(text.split('\n').every((line) => [...line].length <= 80)).toBe(true);
    expect(text).toMatch(/Verified: +300 \(83 %\)/);
    for (const control of CONTROLS) expect(text).not.toContain(control);
  });
});

describe.skipIf(browser === undefined)('in a real browser', () => {
  let folder: string;
  const open = (args: readonly string[]) =>
    spawnSync(
      browser ?? '',
      [
        '--headless=new',
        '--no-sandbox',
        '--disable-gpu',
        '--hide-scrollbars',
        `--user-data-dir=${join(folder, 'profile')}`,
        '--enable-logging=stderr',
        ...args,
        `file://${join(folder, 'report.html')}`,
      ],
      { encoding: 'utf8', timeout: 60_000, cwd: folder },
    );

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-report-'));
    writeFileSync(join(folder, 'report.html'), reportPage(hostile, 'Support desk', wordsAt(START), STYLE));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('it parses as written, and the browser has nothing to complain of', () => {
    const { stdout, stderr } = open(['--dump-dom']);
    expect(stdout.match(/<section>/g)?.length).toBe(7);
    expect(stdout).not.toContain('<script');
    expect(stderr).not.toMatch(/CONSOLE|Refused to|Content Security Policy/);
  }, 90_000);

  it('light and dark are different pictures', () => {
    open(['--window-size=900,1200', `--screenshot=${join(folder, 'light.png')}`]);
    open([
      '--window-size=900,1200',
      '--blink-settings=preferredColorScheme=0',
      `--screenshot=${join(folder, 'dark.png')}`,
    ]);
    const [light, dark] = [readFileSync(join(folder, 'light.png')), readFileSync(join(folder, 'dark.png'))];
    expect(light.length).toBeGreaterThan(20_000);
    expect(light.equals(dark)).toBe(false);
  }, 120_000);

  it('prints on a few pages of paper', () => {
    open([`--print-to-pdf=${join(folder, 'report.pdf')}`, '--no-pdf-header-footer']);
    const pages = readFileSync(join(folder, 'report.pdf'), 'latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    expect(pages).toBeGreaterThan(0);
    expect(pages).toBeLessThan(5);
  }, 90_000);
});
