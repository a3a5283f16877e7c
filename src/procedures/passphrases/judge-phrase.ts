/** Decides whether a phrase may become this user's passphrase (B21); if not, gives the reasons and another phrase. */
import type { Desk, Phrasebook } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import { judgePassphrase } from '../../rules/passphrase.js';
import { generatePassphrase } from '../../rules/passphrase-words.js';
import type { Account, User } from '../../rules/people.js';
import { sameSpoken } from '../../rules/spoken-form.js';
import { OWN_WORDS } from '../judge-password.js';
import { checkApplicationPassword } from '../portal/application-password.js';

/** Draws a new phrase from the word list (B22). */
export async function drawPhrase(desk: Phrasebook, words: number = desk.policy.limits.passphrase.generatedWords) {
  return generatePassphrase(await desk.words.passphraseWords(), words, desk.chance.int);
}

/** Checks a phrase that is for no known user. Refusal `invalid-input`, with each reason and an alternative. */
export async function requireStrong(book: Phrasebook, phrase: string): Promise<void> {
  await strongForm(book, phrase, []);
}

/**
 * Returns the spoken form to hash. Refusal `invalid-input`, with each reason and a generated alternative; it never contains the
 * phrase. The application password is compared last, and only if everything else is right (B10): its refusal reveals that the two
 * are the same, so a phrase that passes must be set, not only tested. `password` is the application password if it is at hand:
 * then it is compared as spoken, otherwise as typed.
 */
export async function judgePhrase(desk: Desk, user: User, account: Account, phrase: string, password: string | null) {
  const all = [user.name, user.login, user.email, user.phone, account.name, account.number, desk.name];
  const known = all.filter((word) => word !== '');
  const form = await strongForm(desk, phrase, known);
  const same =
    password === null ? (await checkApplicationPassword(desk, user, phrase)).matches : sameSpoken(phrase, password);
  if (same) throw await weak(desk, [{ message: 'It is the application password, which is never said to anyone.' }]);
  return form;
}

async function strongForm(desk: Phrasebook, phrase: string, known: readonly string[]): Promise<string> {
  const { minLength, maxCodePoints, minGuessesLog10 } = desk.policy.limits.passphrase;
  const judged = judgePassphrase({
    text: phrase,
    minLength,
    maxCodePoints,
    minGuessesLog10,
    blocked: await desk.words.blocked(),
    guessesLog10: await desk.words.estimator(),
    context: { words: [...known, ...OWN_WORDS] },
  });
  if (judged.ok) return judged.form;
  throw await weak(desk, judged.reasons);
}

async function weak(desk: Phrasebook, reasons: readonly { readonly message: string }[]): Promise<Refusal> {
  const { text } = await drawPhrase(desk);
  return refusal('invalid-input', 'phrase-refused', { phrase: text }, 'phrase-instance', {
    problems: reasons.map(({ message }) => ({ message })),
    also: { alternative: text },
  });
}
