/**
 * Decides whether a passphrase may be set (B21), by what is left of it when spoken: length, block list, names and numbers of the person and
 * company, repeats, keyboard walks, and the estimator's guesses. Every reason that applies is given, so that one more try is enough.
 *
 * The weakest reading counts: "one two three" is judged as 123 too, because both fold to the same. Pure: list and estimator are
 * arguments. `sameSpoken` compares with the application password (B10), where both are at hand.
 */
import { isRepeat, isWalk, ownLetters } from './passphrase-patterns.js';
import type { Limits } from './policy.js';
import { asDigits, digitsForWords, JUDGED_VERSION, spokenForms, spokenWords } from './spoken-form.js';

export const WEAKNESSES = [
  'empty',
  'too-short',
  'too-long',
  'common',
  'personal',
  'repeats',
  'walk',
  'guessable',
] as const;
export type Weakness = (typeof WEAKNESSES)[number];

export interface PassphraseInput {
  readonly text: string;
  /** The fewest letters or digits that the spoken form must have. */
  readonly minLength: number;
  /** The most code points it may have, as typed and when spoken. */
  readonly maxCodePoints: number;
  readonly minGuessesLog10: number;
  /**
   * Names of person, company and product, login, mail, phone, account number, as on file. Required: an empty list if there are none.
   */
  readonly context: { readonly words: readonly string[] };
  /** log10 of the guesses an attacker needs who tries these words early. */
  readonly guessesLog10: (reading: string, contextWords: readonly string[]) => number;
  /** Phrases and words that anybody would guess, folded by JUDGED_VERSION (data/words/blocked.txt). */
  readonly blocked: ReadonlySet<string>;
}

export interface Reason {
  readonly code: Weakness;
  readonly message: string;
}

/** `form` is what is hashed. Reasons are in the order of WEAKNESSES and contain nothing of the phrase. */
export type Judgement =
  | { readonly ok: true; readonly form: string }
  | { readonly ok: false; readonly reasons: readonly Reason[] };

/** Weaknesses that passphrases and passwords share. */
export const SAID: Readonly<Partial<Record<Weakness, string>>> = {
  common: 'It is a well-known phrase or password, or little more than that.',
  personal: 'It is built from names or numbers of the person or the company.',
  repeats: 'It repeats the same few letters or the same word.',
  walk: 'It follows the keys of a keyboard, the alphabet or a count.',
  guessable: 'It can be guessed in too few tries: add words that have nothing to do with each other.',
};

const judgedForms = (text: string) => spokenForms(text, JUDGED_VERSION);

/** With this many letters beside names and numbers, a phrase is more than a name. */
const MIN_OWN_LETTERS = 8;
/** A piece of a known line is as well known as the line, from this many letters on. */
const MIN_PIECE_LETTERS = 12;
/** Three or more spoken digits in a row; fewer may be part of a word ("stone", "weight"). */
const NUMBER_RUN = /(?:zero|one|two|three|four|five|six|seven|eight|nine){3,}/gu;
/** Shorter context words occur inside too many honest words. */
const MIN_CONTEXT_LETTERS = 3;

/**
 * Judges one passphrase.
 * @throws Refusal `invalid-input` for broken characters or text beyond the folding's limit (`matchForm`)
 */
export function judgePassphrase(input: PassphraseInput): Judgement {
  const tooLong = { code: 'too-long', message: `It is longer than ${input.maxCodePoints} characters.` } as const;
  if ([...input.text].length > input.maxCodePoints) return { ok: false, reasons: [tooLong] };
  const [form = ''] = spokenForms(input.text);
  const [coarse = '', written = '', digits = ''] = judgedForms(input.text);
  if (digits === '')
    return { ok: false, reasons: [{ code: 'empty', message: 'Nothing of it can be spoken: use words.' }] };
  // One character can expand to eighteen letters (U+FDFA); such a phrase cannot be said and would only cost time below.
  if ([...digits].length > input.maxCodePoints) return { ok: false, reasons: [tooLong] };

  const reasons: Reason[] = [];
  const length = spokenLength(input.text);
  if (length < input.minLength) {
    reasons.push({
      code: 'too-short',
      message: `It has ${length} letters and digits when spoken; at least ${input.minLength} are needed.`,
    });
  }
  const add = (code: Weakness) => reasons.push({ code, message: SAID[code] ?? '' });
  const common = isBlocked(digits, input.blocked) || isPiece(digits, input.blocked) || isGuessed(coarse, input, []);
  if (common) add('common');
  if (isPersonal(digits, input.context.words) || (!common && isGuessed(coarse, input, input.context.words)))
    add('personal');
  if (isRepeat(digits)) add('repeats');
  if (isWalk(digits)) add('walk');
  const readings = new Set([form, coarse, written, digits]);
  const parts = wordParts(input.context.words);
  const guesses = Math.min(...[...readings].map((reading) => input.guessesLog10(reading, parts)));
  if (!(guesses >= input.minGuessesLog10)) add('guessable');
  return reasons.length === 0 ? { ok: true, form } : { ok: false, reasons };
}

