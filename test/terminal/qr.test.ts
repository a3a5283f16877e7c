/** Reads the picture off a terminal emulator, cell by cell, and decodes it without the library that drew it. */
import xterm from '@xterm/headless';
import { describe, expect, it } from 'vitest';
import { qrCode } from '../../src/terminal/qr.js';
import { makeStyle } from '../../src/terminal/style.js';
import { decodeQr } from '../support/qr-decoder.js';

const URI = 'otpauth://totp/countersign:ana%40northwind.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=a';
const coloured = makeStyle({ isTTY: true, columns: 80, env: {} });
const bare = makeStyle({ isTTY: true, columns: 80, env: { NO_COLOR: '1' } });

/** The modules as a camera sees them on a terminal of that ground: true is dark. */
async function seen(picture: string, ground: 'dark' | 'light'): Promise<boolean[][]> {
  const rows = picture.split('\n').length;
  const emulator = new xterm.Terminal({ cols: 80, rows, allowProposedApi: true, convertEol: true });
  await new Promise<void>((resolve) => emulator.write(picture, resolve));
  const columns = Math.max(...picture.split('\n').map((line) => [...uncoded(line)].length));
  const modules: boolean[][] = [];
  for (let row = 0; row < rows - 1; row += 1) {
    const line = emulator.buffer.active.getLine(row);
    const halves: [boolean[], boolean[]] = [[], []];
    for (let column = 0; column < columns; column += 1) {
      const cell = line?.getCell(column);
      const character = cell?.getChars() || ' ';
      const paper = cell?.isBgPalette() ? cell.getBgColor() === 16 : ground === 'dark';
      const ink = cell?.isFgPalette() ? cell.getFgColor() === 16 : ground !== 'dark';
      halves[0].push('█▀'.includes(character) ? ink : paper);
      halves[1].push('█▄'.includes(character) ? ink : paper);
    }
    modules.push(...halves);
  }
  emulator.dispose();
  return modules;
}

function uncoded(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
  return line.replace(/\u001b\[[0-9;]*m/g, '');
}

/** Cuts the margin off; fails where the margin is not light. */
function inside(modules: boolean[][]): boolean[][] {
  const size = (modules[0]?.length ?? 0) - 8;
  const core = modules.slice(2, 2 + size).map((row) => row.slice(4, 4 + size));
  const dark = (rows: boolean[][]) => rows.flat().filter(Boolean).length;
  expect(dark(core)).toBe(dark(modules));
  return core;
}

describe('a QR code in the terminal (B31)', () => {
  it.each(['dark', 'light'] as const)('with colours, decodes to the URI on a %s ground', async (ground) => {
    expect(decodeQr(inside(await seen(await qrCode(URI, coloured), ground)))).toBe(URI);
  });

  it('without colours, decodes on a dark ground, and inverted on a light one', async () => {
    const picture = await qrCode(URI, bare);
    expect(uncoded(picture)).toBe(picture);
    expect(decodeQr(inside(await seen(picture, 'dark')))).toBe(URI);
    const inverted = (await seen(picture, 'light')).map((row) => row.map((dark) => !dark));
    expect(decodeQr(inside(inverted))).toBe(URI);
  });

  it('teeth: one line lost, or the picture inverted, is not decoded', async () => {
    const modules = inside(await seen(await qrCode(URI, coloured), 'dark'));
    expect(() => expect(decodeQr(modules.map((row) => row.map((dark) => !dark)))).toBe(URI)).toThrow();
    expect(() =>
      expect(decodeQr([...modules.slice(0, 20), ...modules.slice(22), ...modules.slice(0, 2)])).toBe(URI),
    ).toThrow();
  });

  it('fits 80 columns for a long URI, and 24 rows for a short one', async () => {
    const long = `otpauth://totp/${'Example%20Support%20Desk:'.repeat(2)}${'a'.repeat(60)}?secret=${'A'.repeat(32)}&issuer=Example%20Support%20Desk&digits=6&period=30`;
    for (const line of (await qrCode(long, coloured)).split('\n')) expect(uncoded(line).length).toBeLessThanOrEqual(80);
    expect((await qrCode(URI, coloured)).trimEnd().split('\n').length).toBeLessThan(24);
  });

  it('says so where the window is too narrow', async () => {
    const narrow = makeStyle({ isTTY: true, columns: 40, env: {} });
    expect(await qrCode(URI, narrow)).toMatch(/needs a window of 45 columns/);
  });
});
