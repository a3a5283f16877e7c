/** The first step of a verification: counts the attempt and commits it before the phrase is checked (B72, T6). */
import { isRefusal, type Refusal, refusal } from '../../errors.js';
import { lockingAtOnce } from '../../rules/alarms.js';
import type { AuditEntry, Deed, ProvenActor } from '../../rules/audit-entry.js';
import { seconds } from '../../rules/duration.js';
import { known } from '../../rules/known.js';
import { minuteOf, minuteUp } from '../../rules/moment.js';
import type { Account, User } from '../../rules/people.js';
import { refusalNow } from '../../rules/throttle.js';
import type { Acting } from '../authorise.js';
import { lockedRefusal, reserveAttempt, type Subject, toThrottle } from '../lock-outs.js';
import { prepareMessage } from '../messages/queue-message.js';
import { pause } from '../pause.js';
import { alarmed } from './alarms.js';
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
  if (asked.caller !== null && asked.caller.id === acting.by.alsoUserId) {
    const ownLogin = refusal('forbidden', 'caller-is-operator', {}, 'other-operator-takes-call');
    return { kind: 'refused', reason: 'own-login', refusal: ownLogin };
  }
  if (asked.forgot) {
    await insertVerification(acting, asked, { outcome: 'refused', reason: 'forgot', decided_at: acting.now });
    return { kind: 'forgot' };
  }
  const begun = await countAttempt(acting, asked);
  const refused = begun.kind === 'refused';
  const state = refused ? { outcome: 'refused', reason: begun.reason } : { outcome: 'started', reason: 'started' };
  await insertVerification(acting, asked, { ...state, decided_at: refused ? acting.now : null });
  return begun;
}

export function beginningEntry(begun: Begun, base: VerificationBase): AuditEntry {
  if (begun.kind === 'counted') return { ...base, kind: 'verification.started', outcome: 'started' };
  const reason = begun.kind === 'forgot' ? 'forgot' : begun.reason;
  return { ...base, kind: 'verification.refused', outcome: 'refused', reason };
}

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
  const { desk, write, now } = acting;
  const { limits } = desk.policy;
  const inForce = (await alarmed(acting, asked.account.id)) ? lockingAtOnce(limits) : limits;
  const decision = await reserveAttempt(desk, write, `caller:${asked.callerKey}`, inForce);
  if (decision.kind === 'proceed') return { kind: 'counted', attempt: decision.attempt };
  if (await write.verifications.beingChecked(asked.callerKey, now - CHECKED_WITHIN))
    throw refusal('busy', 'caller-being-checked', {}, 'try-again');
  return { kind: 'refused', reason: 'locked', refusal: lockedRefusal(decision, 'caller') };
}

/** An answer takes no longer to check, ms; one that did was interrupted, and stays counted. */
const CHECKED_WITHIN = seconds(10);
const LOOK_AGAIN_MS = 150;
const MOST_TRIES = 400;

/**
 * An answer that finds the caller locked by others that are still being checked waits for their verdicts: right answers are no misses of each
 * other. Wrong ones stay counted, so no more than the limit reach the check. Refusal `busy` if they take too long.
 */
export async function afterOthers<T>(begin: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await begin();
    } catch (error) {
      if (!isRefusal(error) || error.because?.reason !== 'caller-being-checked' || tries >= MOST_TRIES) throw error;
    }
    await pause(LOOK_AGAIN_MS);
  }
}

export type VerificationBase = Pick<Deed, 'at' | 'by' | 'account' | 'user' | 'ticket' | 'detail'>;

export function verificationEntryBase(by: ProvenActor, at: number, asked: Verification): VerificationBase {
  const { id, account, caller, callerKey, action, ticket, call } = asked;
  return {
    at,
    by,
    account: account.id,
    ...known({ user: caller?.id, ticket }),
    detail: {
      verification: id,
      action: action.id,
      ...known({ caller: caller === null ? callerKey : undefined, call: call ?? undefined }),
    },
  };
}

/**
 * Tells the owner when wrong phrases lock verification by phone: it may be the first sign that somebody poses as them. Only the very attempt
 * that caused the lock queues a message. It is queued in the verdict's transaction, and sent only after the answer is on the operator's
 * screen: a call must not take longer for a caller with an address than for an unknown one (B73).
 */
export async function queueLockNotice(
  { desk, write }: Acting<'verify'>,
  { account, caller }: { readonly account: Account; readonly caller: User | null },
  { subject, attempt }: { readonly subject: Subject; readonly attempt: number },
): Promise<void> {
  const state = toThrottle(await write.throttles.get(subject));
  const lock = refusalNow(state, desk.clock.time());
  if (lock === undefined || state.reserved !== attempt || caller === null || caller.email === '') return;
  const { name, login, email: to } = caller;
  const until = lock.kind === 'locked' ? minuteOf(minuteUp(lock.until)) : (['mail', 'until-lifted'] as const);
  const counted = { count: String(state.failures), when: minuteOf(desk.now()), until };
  const values = { name, login, account: account.name, ...counted };
  const message = prepareMessage(desk, { template: 'locked-out', to, account, user: caller, values });
  await write.outbox.insert([message]);
}
