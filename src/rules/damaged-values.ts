/**
 * What spreadsheets and wrong encodings do to the cells of a directory (B90), each as half a sentence ("is a date"). Pure. A value that is
 * on file is never replaced by a damaged one unasked: `spareRows` says what is taken in its place, and warns of each.
 */

import type { Problem } from '../errors.js';
import cells from './damaged-cells.json' with { type: 'json' };
import { isDateInWords } from './date-words.js';
import { faultOfEmail, faultOfName, faultOfPhone, faultOfPhoneOnFile } from './directory-fields.js';
import { foldKey } from './directory-keys.js';
import { phoneDigits } from './phone-number.js';

/** A key names a row, so nothing can stand in for it: numbers of accounts, and logins. A setting is never emptied by a file. */
export type CellKind = 'key' | 'name' | 'email' | 'phone' | 'setting';

/** Damages that were asked for by name. */
export interface Allowed {
  readonly acceptDamaged?: boolean;
  readonly clearContacts?: boolean;
}

/** The first that fits says what is wrong; `kinds`: not of others, so that the login `1e1` and the surname Tosi may exist. */
const DAMAGES = cells.damages.map(({ why, like, anyCase, kinds }) => {
  const found = new RegExp(like, anyCase === true ? 'iu' : 'u');
  return { why, fits: (kind: CellKind, text: string) => kinds?.includes(kind) !== false && found.test(text) };
});

/** What is wrong with a cell by itself, whatever is on file; undefined if nothing is. */
export function damageOf(kind: CellKind, text: string): string | undefined {
  if (text === '') return undefined;
  if (isEncodedTwice(text)) return 'was encoded twice';
  const found = DAMAGES.find(({ fits }) => fits(kind, text));
  if (found !== undefined) return found.why;
  // The login `jan-12` may exist.
  return (kind !== 'key' || /^\d+[.-]/.test(text)) && isDateInWords(text) ? 'is a date' : undefined;
}

/** What was lost of the value on file, where the cell alone does not show it. */
function lossOf(kind: CellKind, before: string, text: string): string | undefined {
  if (before === '' || kind === 'key' || kind === 'email') return undefined;
  if (kind === 'phone') return lossOfPhone(before, text);
  if (/^[^\p{L}]*\d[^\p{L}]*$/u.test(text) && /\p{L}/u.test(before)) return 'is only a number';
  if (isMisread(before, text)) return 'lost letters in a wrong encoding';
  const lost = beyondAscii(text) < beyondAscii(before);
  const same = foldKey(text) === foldKey(before) || text === before.replace(/[^ -~]/g, '');
  return lost && same ? 'lost its accents' : undefined;
}

