/**
 * Draws a passphrase that can be said on the phone (B22): words without sound-alikes, picked evenly, with how to say them. Pure:
 * the list and the source of chance are arguments (data/words/passphrase-words.txt and a cryptographic randomInt).
 *
 * In folded form no word of the list begins another, no word ends in a letter that the folding joins to the next one, and none has
 * an e that stays or goes with the letters after it ("issue baboon"), so different draws stay different phrases without spaces. An
 * attacker who knows the list still has to guess all of `bits`.
 */
import { refusal } from '../errors.js';

/** Fewest bits a drawn phrase may have (B22). */
export const MIN_GENERATED_BITS = 51;

/**
 * Draws a passphrase: words without sound-alikes, picked evenly. In folded form no word of the list (data/words/passphrase-words.txt) begins
 * another, no word ends in a letter that the folding joins to the next one, and none has an e that stays or goes with the letters after it
 * ("issue baboon"), so different draws stay different phrases without spaces. An attacker who knows the list still has to guess all of `bits`.
 * `text`: lower-case words with one space between them. `howToSay` is one sentence for the person who has to say it. Both are secret. `bits`: log2
 * of the number of phrases it was drawn from.
 * @param randomInt gives an even whole number from 0 up to, not including, `below`
 * @throws Refusal `config` if list and count give fewer than 51 bits, or the list has doubles
 */
export function generatePassphrase(words: readonly string[], count: number, randomInt: (below: number) => number) {
  const bits = generatedBits(words, count);
  if (bits < MIN_GENERATED_BITS) {
    const facts = { drawn: count, words: words.length, bits, needed: MIN_GENERATED_BITS };
    throw refusal('config', 'too-few-bits', facts, 'raise-words');
  }
  const drawn = Array.from({ length: count }, () => pick(words, randomInt));
  const text = drawn.join(' ');
  return { text, howToSay: `Say "${text}": ${count} words, each once, no digits.`, bits };
}

/** Bits of a phrase of `count` words drawn evenly from the list. Doubles in the list count once. */
export function generatedBits(words: readonly string[], count: number): number {
  const different = new Set(words).size;
  if (different !== words.length) throw refusal('config', 'word-twice', {});
  return different === 0 ? 0 : count * Math.log2(different);
}

function pick(words: readonly string[], randomInt: (below: number) => number): string {
  const word = words[randomInt(words.length)];
  if (word === undefined) throw new RangeError('randomInt went beyond its limit');
  return word;
}
