/**
 * Spelling mode: reads what an agent types while a caller spells, by a table of data/words/spelling (English: NATO; German: DIN
 * 5009; French). It reads "bravo", "b", "b as in boy", "b for bravo", "double l", "four", "new word" and mixes of them; letters may
 * stand together ("copper") in a line without code words, where no typing error in one can be taken for letters. Pure.
 *
 * Nothing is guessed. An unknown code word, a letter that does not begin its word ("b as in victor"), a letter followed by its
 * own code word ("b bravo": one b or two?), "double u" (w, or uu?) and in French "deux l" (ll, or 2l?) are left unread, so that
 * the agent asks again. Of unread text only the place is told, because the words would show the phrase on the screen (B11).
 */
import * as z from 'zod';
import { refusal } from '../errors.js';
import { matchForm, spokenWords } from './spoken-form.js';

const phrases = z.array(z.string().min(1));
const spellingFile = z.strictObject({
  version: z.literal(1),
  language: z.enum(['en', 'de', 'fr']),
  title: z.string().min(1),
  /** Code words and what they stand for: one letter, or "ch" and "sch" in German. Keys of several words are allowed. */
  words: z.record(z.string().min(1), z.string().regex(/^\p{Ll}{1,3}$/u)),
  digits: z.record(z.string().min(1), z.string().regex(/^[0-9]$/u)),
  repeat: z.record(z.string().min(1), z.number().int().min(2).max(3)),
  /** Digit words that before a letter may also say how often: "deux l". Typed as a digit it is a digit. */
  timesOrDigit: phrases.default([]),
  /** Between a letter and a word that begins with it: "as in", "wie", "comme". */
  link: phrases,
  newWord: phrases,
  /** Said but ignored, because case is folded: "capital". */
  ignored: phrases,
  /** Phrases with two readings, and code words of other alphabets: the agent always asks again. */
  ambiguous: phrases,
  /** Other ways to spell, to show to the agent. */
  examples: phrases,
});
type SpellingFile = z.infer<typeof spellingFile>;

type Meaning =
  | { readonly kind: 'letter'; readonly text: string; readonly timesToo?: true }
  | { readonly kind: 'repeat'; readonly times: number }
  | { readonly kind: 'link' | 'newWord' | 'ignored' | 'ambiguous' };

/** A validated table, ready to be looked up. Opaque to callers. */
export interface SpellingTable extends Readonly<Pick<SpellingFile, 'language' | 'title' | 'examples'>> {
  /** Meaning by folded phrase: words joined by one space, at most `longest` words. */
  readonly meanings: ReadonlyMap<string, Meaning>;
  readonly longest: number;
  /** Of a line without code words: letters may stand together. */
  readonly together?: boolean;
}

/**
 * `text` has one space per "new word"; `count` is its letters and digits, without spaces (only this may be shown). `unreadAfter`:
 * how many letters and digits were read before each stretch that was not.
 */
export type Spelled =
  | { readonly ok: true; readonly text: string; readonly count: number }
  | { readonly ok: false; readonly unreadAfter: readonly number[] };

/**
 * Checks the content of a spelling file and prepares it for look-ups.
 * @throws Refusal `config` naming the file and the first fault
 */
export function spellingTable(content: unknown, file: string): SpellingTable {
  const parsed = spellingFile.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const fact = { place: issue?.path.join('.') ?? '', fault: issue?.message ?? null };
    throw refusal('config', 'spelling-table-wrong', { file, ...fact });
  }
  const { language, title, examples } = parsed.data;
  const meanings = meaningsOf(parsed.data, file);
  const longest = Math.max(...[...meanings.keys()].map((key) => key.split(' ').length));
  return { language, title, examples, meanings, longest };
}

function meaningsOf(content: SpellingFile, file: string): ReadonlyMap<string, Meaning> {
  const { words, digits, repeat, timesOrDigit } = content;
  const timesToo = (word: string) => (timesOrDigit.includes(word) ? { timesToo: true as const } : {});
  const rows: readonly (readonly [string, Meaning])[] = [
    ...[...Object.entries(words), ...Object.entries(digits)].map(
      ([word, text]) => [word, { kind: 'letter', text, ...timesToo(word) }] as const,
    ),
    ...Object.entries(repeat).map(([word, times]) => [word, { kind: 'repeat', times }] as const),
    ...(['link', 'newWord', 'ignored', 'ambiguous'] as const).flatMap((kind) =>
      content[kind].map((word) => [word, { kind }] as const),
    ),
  ];
  const meanings = new Map<string, Meaning>();
  for (const [phrase, meaning] of rows) {
    const key = phrase.split(' ').map(keyOf).join(' ');
    if (meanings.has(key) && JSON.stringify(meanings.get(key)) !== JSON.stringify(meaning)) {
      throw refusal('config', 'spelling-two-meanings', { file, phrase });
    }
    meanings.set(key, meaning);
  }
  return meanings;
}

/**
 * Reads one spelled line (or its tokens). If nothing was spelled, the result is `ok` with an empty text.
 * @throws Refusal `invalid-input` for broken characters or a line beyond the folding's limit
 */
