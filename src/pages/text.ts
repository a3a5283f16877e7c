/** The words of the pages: data/messages/<language>/pages.json, in the language of the person, else the first that the browser asks for. */
import en from '../../data/messages/en/pages.json' with { type: 'json' };
import { worded } from '../commands/wording/worded.js';
import type { Words } from '../commands/wording/words.js';
import type { Facts, Refusal } from '../errors.js';

export type TextKey = keyof typeof en;

export type Text = (key: TextKey, facts?: Facts) => string;

export function textOf(words: Words): Text {
  const catalogue = words.catalogue<typeof en>('pages', en);
  return (key, facts) => (facts === undefined ? catalogue[key] : words.say(catalogue[key], facts));
}

/** For a key that is put together, or comes from outside; undefined if there is none. */
export const keyOf = (key: string): TextKey | undefined => (Object.hasOwn(en, key) ? (key as TextKey) : undefined);

/** The first language of `Accept-Language` that there is, by its weights. */
export function accepted(header: string): string {
  const wanted = [...header.toLowerCase().matchAll(/(?:^|,)\s*(en|de)(?:-[a-z\d-]+)?\s*(?:;\s*q=([\d.]+)\s*)?(?=,|$)/g)]
    .map(([, tag, weight]) => ({ tag, weight: Number(weight ?? 1) }))
    .toSorted((a, b) => b.weight - a.weight);
  return wanted[0]?.tag === 'de' && wanted[0].weight > 0 ? 'de' : 'en';
}

export type Worded = { readonly message: string; readonly more: readonly string[] };

/** A refusal in the words for customers, without what only the command line can do. */
export function refusedWords(refused: Refusal, words: Words): Worded {
  const { reason, facts } = refused.because ?? {};
  const own = keyOf(`refused.${reason}`);
  const said = worded(refused, 'customer', words);
  const message = own === undefined ? said.message : textOf(words)(own, facts);
  const problems = said.problems.map((one) => words.known(one.message));
  const hints = words.known(said.hint ?? '').split(/(?<=[.!?])\s+/);
  const more = [...problems, ...hints].filter((one) => !/^$|countersign|--/.test(one));
  return { message: asSentence(words.known(message)), more: more.map(asSentence) };
}

const asSentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/[^.!?]$/, '$&.')}`;
