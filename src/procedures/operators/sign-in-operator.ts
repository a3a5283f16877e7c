/**
 * Signs operators in: by password and a code from their authenticator app (B70, B80). Attempts are counted before the check.
 */
import type { Desk, Founding, OperatorRow, SignedOperator, Writes } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import { totp } from '../../factors/registry.js';
import type { Actor } from '../../rules/audit-entry.js';
import { foldKey } from '../../rules/directory-keys.js';
import { hours } from '../../rules/duration.js';
import { needsSecondFactor } from '../../rules/operator-roles.js';
import type { OperatorRole } from '../../rules/people.js';
import { act, askAuthority, provenBySignIn } from '../authorise.js';
import { operatorTotpContext } from '../seal-contexts.js';
import { countGuess, countOwnGuess, type Guess, refuseGuess } from './guesses.js';
import { tellOperator } from './operator-notices.js';
import { checkOperatorPassword, sealOperatorPassword } from './operator-password.js';

export interface SignIn {
  readonly name: string;
  readonly password: string;
  /** Asked for only after the password was right, and only if the operator has an app; throws if nobody can be asked. */
  readonly code: () => Promise<string>;
}

/** `token`: kept in the state folder; only its digest is stored. */
export type OperatorSession = Awaited<ReturnType<typeof open>>;

/**
 * Refusals: not-signed-in (same words for an unknown name and a wrong password), locked, factor-needed (a role that needs an
 * authenticator app, and none is set up).
 */
export async function signInOperator(desk: Desk, signIn: SignIn): Promise<OperatorSession> {
  const named = await desk.store.read.operators.byName(foldKey(signIn.name));
  if (named?.totp !== null) await requireRightClock(desk);
  const { operator, ...guess } = await countGuess(desk, signIn.name, SIGNING_IN);
  const { by } = guess;
  const { matches, outdated } = await checkOperatorPassword(desk, operator, signIn.password);
  if (operator === undefined || !matches || operator.disabled_at !== null) return refuse(desk, by, 'wrong-password');
  // B80: nobody signs in by password alone if the role needs an app, also not one who was raised from another role.
  if (operator.totp === null && needsSecondFactor(desk.policy, operator.role as OperatorRole)) {
    const { name, role } = operator;
    const missing = refusal('factor-needed', 'authenticator-missing', { name, role }, 'set-up-authenticator');
    return refuse(desk, by, 'no-authenticator', missing);
  }
  const step = operator.totp === null ? null : await stepOf(desk, operator, await signIn.code());
  if (step === undefined) return refuse(desk, by, 'wrong-code');
  // The cost has risen since: the password is at hand only now.
  const renewed = outdated ? await sealOperatorPassword(desk, operator.id, signIn.password) : null;
  return open(desk, operator, { ...guess, step, renewed });
}

const SIGNING_IN = { what: 'sign-in', kind: 'operator.sign-in-started' } as const;

const refuse = (desk: Desk, by: Actor, reason: string, refused = wrong(desk)): Promise<never> =>
  refuseGuess(desk, by, 'operator.sign-in-refused', refused, reason);

const wrong = (desk: Desk): Refusal =>
  refusal('not-signed-in', 'sign-in-wrong', { failures: desk.policy.limits.throttle.lockFromFailure }, 'retry-sign-in');

/** The time step of a right code. A code whose step has been used is wrong. */
function stepOf(desk: Desk, operator: OperatorRow, code: string): Promise<number | undefined> {
  const secret = desk.vault.openText('seal/operator-totp', operatorTotpContext(operator.id), operator.totp ?? '');
  const now = desk.clock.codeTime() ?? desk.now();
  return appStep(desk, { secret, code, now, lastStep: operator.totp_last_step });
}

/** Of any app, also one that nobody has yet: the step of a right code, undefined for a wrong one. */
export async function appStep(
  { policy, digests: { hmacSha1, equal } }: Pick<Founding, 'policy' | 'digests'>,
  about: Pick<Parameters<typeof totp.check>[0], 'secret' | 'code' | 'now' | 'lastStep'>,
): Promise<number | undefined> {
  const result = await totp.check({ ...about, settings: policy.limits.totp, hmacSha1, equal });
  return result.ok ? result.step : undefined;
}

