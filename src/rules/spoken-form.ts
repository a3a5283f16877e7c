/**
 * Spoken form: what is left of a passphrase when it is heard instead of read. Pure, versioned, the same at set and check (B20).
 *
 * One text folds to ONE string, and that string alone is hashed: a check is one argon2 run whatever was typed, so there is no
 * second candidate whose presence could be timed, and no near match. Equal strings match, others do not.
 *
 * The steps of version 2, in order:
 *  1. NFKC, full case folding (İ, I, ı and i are one letter; ß is ss), ligatures opened, marks of Latin letters dropped.
 *     Letters of other scripts stay what they are: a Cyrillic а never equals a Latin a.
 *  2. Zero-width, bidi and variation characters vanish. `&`, `@`, `+` and `%` are the words and, at, plus and percent, as they are
 *     said. Every other sign (space, punctuation, emoji) separates words. Version 1 knew no words for signs.
 *  3. A punctuation mark said as a word of its own is dropped: hyphen, apostrophe, underscore, full stop, question mark, exclamation mark
 *     or point; in version 1 also dot, dash, period and comma, which people choose as words ("polka dot dress"). Inside a word and as
 *     the only word nothing is dropped.
 *  4. "double l", "triple l": a single letter standing alone is repeated.
 *  5. A decimal digit of any script becomes its English word. Never the other way round: then `4ty` is not `forty`, while `some1`,
 *     `some one` and `someone` are one, and the spaces can go. All that is left is letters.
 *  6. An `e` after a, o or u is dropped, so that Müller, Mueller and Muller are one: only one string is hashed. It stays in `eight` and,
 *     from version 2 on, in the words of PLAIN_E (blue, shoe, queen, poem), known by their letters alone, because the spaces are gone;
 *     where a German word has the same letters it is dropped even so ("toe lamp").
 *  7. "double four" is four four; `oh` or `o` between digits, and "double oh" beside one, is zero.
 *
 * So spaces never matter, except beside the words of steps 3 and 4, which mean something only as separate words.
 * A change to any step is a new version beside the old one. A stored phrase keeps its version until the owner sets another: what was
 * heard may be spelled otherwise than what was set.
 */
import { refusal } from '../errors.js';

/** New passphrases are stored under this version. */
export const FOLD_VERSION = 2;

/** The lists of well-known phrases, and passwords, which nobody says, are judged by the version that tells fewer texts apart. */
export const JUDGED_VERSION = 1;

/** UTF-16 units; far above any policy's limit, so that folding stays fast whatever is pasted. */
const MAX_LENGTH = 1024;

const DIGIT_WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'] as const;
const DIGIT = DIGIT_WORDS.join('|');

/** Latin letters that Unicode does not decompose; people without the key write them plainly. */
const PLAIN_LATIN: ReadonlyMap<string, string> = new Map([
  ['æ', 'ae'], ['œ', 'oe'], ['ø', 'o'], ['đ', 'd'], ['ð', 'd'], ['þ', 'th'], ['ł', 'l'], ['ħ', 'h'], ['ŧ', 't'], ['ȷ', 'j'], ['ŋ', 'n'],
]); // biome-ignore format: a table
const SPECIAL_LATIN = new RegExp(`[${[...PLAIN_LATIN.keys()].join('')}]`, 'gu');

