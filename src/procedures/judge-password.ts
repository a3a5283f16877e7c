/** What is wrong with a new password (B21, B80), for the wings that set one: operators and customers. */
import type { Phrasebook } from '../desk.js';
import type { Reason } from '../rules/passphrase.js';
import { judgePassword, type PasswordRules } from '../rules/passphrase.js';

/** Product and trade words that an attacker tries first. */
export const OWN_WORDS = ['countersign', 'passphrase', 'password'];

/** One form for all the ways in which a keyboard can compose the same text. */
export const asTyped = (password: string): string => password.normalize('NFC');

/** True if the number of characters is within the limits. Length comes first: the other rules need words that take 0.2 s to load. */
export function fitsLength(password: string, least: number, { maxCodePoints }: PasswordRules): boolean {
  const length = [...asTyped(password)].length;
  return length >= least && length <= maxCodePoints;
}

/** Everything but the length. `known` are names, addresses and numbers of the person and the company. */
export async function passwordFaults(
  book: Pick<Phrasebook, 'words'>,
  { minGuessesLog10 }: PasswordRules,
  password: string,
  known: readonly string[],
): Promise<readonly Reason[]> {
  return judgePassword({
    text: asTyped(password),
    minGuessesLog10,
    blocked: await book.words.blocked(),
    guessesLog10: await book.words.estimator(),
    context: { words: [...known.filter((word) => word !== ''), ...OWN_WORDS] },
  });
}
