/**
 * An operator who lost the authenticator recovers alone, with a recovery code (B80). With the password too, two things were shown, and the
 * start code is good at once. With the recovery code alone it is good only after some hours: the old password and app work until then, and
 * a sign-in with them ends the recovery.
 */
import type { Desk } from '../../desk.js';
import { provenBySignIn } from '../authorise.js';
import { countGuess, RECOVERING, recoveryWrong, refuseGuess } from './guesses.js';
import { checkOperatorPassword } from './operator-password.js';
import { detailOf, type Recovered, recover } from './recover-operator.js';
import { findRecoveryCode } from './recovery-codes.js';

/** `password`: null if it was lost too. Refusals: not-signed-in (unknown name, wrong or used code, wrong password: the same words), locked. */
export async function recoverYourself(desk: Desk, given: { name: string; code: string; password: string | null }) {
  const { name, code, password } = given;
  const { operator, by, right } = await countGuess(desk, name, RECOVERING);
  const found = await findRecoveryCode(desk, operator?.id, code);
  const knows = password === null || (await checkOperatorPassword(desk, operator, password)).matches;
  const usable = operator !== undefined && operator.disabled_at === null && found !== undefined && knows;
  if (!usable) return refuseGuess(desk, by, 'operator.recover-refused', recoveryWrong());
  const at = desk.now();
  const recovered = { kind: 'operator.recovered', outcome: 'done', at, by: provenBySignIn(by) } as const;
  const done = await desk.store.record<Recovered | undefined>(
    (result) =>
      result === undefined
        ? { kind: 'operator.recover-refused', outcome: 'refused', at, by }
        : { ...recovered, detail: detailOf(result, 'own recovery code') },
    async (write) => {
      const now = desk.now();
      const row = await write.operators.byId(operator.id);
      if (row === undefined || row.disabled_at !== null || row.verifier !== operator.verifier) return undefined;
      if (!(await write.lifeCycle.useRecoveryCode(found.id, now))) return undefined;
      await right(write);
      return recover({ desk, write, now }, row, row.name, password === null ? 'waiting' : 'recovered');
    },
  );
  if (done === undefined) throw recoveryWrong();
  await desk.sendQueued();
  return done;
}