// Functions, because making these expressions costs each start a millisecond, and most starts fold no phrase.
/** Letter-like apostrophes (okina, modifier apostrophe, saltillo) and all ignorable characters: they join, they do not separate. */
const unheard = () => /[\p{Default_Ignorable_Code_Point}\p{Cf}'’‘‛`´ʹ-˿Ꞌꞌ]/gu;
const separators = () => /[^\p{L}\p{M}\p{Nd}]+/gu;
const latinMarks = () => /(?<=^|[\p{Script=Latin}0-9 ])\p{M}+/gu;
const MARKS = 'hyphen|apostrophe|underscore|full stop|question mark|exclamation (?:mark|point)';
const markWords = (marks: string) => () => new RegExp(`(?<=^| )(?:${marks})(?= |$)`, 'gu');
const repeatedLetter = () => new RegExp(`(?<=^| )(double|triple) (?!o (?:[0-9]|${DIGIT}))(\\p{L})(?= |$)`, 'gu');
const UMLAUT_E = /(?<=[aou])e+(?!ight)/gu;
/** English words, or what is only theirs, in which an e after a, o or u is no umlaut. The exceptions are German words with the letters. */
const PLAIN_E = `
  [aou]e(?=[aio]) queue que gue(?!b|l[lt]|n[dstz]|rt|t[ei]) blue(?!t[es]|h[et]|mch|ml) true(?!b|ck|ff|h[ert]|mm|st)
  glue(?!ck|h[etw]) clue shoe(?!ch|f[eilt]|h[elnrt]|l[lz]|r[ent]) horseshoe (?:tip|mistle)toe
  toe(?!b|ch|d[ei]|f|hn|k|l|n[eiu]|pf|r[^ao]|s[st]|te) canoe poem poet(?!te) oboe(?![dfls])
  (?:her|ech|potat|tomat|volcan|mosquit|domin|mang|torped|zer|tornad|carg|negr)oe[ds](?!t) [dg]oes(?![cst]) doesn
  coe(?=rc|x|ff) phoe aer(?=ial|obi|opl|os) archae maestro chael srae algae larvae reggae sundae(?![hnr]) aue(?!b)
  fuel(?!l) cruel gruel(?!l) duel(?![lm]) duet ooed(?!e) ouet suede(?![nu]) fluen congruen stituen statue(?!b) virtue value venue
  tinue residue fondue (?:over|sub)due(?!b) cue ssue(?![bcdhns]) pursue(?!s) tuesday puert zuela bueno [am]nuel gruesome`;
const plainE = () => new RegExp(PLAIN_E.trim().split(/\s+/u).join('|'), 'gu');
const REPEATED_DIGIT = new RegExp(`((?:double|triple)+)(${DIGIT})`, 'gu');
const REPEATED_OH = new RegExp(`(?<=${DIGIT})(?:(?:double|triple)+oh)+|(?:(?:double|triple)+oh?)+(?=${DIGIT})`, 'gu');
const OH_BETWEEN = new RegExp(`(?<=${DIGIT})(?:oh|o)+(?=${DIGIT})`, 'gu');

/** What is heard where a sign was typed, the words of step 3, and where the e of step 6 stays. */
interface Folding {
  readonly signs: Readonly<Record<string, string>>;
  readonly marks: () => RegExp;
  readonly plainE: () => RegExp;
}

/** The folding of each version ever used. Entries are never changed or removed: stored phrases depend on them. */
const FOLDINGS: ReadonlyMap<number, Folding> = new Map([
  [1, { signs: {}, marks: markWords(`dash|dot|period|comma|${MARKS}`), plainE: () => /(?!)/gu }],
  [2, { signs: { '&': 'and', '@': 'at', '+': 'plus', '%': 'percent' }, marks: markWords(MARKS), plainE }],
]);

/**
 * The one string under which a phrase is hashed and compared: only letters (and the vowel signs of scripts that need them), no
 * spaces; empty if nothing is left that can be spoken. Folding a folded form gives the same form.
 * @throws Refusal `invalid-input` for text that is not Unicode or beyond 1024 units, `store-corrupt` for a version this program does not know.
 */
export function matchForm(text: string, version: number = FOLD_VERSION): string {
  return spokenForms(text, version)[0] ?? '';
}

/**
 * Every reading of a text by which its strength is judged (B21). The first is `matchForm`; the second keeps the written umlauts
 * ("blue", not "blu"), the third has digits for number words. Only the first is ever hashed.
 * @throws as `matchForm`
 */
export function spokenForms(text: string, version: number = FOLD_VERSION): readonly string[] {
  if (text.length > MAX_LENGTH) throw refusal('invalid-input', 'text-too-long', { most: MAX_LENGTH });
  if (/\p{Surrogate}/u.test(text)) throw refusal('invalid-input', 'text-broken', {});
  const letters = spokenWords(text, version).join('').replace(/[0-9]/gu, digitWord);
  const written = numbersSaid(letters).normalize('NFC');
  const kept = foldingOf(version).plainE();
  const canonical = numbersSaid(letters, (said) => withoutUmlautE(said, kept)).normalize('NFC');
  return [canonical, written, digitsForWords(written)];
}

function foldingOf(version: number): Folding {
  const folding = FOLDINGS.get(version);
  if (folding === undefined) throw refusal('store-corrupt', 'folding-unknown', { version }, 'newest-version');
  return folding;
}

const digitWord = (digit: string): string => DIGIT_WORDS[Number(digit)] ?? '';

/** A text in the words by which it will be heard, for its owner: "blue penguin four two". */
export function heardAs(text: string): string {
  if (text.length > MAX_LENGTH) throw refusal('invalid-input', 'text-too-long', { most: MAX_LENGTH });
  const words = spokenWords(text).join(' ');
  return words
    .replace(/[0-9]/gu, (digit) => ` ${digitWord(digit)} `)
    .replace(/ +/gu, ' ')
    .trim();
}

function withoutUmlautE(letters: string, kept: RegExp): string {
  const marked = letters.replace(kept, (found) => found.replaceAll('e', '\u0000'));
  return marked.replace(UMLAUT_E, '').replaceAll('\u0000', 'e');
}

/**
 * True if two texts are the same when spoken, for instance a passphrase and an application password (B10). Not for stored secrets.
 */
export function sameSpoken(a: string, b: string): boolean {
  const form = matchForm(a);
  return form !== '' && form === matchForm(b);
}

/**
 * The words of a text after steps 1 to 4: lower case, without marks, ASCII digits still digits. For judging length and for saying
 * the phrase aloud, which need digits as digits.
 */
export function spokenWords(text: string, version: number = FOLD_VERSION): readonly string[] {
  const { signs, marks } = foldingOf(version);
  const folded = plainLetters(text, signs);
  const heard = folded.includes(' ') ? folded.replace(marks(), '').replace(/ +/gu, ' ').trim() : folded;
  const words = heard.replace(repeatedLetter(), (_all, how: string, letter: string) => letter.repeat(times(how)));
  return words === '' ? [] : words.split(' ');
}

/** A text made only of number words, as digits ("onetwo" is "12"); undefined for anything else. */
export function asDigits(word: string): string | undefined {
  return new RegExp(`^(?:[0-9]|${DIGIT})+$`, 'u').test(word) ? digitsForWords(word) : undefined;
}

/** Writes number words as digits wherever they occur: "stone" is "st1". A reading for the strength rules only. */
export function digitsForWords(letters: string): string {
  return letters.replace(new RegExp(DIGIT, 'gu'), (word) =>
    String(DIGIT_WORDS.indexOf(word as (typeof DIGIT_WORDS)[number])),
  );
}

/** Steps 1 and 2: lower-case letters, marks of other scripts and ASCII digits, in words with one space between them. */
function plainLetters(text: string, signs: Folding['signs']): string {
  const said = text.normalize('NFKC').replace(/[&@+%]/gu, (sign) => ` ${signs[sign] ?? ''} `);
  return foldCase(said.replace(unheard(), ''))
    .normalize('NFKD')
    .replace(unheard(), '')
    .replace(SPECIAL_LATIN, (letter) => PLAIN_LATIN.get(letter) ?? letter)
    .replace(separators(), ' ')
    .trim()
    .replace(/\p{Nd}/gu, (digit) => String(decimalValue(digit)))
    .replace(latinMarks(), '')
    .normalize('NFC');
}

/** Full case folding by way of the upper case, which expands ß and joins ı, ſ and the final sigma to their letters. */
function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase().replace(/ς/gu, 'σ');
}

/** The value of a decimal digit: Unicode lays them out in rows of ten, from zero. */
function decimalValue(digit: string): number {
  const at = digit.codePointAt(0) ?? 0;
  let first = at;
  while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first -= 1;
  return (at - first) % 10;
}

/**
 * Step 7, on letters without spaces, with step 6 before it if asked for, until nothing changes ("one oh double oh seven"). It ends, because
 * each change removes a b or a p, which no number word has, or turns letters outside number words into one, or drops such a letter.
 */
function numbersSaid(letters: string, without: (letters: string) => string = (same) => same): string {
  const said = without(letters)
    .replace(REPEATED_DIGIT, (_all, how: string, word: string) => word.repeat(times(how)))
    .replace(REPEATED_OH, (chain) =>
      chain.replace(/((?:double|triple)+)oh?/gu, (_all, how: string) => 'zero'.repeat(times(how))),
    )
    .replace(OH_BETWEEN, (run) => 'zero'.repeat(run.replaceAll('oh', 'o').length));
  return said === letters ? said : numbersSaid(said, without);
}

/** How often "double" (2), "triple" (3), or a run of them ("double double": 3), says what follows. Both words have six letters. */
function times(how: string): number {
  return how.length / 6 + how.split('triple').length;
}