/** `renewed`: the password sealed anew, if its hash was outdated. */
async function open(desk: Desk, operator: OperatorRow, given: Guess & { step: number | null; renewed: string | null }) {
  const { by, right, step, renewed } = given;
  const { token, digest } = desk.digests.newToken('css');
  const at = desk.now();
  const id = desk.newId('ses');
  const common = { at, detail: { session: id, person: desk.person } };
  const expiresAt = await desk.store.record<number | undefined>(
    (opened) =>
      opened === undefined
        ? { ...common, kind: 'operator.sign-in-refused', outcome: 'refused', by }
        : { ...common, kind: 'operator.signed-in', outcome: 'done', by: provenBySignIn(by) },
    async (write) => {
      const current = await write.operators.byId(operator.id);
      // The operator was disabled, or got another role or secret, while the password was checked: the check no longer counts.
      if (current === undefined || current.disabled_at !== null || current.role !== operator.role) return undefined;
      if (current.verifier !== operator.verifier || current.totp !== operator.totp) return undefined;
      if (step !== null && !(await write.operators.advanceTotp(operator.id, step))) return undefined;
      await right(write);
      if (renewed !== null) await write.operators.update(operator.id, { verifier: renewed });
      // Every act judges the session by this clock.
      const now = desk.now();
      const expires = now + hours(desk.policy.limits.operatorSession.hours);
      await write.operators.insertSession({
        id,
        operator_id: operator.id,
        person: desk.person,
        digest,
        created_at: now,
        last_seen_at: now,
        expires_at: expires,
        code_at: step === null ? null : now,
        ended_at: null,
      });
      await noteFirstSignIn(desk, write, current, now);
      return expires;
    },
  );
  if (expiresAt === undefined) throw refusal('not-signed-in', 'sign-in-wrong', {}, 'code-works-once');
  await desk.sendQueued();
  return { token, expiresAt, operator };
}

/** Before anything is counted: a right code is not told from a wrong one by a clock that stands behind the log. Refusal `clock`. */
async function requireRightClock(desk: Desk): Promise<void> {
  await desk.store.read.audit.head();
  if (desk.clock.codeTime() !== null) return;
  const { machineAt, latestAt } = desk.clock.state();
  throw refusal('clock', 'clock-behind', { machineAt, latestAt }, 'repair-clock');
}

const OWN_SESSION = { permission: 'signed-in' } as const;

/**
 * Takes a fresh code for a session that is already open, before a reset, an approval or a key command. Refusals: usage (no app,
 * or a script's token), locked, not-signed-in (also for a wrong code).
 */
export async function refreshCode(desk: Desk, signed: SignedOperator, code: string): Promise<void> {
  await askAuthority(desk, signed, OWN_SESSION);
  await requireRightClock(desk);
  const operator = await desk.store.read.operators.byId(signed.operator.id);
  if (operator === undefined || operator.totp === null || signed.sessionId === null) {
    throw refusal('usage', 'sign-in-without-authenticator', {}, 'sign-in-again');
  }
  const { right } = await countOwnGuess({ desk, signed, door: OWN_SESSION }, SIGNING_IN);
  const step = await stepOf(desk, operator, code);
  if (step === undefined) return refuse(desk, signed.actor, 'wrong-code');
  const { sessionId } = signed;
  const done = await act(desk, signed, OWN_SESSION, {
    entry: (fresh) => ({ kind: 'operator.code-given', outcome: fresh ? 'done' : 'refused' }),
    change: async ({ write, now }) => {
      if (!(await write.operators.advanceTotp(operator.id, step))) return false;
      await right(write);
      await write.operators.updateSession(sessionId, { code_at: now, last_seen_at: now });
      return true;
    },
  });
  if (!done) throw refusal('not-signed-in', 'sign-in-wrong', {}, 'code-works-once');
}

export async function signOutOperator(desk: Desk, signed: SignedOperator): Promise<void> {
  const { sessionId } = signed;
  if (sessionId === null) return;
  const detail = { session: sessionId };
  await act(desk, signed, OWN_SESSION, {
    entry: () => ({ kind: 'operator.signed-out', detail }),
    change: ({ write, now }) => write.operators.updateSession(sessionId, { ended_at: now }),
  });
}

/** What a sign-in means for the operator's start code (B80): the first one is told to the operator, and any one ends a waiting recovery. */
async function noteFirstSignIn(desk: Desk, write: Writes, operator: OperatorRow, now: number): Promise<void> {
  const start = await write.lifeCycle.startOf(operator.id);
  if (start === undefined) return;
  // The operator has password and app after all: whoever asked for the recovery does not need it, or is somebody else.
  if (start.used_at === null) return void (await write.lifeCycle.deleteStart(operator.id));
  if (start.signed_in_at !== null) return;
  await write.lifeCycle.updateStart(operator.id, { signed_in_at: now });
  await tellOperator(desk, write, operator, { kind: 'operator-signed-in', values: {}, now });
}
