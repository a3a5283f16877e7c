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
/** The method that a person is told to set up, and what could stand in its place. */
export const [firstMethod = 'totp', ...otherMethods] = methodIds;
export const answerKinds: readonly AnswerKind[] = [...methodIds, 'backup'];

/** The words that ask for the code. */
export const questionOf = (kind: AnswerKind): string => (kind === 'backup' ? 'Backup code' : factorKind(kind).question);
