/**
 * Stored text made safe to show, and measured in terminal columns.
 *
 * Names, logins and reasons come from customers and spreadsheets. Shown raw, an escape sequence moves the cursor, a bidi
 * control reverses a name, and a zero-width character hides a difference (T12; sudo CVE-2023-28486).
 * So every value passes through `printable` at the last step before a stream, and no other code escapes text.
 */

/**
 * Characters that a reader cannot see or that mislead: control, format (bidi, zero-width, tags), private-use,
 * unassigned, lone surrogates, line separators, variation selectors and other default-ignorables, and blanks other than
 * the normal space. U+3000, the space between Japanese names, is kept: it is visibly two columns wide.
 *
 * These are functions because building such an expression takes up to half a millisecond at each start, and most text needs none.
 */
const unseenCharacters = () =>
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Variation_Selector}\u2800]|(?![ \u3000])\p{Zs}/gu;

/** Two columns wide: East Asian wide and full-width blocks (Unicode TR11) and characters drawn as emoji. */
const wide = () =>
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f1e6}-\u{1f1ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;

/** Characters without a column: combining marks, and the Hangul vowels and finals that join the syllable before them. */
const joining = () => /[\p{Mn}\p{Me}\u1160-\u11ff\ud7b0-\ud7ff]/u;

/** Text that needs no further check: the printable characters of Latin-1, one column each. */
const PLAIN = /^[ -~\u00a1-\u00ac\u00ae-\u00ff]*$/;

/**
 * `text` with every unseen character written as `\u{…}` (lower-case hex of its code point). Newlines too: the calling code
 * splits a value that is meant to have several lines, so a name can never start a new line.
 */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(unseenCharacters(), (unseen) => `\\u{${unseen.codePointAt(0)?.toString(16)}}`);
}

/**
 * `value` as one line of JSON that is safe to show. JSON.stringify leaves U+007F–9F, bidi and U+2028 raw; here they
 * become `\uXXXX` (a pair beyond the BMP), so the document stays valid and means the same.
 * A value that JSON cannot express (undefined, a function) becomes `null`.
 */
export function printableJson(value: unknown): string {
  const json = (JSON.stringify(value) as string | undefined) ?? 'null';
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return PLAIN.test(json) ? json : json.replace(unseenCharacters(), (unseen) => unseen.replace(/[\s\S]/g, escaped));
}

/** Terminal columns taken by text that is already printable and uncoloured. */
export function width(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += columnsOf(character);
  return columns;
}

/** `text` cut to at most `columns`; if it was cut, the last column is `…`. A mark is never separated from its letter. */
export function fit(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += columnsOf(character);
    if (used > columns - 1) break;
    kept += character;
  }
  return columns > 0 ? `${kept}…` : '';
}

/**
 * `text` broken at spaces into lines of at most `columns`, each after `indent` spaces and the text's own leading ones.
 * A word longer than a line stays whole: the terminal folds it, and a person can still copy an address or id in one
 * piece.
 */
export function wrap(text: string, columns: number, indent = 0): string[] {
  const body = text.trimStart();
  const margin = ' '.repeat(indent + text.length - body.length);
  if (margin.length + width(body) <= columns) return [margin + body];
  const lines: string[] = [];
  let line = '';
  for (const word of body.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && margin.length + width(longer) > columns) {
      lines.push(margin + line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, margin + line];
}

function columnsOf(character: string): number {
  if (joining().test(character)) return 0;
  return wide().test(character) ? 2 : 1;
}

/**
 * Text that may be a passphrase, typed into the wrong box (B11): three words, or twelve letters, and no address. Only the box for the phrase
 * may show it.
 */
export const likePhrase = (text: string): boolean =>
  !text.includes('@') && ((text.match(/\p{L}{2,}/gu)?.length ?? 0) >= 3 || (text.match(/\p{L}/gu)?.length ?? 0) >= 12);

/** Stands for such a text. */
export const HIDDEN = '…';
