/**
 * Taking resets back (B61): factors and backup codes return as they were, devices and sessions do not. Possible until the user has
 * enrolled again or the days of the policy have passed; never after --final. A whole job goes back in chunks, like it came.
 */
import type { Desk, ResetRow, SignedOperator, UserContacts, Writes } from '../../desk.js';
import { Refusal } from '../../errors.js';
import type { AuditEntry } from '../../rules/audit-entry.js';
import { days } from '../../rules/duration.js';
import { enrolledAgain, type ResetFacts } from '../../rules/reset-plan.js';
import { inWords, type PreparedMessage, prepareMessage } from '../messages/queue-message.js';
import { requireFreshCode } from '../operators/authenticate-operator.js';
import { CHUNK } from './run-job.js';

export interface UndoRequest {
  /** Of a job, or of one reset. */
  readonly id: string;
  readonly line: number | undefined;
  readonly reason: string;
}

/** Why one reset stays. */
export type UndoStop = 'nothing-taken' | 'undone-before' | 'enrolled-again' | 'superseded' | 'final' | 'too-late';

export interface UndoOutcome {
  readonly reset: ResetRow;
  readonly login: string;
  readonly outcome: 'undone' | UndoStop;
}

/** Refusals: not-found; refused-by-policy where one reset was named and stays. Of a job each row has its own outcome. */
export async function undoResets(
  desk: Desk,
  signed: SignedOperator,
  asked: UndoRequest,
): Promise<readonly UndoOutcome[]> {
  requireFreshCode(desk, signed);
  const resets = await resetsOf(desk, asked);
  const outcomes: UndoOutcome[] = [];
  for (let from = 0; from < resets.length; from += CHUNK) {
    outcomes.push(...(await undoChunk(desk, signed, resets.slice(from, from + CHUNK), asked.reason)));
  }
  const [only] = outcomes;
  if (outcomes.length === 1 && only !== undefined && only.outcome !== 'undone')
    throw refusalOf(only.outcome, only.login);
  return outcomes;
}

async function resetsOf(desk: Desk, { id, line }: UndoRequest): Promise<readonly ResetRow[]> {
  const { resets, jobs } = desk.store.read;
  if (id.startsWith('rst_')) {
    const one = await resets.byId(id);
    if (one !== undefined) return [one];
  } else if ((await jobs.head(id)) !== undefined) {
    const all = (await resets.ofJob(id)).filter((row) => line === undefined || row.line === line);
    if (all.length > 0) return all;
    throw new Refusal(
      'not-found',
      line === undefined ? `the job ${id} has reset nobody` : `line ${line} of ${id} reset nobody`,
      {
        hint: `See: countersign job show ${id}`,
      },
    );
  }
  throw new Refusal('not-found', `there is no job or reset "${id}"`, { hint: 'See: countersign job list' });
}

async function undoChunk(
  desk: Desk,
  signed: SignedOperator,
  resets: readonly ResetRow[],
  reason: string,
): Promise<readonly UndoOutcome[]> {
  const at = desk.now();
  const ids = resets.map((row) => row.user_id);
  const people = new Map((await desk.store.read.users.contacts(ids)).map((one) => [one.user.id, one]));
  const messages = await noticesOf(desk, signed, resets, people);
  return desk.store.record<readonly UndoOutcome[]>(
    (outcomes) => outcomes.map((outcome) => entryOf(signed, outcome, reason, at)),
    async (write, log) => {
      const now = Math.max(at, log.latestAt);
      const facts = new Map(
        (await write.resets.facts([...new Set(ids)], at, desk.policy.limits.code.tries)).map((one) => [
          one.userId,
          one,
        ]),
      );
      const rows = await write.resets.byIds(resets.map((row) => row.id));
      const outcomes = rows.map((row): UndoOutcome => {
        const stop = stopOf(desk, row, facts.get(row.user_id), now);
        return { reset: row, login: people.get(row.user_id)?.user.login ?? '', outcome: stop ?? 'undone' };
      });
      await takeBack(write, outcomes, messages, signed.operator.id, at);
      return outcomes;
    },
  );
}

async function takeBack(
  write: Writes,
  outcomes: readonly UndoOutcome[],
  messages: ReadonlyMap<string, readonly PreparedMessage[]>,
  by: string,
  at: number,
): Promise<void> {
  const undone = outcomes.filter(({ outcome }) => outcome === 'undone').map(({ reset }) => reset);
  const enrolled = outcomes.filter(({ outcome }) => outcome === 'enrolled-again').map(({ reset }) => reset);
  await write.resets.bringBack(
    undone.map((row) => row.id),
    undone.map((row) => row.user_id),
    by,
    at,
  );
  if (enrolled.length > 0)
    await write.resets.end(
      enrolled.map((row) => row.id),
      'enrolled',
      by,
      at,
    );
  await write.outbox.insert(undone.flatMap((row) => messages.get(row.id) ?? []).map(({ row }) => row));
}

function stopOf(desk: Desk, row: ResetRow, facts: ResetFacts | undefined, now: number): UndoStop | undefined {
  if (row.state === 'none') return 'nothing-taken';
  if (row.state === 'undone') return 'undone-before';
  if (row.state === 'superseded') return 'superseded';
  if (row.state === 'enrolled' || (facts !== undefined && enrolledAgain(facts))) return 'enrolled-again';
  if (row.final !== 0) return 'final';
  return now >= row.at + days(desk.policy.limits.reset.undoDays) ? 'too-late' : undefined;
}

async function noticesOf(
  desk: Desk,
  signed: SignedOperator,
  resets: readonly ResetRow[],
  people: ReadonlyMap<string, UserContacts>,
) {
  const homes = await desk.store.read.accounts.byIds([...new Set(resets.map((row) => row.account_id))]);
  const accounts = new Map(homes.map((account) => [account.id, account]));
  const when = inWords(desk.now());
  return new Map(
    resets.map((row): readonly [string, readonly PreparedMessage[]] => {
      const account = accounts.get(row.account_id);
      const user = people.get(row.user_id)?.user;
      if (account === undefined || user === undefined || user.email === '') return [row.id, []];
      const person = { name: user.name || user.login, login: user.login, account: account.name };
      const values = { ...person, who: signed.operator.name, when, reference: row.id };
      return [row.id, [prepareMessage(desk, { template: 'mfa-reset-undone', to: user.email, account, user, values })]];
    }),
  );
}

function entryOf(signed: SignedOperator, { reset, outcome }: UndoOutcome, reason: string, at: number): AuditEntry {
  return {
    kind: outcome === 'undone' ? 'mfa.reset-undone' : 'mfa.undo-refused',
    outcome: outcome === 'undone' ? 'done' : 'refused',
    at,
    by: signed.actor,
    account: reset.account_id,
    user: reset.user_id,
    reason,
    detail: {
      reset: reset.id,
      ...(reset.job_id === null ? {} : { job: reset.job_id, line: reset.line }),
      result: outcome,
    },
  };
}

export const UNDO_STOPS: Readonly<Record<UndoStop, string>> = {
  'nothing-taken': 'there was nothing to take back',
  'undone-before': 'it was taken back before',
  'enrolled-again': 'the user has enrolled again',
  superseded: 'a later reset stands',
  final: 'it was final: the old factors are destroyed',
  'too-late': 'the time to take it back has passed',
};

const refusalOf = (stop: UndoStop, login: string): Refusal =>
  new Refusal('refused-by-policy', `the reset of ${login} stays: ${UNDO_STOPS[stop]}`, {
    hint: `See: countersign mfa status ACCOUNT/${login}   Nothing was changed.`,
  });
