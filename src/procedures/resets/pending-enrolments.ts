/** Who was reset and has not enrolled again (B57, B62), for the operator who follows up on a run. */
import type { Desk, ResetRow } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { Account, User } from '../../rules/people.js';
import { enrolledAgain } from '../../rules/reset-plan.js';

export interface PendingEnrolment {
  readonly reset: ResetRow;
  readonly user: User;
  readonly account: Account;
  /**
   * `waiting`: the code can be used. `expired`: a new reset sends a new one. `objected`: a customer admin objected to
   * the reset.
   */
  readonly state: 'waiting' | 'expired' | 'objected' | 'no-code-needed';
}

const BATCH = 500;
const MOST = 100_000;

/**
 * Resets with an objection come first, because they wait for the desk; otherwise newest first. Refusal not-found for an
 * unknown job.
 */
export async function pendingEnrolments(desk: Desk, jobId: string | undefined): Promise<readonly PendingEnrolment[]> {
  if (jobId !== undefined && (await desk.store.read.jobs.head(jobId)) === undefined) {
    throw refusal('not-found', 'job-unknown', { id: jobId }, 'list-jobs');
  }
  const rows = await desk.store.read.resets.open(MOST, jobId);
  const pending: PendingEnrolment[] = [];
  for (let from = 0; from < rows.length; from += BATCH)
    pending.push(...(await ofBatch(desk, rows.slice(from, from + BATCH))));
  return pending.toSorted((a, b) => Number(b.state === 'objected') - Number(a.state === 'objected'));
}

async function ofBatch(desk: Desk, rows: readonly ResetRow[]): Promise<readonly PendingEnrolment[]> {
  const { users, accounts, resets } = desk.store.read;
  const ids = rows.map((row) => row.user_id);
  const facts = new Map((await resets.facts(ids, desk.now())).map((one) => [one.userId, one]));
  const people = new Map((await users.byIds(ids)).map((user) => [user.id, user]));
  const homes = new Map(
    (await accounts.byIds([...new Set(rows.map((row) => row.account_id))])).map((one) => [one.id, one]),
  );
  return rows.flatMap((reset) => {
    const user = people.get(reset.user_id);
    const account = homes.get(reset.account_id);
    const fact = facts.get(reset.user_id);
    if (user === undefined || account === undefined || fact === undefined || enrolledAgain(fact)) return [];
    const state =
      reset.objected_at !== null
        ? 'objected'
        : fact.codeLive
          ? 'waiting'
          : desk.policy.limits.enrolmentCode.required
            ? 'expired'
            : 'no-code-needed';
    return [{ reset, user, account, state } as const];
  });
}
