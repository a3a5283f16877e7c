/**
 * The second factors, as any front end offers, asks for and names them. All of it is read from the registry, so that a new kind
 * appears everywhere at once.
 */
import { type FactorId, factorKind, factorKinds } from '../../factors/registry.js';

export type MethodId = FactorId;

/** What can answer a login: a method, or a backup code in place of any (B41). */
export type AnswerKind = MethodId | 'backup';

export const methodIds: readonly MethodId[] = factorKinds.map(({ id }) => id);
/** A browser answers for it: the command line neither sets it up nor answers with it (B92). */
export const needsBrowser = (kind: string): boolean =>
  factorKinds.some((one) => one.id === kind && one.family === 'challenged');
/** What can be set up anywhere (B34), in the order in which it is offered. */
export const methods: readonly { readonly id: MethodId; readonly title: string }[] = factorKinds.filter(
  ({ id }) => !needsBrowser(id),
);
/** The method that a person is told to set up, and what could stand in its place. */
export const [firstMethod = 'totp', ...otherMethods] = methods.map(({ id }) => id);
export const answerKinds: readonly AnswerKind[] = [...methodIds, 'backup'];

/** The words that ask for the code. */
export const questionOf = (kind: AnswerKind): string => (kind === 'backup' ? 'Backup code' : factorKind(kind).question);
