/**
 * An operator begins: sets the own password with a start code, then proves the authenticator app with its first code (B80). Attempts are
 * counted before the check. If a password is set already, because only the app is missing or the set-up was left half done, it must be
 * given; so nobody who finds the code later takes the place of the person who began.
 */
import type { Desk, OperatorRow, OperatorStartRow, Writes } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import type { Actor } from '../../rules/audit-entry.js';
import { needsSecondFactor } from '../../rules/operator-roles.js';
import type { OperatorRole } from '../../rules/people.js';
import { provenBySignIn } from '../authorise.js';
import { operatorTotpContext, startTotpContext } from '../seal-contexts.js';
import { countGuess, type Guess, refuseGuess, refusePassword } from './guesses.js';
import { newSeed } from './make-operator.js';
import { checkOperatorPassword, sealedNext } from './operator-password.js';
import { appStep } from './sign-in-operator.js';
import { judgeStart } from './start-code.js';

export interface Start {
  readonly name: string;
  /** As typed. */
  readonly code: string;
  /** Asked for only after the code was right. `isNew`: there is none yet. */
  readonly password: (isNew: boolean) => Promise<string>;
}

export type StartedOperator = Awaited<ReturnType<typeof startOperator>>;

/** `totp`: to be shown once, and then proved; null if the role needs no app. Refusals: not-signed-in (unknown name, wrong, used or expired code: the same words), locked, invalid-input (the password). */
export async function startOperator(desk: Desk, start: Start) {
  const begun = await begin(desk, start.name, start.code);
  const { operator, row } = begun;
  const { id, name, role } = operator;
  const isNew = operator.verifier === null || row.reason === 'waiting';
  const chosen = () =>
    sealedNext(desk, operator, () => start.password(true)).catch((error: unknown) =>
      refusePassword(desk, begun, 'operator.set-up-refused', error),
    );
  const verifier = isNew ? await chosen() : null;
  if (!isNew && !(await checkOperatorPassword(desk, operator, await start.password(false))).matches)
    return refuse(desk, begun.by, 'wrong-password');
  const needsApp = needsSecondFactor(desk.policy, role as OperatorRole);
  const seed = needsApp ? await newSeed(desk, name) : null;
  await finish(desk, begun, 'password', async (write, now) => {
    if (verifier !== null) await write.operators.update(id, { verifier });
    if (row.reason === 'waiting') {
      await write.operators.endSessionsOf(id, now);
      await write.grants.revokeOfOperator(id, now);
      await write.operators.update(id, { totp: null, totp_last_step: null });
    }
    const sealed = seed && desk.vault.seal('seal/operator-totp', startTotpContext(id), seed.secret);
    const reason = row.reason === 'waiting' ? 'recovered' : row.reason;
    await write.lifeCycle.updateStart(id, { totp: sealed, reason, used_at: needsApp ? null : now });
    return true;
  });
  const totp = seed && { uri: seed.uri, secretBase32: seed.secretBase32 };
  return { operator: { id, name, role }, totp, expiresAt: row.expires_at };
}

/** Proves the app with its first code. Refusals as above, and not-signed-in for a wrong code of the app. */
export async function proveStart(desk: Desk, given: { name: string; code: string; totp: string }) {
  const begun = await begin(desk, given.name, given.code);
  const { operator, row } = begun;
  if (row.totp === null) return refuse(desk, begun.by, 'nothing-to-prove');
  const secret = desk.vault.openText('seal/operator-totp', startTotpContext(operator.id), row.totp);
  const step = await appStep(desk, { secret, code: given.totp, now: desk.now(), lastStep: null });
  if (step === undefined)
    return refuse(desk, begun.by, 'wrong-first-code', refusal('not-signed-in', 'app-code-wrong', {}, 'next-app-code'));
  const sealed = desk.vault.seal('seal/operator-totp', operatorTotpContext(operator.id), secret);
  await finish(desk, begun, 'authenticator', async (write, now, { behind }) => {
    if (behind) return false;
    await write.operators.update(operator.id, { totp: sealed, totp_last_step: step });
    await write.lifeCycle.updateStart(operator.id, { totp: null, used_at: now });
    return true;
  });
  const { id, name, role } = operator;
  return { operator: { id, name, role } };
}

interface Begun extends Guess {
  readonly operator: OperatorRow;
  readonly row: OperatorStartRow;
  readonly code: string;
}

/** Counts the attempt and judges the code. */
async function begin(desk: Desk, name: string, code: string): Promise<Begun> {
  const { operator, by, right } = await countGuess(desk, name, { what: 'start', kind: 'operator.set-up-started' });
  const row = operator && (await desk.store.read.lifeCycle.startOf(operator.id));
  const judged = judgeStart(desk, operator, row, code, desk.now());
  if (operator === undefined || row === undefined || judged === 'wrong') return refuse(desk, by, 'wrong-code');
  if (judged === 'early') {
    const early = refusal('refused-by-policy', 'start-too-early', { from: row.valid_from }, 'start-then');
    return refuse(desk, by, 'too-early', early);
  }
  return { operator, row, by, right, code };
}

/** Looks again at operator and code, and makes the change in the same transaction. */
async function finish(
  desk: Desk,
  { operator, row, by, right, code }: Begun,
  step: 'password' | 'authenticator',
  change: (write: Writes, now: number, clock: { readonly behind: boolean }) => Promise<boolean>,
): Promise<void> {
  const at = desk.now();
  const entry = { at, detail: { step, reason: row.reason } };
  const done = await desk.store.record<boolean>(
    (started) =>
      started
        ? { ...entry, kind: 'operator.set-up', outcome: 'done', by: provenBySignIn(by) }
        : { ...entry, kind: 'operator.set-up-refused', outcome: 'refused', by },
    async (write: Writes) => {
      const [current, start] = [await write.operators.byId(operator.id), await write.lifeCycle.startOf(operator.id)];
      const time = desk.clock.time();
      if (current === undefined || current.verifier !== operator.verifier || current.role !== operator.role)
        return false;
      if (start?.totp !== row.totp || judgeStart(desk, current, start, code, time.now) !== 'accepted') return false;
      if (!(await change(write, time.now, time))) return false;
      await right(write);
      return true;
    },
  );
  if (!done) throw startWrong();
  await desk.sendQueued();
}

const refuse = (desk: Desk, by: Actor, reason: string, refused = startWrong()): Promise<never> =>
  refuseGuess(desk, by, 'operator.set-up-refused', refused, reason);

const startWrong = (): Refusal => refusal('not-signed-in', 'start-wrong', {}, 'ask-admin-for-start');
