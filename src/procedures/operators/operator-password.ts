/** The password of an operator (B80), judged as strictly as it protects. Nobody else changes it: a lost one needs recover-operator.ts. */
import type { Desk, OperatorRow, Phrasebook, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import { needsSecondFactor } from '../../rules/operator-roles.js';
import { leastLength } from '../../rules/passphrase.js';
import type { OperatorRole } from '../../rules/people.js';
import { act, askAuthority } from '../authorise.js';
import { asTyped, fitsLength, passwordFaults } from '../judge-password.js';
import { operatorPasswordContext } from '../seal-contexts.js';
import { countOwnGuess, refuseGuess, refusePassword } from './guesses.js';
import { tellOperator } from './operator-notices.js';

/** Refusal `invalid-input`, with every reason. Needs no desk, so that `init` can ask before it makes anything. */
export async function requireOperatorPassword(
  book: Pick<Phrasebook, 'policy' | 'words'>,
  { name, role, email }: { name: string; role: OperatorRole; email: string | null },
  password: string,
): Promise<void> {
  const rules = book.policy.limits.operatorPassword;
  const least = leastLength(rules, !needsSecondFactor(book.policy, role));
  if (!fitsLength(password, least, rules)) {
    throw refusal('invalid-input', 'operator-password-form', { min: least, max: rules.maxCodePoints }, 'several-words');
  }
  const faults = await passwordFaults(book, rules, password, [name, email ?? '']);
  if (faults.length === 0) return;
  const problems = faults.map(({ message }) => ({ message }));
  throw refusal('invalid-input', 'operator-password-weak', {}, 'several-words', { problems });
}

export const sealOperatorPassword = (desk: Desk, operatorId: string, password: string): Promise<string> =>
  desk.secrets.make('person', 'seal/operator-password', operatorPasswordContext(operatorId), asTyped(password));

/** One argon2id run, whatever is stored. Count the attempt before (B72). */
export function checkOperatorPassword(desk: Desk, operator: OperatorRow | undefined, password: string) {
  const place = operatorPasswordContext(operator?.id ?? 'nobody');
  return desk.secrets.check('person', 'seal/operator-password', place, operator?.verifier ?? null, asTyped(password));
}

const OWN_PASSWORD = { permission: 'signed-in', inPerson: true } as const;

/** Ends the operator's other sessions. `next` is asked for only after the old one was right. Refusals: not-signed-in (also for a wrong old password), locked, invalid-input. */
export async function changeOwnPassword(
  desk: Desk,
  signed: SignedOperator,
  { old, next }: { readonly old: string; readonly next: () => Promise<string> },
) {
  await askAuthority(desk, signed, OWN_PASSWORD);
  const { id, name } = signed.operator;
  const started = { what: 'sign-in', kind: 'operator.password-started' } as const;
  const guess = await countOwnGuess({ desk, signed, door: OWN_PASSWORD }, started);
  const before = await desk.store.read.operators.byId(id);
  if (!(await checkOperatorPassword(desk, before, old)).matches) {
    const wrong = refusal('not-signed-in', 'old-password-wrong', {}, 'lost-own-password');
    return refuseGuess(desk, signed.actor, 'operator.password-refused', wrong);
  }
  const verifier = await sealedNext(desk, signed.operator, next, old).catch((error: unknown) =>
    refusePassword(desk, guess, 'operator.password-refused', error),
  );
  return act(desk, signed, OWN_PASSWORD, {
    change: async ({ write, now }) => {
      if ((await write.operators.byId(id))?.verifier !== before?.verifier)
        throw refusal('busy', 'password-overtaken', {}, 'try-again');
      await write.operators.update(id, { verifier });
      await guess.right(write);
      const values = { change: ['mail', 'password'], who: name } as const;
      await tellOperator(desk, write, { id, name }, { kind: 'operator-changed', values, now });
      return { sessionsEnded: await write.operators.endSessionsOf(id, now, signed.sessionId) };
    },
    entry: ({ sessionsEnded }) => ({ kind: 'operator.password-changed', detail: { sessionsEnded } }),
  });
}

/** The sealed password that `next` asks for. `old`: which it may not be once more. */
export async function sealedNext(
  desk: Desk,
  whose: Pick<OperatorRow, 'id' | 'name' | 'role'>,
  next: () => Promise<string>,
  old?: string,
): Promise<string> {
  const { id, name } = whose;
  const [password, role] = [await next(), whose.role as OperatorRole];
  await requireOperatorPassword(desk, { name, role, email: await desk.store.read.lifeCycle.emailOf(id) }, password);
  if (old !== undefined && asTyped(password) === asTyped(old))
    throw refusal('invalid-input', 'same-password', {}, 'several-words');
  return sealOperatorPassword(desk, id, password);
}
