/**
 * One verification, in the order of the procedure manual: count the attempt, check the phrase, ask the rules, record the decision
 * (B03, B05, B11–B15, B72–B74). The attempt is committed before the check, and the check does the same work for an unknown
 * caller. The result is a verdict; the command puts it into words.
 */
import type { Desk, SignedOperator } from '../../desk.js';
import type { AuditEntry } from '../../rules/audit-entry.js';
import { minutes } from '../../rules/duration.js';
import type { RefusalReason } from '../../rules/guidance.js';
import { mayRepeat } from '../../rules/hearing.js';
import type { Account, User } from '../../rules/people.js';
import { decideVerification, type PassphraseCheck } from '../../rules/scope.js';
import { matchForm } from '../../rules/spoken-form.js';
import { refusalNow } from '../../rules/throttle.js';
import { type Acting, act } from '../authorise.js';
import { clearAttempt, type Subject, toThrottle } from '../lock-outs.js';
import { afterMissIn, alarmed } from './alarms.js';
import { asItStands, type CheckedPhrase, checkPhrase } from './check-passphrase.js';
import {
  afterOthers,
  type Begun,
  beginningEntry,
  beginVerification,
  queueLockNotice,
  type Verification,
  type VerificationBase,
  verificationEntryBase,
} from './count-verification.js';
import { type Asked, type Call, openAskedCall, VERIFYING } from './open-call.js';

export interface VerificationRequest extends Asked {
  /** What the caller said, as typed; null if the caller forgot it (B19). */
  readonly phrase: string | null;
  readonly ticket: string | undefined;
  /** Id of the console's call, on which a phrase that is heard right may serve another request. */
  readonly call?: string | undefined;
}

export interface Verdict extends Omit<Call, 'callerKey'> {
  readonly id: string;
  readonly outcome: 'verified' | 'refused';
  /** For the operator only; null if verified. */
  readonly reason: RefusalReason | null;
  readonly ticket: string | undefined;
  /** Wrong answers in a row, how many lock, and the lock that they brought. For the operator only; null unless this one was wrong. */
  readonly tries: {
    readonly wrong: number;
    readonly lockAt: number;
    readonly lock: ReturnType<typeof refusalNow>;
  } | null;
  /** The caller is asked once more, in the same words for everybody (E11). */
  readonly again: boolean;
  readonly grant: { readonly id: string; readonly expiresAt: number } | null;
}

/**
 * Refusals: not-signed-in and forbidden (also if the operator is the caller), those of `openCall` (logged), and `locked`. A verdict, even
 * a negative one, is an answer and not a refusal. Authority is checked again after the phrase: an operator who may no longer
 * verify by then gets no verdict, and the attempt stays counted. `desk.sendQueued` sends what the verdict queued.
 */
export async function verifyCaller(desk: Desk, signed: SignedOperator, request: VerificationRequest): Promise<Verdict> {
  const call = await openAskedCall(desk, signed, request);
  const { phrase, ticket } = request;
  const asked = { ...call, id: desk.newId('ver'), ticket, forgot: phrase === null, call: request.call ?? null };
  matchForm(phrase ?? ''); // refuses what cannot be folded before anything is counted
  const begun = await afterOthers(() => {
    const at = desk.now();
    return act<'verify', Begun>(desk, signed, VERIFYING, {
      entry: (done, { actor }) => beginningEntry(done, verificationEntryBase(actor, at, asked)),
      change: (acting) => beginVerification(acting, asked),
    });
  });
  if (begun.kind === 'refused') {
    await desk.sendQueued();
    throw begun.refusal;
  }
  if (begun.kind === 'forgot' || phrase === null)
    return verdictOf(asked, call, { outcome: 'refused', reason: 'forgot' });
  const checked = await checkPhrase(desk, call.caller, phrase);
  return decide(desk, signed, { ...asked, ...checked, attempt: begun.attempt });
}

interface Attempted extends Verification, CheckedPhrase {
  readonly attempt: number;
}

async function decide(desk: Desk, signed: SignedOperator, tried: Attempted): Promise<Verdict> {
  const at = desk.now();
  const { verdict } = await act(desk, signed, VERIFYING, {
    change: (acting) => judge(acting, signed, tried),
    entry: (judged, { actor }) => [
      decisionEntry(verificationEntryBase(actor, at, tried), judged.verdict),
      ...judged.alarms,
    ],
  });
  return verdict;
}

/**
 * Judges the answer by the caller as stored now: what was counted for a right one is taken back, and a wrong one may lock. `alarms`: the entries of
 * those that it sounds (B95).
 */
