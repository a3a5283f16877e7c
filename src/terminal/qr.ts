/**
 * A QR code in half blocks, for the otpauth URI of an authenticator app (B31): two modules to a character cell, so that
 * it comes out square and fits 24 rows for a short URI.
 *
 * Phones need dark modules on a light ground with a light margin. With colours on, both colours are set (black 16 on
 * white 231 of the 256-colour cube, which themes do not change), so dark and light terminals show the same picture.
 * Without colours the ground is unknown: light modules are drawn as ink, which is right on a dark terminal and inverted
 * on a light one; current phone cameras read that too. Show the URI beside the picture for everyone else.
 */
import { Chalk } from 'chalk';
import type { Style } from './style.js';

/** Light modules around the code: four at the sides, as the standard says; two above and below, because rows are scarce. */
const MARGIN = { sides: 4, ends: 2 };

const [BLACK, WHITE] = [16, 231];

/**
 * The lines of the picture, each ended by a newline. If the window is too narrow, one sentence says so.
 * `text` is encoded as it is; clean the label first (T12).
 */
export async function qrCode(text: string, style: Style): Promise<string> {
  const { data, size } = await modulesOf(text, 0);
  const columns = size + 2 * MARGIN.sides;
  if (columns > style.columns) return `The QR code needs a window of ${columns} columns; use the link instead.\n`;
  const isDark = (row: number, column: number) => data[row]?.[column] === true;
  const paint = new Chalk({ level: style.colours ? 2 : 0 }).ansi256(BLACK).bgAnsi256(WHITE);
  let picture = '';
  // The matrix has an odd number of rows, so the lower half of the last line is an extra light row.
  for (let row = -MARGIN.ends; row < size + MARGIN.ends; row += 2) {
    let line = '';
    for (let column = -MARGIN.sides; column < size + MARGIN.sides; column += 1) {
      line += halfBlock(isDark(row, column) === style.colours, isDark(row + 1, column) === style.colours);
    }
    picture += `${paint(line)}\n`;
  }
  return picture;
}

/** The same for a page: its side in modules with the margin, and the dark ones as the path of an SVG. */
export async function qrPath(text: string): Promise<{ readonly side: number; readonly path: string }> {
  const { data, size } = await modulesOf(text, MARGIN.sides);
  const dark = data.flatMap((row, y) => row.flatMap((is, x) => (is ? [`M${x} ${y}h1v1h-1z`] : [])));
  return { side: size, path: dark.join('') };
}

async function modulesOf(text: string, border: number) {
  const { encode } = await import('uqr');
  return encode(text, { ecc: 'L', boostEcc: true, border });
}

/** One cell; `upper` and `lower` say which half has ink. */
function halfBlock(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀';
  return lower ? '▄' : ' ';
}
