/**
 * Builds passphrase-words.txt and blocked.txt beside this file. Run by hand: `node data/words/make-words.mjs`; the same packages give
 * the same bytes. README.md here says where the words come from and under which licences.
 *
 * passphrase-words.txt: words to draw passphrases from (B22). A word is kept when it is common, 4 to 8 letters, not in left-out.txt,
 * and cannot be taken for a word already kept: not the same consonants within two letters, not one letter apart, no common stem.
 * The folded words are prefix-free and none ends in a, o or u (whose following e would be folded away), so that different draws stay
 * different phrases without spaces, and every bit counted is there.
 *
 * blocked.txt: well-known phrases and words of any length, and of 15 letters or more long passwords, pairs and repeats of common
 * passwords, keyboard walks; folded (B21).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dictionary as common } from '@zxcvbn-ts/language-common';
import { dictionary as english } from '@zxcvbn-ts/language-en';
import { build } from 'esbuild';

const here = new URL('./', import.meta.url);
const MIN_LETTERS = 4;
const MAX_LETTERS = 8;
/** Rank among the 55,830 common English words beyond which a word counts as hard to hear or to spell. */
const MAX_RANK = 30_000;
/** The commonest words (that, very, these) draw no picture and are the first to be swallowed on the phone. */
const MIN_RANK = 250;
/** Forms of another word, hard to keep apart in memory: "going" or "go", "planned" or "plan". */
const INFLECTED = /(?:[a-z]{2}ing|[a-z]{2}ed|ly|ness|less|able|[^aiosu]s|est|wise|like)$|^(?:un|dis|re(?![aeglpstv])|mis|non|over|under|anti|im)/;
const MIN_BLOCKED_LETTERS = 15;

const { JUDGED_VERSION, matchForm, spokenForms } = await loadFolding();
writeFileSync(new URL('passphrase-words.txt', here), lines(passphraseWords()));
writeFileSync(new URL('blocked.txt', here), lines(blockedForms()));

/** The folding is TypeScript: bundled in memory, so that this script and the desk cannot disagree. */
async function loadFolding() {
  const entry = new URL('../../src/rules/spoken-form.ts', here).pathname;
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: 'esm', platform: 'node', write: false });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

function passphraseWords() {
  const leftOut = leftOutWords();
  const rank = new Map(english['commonWords-en'].map((word, index) => [word, index]));
  const names = new Set(english['firstnames-en']);
  const candidates = common['diceware-common']
    .filter((word) => /^[a-z]+$/.test(word) && word.length >= MIN_LETTERS && word.length <= MAX_LETTERS)
    .filter((word) => rank.has(word) && rank.get(word) >= MIN_RANK && rank.get(word) < MAX_RANK && !names.has(word))
    .filter((word) => !leftOut.has(word) && !leftOut.has(stem(word)) && !hasTrap(word) && !INFLECTED.test(word))
    .sort((a, b) => rank.get(a) - rank.get(b) || (a < b ? -1 : 1));
  const kept = [];
  for (const word of candidates.map(describe)) {
    if (!kept.some((other) => mistakable(word, other))) kept.push(word);
  }
  // Taken out last, so that the other words stay what they were: whether their e is heard depends on the letters after it.
  return kept.map(({ word }) => word).filter((word) => !/[aou]e/.test(word)).sort();
}

function describe(word) {
  return { word, form: matchForm(word, JUDGED_VERSION), stem: stem(word), sound: soundKey(word) };
}

function leftOutWords() {
  const text = readFileSync(new URL('left-out.txt', here), 'utf8').replace(/^#.*$/gm, '');
  return new Set(text.split(/[\s=]+/).filter(Boolean));
}

/** Letters that the folding treats in a special way, or that are hard to hear: no digit words inside, no final a, o, u, no x or q. */
function hasTrap(word) {
  return /zero|one|two|three|four|five|six|seven|eight|nine|double|triple|[aou]$|^e|^oh|q|x|wr|kn|gn|ph|mb$|[^aeiou]{4}/.test(word);
}

function mistakable(a, b) {
  if (a.form.startsWith(b.form) || b.form.startsWith(a.form) || a.stem === b.stem) return true;
  const apart = distance(a.word, b.word, 2);
  return apart <= 1 || (apart <= 2 && a.sound === b.sound);
}

/** A coarse sound key, coarser than Soundex or Metaphone: consonants in classes a telephone mixes up, the first sound kept. */
function soundKey(word) {
  const spelled = word.replace(/gh/g, '').replace(/ck/g, 'k').replace(/sh|ch|tch/g, 'j').replace(/th/g, 't').replace(/c(?=[eiy])/g, 's').replace(/dge?|g(?=[eiy])/g, 'j');
  const classes = { b: 'p', d: 't', g: 'k', c: 'k', v: 'f', w: 'f', z: 's', n: 'm', r: 'l' };
  const sounds = [...spelled].map((letter) => classes[letter] ?? letter);
  const rest = sounds.slice(1).filter((sound) => !'aeiouyh'.includes(sound));
  const first = 'aeiouy'.includes(sounds[0]) ? 'a' : sounds[0];
  return [first, ...rest].join('').replace(/(.)\1+/g, '$1');
}

function stem(word) {
  return word.replace(/(?:ing|ings|ed|er|ers|es|s|ly|y|ness|able|al|ful|en|est|ity|ion|e)$/, '').replace(/(.)\1$/, '$1').replace(/i$/, '');
}

/** Letters to change, add, drop or swap; anything above `limit` is given as limit + 1. */
function distance(a, b, limit) {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(row[j - 1] + 1, rows[i - 1][j] + 1, rows[i - 1][j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return Math.min(rows[a.length][b.length], limit + 1);
}

function blockedForms() {
  const phrases = readFileSync(new URL('phrases.txt', here), 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const passwords = common['passwords-common'];
  const top = passwords.filter((word) => /^[a-z]{4,}$/.test(word)).slice(0, 100);
  const texts = [
    ...passwords.filter((word) => word.length >= MIN_BLOCKED_LETTERS),
    ...top.flatMap((first) => top.map((second) => first + second)),
    ...passwords.slice(0, 600).flatMap((word) => repeats(word)),
    ...walks(),
  ];
  return [...new Set([...phrases, ...texts.filter(longEnough)].map((text) => matchForm(text, JUDGED_VERSION)))].sort();
}

/** Long enough to be tried at all: digits count as one each, shorter phrases are refused by their length. */
function longEnough(text) {
  return spokenForms(text, JUDGED_VERSION)[2].length >= MIN_BLOCKED_LETTERS;
}

function repeats(word) {
  return [2, 3, 4].map((count) => word.repeat(count));
}

/** Runs along the rows and columns of three keyboards and of the alphabet, both ways, 15 to 20 keys. */
function walks() {
  const rows = ['qwertyuiopasdfghjklzxcvbnm', 'qwertzuiopasdfghjklyxcvbnm', 'azertyuiopqsdfghjklmwxcvbn', 'qazwsxedcrfvtgbyhnujmikolp', '1qaz2wsx3edc4rfv5tgb6yhn7ujm', 'abcdefghijklmnopqrstuvwxyz', '12345678901234567890', '1q2w3e4r5t6y7u8i9o0p'];
  return rows.flatMap((row) => [row, [...row].reverse().join('')]).flatMap((row) => {
    const lengths = [15, 16, 17, 18, 19, 20, row.length];
    return lengths.flatMap((length) => [0, 1, 2, 3].map((from) => row.slice(from, from + length)));
  });
}

function lines(list) {
  return `${list.join('\n')}\n`;
}
