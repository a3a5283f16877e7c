/** Operators change their own password (B80). Nobody else can: a lost one needs a recovery (recover-operator.ts). */
import type { Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import { act, askAuthority } from '../authorise.js';
import { asTyped } from '../judge-password.js';
import { clearAttempt } from '../lock-outs.js';
import { countOwnGuess, refuseGuess, refusePassword } from './guesses.js';
import { tellOperator } from './operator-notices.js';
import { isOperatorPassword, requireOperatorPassword, sealOperatorPassword } from './operator-password.js';

const OWN_PASSWORD = { permission: 'signed-in', inPerson: true } as const;

export interface OwnPasswordChange {
  readonly old: string;
  /** Asked for only after the old one was right. */
  readonly next: () => Promise<string>;
}

/** Ends the operator's other sessions. Refusals: not-signed-in (also for a wrong old password), locked, invalid-input. */
export async function changeOwnPassword(desk: Desk, signed: SignedOperator, { old, next }: OwnPasswordChange) {
  await askAuthority(desk, signed, OWN_PASSWORD);
  const { id, name } = signed.operator;
  const started = { what: 'sign-in', kind: 'operator.password-started' } as const;
  const guess = await countOwnGuess({ desk, signed, door: OWN_PASSWORD }, started);
  const before = await desk.store.read.operators.byId(id);
  if (!(await isOperatorPassword(desk, before, old))) {
    const wrong = refusal('not-signed-in', 'old-password-wrong', {}, 'lost-own-password');
    return refuseGuess(desk, signed.actor, 'operator.password-refused', wrong);
  }
  const verifier = await sealedNext(desk, signed, { old, next }).catch((error: unknown) =>
    refusePassword(desk, guess, 'operator.password-refused', error),
  );
  return act<'signed-in', { readonly sessionsEnded: number }>(desk, signed, OWN_PASSWORD, {
    entry: ({ sessionsEnded }) => ({ kind: 'operator.password-changed', detail: { sessionsEnded } }),
    change: async ({ write, now }) => {
      if ((await write.operators.byId(id))?.verifier !== before?.verifier) {
        throw refusal('busy', 'password-overtaken', {}, 'try-again');
      }
      await write.operators.update(id, { verifier });
      await clearAttempt(desk, write, guess.subject, guess.attempt);
      const values = { change: ['mail', 'password'], who: name } as const;
      await tellOperator(desk, write, { id, name }, { kind: 'operator-changed', values, now });
      return { sessionsEnded: await write.operators.endSessionsOf(id, now, signed.sessionId) };
    },
  });
}

async function sealedNext(desk: Desk, signed: SignedOperator, { old, next }: OwnPasswordChange): Promise<string> {
  const { id, name, role } = signed.operator;
  const password = await next();
  await requireOperatorPassword(desk, { name, role, email: await desk.store.read.lifeCycle.emailOf(id) }, password);
  if (asTyped(password) === asTyped(old)) throw refusal('invalid-input', 'same-password', {}, 'several-words');
  return sealOperatorPassword(desk, id, password);
}
