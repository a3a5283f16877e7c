/**
 * Phrases as owners set them, as rightful callers say them, and as an agent mistypes them. Made with a seed, and by other code than the
 * folding: nothing here imports a rule. `npx vitest run test/rules/hearing` prints the figures.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const words = readFileSync(resolve(import.meta.dirname, '../../data/words/passphrase-words.txt'), 'utf8')
  .trim()
  .split('\n');
/** Words with a, o or u before an e that is no umlaut. */
export const PLAIN_E =
  'shoe blue queen toe poem canoe shoes toes blues poet glue clue true fuel cruel duel duet value statue rescue tongue league guest guess tissue avenue revenue continue virtue barbecue heroes potatoes tomatoes volcanoes echoes goes does squeak squeal queue quest question request bouquet technique influence sequence consequence frequent fluent horseshoe tiptoe toenail mistletoe blueberry bluebird gruesome maestro aerial archaeologist michael israel phoenix coexist silhouette influenza reggae algae dialogue vague rogue plague argue antique oboe bauer sauerkraut tattooed israeli venue subdue residue suede tuesday fondue'.split(
    ' ',
  );
/** With umlauts: each is also spelled with a, o or u and an e, or without the dots. */
export const UMLAUTS =
  'Müller Jäger Köln Bär Glück schön Übermut Äpfel Öl Höhle grün Bücher Flügel süß Hügel Mühle Türme Löwe Vögel König Käse Träume Bäume Häuser Möwe Frühling Blüte blühen Glühwein Tüte Günther Gürtel Güte Düsseldorf dünn Dörfer Töchter Töpfe Förster Höhe höchste hören für füllen Süden Sünde Österreich größer Röschen Bürste Tür Schlüssel Küche Stück Brücke Wüste Bühne fröhlich kühl müde Nüsse prüfen rückwärts Schüler spät Täler über üben während wählen Wörter zählen zögern Mädchen Gemüse Hähne Knödel Lärm Märchen Nähe Säge Schäfer Äste ähnlich öde Öfen trüb Trüffel Röhre Störche'.split(
    ' ',
  );
const SIGNS = ['&', '@', '&', ','];

/** A generator of numbers from 0 to below 1 (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
type Chance = () => number;
const pick = <T>(next: Chance, from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;

/** Four or five words, 15 letters or more: plain ones, some with an umlaut, some with an e that is none, a number or a sign. */
export function phraseOf(next: Chance): string {
  const german = next() < 0.2;
  const count = next() < 0.5 ? 4 : 5;
  const one = () => {
    const kind = next();
    if (german && kind < 0.6) return pick(next, UMLAUTS);
    if (kind > 0.85) return pick(next, PLAIN_E);
    if (kind > 0.8) return String(Math.floor(next() * 90) + 10);
    return pick(next, words);
  };
  const made = Array.from({ length: count }, one);
  if (next() < 0.15) made.splice(2, 0, pick(next, SIGNS));
  if (next() < 0.05) made.splice(1, 0, pick(next, ['dot', 'dash', 'period', 'comma']));
  const text = made.join(' ').replace(' ,', ',');
  return bare(text).length >= 15 ? text : phraseOf(next);
}

/** Lower-case letters and digits alone: two texts of different bare forms are different phrases, but for what `said` does. */
export const bare = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{Nd}]/gu, '');

const DIGITS = 'zero one two three four five six seven eight nine'.split(' ');
const WITH_E: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss', Ä: 'Ae', Ö: 'Oe', Ü: 'Ue' };
const PLAIN: Readonly<Record<string, string>> = { ä: 'a', ö: 'o', ü: 'u', ß: 'ss', Ä: 'A', Ö: 'O', Ü: 'U' };
const by = (table: Readonly<Record<string, string>>) => (text: string) =>
  text.replace(/[äöüßÄÖÜ]/g, (letter) => table[letter] ?? letter);

/** How a rightful caller may say it, and an agent type it. */
export const SAYINGS: Readonly<Record<string, (text: string, next: Chance) => string>> = {
  'as set': (text) => text,
  'other case': (text, next) => (next() < 0.5 ? text.toUpperCase() : text.toLowerCase()),
  'no spaces': (text) => text.replaceAll(' ', ''),
  hyphens: (text) => text.replaceAll(' ', '-'),
  'umlauts with e': by(WITH_E),
  'umlauts without dots': by(PLAIN),
  'digits as words': (text) => text.replace(/[0-9]/g, (digit) => ` ${DIGITS[Number(digit)]} `),
  'signs as words': (text) => text.replace('&', 'and').replace('@', 'at'),
};
export function said(text: string, next: Chance): string {
  return Object.values(SAYINGS)[Math.floor(next() * Object.keys(SAYINGS).length)]?.(text, next) ?? text;
}

const ROWS = ['1234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'];
function neighbour(letter: string, next: Chance): string {
  const row = ROWS.findIndex((keys) => keys.includes(letter.toLowerCase()));
  if (row === -1) return 'x';
  const at = (ROWS[row] as string).indexOf(letter.toLowerCase());
  const near = [ROWS[row]?.[at - 1], ROWS[row]?.[at + 1], ROWS[row - 1]?.[at], ROWS[row + 1]?.[at]];
  return pick(
    next,
    near.filter((key) => key !== undefined),
  );
}

/** Slips of the fingers, at one place. */
export const SLIPS: Readonly<Record<string, (text: string, at: number, next: Chance) => string>> = {
  transposed: (text, at) => text.slice(0, at) + (text[at + 1] ?? '') + (text[at] ?? '') + text.slice(at + 2),
  doubled: (text, at) => text.slice(0, at) + (text[at] ?? '') + text.slice(at),
  missing: (text, at) => text.slice(0, at) + text.slice(at + 1),
  neighbour: (text, at, next) => text.slice(0, at) + neighbour(text[at] ?? '', next) + text.slice(at + 1),
};
const kinds = Object.keys(SLIPS);

/** Each key is a slip with the chance `perKey`; each kind is as frequent as the others. */
export function typed(text: string, perKey: number, next: Chance): string {
  let line = text;
  for (let at = 0; at < line.length; at += 1)
    if (next() < perKey) line = SLIPS[pick(next, kinds)]?.(line, at, next) ?? line;
  return line;
}

/** Wrong in other ways than by the fingers. */
const ERRORS: Readonly<Record<string, (text: string, next: Chance) => string>> = {
  'another word': (text, next) => swapWord(text, next, () => pick(next, words)),
  'a word less': (text, next) => swapWord(text, next, () => ''),
  'an e less': (text) => text.replace(/([aou])e/, '$1'),
  'every e less': (text) => text.replace(/([aou])e/g, '$1'),
  'a sign word less': (text) => text.replace(/ (?:dot|dash|period|comma|and|at)\b/, ''),
};
function swapWord(text: string, next: Chance, other: () => string): string {
  const parts = text.split(' ');
  parts[Math.floor(next() * parts.length)] = other();
  return parts.join(' ');
}

/** A phrase and texts that differ from it: by a slip, or by an error of the caller. Never the same but for signs and spaces. */
export function nearMisses(next: Chance, count: number) {
  const set = phraseOf(next);
  const misses: { readonly heard: string; readonly kind: string }[] = [];
  while (misses.length < count) {
    const kind = pick(next, [...kinds, ...kinds, ...Object.keys(ERRORS)]);
    const slip = SLIPS[kind];
    const heard = slip ? slip(set, Math.floor(next() * set.length), next) : (ERRORS[kind]?.(set, next) ?? set);
    if (bare(heard) !== bare(set)) misses.push({ heard, kind });
  }
  return { set, misses };
}
