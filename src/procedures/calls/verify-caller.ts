/**
 * One verification, in the order of the procedure manual: count the attempt, check the phrase, ask the rules, record the decision
 * (B03, B05, B11–B15, B72–B74). The attempt is committed before the check, and the check does the same work for an unknown
 * caller. The result is a verdict; the command puts it into words.
 */
import type { Desk, SignedOperator } from '../../desk.js';
import type { AuditEntry } from '../../rules/audit-entry.js';
import { minutes } from '../../rules/duration.js';
import type { Account, User } from '../../rules/people.js';
import type { Action } from '../../rules/policy.js';
import { decideVerification } from '../../rules/scope.js';
import { FOLD_VERSION, matchForm } from '../../rules/spoken-form.js';
import { type Acting, act, askAuthority } from '../authorise.js';
import { clearAttempt, type Subject } from '../lock-outs.js';
import { afterMissIn } from './alarms.js';
import { asItStands, type CheckedPhrase, checkPhrase } from './check-passphrase.js';
import {
  afterOthers,
  type Begun,
  beginningEntry,
  beginVerification,
  type Verification,
  type VerificationBase,
  verificationEntryBase,
} from './count-verification.js';
import { queueLockNotice } from './lock-notice.js';
import { openCall, VERIFYING } from './open-call.js';

export interface VerificationRequest {
  /** Number, id or unique name. */
  readonly account: string;
  /** Login, id or unique e-mail, as the caller gave it; may match nobody. */
  readonly caller: string;
  /** `category:action` of the policy. */
  readonly action: string;
  /** What the caller said, as typed; null if the caller forgot it (B19). */
  readonly phrase: string | null;
  readonly ticket: string | undefined;
}

/** `held`: the caller's role is too new for this (B84). */
export type RefusalReason = 'not-verified' | 'not-privileged' | 'no-passphrase' | 'forgot' | 'held';

export interface Verdict {
  readonly id: string;
  readonly outcome: 'verified' | 'refused';
  /** For the operator only; null if verified. */
  readonly reason: RefusalReason | null;
  readonly account: Account;
  readonly caller: User | null;
  readonly action: Action;
  readonly ticket: string | undefined;
  readonly grant: { readonly id: string; readonly expiresAt: number } | null;
}

/**
 * Refusals: not-signed-in and forbidden (also if the operator is the caller), those of `openCall`, and `locked`. A verdict, even
 * a negative one, is an answer and not a refusal. Authority is checked again after the phrase: an operator who may no longer
 * verify by then gets no verdict, and the attempt stays counted. `desk.sendQueued` sends what the verdict queued
 * (lock-notice.ts).
 */
export async function verifyCaller(desk: Desk, signed: SignedOperator, request: VerificationRequest): Promise<Verdict> {
  await askAuthority(desk, signed, VERIFYING);
  const call = await openCall(desk, request);
  const { phrase, ticket } = request;
  const asked = { ...call, id: desk.newId('ver'), ticket, forgot: phrase === null };
  const form = phrase === null ? '' : matchForm(phrase);
  const begun = await afterOthers(() => begin(desk, signed, asked));
  if (begun.kind === 'refused') {
    await desk.sendQueued();
    throw begun.refusal;
  }
  if (begun.kind === 'forgot' || phrase === null)
    return verdictOf(asked, call, { outcome: 'refused', reason: 'forgot' });
  const checked = await checkPhrase(desk, call.caller, phrase, form);
  return decide(desk, signed, { ...asked, ...checked, attempt: begun.attempt });
}

async function begin(desk: Desk, signed: SignedOperator, asked: Verification): Promise<Begun> {
  const at = desk.now();
  return act<'verify', Begun>(desk, signed, VERIFYING, {
    entry: (begun, { actor }) => beginningEntry(begun, verificationEntryBase(actor, at, asked)),
    change: (acting) => beginVerification(acting, asked),
  });
}

interface Attempted extends Verification, CheckedPhrase {
  readonly attempt: number;
}

async function decide(desk: Desk, signed: SignedOperator, tried: Attempted): Promise<Verdict> {
  const at = desk.now();
  const { verdict } = await act<'verify', Judged>(desk, signed, VERIFYING, {
    entry: (judged, { actor }) => [
      decisionEntry(verificationEntryBase(actor, at, tried), judged.verdict),
      ...judged.alarms,
    ],
    change: (acting) => judge(acting, tried),
  });
  return verdict;
}

/** `alarms`: the entries of those that this answer sounds (B95). */
interface Judged {
  readonly verdict: Verdict;
  readonly alarms: readonly AuditEntry[];
}

/** Asks the rules about the caller as stored now, and records the answer together with what follows from it. */
async function judge(acting: Acting<'verify'>, tried: Attempted): Promise<Judged> {
  const { desk, write, now } = acting;
  const account = (await write.accounts.byId(tried.account.id)) ?? tried.account;
  const caller = tried.caller === null ? null : ((await write.users.byId(tried.caller.id)) ?? null);
  const { passphrase, renewed } = await asItStands(write, tried, tried.caller, caller);
  const decision = decideVerification({ policy: desk.policy, account, caller, passphrase, action: tried.action, now });
  const reason = decision.outcome === 'verified' ? null : decision.reason;
  const known = passphrase === 'matches' && (reason === null || reason === 'not-privileged' || reason === 'held');
  const subject: Subject = `caller:${tried.callerKey}`;
  if (known) await clearAttempt(desk, write, subject, tried.attempt);
  else await queueLockNotice(acting, { account, caller }, { subject, attempt: tried.attempt });
  if (known && caller !== null && renewed !== null)
    await write.secrets.updatePassphrase(caller.id, { verifier: renewed, form_version: FOLD_VERSION });
  const said = reason === 'not-verified' ? missOf(account, caller) : reason;
  await write.verifications.update(tried.id, { outcome: decision.outcome, reason: said, decided_at: now });
  const alarms = said === 'not-verified' ? await afterMissIn(acting, account.id) : [];
  const grant = reason === null && caller !== null ? await giveGrant(acting, tried, caller) : null;
  return { verdict: verdictOf(tried, { account, caller }, { outcome: decision.outcome, reason, grant }), alarms };
}

/** What the store calls a wrong answer: only where there was something to guess does it count towards an alarm. */
function missOf(account: Account, caller: User | null): string {
  if (caller === null) return 'not-on-list';
  return account.disabledAt !== null || caller.disabledAt !== null ? 'switched-off' : 'not-verified';
}

/** A grant is short-lived, for one operator, one caller and one action; it is checked again when used (B08). */
async function giveGrant(
  { desk, write, now, by }: Acting<'verify'>,
  { id: verification, account, action }: Verification,
  caller: User,
) {
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
  { id, action, ticket }: Verification,
  { account, caller }: Pick<Verdict, 'account' | 'caller'>,
  { outcome, reason, grant = null }: Pick<Verdict, 'outcome' | 'reason'> & { readonly grant?: Verdict['grant'] },
): Verdict => ({ id, outcome, reason, account, caller, action, ticket, grant });

function decisionEntry(base: VerificationBase, verdict: Verdict): AuditEntry {
  if (verdict.grant !== null) {
    return {
      ...base,
      kind: 'verification.verified',
      outcome: 'done',
      detail: { ...base.detail, grant: verdict.grant.id },
    };
  }
  return { ...base, kind: 'verification.refused', outcome: 'refused', reason: verdict.reason ?? 'not-verified' };
}
