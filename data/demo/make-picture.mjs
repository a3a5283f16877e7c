/**
 * Makes call.svg, the README's picture, from a real run: opens the demo's console in a pseudo-terminal, takes Ana's call, and draws the
 * screens one under the other. For developers: `node data/demo/make-picture.mjs` after a build.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pty from '@lydell/node-pty';
import xterm from '@xterm/headless';

const folder = dirname(fileURLToPath(import.meta.url));
const bin = join(folder, '..', '..', 'bin', 'countersign.js');
const COLUMNS = 80;
const ROWS = 24;
const PATIENCE = 60_000;

/** The sixteen colours of the terminal, then the 6 × 6 × 6 cube and the greys. */
const COLOURS =
  '#0d1117 #ff7b72 #3fb950 #d29922 #58a6ff #bc8cff #39c5cf #b1bac4 #6e7681 #ffa198 #56d364 #e3b341 #79c0ff #d2a8ff #56d4dd #f0f6fc'.split(
    ' ',
  );
const FONT = 14;
const CELL = FONT * 0.6021;
const LINE = 19;
const PAD = 16;

function openScreen(args, home) {
  const screen = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
  const env = { PATH: process.env.PATH, HOME: home, TERM: 'xterm-256color', LANG: 'C.UTF-8' };
  const child = pty.spawn(process.execPath, [bin, ...args], { cols: COLUMNS, rows: ROWS, env, cwd: home });
  child.onData((text) => screen.write(text));
  const rows = () =>
    Array.from({ length: ROWS }, (_, y) => screen.buffer.active.getLine(screen.buffer.active.viewportY + y));
  const text = () =>
    rows()
      .map((row) => row?.translateToString(true) ?? '')
      .join('\n');
  const until = async (what) => {
    const end = Date.now() + PATIENCE;
    while (!text().includes(what)) {
      if (Date.now() > end) throw new Error(`waited in vain for "${what}" on:\n${text()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return { type: (keys) => child.write(keys), until, text, rows, end: () => child.kill() };
}

/** One row of the screen as SVG text runs of equal colour. */
function drawRow(row, y) {
  const runs = [];
  for (let x = 0; row !== undefined && x < COLUMNS; x += 1) {
    const cell = row.getCell(x);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const fill = cell.isFgPalette() ? (COLOURS[cell.getFgColor()] ?? '#e6edf3') : '#e6edf3';
    const style = `fill="${fill}"${cell.isBold() ? ' font-weight="700"' : ''}${cell.isDim() ? ' opacity=".65"' : ''}`;
    const last = runs.at(-1);
    if (last?.style === style) last.text += cell.getChars() || ' ';
    else runs.push({ x, style, text: cell.getChars() || ' ' });
  }
  return runs
    .filter((run) => run.text.trim() !== '')
    .map(
      (run) =>
        `<text x="${(PAD + run.x * CELL).toFixed(1)}" y="${y}" ${run.style} textLength="${(run.text.trimEnd().length * CELL).toFixed(1)}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">${escaped(run.text.trimEnd())}</text>`,
    )
    .join('');
}

const escaped = (text) =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]);

function draw(pages) {
  let y = PAD;
  const body = pages.map((rows, index) => {
    const top =
      index === 0
        ? ''
        : `<line x1="${PAD}" x2="${PAD + COLUMNS * CELL}" y1="${y + 6}" y2="${y + 6}" stroke="#30363d"/>`;
    if (index > 0) y += LINE;
    const lines = rows.map((row, at) => drawRow(row, y + (at + 1) * LINE));
    y += rows.length * LINE;
    return top + lines.join('');
  });
  const width = Math.ceil(2 * PAD + COLUMNS * CELL);
  const height = y + PAD;
  const label = 'A call: the caller is named, says the passphrase, is verified, and a user is reset';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}"><rect width="100%" height="100%" rx="8" fill="#0d1117"/><g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="${FONT}">${body.join('')}</g></svg>\n`;
}

/** The screen without its empty end. */
function page(screen) {
  const lines = screen.text().trimEnd().split('\n').length;
  return screen.rows().slice(0, lines);
}

const home = mkdtempSync(join(tmpdir(), 'countersign-picture-'));
const { callers } = JSON.parse(readFileSync(join(folder, 'callers.json'), 'utf8'));
const ana = callers.find((caller) => caller.login === 'ana.trujillo');
const screen = openScreen(['demo'], home);
try {
  await screen.until('Find');
  screen.type(ana.account);
  await screen.until('> 1  ');
  screen.type('\r');
  await screen.until('Who is calling');
  screen.type('ana.trujillo');
  await screen.until('  1  ');
  screen.type('\r');
  await screen.until('? Request');
  screen.type('6');
  await screen.until('Reset multi-factor');
  await screen.until('? Phrase');
  const pages = [draft(page(screen))];
  screen.type(`${ana.phrase}\r`);
  await screen.until('VERIFIED');
  pages.push(draft(page(screen)));
  screen.type('1');
  await screen.until('? Reset whom');
  screen.type('margaret');
  await screen.until('1  Margaret Peacock');
  screen.type('\r');
  await screen.until('? Reason');
  screen.type('phone lost\r');
  await screen.until('? Ticket');
  screen.type('T-1042\r');
  await screen.until('The second factors are reset');
  pages.push(draft(page(screen)));
  writeFileSync(join(folder, 'call.svg'), draw(pages));
} finally {
  screen.end();
  rmSync(home, { recursive: true, force: true });
}

/** A copy of the rows: the terminal writes over its own. */
function draft(rows) {
  return rows.map((row) => {
    const cells = Array.from({ length: COLUMNS }, (_, x) => {
      const cell = row?.getCell(x);
      const [chars, width, palette, colour, bold, dim] = [
        cell?.getChars() ?? ' ',
        cell?.getWidth() ?? 1,
        cell?.isFgPalette(),
        cell?.getFgColor(),
        cell?.isBold(),
        cell?.isDim(),
      ];
      return {
        getChars: () => chars,
        getWidth: () => width,
        isFgPalette: () => palette,
        getFgColor: () => colour,
        isBold: () => bold,
        isDim: () => dim,
      };
    });
    return { getCell: (x) => cells[x] };
  });
}
