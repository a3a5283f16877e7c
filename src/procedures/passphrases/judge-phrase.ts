/** Decides whether a phrase may become this user's passphrase (B21); if not, gives the reasons and another phrase. And stores it. */
import type { Desk, Phrasebook, Writes } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import { judgePassphrase } from '../../rules/passphrase.js';
import { generatePassphrase } from '../../rules/passphrase-words.js';
import type { Account, User } from '../../rules/people.js';
import { FOLD_VERSION, sameSpoken } from '../../rules/spoken-form.js';
import { OWN_WORDS } from '../judge-password.js';
import { checkApplicationPassword } from '../portal/application-password.js';
import { passphraseContext } from '../seal-contexts.js';

/** Draws a new phrase from the word list (B22). */
export async function drawPhrase(desk: Phrasebook, words: number = desk.policy.limits.passphrase.generatedWords) {
  return generatePassphrase(await desk.words.passphraseWords(), words, desk.chance.int);
}

/**
 * Returns the sealed verifier, for `storePhrase`. Refusal `invalid-input`, with each reason and a generated alternative; it never contains the
 * phrase. The application password is compared last, and only if everything else is right (B10): its refusal reveals that the two
 * are the same, so a phrase that passes must be set, not only tested. `password` is the application password if it is at hand:
 * then it is compared as spoken, otherwise as typed.
 */
export async function judgePhrase(desk: Desk, user: User, account: Account, phrase: string, password: string | null) {
  const all = [user.name, user.login, user.email, user.phone, account.name, account.number, desk.name];
  const known = all.filter((word) => word !== '');
  const form = await requireStrong(desk, phrase, known);
  const same =
    password === null ? (await checkApplicationPassword(desk, user, phrase)).matches : sameSpoken(phrase, password);
  if (same) throw await weak(desk, [{ message: 'It is the application password, which is never said to anyone.' }]);
  return desk.secrets.make('person', 'seal/passphrase', passphraseContext(user), form);
}

type Stored = Omit<Parameters<Writes['secrets']['putPassphrase']>[0], 'user_id' | 'form_version' | 'set_at'>;

/** Inside the door: from now on this phrase verifies and no other, and the grants that one gave end; returns how many. */
export async function storePhrase({ write, now }: { write: Writes; now: number }, userId: string, phrase: Stored) {
  await write.secrets.putPassphrase({ ...phrase, user_id: userId, form_version: FOLD_VERSION, set_at: now });
  await write.users.bumpAuthority(userId);
  return write.grants.revokeOfUser(userId, now);
}

/** The spoken form. `known`: words of the user, if it is for a known one. Refusal `invalid-input`, with each reason and an alternative. */
export async function requireStrong(desk: Phrasebook, phrase: string, known: readonly string[] = []): Promise<string> {
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
