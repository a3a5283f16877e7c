/**
 * The strength estimator behind B21: zxcvbn-ts with its common and English dictionaries. They take about 0.2 s to load, so this
 * file is loaded only when a phrase is judged. After `openStrength` the rule that uses it stays pure.
 */
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import * as common from '@zxcvbn-ts/language-common';
import * as english from '@zxcvbn-ts/language-en';

const MAX_LENGTH = 64;

export interface Strength {
  /**
   * log10 of the guesses for one reading of a phrase, if the attacker tries `contextWords` first. Only the first 64 characters
   * are used: more could only add guesses, and 256 hostile ones took 7 s.
   */
  guessesLog10(reading: string, contextWords: readonly string[]): number;
}

let opened: Strength | undefined;

/** The same estimator for the whole process: making one takes longer than any estimate. */
export function openStrength(): Strength {
  opened ??= makeStrength();
  return opened;
}

function makeStrength(): Strength {
  const estimator = new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    translations: english.translations,
    maxLength: MAX_LENGTH,
  });
  return { guessesLog10: (reading, contextWords) => estimator.check(reading, [...contextWords]).guessesLog10 };
}
