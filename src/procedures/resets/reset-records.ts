/** What a reset consists of: who ordered it, of whom, with what result; and how the store and the log record it (B52, B74). */
import type { ConnectorSettings } from '../../connectors/connector.js';
import type { Desk, NewReset, UserContacts } from '../../desk.js';
import { isRefusal, type Worded } from '../../errors.js';
import type { ActEntry, Denial } from '../../rules/audit-entry.js';
import type { Account } from '../../rules/people.js';
import { enrolledAgain, NOTHING, type PlannedRow, type ResetFacts, removedOf } from '../../rules/reset-plan.js';
import type { EnrolmentCode } from '../codes/enrolment-code.js';

/** One user, under the grant of a verified caller. */
interface OnCall {
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
interface InJob {
  readonly by: 'job';
  readonly operatorId: string;
  readonly jobId: string;
  readonly reason: string;
  readonly ticket: string;
  readonly final: boolean;
  /** Users whose reset a second operator approved: also as admins, and with an open objection. */
  readonly approved: ReadonlySet<string>;
  /** The first chunk: the admins of each company with several users are told of all at once. */
  readonly first: boolean;
  readonly companies: Companies;
}

/** Number of a company → its users in a run; of companies with one user there is none. */
export type Companies = ReadonlyMap<string, readonly PlannedRow[]>;

/** Users of a company, by its admin. */
interface InPortal {
  readonly by: 'portal';
  readonly userId: string;
  readonly reason: string;
}

/** Who ordered the reset; the transaction proves that they may. For the notices: who did it, and who asked for it. */
export type ResetOrder = (OnCall | InJob | InPortal) & { readonly who: string; readonly requestedBy: Worded };

export interface ResetTarget {
  readonly userId: string;
  readonly line: number | null;
}

/** `no-address`: reset, but no code for the next enrolment could go anywhere (B88). */
export type StepResult = 'reset' | 'no-address' | 'nothing-to-do' | 'sso-only' | 'needs-approval' | 'failed';

/** `remoteRow`: id of the row that resets at another system too; `codeMessage`: of the message with the code. Null if there is none. */
export type StepOutcome = ReturnType<typeof outcomeOf>;

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

/** The order as columns of the row. */
const wordOf = (order: ResetOrder) => ({
  job_id: order.by === 'job' ? order.jobId : null,
  operator_id: order.by === 'portal' ? null : order.operatorId,
  by_user_id: order.by === 'portal' ? order.userId : null,
  caller_id: order.by === 'call' ? (order.callerId ?? null) : null,
  grant_id: order.by === 'call' ? order.grantId : null,
  reason: order.reason ?? null,
  ticket: order.by === 'portal' ? null : (order.ticket ?? null),
});

/** A company's admin can only suspend; only the desk can destroy at once. */
export const isFinal = (order: ResetOrder): boolean => order.by !== 'portal' && order.final;

/**
 * Resetting again after a final reset is final as well, as long as nobody enrolled in between. Undoing it would restore
 * nothing and would remove the enrolment code that blocks enrolment (B57, B61).
 */
const repeatsFinal = (facts: ResetFacts): boolean => facts.open?.final === true && !enrolledAgain(facts);

export function rowOf(order: ResetOrder, { id, target, account, facts, result, act }: Decided, at: number): NewReset {
  const { backupCodes: backup_codes, ...removed } = act ? removedOf(facts) : NOTHING;
  return {
    id,
    ...wordOf(order),
    line: target.line,
    account_id: account.id,
    user_id: target.userId,
    outcome: result,
    state: act ? 'open' : 'none',
    final: isFinal(order) || repeatsFinal(facts) ? 1 : 0,
    ...removed,
    backup_codes,
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
) {
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
  } as const;
}

/** One entry per user, so that the log of one person is complete (B74). */
export function stepEntry(order: ResetOrder, outcome: StepOutcome): ActEntry {
  const refused = outcome.result === 'needs-approval';
  const { ticket, reason, grant_id: grant, job_id: job } = wordOf(order);
  return {
    kind: refused ? 'mfa.reset-refused' : 'mfa.reset',
    outcome: refused ? 'refused' : 'done',
    account: outcome.account.id,
    user: outcome.user.id,
    ...(ticket === null ? {} : { ticket }),
    ...(reason === null ? {} : { reason }),
    detail: {
      reset: outcome.id,
      ...(grant === null ? {} : { grant }),
      ...(job === null ? {} : { job, line: outcome.line }),
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
