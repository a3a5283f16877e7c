/**
 * How a typed code of decimal digits is read, the same for every factor that has one.
 *
 * Spaces and hyphens are dropped, since apps show and people paste `123 456`. Digits are 0 to 9 of ASCII and no others:
 * RFC 4226 defines the code in these, so full-width and Arabic-Indic digits are a wrong code, not another spelling.
 * Each code then has one accepted row of digits, and nothing depends on Unicode tables.
 */

/** Far above any real code with its spaces; a longer text is refused unread. */
const LONGEST = 64;
const SEPARATORS = /[\s-]+/g;
const DIGITS = /^[0-9]+$/;

/** The `digits` digits of a typed code, or null where it is none. Never throws. */
export function readTypedCode(typed: string, digits: number): string | null {
  if (typed.length > LONGEST) return null;
  const code = typed.replace(SEPARATORS, '');
  return code.length === digits && DIGITS.test(code) ? code : null;
}
