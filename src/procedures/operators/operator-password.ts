/** The password of an operator: judged as strictly as it protects (B80), then hashed and sealed. */
import type { Desk, OperatorRow, Phrasebook } from '../../desk.js';
import { refusal } from '../../errors.js';
import { needsSecondFactor } from '../../rules/operator-roles.js';
import { leastLength } from '../../rules/password.js';
import type { OperatorRole } from '../../rules/people.js';
import { asTyped, fitsLength, passwordFaults } from '../judge-password.js';
import { operatorPasswordContext } from '../seal-contexts.js';

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
export async function isOperatorPassword(
  desk: Desk,
  operator: Pick<OperatorRow, 'id' | 'verifier'> | undefined,
  password: string,
): Promise<boolean> {
  const place = operatorPasswordContext(operator?.id ?? 'nobody');
  const sealed = operator?.verifier ?? null;
  return (await desk.secrets.check('person', 'seal/operator-password', place, sealed, asTyped(password))).matches;
}
