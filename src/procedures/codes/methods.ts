/**
 * The second factors, as any front end offers, asks for and names them. All of it is read from the registry, so that a new kind
 * appears everywhere at once.
 */
import { type FactorId, factorKind, factorKinds } from '../../factors/registry.js';

export type MethodId = FactorId;

/** What can answer a login: a method, or a backup code in place of any (B41). */
export type AnswerKind = MethodId | 'backup';

/** What can be set up (B34), in the order in which it is offered. */
export const methods: readonly { readonly id: MethodId; readonly title: string }[] = factorKinds;
export const methodIds: readonly MethodId[] = methods.map(({ id }) => id);
export const answerKinds: readonly AnswerKind[] = [...methodIds, 'backup'];

/** The words that ask for the code. */
export const questionOf = (kind: AnswerKind): string => (kind === 'backup' ? 'Backup code' : factorKind(kind).question);

/** `totp, email or sms` */
export const inWords = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** The next step for a user who must set one up; `options` name the person, if the command needs them. */
export function setUpHint(options = ''): string {
  const [first = '', ...others] = methodIds;
  const also = others.length === 0 ? '' : `   (or ${others.join(', or ')})`;
  return `Set one up with: countersign portal mfa add ${first}${options === '' ? '' : ` ${options}`}${also}`;
}
