/** What a reset consists of: who ordered it, of whom, with what result; and how the store and the log record it (B52, B74). */
import type { ConnectorSettings } from '../../connectors/connector.js';
import type { Desk, NewReset, UserContacts } from '../../desk.js';
import { isRefusal, type Worded } from '../../errors.js';
import type { AuditEntry, Denial, ProvenActor } from '../../rules/audit-entry.js';
import type { Account, User } from '../../rules/people.js';
import {
  enrolledAgain,
  NOTHING,
  type PlannedRow,
  type Removed,
  type ResetFacts,
  removedOf,
} from '../../rules/reset-plan.js';
import type { EnrolmentCode } from '../codes/enrolment-code.js';

interface Named {
  /** For the notices: who did it, and who asked for it. */
  readonly who: string;
  readonly requestedBy: Worded;
}

/** One user, under the grant of a verified caller. */
interface OnCall extends Named {
  readonly by: 'call';
  readonly operatorId: string;
  readonly grantId: string;
  /** Undefined if the grant does not exist; the transaction then refuses it. */
  readonly callerId: string | undefined;
  readonly reason: string | undefined;
  readonly ticket: string | undefined;
  /** Destroy instead of suspending (B61). */
  readonly final: boolean;
}

/** Users of a plan. The operator is the one who runs the job, not the one who began it. */
interface InJob extends Named {
  readonly by: 'job';
  readonly operatorId: string;
  readonly jobId: string;
  readonly reason: string;
  readonly ticket: string;
  readonly final: boolean;
  /** True if this order may reset admins and users with an open objection (a second operator approved it). */
  readonly approved: boolean;
  /** The first chunk: the admins of each company with several users are told of all at once. */
  readonly first: boolean;
  readonly companies: Companies;
}

/** Number of a company → its users in a run; of companies with one user there is none. */
export type Companies = ReadonlyMap<string, readonly PlannedRow[]>;

/** Users of a company, by its admin. */
interface InPortal extends Named {
  readonly by: 'portal';
  readonly userId: string;
  readonly reason: string;
}

/** Who ordered the reset. The transaction proves that they may. */
export type ResetOrder = OnCall | InJob | InPortal;

export interface ResetTarget {
  readonly userId: string;
  readonly line: number | null;
}

/** `no-address`: reset, but no code for the next enrolment could go anywhere (B88). */
export type StepResult = 'reset' | 'no-address' | 'nothing-to-do' | 'sso-only' | 'needs-approval' | 'failed';

export interface StepOutcome {
  readonly id: string;
  /** Of the row that resets at another system too; null if there is none. */
  readonly remoteRow: string | null;
  readonly line: number | null;
  readonly result: StepResult;
  readonly account: Account;
  readonly user: User;
  readonly removed: Removed;
  readonly enrolmentCode: 'sent' | 'not-needed' | 'no-address-on-file';
  /** Id of the message with the code. */
  readonly codeMessage: string | null;
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
  /** Where the login is too (B93). */
  readonly remote: ConnectorSettings | undefined;
}

const NO_WORD = {
  job_id: null,
  operator_id: null,
  by_user_id: null,
  caller_id: null,
  grant_id: null,
  reason: null,
  ticket: null,
} as const;

/** The order as columns of the row. */
function wordOf(order: ResetOrder): Pick<NewReset, keyof typeof NO_WORD> {
  if (order.by === 'portal') return { ...NO_WORD, by_user_id: order.userId, reason: order.reason };
  const { operatorId: operator_id, reason = null, ticket = null } = order;
  const word = { ...NO_WORD, operator_id, reason, ticket };
  if (order.by === 'job') return { ...word, job_id: order.jobId };
  return { ...word, grant_id: order.grantId, caller_id: order.callerId ?? null };
}

/** A company's admin can only suspend; only the desk can destroy at once. */
export const isFinal = (order: ResetOrder): boolean => order.by !== 'portal' && order.final;

/**
 * Resetting again after a final reset is final as well, as long as nobody enrolled in between. Undoing it would restore
 * nothing and would remove the enrolment code that blocks enrolment (B57, B61).
 */
const repeatsFinal = (facts: ResetFacts): boolean => facts.open?.final === true && !enrolledAgain(facts);

export function rowOf(order: ResetOrder, { id, target, account, facts, result, act }: Decided, at: number): NewReset {
  const removed = act ? removedOf(facts) : NOTHING;
  return {
    id,
    ...wordOf(order),
    line: target.line,
    account_id: account.id,
    user_id: target.userId,
    outcome: result,
    state: act ? 'open' : 'none',
    final: isFinal(order) || repeatsFinal(facts) ? 1 : 0,
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
  remoteRows: ReadonlyMap<string, string>,
): StepOutcome {
  const bar = bars.get(target.userId);
  return {
    id,
    remoteRow: remoteRows.get(target.userId) ?? null,
    line: target.line,
    result,
    account,
    user: contacts.user,
    removed: act ? removedOf(facts) : NOTHING,
    enrolmentCode: bar === undefined ? 'not-needed' : bar.message === null ? 'no-address-on-file' : 'sent',
    codeMessage: bar?.message?.id ?? null,
  };
}

/** One entry per user, so that the log of one person is complete (B74). */
export function stepEntry(order: ResetOrder, outcome: StepOutcome, by: ProvenActor, at: number): AuditEntry {
  const refused = outcome.result === 'needs-approval';
  const { ticket, reason, grant_id: grant, job_id: job } = wordOf(order);
  return {
    kind: refused ? 'mfa.reset-refused' : 'mfa.reset',
    outcome: refused ? 'refused' : 'done',
    at,
    by,
    account: outcome.account.id,
    user: outcome.user.id,
    ...(ticket == null ? {} : { ticket }),
    ...(reason == null ? {} : { reason }),
    detail: {
      reset: outcome.id,
      ...(grant == null ? {} : { grant }),
      ...(job == null ? {} : { job, line: outcome.line }),
      ...(isFinal(order) ? { final: true } : {}),
      result: outcome.result,
      ...(outcome.remoteRow === null ? {} : { remote: outcome.account.connector }),
      ...outcome.removed,
    },
  };
}

/** Not of a store that is unreachable or corrupt, which takes no entry. */
export const TAKES_ENTRIES = /^(?!store-(unreachable|corrupt)$)/;

/** Logs refusals with these codes as this entry, for the reason of their code (B74, B99). */
export async function loggingAs<T>(
  desk: Desk,
  entry: () => Omit<Denial, 'outcome' | 'reason'>,
  codes: RegExp,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isRefusal(error) && codes.test(error.code))
      await desk.store.record({ ...entry(), outcome: 'refused', reason: error.code }, async () => undefined);
    throw error;
  }
}