function lossOfPhone(before: string, text: string): string | undefined {
  const [had, has] = [phoneDigits(before), phoneDigits(text)];
  if (faultOfPhone(before) === undefined && faultOfPhone(text) !== undefined) return 'is not a phone number';
  const whole = had.replace(/^0+/, '');
  const isEnd = has !== '' && !has.startsWith('0') && !text.startsWith('+') && whole.endsWith(has);
  if (isEnd && (whole !== has || (/^\d+$/.test(text) && /^[+0(]/.test(before))))
    return 'lost what stood before its first digit';
  const kept = has.replace(/0+$/, '');
  const rounded = has === text && has.length === had.length && has !== had && has.length - kept.length >= 4;
  return rounded && had.startsWith(kept.slice(0, -1)) ? 'is a number that a spreadsheet rounded' : undefined;
}

/** Full-width and half-width letters are written either way. */
const beyondAscii = (text: string): number => text.normalize('NFKC').match(/(?![ -~])\p{L}/gu)?.length ?? 0;
const isAscii = (text: string): boolean => /^[ -~]*$/.test(text);

/** The value on file, written in one encoding and read as another; or with a question mark for each letter that this has not. */
function isMisread(before: string, text: string): boolean {
  const lettersOf = (of: string) => of.replace(/[^\p{L}\p{N}]/gu, '');
  if (isAscii(before) || lettersOf(before) === lettersOf(text)) return false;
  const [was, is] = [new TextEncoder().encode(before), bytesOf(text)];
  const gives = (bytes: Uint8Array, encoding: string, as: string) =>
    lettersOf(new TextDecoder(encoding).decode(bytes)) === lettersOf(as);
  const marked = Array.from(before, (letter, at) => ([...text][at] === '?' ? '?' : letter)).join('');
  if (text.includes('?') && foldKey(text) === foldKey(marked)) return true;
  return cells.misread.some((name) => gives(was, name, text) || (!is.includes(0) && gives(is, name, before)));
}

/** Characters that windows-1252 has at 0x80 to 0x9f; the other bytes are those of Latin-1. */
const HIGH = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

const SEQUENCE = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/g;
/** What names are written with. `É’` and `ß–` are the bytes of letters that nobody's name has. */
const IN_NAMES =
  /[\u00a0-\u017f\u0386-\u03ce\u0400-\u045f\u1e00-\u20bf\u2122]|\p{Script=Arabic}|\p{Script=Han}|\p{Script=Hebrew}|[\u0900-\u0e7f\u3040-\u30ff\uac00-\ud7af]/u;

/** As windows-1252 has the text; zeros for what it has not. */
const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(text, (letter) => {
    const code = HIGH.includes(letter) ? 0x80 + HIGH.indexOf(letter) : letter.charCodeAt(0);
    return code > 0xff ? 0 : code;
  });

/** UTF-8 that was read as windows-1252, if only in one place: its letters are again the bytes of a text. */
function isEncodedTwice(text: string): boolean {
  if (isAscii(text)) return false;
  // `à` ends in a space that was trimmed; a capital with this mark never follows a small letter.
  if (/\p{Ll}[ÃÂ](?:[^\p{L}]|$)/u.test(text)) return true;
  const bytes = Array.from(bytesOf(text), (byte) => String.fromCharCode(byte)).join('');
  const once = (found: string) => new TextDecoder().decode(Uint8Array.from(found, (byte) => byte.charCodeAt(0)));
  return (bytes.match(SEQUENCE) ?? []).some((found) => IN_NAMES.test(once(found)));
}

export const UNLESS = 'unless damaged values are accepted';
const FAULTS = { key: () => undefined, name: faultOfName, email: faultOfEmail, phone: faultOfPhoneOnFile };

/** What is imported in place of a cell; `before`: the value on file, undefined for a new row. A new name stays, for nobody is without one. */
function spared(
  kind: CellKind,
  text: string,
  before: string | undefined,
  { acceptDamaged = false, clearContacts = false }: Allowed,
): { readonly text: string | undefined; readonly warning?: string; readonly problem?: string | undefined } {
  if (text === before || (kind === 'key' && before !== undefined)) return { text };
  const kept = before ?? '';
  if (text === '') {
    if (kind === 'setting' && kept !== '')
      return { text: kept, warning: 'is empty, so the one on file is kept; account edit removes it' };
    if (kept === '' || kind === 'name' || clearContacts) return { text };
    return { text: kept, warning: 'is empty, so the one on file is kept unless contacts are cleared' };
  }
  const why = damageOf(kind, text) ?? lossOf(kind, kept, text);
  if (why === undefined) return { text };
  if (kind === 'key' && !acceptDamaged) return { text, problem: `${why}, so no new row is made ${UNLESS}` };
  if (acceptDamaged || (kept === '' && kind === 'name'))
    return { text, warning: `${why}; imported as written`, problem: FAULTS[kind === 'setting' ? 'name' : kind](text) };
  if (kept !== '') return { text: kept, warning: `${why}, so the one on file is kept ${UNLESS}` };
  return { text: undefined, warning: `${why}, so it is left out ${UNLESS}` };
}

/** The rows with what is imported of them. `beforeOf`: the values on file, by column; undefined for a new row. */
export function spareRows<Entry extends { readonly line?: number }>(
  rows: readonly Entry[],
  beforeOf: (entry: Entry) => object | undefined,
  kinds: Readonly<Record<string, CellKind>>,
  allowed: Allowed,
) {
  const [warnings, problems]: [Problem[], Problem[]] = [[], []];
  const entries = rows.map((entry) => {
    const before = beforeOf(entry);
    const texts: Record<string, string | undefined> = {};
    for (const [column, kind] of Object.entries(kinds)) {
      const text = cellOf(entry, column);
      if (text === undefined) continue;
      const found = spared(kind, text ?? '', before && (cellOf(before, column) ?? ''), allowed);
      const at = { ...(entry.line === undefined ? {} : { line: entry.line }), column };
      if (found.text !== (text ?? '')) texts[column] = found.text;
      if (found.warning !== undefined) warnings.push({ ...at, message: found.warning });
      if (found.problem !== undefined) problems.push({ ...at, message: found.problem });
    }
    return { ...entry, ...texts };
  });
  return { entries, warnings, problems };
}

const cellOf = (row: object, column: string) => (row as Readonly<Record<string, string | null | undefined>>)[column];
