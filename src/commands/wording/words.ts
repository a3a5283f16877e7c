/** Says the sentences of screens, in the language of whoever reads or hears them: data/messages/<language>/screens.json (B98). */
import en from '../../../data/messages/en/screens.json' with { type: 'json' };
import enTerms from '../../../data/messages/en/terms.json' with { type: 'json' };
import type { Fact, Facts } from '../../errors.js';
import type { Tongue } from '../ports.js';
import { inSentences } from './known.js';
import { say } from './say.js';

type Groups = typeof en;
/** Group and key, such as `verdict.neutral`. */
export type ScreenKey = { [G in keyof Groups]: `${G}.${Extract<keyof Groups[G], string>}` }[keyof Groups];

type Texts = Readonly<Record<string, string>>;
type Catalogue = Readonly<Record<string, Texts>>;

export interface Words {
  (key: ScreenKey, facts?: Facts): string;
  readonly language: string;
  readonly now: () => number;
  in(language: string): Words;
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

function wordsIn(language: string, tongue: Pick<Tongue, 'read' | 'now'>): Words {
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
    return say(message, Object.fromEntries(named), language, tongue.now());
  };
  const words = (key: ScreenKey, facts: Facts = {}) => {
    const [group = '', name = ''] = key.split('.');
    const own = catalogue<Catalogue>('screens', en)[group]?.[name];
    return said(own ?? (en as Catalogue)[group]?.[name] ?? key, facts);
  };
  return Object.assign(words, {
    language,
    now: tongue.now,
    in: (other: string) => wordsIn(other, tongue),
    all: (...keys: readonly ScreenKey[]) => keys.map((key) => words(key)),
    term: (set: string, key: string) => termOf(set, key) ?? key,
    known,
    say: said,
    catalogue,
  });
}
