/** The first step of a verification: counts the attempt and commits it before the phrase is checked (B72, T6). */
import { type Refusal, refusal } from '../../errors.js';
import type { AuditEntry, Deed, ProvenActor } from '../../rules/audit-entry.js';
import { judgeSpray, SPRAY_WINDOW, type SprayVerdict } from '../../rules/throttle.js';
import type { Acting } from '../authorise.js';
import { lockedRefusal, reserveAttempt } from '../lock-outs.js';
import type { Call } from './open-call.js';

/** One call with one request, under its id in log and store. */
export interface Verification extends Call {
  readonly id: string;
  readonly ticket: string | undefined;
  /** The caller does not know the phrase (B19). */
  readonly forgot: boolean;
  /** Id of the console's call; null without one. */
  readonly call: string | null;
}

/** `attempt` is the number for `clearAttempt`. `refused` is committed as well, and thrown afterwards. */
export type Begun =
  | { readonly kind: 'counted'; readonly attempt: number }
  | { readonly kind: 'forgot' }
  | { readonly kind: 'refused'; readonly reason: string; readonly refusal: Refusal };

/** Nobody verifies themselves. For a forgotten phrase nothing is compared and nothing counted. A locked caller is refused here. */
export async function beginVerification(acting: Acting<'verify'>, asked: Verification): Promise<Begun> {
  if (asked.caller !== null && asked.caller.id === acting.by.alsoUserId)
    return { kind: 'refused', reason: 'own-login', refusal: ownLogin() };
  if (asked.forgot) {
    await insertVerification(acting, asked, { outcome: 'refused', reason: 'forgot', decided_at: acting.now });
    return { kind: 'forgot' };
  }
  await insertVerification(acting, asked, { outcome: 'started', reason: 'started', decided_at: null });
  const begun = await countAttempt(acting, asked);
  if (begun.kind === 'refused') {
    const decided = { outcome: 'refused', reason: begun.reason, decided_at: acting.now };
    await acting.write.verifications.update(asked.id, decided);
  }
  return begun;
}

export function beginningEntry(begun: Begun, base: VerificationBase): AuditEntry {
  if (begun.kind === 'counted') return { ...base, kind: 'verification.started', outcome: 'started' };
  const reason = begun.kind === 'forgot' ? 'forgot' : begun.reason;
  return { ...base, kind: 'verification.refused', outcome: 'refused', reason };
}

function ownLogin(): Refusal {
  return refusal('forbidden', 'caller-is-operator', {}, 'other-operator-takes-call');
}

/** Writes the row of an attempt. */
export async function insertVerification(
  { write, now, by }: Acting<'verify'>,
  { id, account, caller, callerKey, action, ticket }: Verification,
  state: { readonly outcome: string; readonly reason: string; readonly decided_at: number | null },
): Promise<void> {
  await write.verifications.insert({
    id,
    operator_id: by.operator.id,
    account_id: account.id,
    user_id: caller?.id ?? null,
    caller_key: callerKey,
    action: action.id,
    ticket: ticket ?? null,
    started_at: now,
    ...state,
  });
}

async function countAttempt(acting: Acting<'verify'>, asked: Verification): Promise<Begun> {
  const { desk, write } = acting;
  const spray = await lookForSpray(acting, asked);
  if (spray !== 'ok') return { kind: 'refused', reason: spray, refusal: sprayRefusal(spray) };
  const decision = await reserveAttempt(desk, write, `caller:${asked.callerKey}`);
  if (decision.kind === 'proceed') return { kind: 'counted', attempt: decision.attempt };
  return { kind: 'refused', reason: 'locked', refusal: lockedRefusal(decision, 'caller') };
}

async function lookForSpray(
  { desk, write, now, by }: Acting<'verify'>,
  { account }: Verification,
): Promise<SprayVerdict> {
  const since = now - SPRAY_WINDOW;
  return judgeSpray(
    {
      operatorFailuresLastHourOverDifferentCallers: await write.verifications.failedCallers(by.operator.id, since),
      accountFailuresLastHour: await write.verifications.failuresInAccount(account.id, since),
      deskFailuresLastHour: await write.verifications.failuresOfDesk(since),
    },
    desk.policy.limits,
  );
}

function sprayRefusal(verdict: Exclude<SprayVerdict, 'ok'>): Refusal {
  const reasons = {
    'operator-stop': 'failures-of-operator',
    'account-stop': 'failures-in-account',
    'desk-stop': 'failures-of-desk',
  } as const;
  return refusal('locked', reasons[verdict], {}, 'tell-lead');
}

export type VerificationBase = Pick<Deed, 'at' | 'by' | 'account' | 'user' | 'ticket' | 'detail'>;

export function verificationEntryBase(
  by: ProvenActor,
  at: number,
  { id, account, caller, callerKey, action, ticket }: Verification,
): VerificationBase {
  return {
    at,
    by,
    account: account.id,
    ...(caller === null ? {} : { user: caller.id }),
    ...(ticket === undefined ? {} : { ticket }),
    detail: { verification: id, action: action.id, ...(caller === null ? { caller: callerKey } : {}) },
  };
}
