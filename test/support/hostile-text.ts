/**
 * Text that tries to take over a terminal, and the check that it did not. The check is written from Unicode's own categories,
 * independent of the product's regex, so that one mistake cannot hide in both.
 */
import { existsSync, readFileSync } from 'node:fs';

const NAUGHTY = new URL('../../../shared/vectors/blns.json', import.meta.url);

/** True if the Big List of Naughty Strings is installed. */
export const hasNaughtyStrings = existsSync(NAUGHTY);

export function naughtyStrings(): string[] {
  return JSON.parse(readFileSync(NAUGHTY, 'utf8')) as string[];
}

/** One of each kind that matters: CSI, C1 CSI, OSC title, CR overwrite, backspace, bidi, zero-width, tags, look-alike blanks. */
export const HOSTILE = [
  '\u001b[2J\u001b[31mred',
  '\u009b2J',
  '\u001b]0;title\u0007',
  'REFUSED\rVERIFIED',
  'x\b\b\bVERIFIED',
  'line one\nVERIFIED',
  'abc\u202edef\u202c\u2066x\u2069',
  'a\u200bb\u200dc\ufeffd',
  'tag\u{e0041}\u{e007f} vs\ufe0f vs\u{e0100}',
  'lone \ud800 and \udc00',
  'private \ue000 unassigned \u0378',
  'blank\u00a0\u2003\u3164\u2800blank',
  '\u2028line\u2029separators\u0085',
];

/** Visible: letters, marks, numbers, punctuation, symbols, the two spaces. Ignorables of those categories are not. */
const VISIBLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} \u3000]*$/u;
const INVISIBLE = /[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]|\p{Variation_Selector}/u;

export function isVisible(text: string): boolean {
  return VISIBLE.test(text) && !INVISIBLE.test(text);
}

/** The colour codes a Style writes; any other escape sequence is not ours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
const OUR_COLOURS = /\u001b\[(?:1|2|22|31|32|33|36|39)m/g;

/** Lines of output without our colours. */
export function uncoloured(output: string): string[] {
  return output.replace(OUR_COLOURS, '').split('\n');
}

/** The lines of `output` that contain anything but visible characters and our own colours. */
export function unsafeLines(output: string): string[] {
  return uncoloured(output).filter((line) => !isVisible(line));
}
