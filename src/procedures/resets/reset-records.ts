/** What a reset is made of: on whose word, of whom, with what result; and how it stands in the store and in the log (B52, B74). */
import type { NewReset, UserContacts } from '../../desk.js';
import type { Actor, AuditEntry } from '../../rules/audit-entry.js';
import type { Account, User } from '../../rules/people.js';
import { enrolledAgain, NOTHING, type Removed, type ResetFacts, removedOf } from '../../rules/reset-plan.js';
import type { EnrolmentCode } from '../codes/enrolment-code.js';

/** On whose word it is done. */
export interface ResetOrder {
  readonly actor: Actor;
  readonly operatorId: string | null;
  /** The customer admin, in the portal. */
  readonly byUserId: string | null;
  readonly callerId: string | null;
  readonly grantId: string | null;
  readonly jobId: string | null;
  readonly reason: string | null;
  readonly ticket: string | null;
  /** Destroy instead of suspending (B61). */
  readonly final: boolean;
  /** Admins and who an objection stands for may be reset: approved, or asked for where no approval is needed. */
  readonly includeApprovalOnly: boolean;
  /** For the notices: who did it, and who asked for it. */
  readonly who: string;
  readonly requestedBy: string;
}

export interface ResetTarget {
  readonly userId: string;
  readonly line: number | null;
}

export type StepResult = 'reset' | 'nothing-to-do' | 'sso-only' | 'needs-approval' | 'failed';

export interface StepOutcome {
  readonly id: string;
  readonly line: number | null;
  readonly result: StepResult;
  readonly account: Account;
  readonly user: User;
  readonly removed: Removed;
  readonly enrolmentCode: 'sent' | 'not-needed' | 'no-address-on-file';
}

/** A target looked up and decided on. */
export interface Decided {
  readonly target: ResetTarget;
  readonly id: string;
  readonly contacts: UserContacts;
  readonly account: Account;
  readonly facts: ResetFacts;
  readonly result: StepResult;
  readonly act: boolean;
}

/**
 * A reset that repeats a final one before anyone enrolled again is final too: there is nothing to bring back, and taking it back
 * would only take away the code that bars the way (B57, B61).
 */
const repeatsFinal = (facts: ResetFacts): boolean => facts.open?.final === true && !enrolledAgain(facts);

export function rowOf(order: ResetOrder, { id, target, account, facts, result, act }: Decided, at: number): NewReset {
  const removed = act ? removedOf(facts) : NOTHING;
  return {
    id,
    job_id: order.jobId,
    line: target.line,
    account_id: account.id,
    user_id: target.userId,
    operator_id: order.operatorId,
    by_user_id: order.byUserId,
    caller_id: order.callerId,
    grant_id: order.grantId,
    reason: order.reason,
    ticket: order.ticket,
    outcome: result,
    state: act ? 'open' : 'none',
    final: order.final || repeatsFinal(facts) ? 1 : 0,
    factors: removed.factors,
    backup_codes: removed.backupCodes,
    devices: removed.devices,
    sessions: removed.sessions,
    enrolments: removed.enrolments,
    at,
    objected_at: null,
    objected_by: null,
    ended_at: null,
    ended_by: null,
  };
}

export function outcomeOf(
  { id, target, account, contacts, facts, result, act }: Decided,
  bars: ReadonlyMap<string, EnrolmentCode>,
): StepOutcome {
  const bar = bars.get(target.userId);
  return {
    id,
    line: target.line,
    result,
    account,
    user: contacts.user,
    removed: act ? removedOf(facts) : NOTHING,
    enrolmentCode: bar === undefined ? 'not-needed' : bar.message === null ? 'no-address-on-file' : 'sent',
  };
}

/** One entry a user, so that the log of one person is whole (B74). */
export function stepEntry(order: ResetOrder, outcome: StepOutcome, at: number): AuditEntry {
  const refused = outcome.result === 'needs-approval';
  return {
    kind: refused ? 'mfa.reset-refused' : 'mfa.reset',
    outcome: refused ? 'refused' : 'done',
    at,
    by: order.actor,
    account: outcome.account.id,
    user: outcome.user.id,
    ...(order.ticket === null ? {} : { ticket: order.ticket }),
    ...(order.reason === null ? {} : { reason: order.reason }),
    detail: {
      reset: outcome.id,
      ...(order.grantId === null ? {} : { grant: order.grantId }),
      ...(order.jobId === null ? {} : { job: order.jobId, line: outcome.line }),
      ...(order.final ? { final: true } : {}),
      result: outcome.result,
      ...outcome.removed,
    },
  };
}
