/** The words of the pages: one catalogue a language in data/messages, chosen by what the browser asks for. */
import de from '../../data/messages/de/pages.json' with { type: 'json' };
import en from '../../data/messages/en/pages.json' with { type: 'json' };
import { type Language, say } from '../commands/wording/say.js';
import { worded } from '../commands/wording/worded.js';
import type { Facts, Refusal } from '../errors.js';

export type TextKey = keyof typeof en;
/** German has the keys of English, or this does not compile. */
const CATALOGUES: Readonly<Record<Language, Readonly<Record<TextKey, string>>>> = { en, de: de satisfies typeof en };

export type Text = (key: TextKey, facts?: Facts) => string;

export const textOf = (language: Language, now: number): Text => {
  const catalogue = CATALOGUES[language];
  return (key, facts) => (facts === undefined ? catalogue[key] : say(catalogue[key], facts, language, now));
};

/** For a key that is put together, or comes from outside; undefined if there is none. */
export const keyOf = (key: string): TextKey | undefined => (Object.hasOwn(en, key) ? (key as TextKey) : undefined);

/** The first language of `Accept-Language` that there is, by its weights. */
export function languageOf(accepted: string): Language {
  const wanted = [
    ...accepted.toLowerCase().matchAll(/(?:^|,)\s*(en|de)(?:-[a-z\d-]+)?\s*(?:;\s*q=([\d.]+)\s*)?(?=,|$)/g),
  ]
    .map(([, tag, weight]) => ({ tag, weight: Number(weight ?? 1) }))
    .toSorted((a, b) => b.weight - a.weight);
  return wanted[0]?.tag === 'de' && wanted[0].weight > 0 ? 'de' : 'en';
}

export type Worded = { readonly message: string; readonly more: readonly string[] };

/** A refusal in the words for customers, without what only the command line can do. */
export function wordsOf(refused: Refusal, language: Language, now: number): Worded {
  const { reason, facts } = refused.because ?? {};
  const own = keyOf(`refused.${reason}`);
  const said = worded(refused, 'customer', now, language);
  const message = own === undefined ? said.message : textOf(language, now)(own, facts);
  const hints = said.hint?.split(/(?<=[.!?:])\s+/).filter((hint) => !/countersign|--|:$/.test(hint)) ?? [];
  return { message: asSentence(message), more: [...said.problems.map((one) => one.message), ...hints].map(asSentence) };
}

const asSentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/[^.!?]$/, '$&.')}`;
