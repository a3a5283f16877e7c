/** Who was reset and has not enrolled again (B57, B62), for the operator who follows up on a run. */
import type { Desk, ResetRow } from '../../desk.js';
import { refusal } from '../../errors.js';
import { byId } from '../../rules/lists.js';
import { enrolledAgain } from '../../rules/reset-plan.js';
import { type CodeState, codeStateOf } from '../codes/mfa-status.js';
import { inPages } from '../directory/export-directory.js';

export type PendingEnrolment = Awaited<ReturnType<typeof ofBatch>>[number];

/** Of the code; `waiting`: it was sent, and can be used. `objected`: a customer admin objected to the reset. */
type State = Exclude<CodeState, 'sent'> | 'waiting' | 'objected' | 'no-code-needed';

/**
 * In pages: resets with an objection come first, because they wait for the desk; otherwise newest first. Of whom no login asks for a second
 * factor, and who cannot sign in, is not pending (B89). Refusal not-found for an unknown job.
 */
export async function pendingEnrolments(desk: Desk, jobId: string | undefined) {
  if (jobId !== undefined && (await desk.store.read.jobs.head(jobId)) === undefined) {
    throw refusal('not-found', 'job-unknown', { id: jobId }, 'list-jobs');
  }
  return pages(desk, jobId);
}

async function* pages(desk: Desk, jobId: string | undefined) {
  const { resets } = desk.store.read;
  for (const objected of [true, false])
    for await (const rows of inPages<ResetRow>((last, limit) => resets.open(objected, limit, jobId, last)))
      yield ofBatch(desk, rows);
}

async function ofBatch(desk: Desk, rows: readonly ResetRow[]) {
  const { users, accounts, resets, outbox } = desk.store.read;
  const ids = rows.map((row) => row.user_id);
  const facts = new Map((await resets.facts(ids, desk.now())).map((one) => [one.userId, one]));
  const people = byId(await users.byIds(ids));
  const homes = byId(await accounts.byIds([...new Set(rows.map((row) => row.account_id))]));
  const messages = await outbox.latestAbout(ids, 'enrolment-code');
  const stateOf = (reset: ResetRow, live: boolean): State => {
    if (reset.objected_at !== null) return 'objected';
    if (!desk.policy.limits.enrolmentCode.required) return 'no-code-needed';
    // Who has nothing here enrols at the other system, without a code of ours.
    const message = messages.get(reset.user_id);
    const elsewhere = homes.get(reset.account_id)?.connector != null;
    if (elsewhere && (message === undefined || message.created_at < reset.at)) return 'no-code-needed';
    const state = codeStateOf({ live, since: reset.at }, messages.get(reset.user_id));
    return state === 'sent' ? 'waiting' : state;
  };
  return rows.flatMap((reset) => {
    const user = people.get(reset.user_id);
    const account = homes.get(reset.account_id);
    const fact = facts.get(reset.user_id);
    if (user === undefined || account === undefined || fact === undefined || enrolledAgain(fact)) return [];
    const gone = user.disabledAt !== null || account.disabledAt !== null || account.mfaRequiredAt === null;
    if (gone && reset.objected_at === null) return [];
    return [{ reset, user, account, state: stateOf(reset, fact.codeLive) }];
  });
}
