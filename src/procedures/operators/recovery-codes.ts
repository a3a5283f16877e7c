/**
 * Recovery codes of an operator (B80): for the day on which the authenticator is lost. They are made like backup codes: 80 bits each, shown
 * once, hashed and sealed.
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { makeBackupCodes, readBackupCode } from '../../factors/backup-codes.js';
import { act, askAuthority, type Lock } from '../authorise.js';
import { recoveryCodeContext } from '../seal-contexts.js';
import { type AskingWith, countOwnGuess, RECOVERING, recoveryWrong, refuseGuess } from './guesses.js';
import { tellOperator } from './operator-notices.js';

export type NewRecoveryCodes = Awaited<ReturnType<typeof makeRecoveryCodes>>;

/** Store the rows with `write.lifeCycle.putRecoveryCodes`. */
export async function makeRecoveryCodes(desk: Desk, operatorId: string) {
  const made = makeBackupCodes((n) => desk.chance.bytes(n), desk.policy.limits.operatorRecovery.codes);
  const at = desk.now();
  const rows = await Promise.all(
    made.map(async ({ slot, secret }) => {
      const id = desk.newId('bck');
      const verifier = await desk.secrets.make('code', 'seal/backup-code', recoveryCodeContext(id), secret);
      return { id, operator_id: operatorId, slot, verifier, created_at: at, used_at: null };
    }),
  );
  return { codes: made.map(({ text }) => text), rows };
}

/** The unused code that was typed, if it is one of this operator; use it up with `useRecoveryCode`. One argon2id run in any case. */
export async function findRecoveryCode(desk: Desk, operatorId: string | undefined, typed: string) {
  const given = readBackupCode(typed);
  const rows = operatorId === undefined ? [] : await desk.store.read.lifeCycle.recoveryCodes(operatorId);
  const row = rows.find(({ slot }) => slot === given?.slot);
  const place = recoveryCodeContext(row?.id ?? 'nobody');
  const sealed = row?.verifier ?? null;
  const { matches } = await desk.secrets.check('code', 'seal/backup-code', place, sealed, given?.secret ?? '');
  return matches ? row : undefined;
}

/** Counts the attempt first; `door` is that of the act that the code is for. Refusals: not-signed-in, locked. */
export async function requireRecoveryCode<P extends Lock>({ desk, signed, door }: AskingWith<P>, typed: string) {
  const { right } = await countOwnGuess({ desk, signed, door }, RECOVERING);
  const code = await findRecoveryCode(desk, signed.operator.id, typed);
  if (code === undefined)
    return refuseGuess(desk, signed.actor, 'operator.recover-refused', recoveryWrong(), 'wrong-code');
  await act<P, void>(desk, signed, door, {
    entry: () => ({ kind: 'operator.recover-judged' }),
    change: ({ write }) => right(write),
  });
  return code;
}

/** With a code from the app: these codes stand in for it. */
const MAKING_CODES = { permission: 'signed-in', fresh: true, inPerson: true } as const;

/** New codes of the operator's own; the earlier ones end. */
export async function newRecoveryCodes(desk: Desk, signed: SignedOperator): Promise<readonly string[]> {
  await askAuthority(desk, signed, MAKING_CODES);
  const { id, name } = signed.operator;
  const { codes, rows } = await makeRecoveryCodes(desk, id);
  const detail = { count: codes.length };
  await act(desk, signed, MAKING_CODES, {
    entry: () => ({ kind: 'operator.recovery-codes-made', detail }),
    change: async ({ write, now }) => {
      await write.lifeCycle.putRecoveryCodes(id, rows);
      const values = { change: ['mail', 'recovery-codes'], who: name } as const;
      await tellOperator(desk, write, { id, name }, { kind: 'operator-changed', values, now });
    },
  });
  await desk.store.forgetDeleted();
  return codes;
}
