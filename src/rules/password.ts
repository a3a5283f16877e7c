/**
 * Decides whether a password may be set, for operators and for customers (B21, B80): length as typed, the block list, names and numbers
 * of the person and the company, repeats, keyboard walks, and the estimator's guesses. Unlike a passphrase it is typed, never spoken, so
 * its case and its symbols count. Every reason that applies is given, and none contains anything of the password.
 */
import { isBlocked, isPersonal, type PassphraseInput, type Reason, SAID, wordParts } from './passphrase.js';
import { isRepeat, isWalk } from './passphrase-patterns.js';
import type { Limits } from './policy.js';
import { JUDGED_VERSION, spokenForms } from './spoken-form.js';

export type PasswordRules = Limits['applicationPassword' | 'operatorPassword'];

/** The fewest characters: `alone` says that the login has no second factor. */
export const leastLength = (rules: PasswordRules, alone: boolean): number =>
  alone ? Math.max(rules.minLength, rules.aloneMinLength) : rules.minLength;

/** What is wrong with a password of a right length; empty if it may be set. */
export function judgePassword(input: Omit<PassphraseInput, 'minLength' | 'maxCodePoints'>): readonly Reason[] {
  const { text, context, blocked, guessesLog10, minGuessesLog10 } = input;
  const folded = spokenForms(text, JUDGED_VERSION)[2] ?? '';
  const keys = text.toLowerCase().replace(/[\s._-]+/gu, '');
  const codes: Reason['code'][] = [];
  if (folded !== '' && isBlocked(folded, blocked)) codes.push('common');
  if (folded !== '' && isPersonal(folded, context.words)) codes.push('personal');
  if (isRepeat(keys)) codes.push('repeats');
  if (isWalk(keys)) codes.push('walk');
  if (!(guessesLog10(text, wordParts(context.words)) >= minGuessesLog10)) codes.push('guessable');
  return codes.map((code) => ({ code, message: SAID[code] ?? '' }));
}