export function decodeSpelling(line: string | readonly string[], alphabet: SpellingTable): Spelled {
  const typed = typeof line === 'string' ? line : line.join(' ');
  matchForm(typed); // refuses what the folding would refuse later
  const tokens = typed
    .split(/[^\p{L}\p{M}\p{Nd}'’]+/u)
    .flatMap((token) => token.split(/(\p{Nd})/u)) // "b42" is b, 4, 2; a word without digits stays whole
    .filter((token) => token !== '');
  const table = { ...alphabet, together: tokens.every((_token, at) => !isCodeWord(tokens, at, alphabet)) };
  let spelled = '';
  const unreadAfter: number[] = [];
  let at = 0;
  while (at < tokens.length) {
    const item = readItem(tokens, at, table);
    if (item.text === undefined) unreadAfter.push(countOf(spelled));
    else spelled += item.text;
    at += item.used;
  }
  if (unreadAfter.length > 0) return { ok: false, unreadAfter: [...new Set(unreadAfter)] };
  const text = spelled.replace(/ +/gu, ' ').trim();
  return { ok: true, text, count: countOf(text) };
}

const isCodeWord = (tokens: readonly string[], at: number, table: SpellingTable): boolean => {
  const kind = lookUp(tokens, at, table)?.meaning.kind;
  return kind === 'link' || kind === 'ambiguous' || (kind === 'letter' && [...(tokens[at] ?? '')].length > 1);
};

const countOf = (text: string): number => [...text.replaceAll(' ', '')].length;

/** How many tokens an item takes and what it says; no text if it could not be read. */
interface Item {
  readonly used: number;
  readonly text: string | undefined;
}

function readItem(tokens: readonly string[], at: number, table: SpellingTable): Item {
  const found = lookUp(tokens, at, table);
  switch (found?.meaning.kind) {
    case 'newWord':
      return { used: found.used, text: ' ' };
    case 'ignored':
      return { used: found.used, text: '' };
    case 'repeat':
      return readRepeated(tokens, at, found.used, found.meaning.times, table);
    case 'letter':
      return found.meaning.timesToo === true && beforeLetter(tokens, at + found.used, table)
        ? { used: found.used + 1, text: undefined }
        : readCodeWord(tokens, at, found.used, found.meaning.text, table);
    default:
      return found === undefined ? readLetter(tokens, at, table) : { used: found.used, text: undefined };
  }
}

/** "double l", "double lima", "double capital l": one readable letter or digit must follow. */
function readRepeated(tokens: readonly string[], at: number, used: number, times: number, table: SpellingTable): Item {
  if (at + used >= tokens.length) return { used, text: undefined };
  const next = readItem(tokens, at + used, table);
  const skipped = next.text === '' ? readRepeated(tokens, at, used + next.used, times, table) : undefined;
  if (skipped !== undefined) return skipped;
  const single = next.text !== undefined && [...next.text].length === 1 && next.text !== ' ';
  return { used: used + next.used, text: single ? next.text?.repeat(times) : undefined };
}

/** A letter or digit on its own, with or without "as in WORD"; "sch wie Schule". Anything else is an unknown code word. */
function readLetter(tokens: readonly string[], at: number, table: SpellingTable): Item {
  const letter = (tokens[at] ?? '').normalize('NFKC').toLowerCase();
  const [digit = ''] = spokenWords(letter);
  const plain = /^[0-9]$/u.test(digit) ? digit : letter;
  const single = [...plain].length === 1;
  // Several letters may share one code word: "ch", "sch".
  const atOnce = single || [...table.meanings.values()].some((one) => one.kind === 'letter' && one.text === plain);
  if (!atOnce) return { used: 1, text: table.together === true && /^\p{L}+$/u.test(plain) ? plain : undefined };
  const link = lookUp(tokens, at + 1, table);
  if (link?.meaning.kind === 'link') {
    const used = 1 + link.used + 1;
    const word = tokens[at + used - 1] ?? '';
    const begins = [...word].length > 1 && /^\p{L}/u.test(plain) && keyOf(word).startsWith(keyOf(plain));
    return { used: Math.min(used, tokens.length - at), text: begins ? plain : undefined };
  }
  if (!single) return { used: 1, text: undefined };
  const ownWord =
    link?.meaning.kind === 'letter' &&
    [...(tokens[at + 1] ?? '')].length > 1 &&
    keyOf(link.meaning.text) === keyOf(plain);
  return ownWord ? { used: 1 + link.used, text: undefined } : { used: 1, text: plain };
}

/** "bravo", but not "bravo b": does it say the letter again, or a second one? With "b as in boy" after it, it is a second one. */
function readCodeWord(tokens: readonly string[], at: number, used: number, text: string, table: SpellingTable): Item {
  const next = tokens[at + used] ?? '';
  const again =
    [...(tokens[at] ?? '')].length > 1 && [...next].length === 1 && /\p{L}/u.test(next) && keyOf(next) === keyOf(text);
  const linked = again && lookUp(tokens, at + used + 1, table)?.meaning.kind === 'link';
  return again && !linked ? { used: used + 1, text: undefined } : { used, text };
}

/** True if a letter is next, by itself or as its code word. */
function beforeLetter(tokens: readonly string[], at: number, table: SpellingTable): boolean {
  if (at >= tokens.length) return false;
  const { text } = readItem(tokens, at, table);
  return text !== undefined && /^\p{L}+$/u.test(text);
}

/** The longest phrase of the table that begins here. */
function lookUp(tokens: readonly string[], at: number, table: SpellingTable) {
  for (let used = Math.min(table.longest, tokens.length - at); used > 0; used -= 1) {
    const words = tokens.slice(at, at + used);
    const meaning = table.meanings.get(words.map(keyOf).join(' '));
    if (meaning !== undefined) return { used, meaning };
  }
  return undefined;
}

/** "München", "Muenchen" and "Munchen" are one key; single letters keep theirs. */
const keyOf = (token: string): string => matchForm(token);
