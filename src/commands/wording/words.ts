/** Says the sentences of screens, in the language of whoever reads or hears them: data/messages/<language>/screens.json (B98). */
import en from '../../../data/messages/en/screens.json' with { type: 'json' };
import enTerms from '../../../data/messages/en/terms.json' with { type: 'json' };
import type { Fact, Facts } from '../../errors.js';
import type { SoundingAlarm } from '../../procedures/calls/alarms.js';
import type { Block } from '../../terminal/render.js';
import type { Tongue } from '../ports.js';
import { ANYWHERE, block, LOCAL, localClock } from './results.js';
import { say } from './say.js';

type Texts = Readonly<Record<string, string>>;

/**
 * Sentences that stand in the code in English, because JSON has them so: findings of `doctor`, faults of rows, refusals of store and settings.
 * A language has them under their English (`sentences` in data/messages): what is in `{0}` stays as it is, `{a}` is such a sentence itself.
 */
const patterns = new WeakMap<Texts, readonly (readonly [english: RegExp, own: string])[]>();

/** Of two sentences that fit, the one with more words of its own comes first. */
const fixed = (english: string): number => english.replace(/\{\w\}/g, '').length;

const compile = (sentences: Texts) =>
  Object.entries(sentences)
    .sort(([a], [b]) => fixed(b) - fixed(a))
    .map(([english, own]) => {
      const text = english.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{(\w)\}/g, '(?<_$1>.+?)');
      return [new RegExp(`^${text}$`, 's'), own] as const;
    });

/** A longer text holds something from outside, on which matching could take very long. */
const LONGEST = 2_000;

/** The text in the language of these sentences; as it is if it is none of them. */
function inSentences(sentences: Texts, text: string): string {
  if (!patterns.has(sentences)) patterns.set(sentences, compile(sentences));
  if (text.length > LONGEST) return text;
  for (const [english, own] of patterns.get(sentences) ?? []) {
    const held = english.exec(text);
    const part = (name: string) => held?.groups?.[`_${name}`] ?? '';
    const said = (_: string, name: string) => (/\d/.test(name) ? part(name) : inSentences(sentences, part(name)));
    if (held !== null) return own.replaceAll(/\{(\w)\}/g, said);
  }
  const steps = text.split('   ');
  return steps.length === 1 ? text : steps.map((step) => inSentences(sentences, step)).join('   ');
}

type Groups = typeof en;
/** Group and key, such as `verdict.neutral`. */
export type ScreenKey = { [G in keyof Groups]: `${G}.${Extract<keyof Groups[G], string>}` }[keyof Groups];

type Catalogue = Readonly<Record<string, Texts>>;

export interface Words {
  (key: ScreenKey, facts?: Facts): string;
  readonly language: string;
  readonly now: () => number;
  /** `anywhere`: for readers whose clocks may be in another zone than this machine's. */
  in(language: string, anywhere?: boolean): Words;
  /** Several, such as the heads of columns. */
  all(...keys: readonly ScreenKey[]): readonly string[];
  /** A word that screens share with refusals. */
  term(set: string, key: string): string;
  /** With facts that are named like a set of terms, in the words of that set. */
  say(message: string, facts: Facts): string;
  /** A sentence that stands in the code in English. */
  known(sentence: string): string;
  /** A whole catalogue, such as `refusals`; in English if the language has none. */
  catalogue<T>(file: string, english: T): T;
}

/** In the language that a run speaks now. */
export const wordsOf = ({ tongue }: { readonly tongue: Tongue }): Words => wordsIn(tongue.language, tongue);

/** English needs no file: for what speaks where nothing was read yet. */
export const englishAt = (now: number): Words => wordsIn('en', { read: () => undefined, now: () => now });

function wordsIn(language: string, tongue: Pick<Tongue, 'read' | 'now'>, zone = LOCAL): Words {
  const catalogue = <T>(file: string, english: T): T =>
    language === 'en' ? english : ((tongue.read(language, file) as T | undefined) ?? english);
  const termOf = (set: string, key: string) =>
    catalogue<Catalogue>('terms', enTerms)[set]?.[key] ?? (enTerms as Catalogue)[set]?.[key];
  const known = (sentence: string) => inSentences(catalogue<Texts>('sentences', {}), sentence);
  /** Why another system took nothing: a word that is kept, or a sentence. */
  const reason = (why: string) => known(termOf('trouble', why) ?? why);
  const said = (message: string, facts: Facts) => {
    const inTerms = (name: string, fact: Fact): Fact =>
      Array.isArray(fact)
        ? (fact.map((one) => (one.message ? { ...one, message: known(one.message) } : inTerms(name, one))) as Fact)
        : (termOf(name, String(fact)) ?? (name === 'why' && typeof fact === 'string' ? reason(fact) : fact));
    const named = Object.entries(facts).map(([name, fact]) => [name, inTerms(name, fact)] as const);
    return say(message, Object.fromEntries(named), language, tongue.now(), zone);
  };
  const words = (key: ScreenKey, facts: Facts = {}) => {
    const [group = '', name = ''] = key.split('.');
    const own = catalogue<Catalogue>('screens', en)[group]?.[name];
    return said(own ?? (en as Catalogue)[group]?.[name] ?? key, facts);
  };
  return Object.assign(words, {
    language,
    now: tongue.now,
    in: (other: string, anywhere = false) => wordsIn(other, tongue, anywhere ? ANYWHERE : zone),
    all: (...keys: readonly ScreenKey[]) => keys.map((key) => words(key)),
    term: (set: string, key: string) => termOf(set, key) ?? key,
    known,
    say: said,
    catalogue,
  });
}

/** A sentence to read aloud, and what it means where the operator works in another language. */
export const sayBlocks = (words: Words, heard: Words, key: ScreenKey, facts = {}): readonly Block[] => [
  block.say(heard(key, facts)),
  ...(heard.language === words.language ? [] : [block.note(words('call.meaning', { text: words(key, facts) }))]),
];

/** `31 wrong phrases at 100234 Northwind within an hour, 14:05` (B95) */
export const alarmLine = ({ scope, name, since, misses }: SoundingAlarm, words: Words): string =>
  words('alerts.alarm', { scope, name, misses, clock: localClock(since) });