async function judge(acting: Acting<'verify'>, signed: SignedOperator, tried: Attempted) {
  const { desk, write, now } = acting;
  const user = tried.caller === null ? undefined : await write.users.byId(tried.caller.id);
  const { passphrase, renewed } = await asItStands(write, tried, tried.caller, user ?? null);
  const verdict = await conclude(acting, tried, passphrase);
  const { caller, reason } = verdict;
  if (passphrase !== 'matches' || reason === 'not-verified') return afterMiss(acting, tried, verdict);
  await clearAttempt(desk, write, `caller:${tried.callerKey}`, tried.attempt);
  if (caller !== null && renewed !== null) await write.secrets.updatePassphrase(caller.id, { verifier: renewed });
  const call = tried.call === null ? undefined : await write.calls.byId(tried.call);
  const expires_at = now + minutes(desk.policy.limits.hearing.heardMinutes);
  if (call?.state === 'open' && call.operator_id === signed.operator.id && call.user_id === caller?.id)
    await write.calls.hear({ id: call.id, verification_id: tried.id, session: sessionOf(signed), expires_at });
  return { verdict, alarms: [] };
}

export const sessionOf = ({ sessionId, tokenId }: SignedOperator): string => sessionId ?? tokenId ?? '';

/** Does the same work for known and unknown callers (B73). Without a call, misses count together for as long as a grant would last. */
async function afterMiss(acting: Acting<'verify'>, tried: Attempted, verdict: Verdict) {
  const { desk, write, now } = acting;
  const { limits } = desk.policy;
  const subject: Subject = `caller:${tried.callerKey}`;
  await queueLockNotice(acting, verdict, { subject, attempt: tried.attempt });
  const call = tried.call === null ? undefined : await write.calls.byId(tried.call);
  if (call !== undefined) await write.calls.unhear(call.id);
  const since = call?.opened_at ?? now - minutes(limits.grant.minutes);
  const refusals = await write.verifications.failuresOn(tried.callerKey, since);
  const state = toThrottle(await write.throttles.get(subject));
  const lock = refusalNow(state, desk.clock.time());
  const again = mayRepeat(refusals, lock !== undefined, await alarmed(acting, verdict.account.id));
  const tries = { wrong: state.failures, lockAt: limits.throttle.lockFromFailure, lock };
  const counts = verdict.reason === 'not-verified' && missOf(verdict.account, verdict.caller) === 'not-verified';
  const alarms = counts ? await afterMissIn(acting, verdict.account.id) : [];
  return { verdict: { ...verdict, tries, again }, alarms };
}

/** What the store calls a wrong answer: only where there was something to guess does it count towards an alarm (B95). */
function missOf(account: Account, caller: User | null): string {
  if (caller === null) return 'not-on-list';
  return account.disabledAt !== null || caller.disabledAt !== null ? 'switched-off' : 'not-verified';
}

/** Asks the rules about the caller as stored now, and records the answer together with what follows from it. */
export async function conclude(acting: Acting<'verify'>, asked: Verification, passphrase: PassphraseCheck) {
  const { desk, write, now } = acting;
  const { action } = asked;
  const account = (await write.accounts.byId(asked.account.id)) ?? asked.account;
  const caller = asked.caller === null ? null : ((await write.users.byId(asked.caller.id)) ?? null);
  const decision = decideVerification({ policy: desk.policy, account, caller, passphrase, action, now });
  const reason = decision.outcome === 'verified' ? null : decision.reason;
  const said = reason === 'not-verified' ? missOf(account, caller) : reason;
  await write.verifications.update(asked.id, { outcome: decision.outcome, reason: said, decided_at: now });
  const grant = reason === null && caller !== null ? await giveGrant(acting, asked, caller) : null;
  return verdictOf(asked, { account, caller }, { outcome: decision.outcome, reason, grant });
}

/** A grant is short-lived, for one operator, one caller and one action; it is checked again when used (B08). */
async function giveGrant(acting: Acting<'verify'>, { id: verification, account, action }: Verification, caller: User) {
  const { desk, write, now, by } = acting;
  const expiresAt = now + minutes(desk.policy.limits.grant.minutes);
  const id = desk.newId('gr');
  await write.grants.insert({
    id,
    verification_id: verification,
    operator_id: by.operator.id,
    account_id: account.id,
    user_id: caller.id,
    action: action.id,
    authority_version: caller.authorityVersion,
    created_at: now,
    expires_at: expiresAt,
    used_at: null,
    revoked_at: null,
  });
  return { id, expiresAt };
}

const verdictOf = (
  { id, action, ticket, said }: Verification,
  { account, caller }: Pick<Verdict, 'account' | 'caller'>,
  known: Pick<Verdict, 'outcome' | 'reason'> & Partial<Verdict>,
): Verdict => ({ id, account, caller, said, action, ticket, grant: null, tries: null, again: false, ...known });

export function decisionEntry(base: VerificationBase, verdict: Verdict): AuditEntry {
  if (verdict.grant !== null) {
    const detail = { ...base.detail, grant: verdict.grant.id };
    return { ...base, kind: 'verification.verified', outcome: 'done', detail };
  }
  return { ...base, kind: 'verification.refused', outcome: 'refused', reason: verdict.reason ?? 'not-verified' };
}
