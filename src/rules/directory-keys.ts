/**
 * Comparison and search keys of the directory. Look-ups compare these, never the text as written: case, accents and width are
 * folded. A search also ignores punctuation, and finds `Müßiggang` and `O'Brien` as they are spelled: muessiggang, obrien (B96).
 */
import { type Phone, phoneDigits, type ReadPhone } from './phone-number.js';

/** Folds case, accents, width and ligatures, and removes outer and repeated white space. */
export function foldKey(text: string): string {
  return withoutMarks(text)
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .replace(/[øœæðþłđı]/g, (letter) => STROKED[letter] ?? letter)
    .replace(/\s+/gu, ' ')
    .trim();
}

/** Plain ASCII has no marks; looking for some would cost each start more than all the rest. */
const withoutMarks = (text: string): string =>
  /^[ -~]*$/.test(text) ? text : text.normalize('NFKD').replace(/\p{M}+/gu, '');

const STROKED: Readonly<Record<string, string>> = { ø: 'o', œ: 'oe', æ: 'ae', ð: 'd', þ: 'th', ł: 'l', đ: 'd', ı: 'i' };

/** One word of a search: the beginnings under which it may be kept. */
export type Word = readonly string[];

/** What a search compares: without what people leave out (dots, apostrophes, hyphens) or spell in two ways (`ue` for `ü`). */
const searchKey = (text: string): string =>
  foldKey(text)
    .replace(/[^\p{L}\p{N}\p{So}]+/gu, '')
    .replace(/[aou]e|aa/g, (two) => two.charAt(0));

const BETWEEN_WORDS = /[^\p{L}\p{N}]+/u;
/** The whole of a login, name or number, to be told from the beginning of a longer one. */
const whole = (text: string): string => `=${searchKey(text)}=`;
const filled = (words: readonly string[]): string[] => [...new Set(words)].filter((word) => !/^[+=]*$/.test(word));

/** Every word under which a text can be found: its words, what stands between spaces, and the text as a whole. */
export const searchWords = (...texts: readonly string[]): readonly string[] =>
  filled(
    texts.flatMap((text) => [
      ...[...foldKey(text).split(BETWEEN_WORDS), ...text.split(/[\s/]+/u), text].map(searchKey),
      whole(text),
    ]),
  );

/** A contact finds its person only by the whole address or by this many digits, so that a search cannot spell it out (B83). */
const DIGITS_TO_FIND = 7;

/** The digits of a number in each form that a telephone may show, from its first digit; with a `+`, so that no other word is like them. */
const phoneForms = (phone: string, dialled: Phone | null): readonly string[] =>
  [phoneDigits(phone), phoneDigits(phone).replace(/^0+/, ''), dialled?.e164.slice(1) ?? '', dialled?.national ?? '']
    .filter((digits) => digits.length >= DIGITS_TO_FIND)
    .map((digits) => `+${digits}`);

/** A phone is found from its first digit and from each group as written: `(206) 555-9857` by 2065559…, 5559857, +12065559857. */
export function phoneWords(phone: string, dialled: Phone | null = null): readonly string[] {
  const groups = phone.normalize('NFKC').match(/\d+/g) ?? [];
  const ends = groups.map((_, index) => groups.slice(index).join(''));
  return filled([...phoneForms(phone, dialled), ...ends.flatMap((end) => phoneForms(end, null))]);
}

/** The words under which a person is kept for searches. An address is not among them: it is looked up as a whole. */
export const personWords = (
  { login, name, phone }: { readonly login: string; readonly name: string; readonly phone: string },
  dialled: Phone | null,
): readonly string[] => [...searchWords(login, name), ...phoneWords(phone, dialled)];

/** Words with their targets as one JSON object, `{"usr_1 anna":"usr_1",…}`: it can be made before the store is locked, and is one bound value. */
export const wordsText = (keys: readonly { readonly id: string; readonly words: readonly string[] }[]): string =>
  `{${keys
    .flatMap(({ id, words }) => {
      const target = JSON.stringify(id);
      return [...new Set(words)].map((word) => `${JSON.stringify(`${id} ${word}`)}:${target}`);
    })
    .join(',')}}`;

/** True if the word stands anywhere in one of the keys; among the digits of a phone only if it is long enough. */
export const holdsWord = (keys: readonly string[], word: Word): boolean =>
  word.some((start) => {
    const phone = start.startsWith('+');
    return keys.some((key) => key.startsWith('+') === phone && key.includes(phone ? start.slice(1) : start));
  });

/** True if the text is all of one of these, however it is spelled. */
export const isExact = (text: string, ...whats: readonly string[]): boolean =>
  searchKey(text) !== '' && whats.some((what) => searchKey(what) === searchKey(text));

export interface TypedText {
  readonly exact: readonly Word[];
  /** What the text may mean, the likeliest first: one phone number however it is written, words between spaces, and words alone. */
  readonly readings: readonly (readonly Word[])[];
}

const PHONE = /^(tel:)?[\d\s()[\]+./~\-\u2010-\u2015\u2212\u30fc]+$/i;
/** A number with spaces in it, beside other words. */
const PHONE_AMONG_WORDS = /\+?\(?\d[\d\s().\-\u2010-\u2015\u2212\u30fc]{5,}\d/gu;

/** `read` is asked about what may be a whole phone number. */
export function readTyped(typed: string, read: ReadPhone): TypedText {
  const text = typed.replace(/\p{C}/gu, '').normalize('NFKC');
  const wordOf = (piece: string): Word =>
    filled([searchKey(piece), ...(PHONE.test(piece) ? phoneForms(piece, read(piece, null)) : [])]);
  const pieces = [
    isPhone(text) ? [text] : [],
    text.replace(PHONE_AMONG_WORDS, phoneTogether).split(/[\s/]+/u),
    foldKey(text).split(BETWEEN_WORDS),
  ];
  const all = pieces.map((some) => some.map(wordOf).filter((word) => word.length > 0));
  const seen = new Set<string>();
  return {
    exact: filled([whole(text)]).map((word) => [word]),
    readings: all.filter((words) => words.length > 0 && !seen.has(String(words)) && seen.add(String(words))),
  };
}

const phoneTogether = (number: string): string => number.replace(/(?!^)\D+|^\(/g, '');

/** True for nothing but a phone number. */
export const isPhone = (text: string): boolean => PHONE.test(text) && mayHoldPhone(text);

/** Whether a text may hold a whole phone number. */
export const mayHoldPhone = (text: string): boolean => phoneDigits(text).length >= DIGITS_TO_FIND;
