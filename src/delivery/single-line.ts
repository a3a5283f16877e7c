/**
 * Makes a value safe inside one line of a message: a name or an address from a directory must not be able to start a new
 * header or paragraph, or to reorder the text around it (CVE-2021-42574 "Trojan Source" characters).
 */

/** Line breaks of every kind (RFC 5322, Unicode UAX 14) and tabs, which a reader sees as a gap. */
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/gu;
/** Control, format (bidi, zero-width), lone surrogate, private and unassigned characters. */
const unseen = () => /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu;

/** `text` on one line, breaks as a space, other unseen characters as U+FFFD so that tampering shows, cut with `…`. */
export function singleLine(text: string, maxCodePoints = Number.POSITIVE_INFINITY): string {
  const line = text.replace(BREAKS, ' ').replace(unseen(), '\u{FFFD}').trim();
  const points = [...line];
  return points.length <= maxCodePoints ? line : `${points.slice(0, maxCodePoints - 1).join('')}…`;
}