/**
 * Counts letters and digits of a text as spoken. A digit counts once, said or written ("42", "four two" and "fourtwo" are 2). So
 * does each of three or more digits in a row, however they are said ("triple one double two").
 */
export function spokenLength(text: string): number {
  const words = spokenWords(text, JUDGED_VERSION);
  const asTyped = words.reduce((sum, word) => sum + [...(asDigits(word) ?? word)].length, 0);
  const written = judgedForms(text)[1] ?? '';
  const runsAsDigits = written.replace(NUMBER_RUN, (run) => digitsForWords(run));
  return Math.min(asTyped, [...runsAsDigits].length);
}

/** Folded, also without a year or number before or after it. */
const bareForms = (digits: string): readonly string[] =>
  [digits, digits.replace(/^[0-9]+|[0-9]+$/gu, '')].map((reading) => judgedForms(reading)[0] ?? '');

/** True if it is on the list as it is, or with a year or number before or after it. */
export const isBlocked = (digits: string, blocked: ReadonlySet<string>): boolean =>
  bareForms(digits).some((form) => blocked.has(form));

/** True for a longer piece of what is on the list. */
const isPiece = (digits: string, blocked: ReadonlySet<string>): boolean =>
  bareForms(digits).some(
    (form) => form.length >= MIN_PIECE_LETTERS && [...blocked].some((line) => line.includes(form)),
  );

/** True if little is left when what anybody would guess is taken out, with `names`: "hello my name is dana". */
function isGuessed(form: string, input: PassphraseInput, names: readonly string[]): boolean {
  const rest = beyondKnown(form.replace(NUMBER_RUN, ''), input.blocked, names);
  if (rest === undefined) return false;
  return rest.length < MIN_OWN_LETTERS || input.guessesLog10(rest, wordParts(names)) < input.minGuessesLog10;
}

/** What is left beside words and lines of the list and names on file; undefined if the text has none of them. */
function beyondKnown(letters: string, blocked: ReadonlySet<string>, names: readonly string[]) {
  const own = ownLetters(letters, new Set([...blocked, ...wordParts(names)]));
  return own === letters ? undefined : digitsForWords(own);
}

/** True if little is left when names, their parts and all digits (years, phone and account numbers) are taken out. */
export function isPersonal(digits: string, contextWords: readonly string[]): boolean {
  const parts = wordParts(contextWords);
  const without = parts.reduce((rest, part) => rest.replaceAll(part, ' '), judgedForms(digits)[0] ?? '');
  if (!without.includes(' ')) return false;
  const own = without.replace(NUMBER_RUN, '').replaceAll(' ', '');
  return [...own].length < MIN_OWN_LETTERS;
}

/** Folded context, whole and in parts ("dana.ruiz@acme.example" also as dana, ruiz, acme, example), longest first. */
export function wordParts(words: readonly string[]): readonly string[] {
  const parts = words.flatMap((word) => [word, ...word.split(/[^\p{L}\p{M}\p{Nd}]+/u)]);
  const folded = parts
    .filter((part) => spokenLength(part) >= MIN_CONTEXT_LETTERS)
    .map((part) => judgedForms(part)[0] ?? '');
  return [...new Set(folded)].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

/** Of operators and customers (B21, B80). Unlike a passphrase a password is typed, never spoken, so its case and its symbols count. */
export type PasswordRules = Limits['applicationPassword' | 'operatorPassword'];

/** The fewest characters: `alone` says that the login has no second factor. */
export const leastLength = (rules: PasswordRules, alone: boolean): number =>
  alone ? Math.max(rules.minLength, rules.aloneMinLength) : rules.minLength;

/** What is wrong with a password of a right length; empty if it may be set. */
export function judgePassword(input: Omit<PassphraseInput, 'minLength' | 'maxCodePoints'>): readonly Reason[] {
  const { text, context, blocked, guessesLog10, minGuessesLog10 } = input;
  const folded = spokenForms(text, JUDGED_VERSION)[2] ?? '';
  const keys = text.toLowerCase().replace(/[\s._-]+/gu, '');
  const codes: Reason['code'][] = [];
  if (folded !== '' && isBlocked(folded, blocked)) codes.push('common');
  if (folded !== '' && isPersonal(folded, context.words)) codes.push('personal');
  if (isRepeat(keys)) codes.push('repeats');
  if (isWalk(keys)) codes.push('walk');
  if (!(guessesLog10(text, wordParts(context.words)) >= minGuessesLog10)) codes.push('guessable');
  return codes.map((code) => ({ code, message: SAID[code] ?? '' }));
}
