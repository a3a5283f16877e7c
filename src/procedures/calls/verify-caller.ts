/**
 * One verification, in the order of the procedure manual: count the attempt, check the phrase, ask the rules, write down what was
 * decided (B03, B05, B11–B15, B72–B74). The attempt is committed before the check, and the check does the same work for a caller
 * nobody knows. What comes back is a verdict; wording is made by the command.
 */
import type { Desk, SignedOperator, Writes } from '../../desk.js';
import { Refusal } from '../../errors.js';
import type { AuditEntry } from '../../rules/audit-entry.js';
import { minutes } from '../../rules/duration.js';
import type { Account, User } from '../../rules/people.js';
import type { Action } from '../../rules/policy.js';
import { decideVerification } from '../../rules/scope.js';
import { FOLD_VERSION, matchForm } from '../../rules/spoken-form.js';
import { clearAttempt, type Subject } from '../lock-outs.js';
import { asItStands, type CheckedPhrase, checkPhrase } from './check-passphrase.js';
import { countVerification, type VerificationBase, verificationEntryBase } from './count-verification.js';
import { queueLockNotice } from './lock-notice.js';
import { type Call, openCall } from './open-call.js';

export interface VerificationRequest {
  /** Number, id or unique name. */
  readonly account: string;
  /** Login, id or unique e-mail, as the caller gave it; may name nobody. */
  readonly caller: string;
  /** `category:action` of the policy. */
  readonly action: string;
  /** What the caller said, as typed; null where the caller forgot it (B19). */
  readonly phrase: string | null;
  readonly ticket: string | undefined;
}

export type RefusalReason = 'not-verified' | 'not-privileged' | 'no-passphrase' | 'forgot';

export interface Verdict {
  readonly id: string;
  readonly outcome: 'verified' | 'refused';
  /** For the operator only; null where verified. */
  readonly reason: RefusalReason | null;
  readonly account: Account;
  readonly caller: User | null;
  readonly action: Action;
  readonly ticket: string | undefined;
  readonly grant: { readonly id: string; readonly expiresAt: number } | null;
  /** Messages this verdict queued, to be sent once it stands on the screen (lock-notice.ts). */
  readonly toSend: readonly string[];
}

/**
 * Refusals: as `openCall`, `forbidden` (the operator is the caller) and `locked`. A verdict, also a negative one, is an answer and
 * not a refusal.
 */
export async function verifyCaller(desk: Desk, signed: SignedOperator, request: VerificationRequest): Promise<Verdict> {
  const call = await openCall(desk, request);
  const id = desk.newId('ver');
  if (call.caller !== null && call.caller.id === signed.alsoUserId)
    return refuseOneself(desk, signed, request, call, id);
  if (request.phrase === null) return refuseForgotten(desk, signed, request, call, id);
  const form = matchForm(request.phrase);
  const attempt = await countVerification(desk, signed, request, call, id);
  const checked = await checkPhrase(desk, call.caller, request.phrase, form);
  return decide(desk, signed, request, call, { id, attempt, ...checked });
}

/** Nobody is at both ends of a call: one person alone would give themselves a grant. */
async function refuseOneself(
  desk: Desk,
  signed: SignedOperator,
  request: VerificationRequest,
  call: Call,
  id: string,
): Promise<never> {
  const base = verificationEntryBase(signed, call, request.ticket, desk.now(), id);
  await desk.store.record(
    { ...base, kind: 'verification.refused', outcome: 'refused', reason: 'own-login' },
    async () => undefined,
  );
  throw new Refusal('forbidden', 'this caller is you', {
    hint: 'Nobody verifies themselves; another operator takes this call.',
  });
}

interface Attempted extends CheckedPhrase {
  readonly id: string;
  readonly attempt: number;
}

/** The rules' answer on the caller as they stand now, written down together with what follows from it. */
async function decide(
  desk: Desk,
  signed: SignedOperator,
  request: VerificationRequest,
  call: Call,
  tried: Attempted,
): Promise<Verdict> {
  const at = desk.now();
  const base = verificationEntryBase(signed, call, request.ticket, at, tried.id);
  return desk.store.record<Verdict>(
    (verdict) => entryOf(base, verdict),
    async (write, log) => {
      const account = (await write.accounts.byId(call.account.id)) ?? call.account;
      const caller = call.caller === null ? null : ((await write.users.byId(call.caller.id)) ?? null);
      const { passphrase, renewed } = await asItStands(write, tried, call.caller, caller);
      const decision = decideVerification({ policy: desk.policy, account, caller, passphrase, action: call.action });
      const known =
        passphrase === 'matches' && (decision.outcome === 'verified' || decision.reason === 'not-privileged');
      const subject: Subject = `caller:${call.callerKey}`;
      if (known) await clearAttempt(desk, write, log, subject, tried.attempt);
      if (known && caller !== null && renewed !== null) {
        await write.secrets.updatePassphrase(caller.id, { verifier: renewed, form_version: FOLD_VERSION });
      }
      const reason = decision.outcome === 'verified' ? null : decision.reason;
      await write.verifications.update(tried.id, { outcome: decision.outcome, reason, decided_at: at });
      const grant =
        reason === null && caller !== null ? await giveGrant(desk, write, signed, call, caller, tried.id) : null;
      const wrong = { subject, attempt: tried.attempt };
      return {
        id: tried.id,
        outcome: decision.outcome,
        reason,
        account,
        caller,
        action: call.action,
        ticket: request.ticket,
        grant,
        toSend: known ? [] : await queueLockNotice(desk, write, log, { account, caller }, wrong),
      };
    },
  );
}

/** A grant is short, for one operator, one caller and one action; it is checked again when used (B08). */
async function giveGrant(
  desk: Desk,
  write: Writes,
  signed: SignedOperator,
  call: Call,
  caller: User,
  verificationId: string,
) {
  const createdAt = desk.now();
  const expiresAt = createdAt + minutes(desk.policy.limits.grant.minutes);
  const id = desk.newId('gr');
  await write.grants.insert({
    id,
    verification_id: verificationId,
    operator_id: signed.operator.id,
    account_id: call.account.id,
    user_id: caller.id,
    action: call.action.id,
    authority_version: caller.authorityVersion,
    created_at: createdAt,
    expires_at: expiresAt,
    used_at: null,
    revoked_at: null,
  });
  return { id, expiresAt };
}

/** The caller does not know the phrase: nothing is compared, nothing revealed, nothing set (B19). */
async function refuseForgotten(
  desk: Desk,
  signed: SignedOperator,
  request: VerificationRequest,
  call: Call,
  id: string,
): Promise<Verdict> {
  const at = desk.now();
  const verdict: Verdict = {
    id,
    outcome: 'refused',
    reason: 'forgot',
    account: call.account,
    caller: call.caller,
    action: call.action,
    ticket: request.ticket,
    grant: null,
    toSend: [],
  };
  await desk.store.record(entryOf(verificationEntryBase(signed, call, request.ticket, at, id), verdict), (write) =>
    write.verifications.insert({
      id,
      operator_id: signed.operator.id,
      account_id: call.account.id,
      user_id: call.caller?.id ?? null,
      caller_key: call.callerKey,
      action: call.action.id,
      ticket: request.ticket ?? null,
      outcome: 'refused',
      reason: 'forgot',
      started_at: at,
      decided_at: at,
    }),
  );
  return verdict;
}

function entryOf(base: VerificationBase, verdict: Verdict): AuditEntry {
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
