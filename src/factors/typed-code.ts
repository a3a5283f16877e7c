/**
 * Reads a typed code of decimal digits, in the same way for every factor.
 *
 * Spaces and hyphens are dropped, because apps show and people paste `123 456`. Only the ASCII digits 0 to 9 count: RFC 4226 defines the
 * code in these, so full-width and Arabic-Indic digits are a wrong code. So each code has one accepted spelling, and nothing depends on
 * Unicode tables.
 */

/** Far longer than any real code with its spaces. A longer text is refused without reading it. */
const LONGEST = 64;
const SEPARATORS = /[\s-]+/g;
const DIGITS = /^[0-9]+$/;

/** The `digits` digits of a typed code, or null if it is not a code. Never throws. */
export function readTypedCode(typed: string, digits: number): string | null {
  if (typed.length > LONGEST) return null;
  const code = typed.replace(SEPARATORS, '');
  return code.length === digits && DIGITS.test(code) ? code : null;
}
