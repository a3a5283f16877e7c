/**
 * Takes resets back (B61): factors and backup codes return as they were, devices and sessions do not. It is possible
 * until the user has enrolled again or the days of the policy have passed, and never after --final. A whole job goes
 * back in chunks, as it was run. An admin of the company sees the resets of its people, and can take back the last one of each (B91).
 */
import type { Desk, ResetRow, SignedOperator, UserContacts } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import type { AuditEntry, ProvenActor } from '../../rules/audit-entry.js';
import { days } from '../../rules/duration.js';
import { byId } from '../../rules/lists.js';
import { minuteOf } from '../../rules/moment.js';
import { enrolledAgain, type ResetFacts } from '../../rules/reset-plan.js';
import { type Acting, act, askAuthority, type Door } from '../authorise.js';
import { type PreparedMessage, prepareMessage } from '../messages/queue-message.js';
import { cancelRemotes } from '../messages/remote-row.js';
import { type ActingOwner, actAsOwner, askOwner } from '../portal/act-as-owner.js';
import type { PortalLogin } from '../portal/customer-login.js';
import { logged, RESETTING_USERS } from './reset-in-portal.js';
import { CHUNK } from './run-job.js';

/** Why a reset is not undone. */
export type UndoStop = 'nothing-taken' | 'undone-before' | 'enrolled-again' | 'superseded' | 'final' | 'too-late';

export interface UndoRequest {
  /** Of a job, or of one reset. */
  readonly id: string;
  readonly line: number | undefined;
  readonly reason: string;
}

export interface UndoOutcome {
  readonly reset: ResetRow;
  readonly login: string;
  readonly outcome: 'undone' | UndoStop;
  /** At the other system there is no undo: `cancelled` before it began, `stays` if it has (B93). Null: nothing was to be done there. */
  readonly remote: 'cancelled' | 'stays' | null;
}

export const UNDOING = { permission: 'job:undo', fresh: true } as const;

/**
 * Refusals: not-found; refused-by-policy if the request covers one reset only and it cannot be taken back. In a job
 * each row has its own outcome. Rows taken back before a refusal stay so, and the same call continues after them. If
 * there is more than one chunk, the caller sends the notices.
 */
export async function undoResets(desk: Desk, signed: SignedOperator, asked: UndoRequest) {
  await askAuthority(desk, signed, UNDOING);
  const resets = await resetsOf(desk, asked);
  const outcomes: UndoOutcome[] = [];
  const sendLater = resets.length > CHUNK;
  for (let from = 0; from < resets.length; from += CHUNK) {
    const door =
      from === 0 ? { ...UNDOING, sendLater } : ({ permission: 'job:undo', running: true, sendLater } as const);
    outcomes.push(...(await undoChunk(desk, signed, door, { resets: resets.slice(from, from + CHUNK), ...asked })));
    // The caller finds them in the outbox; the next act of this process must not wait for them all.
    if (sendLater) desk.store.takeQueued();
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
    throw refusal('not-found', 'nobody-reset', { id, line: line ?? null }, 'show-job');
  }
  throw refusal('not-found', 'job-or-reset-unknown', { id }, 'list-jobs');
}

/** What was looked up before the transaction: the people, and the notices to them. */
type Prepared = Awaited<ReturnType<typeof prepare>>;

async function undoChunk(
  desk: Desk,
  signed: SignedOperator,
  door: Door<'job:undo'>,
  { resets, reason }: { resets: readonly ResetRow[]; reason: string },
) {
  const prepared = await prepare(desk, signed.operator.name, resets);
  const at = desk.now();
  return act<'job:undo', readonly UndoOutcome[]>(desk, signed, door, {
    entry: (outcomes, { actor }) => outcomes.map((outcome) => entryOf(outcome, reason, actor, at)),
    change: (acting) => takeBack(acting, resets, prepared, acting.by.operator.id),
  });
}

async function prepare(desk: Desk, who: string, resets: readonly ResetRow[]) {
  const contacts = await desk.store.read.users.contacts(resets.map((row) => row.user_id));
  const people = new Map(contacts.map((one) => [one.user.id, one]));
  return { people, notices: await noticesOf(desk, who, resets, people) };
}

async function takeBack(
  { desk, write, now }: Acting<'job:undo'> | ActingOwner<'company:resets'>,
  resets: readonly ResetRow[],
  { people, notices }: Prepared,
  by: string,
): Promise<readonly UndoOutcome[]> {
  const ids = [...new Set(resets.map((row) => row.user_id))];
  const found = await write.resets.facts(ids, now);
  const facts = new Map(found.map((one) => [one.userId, one]));
  const rows = await write.resets.byIds(resets.map((row) => row.id));
  const stops = rows.map((reset) => [reset, stopOf(desk, reset, facts.get(reset.user_id), now) ?? 'undone'] as const);
  const stopped = stops.flatMap(([reset, outcome]) => (outcome === 'undone' ? [reset] : []));
  const remotes = await cancelRemotes(desk, write, stopped);
  const outcomes = stops.map(
    ([reset, outcome]): UndoOutcome => ({
      reset,
      login: people.get(reset.user_id)?.user.login ?? '',
      outcome,
      remote: remotes.get(reset.user_id) ?? null,
    }),
  );
  const all = (wanted: UndoOutcome['outcome']) =>
    outcomes.filter(({ outcome }) => outcome === wanted).map(({ reset }) => reset);
  const undone = all('undone');
  const idsOf = (those: readonly ResetRow[]) => those.map((row) => row.id);
  const users = undone.map((row) => row.user_id);
  await write.resets.bringBack(idsOf(undone), users, by, now);
  const enrolled = all('enrolled-again');
  if (enrolled.length > 0) await write.resets.end(idsOf(enrolled), 'enrolled', by, now);
  await write.outbox.insert(undone.flatMap((row) => notices.get(row.id) ?? []).map(({ row }) => row));
  return outcomes;
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
  who: string,
  resets: readonly ResetRow[],
  people: ReadonlyMap<string, UserContacts>,
) {
  const accounts = byId(await desk.store.read.accounts.byIds([...new Set(resets.map((row) => row.account_id))]));
  const when = minuteOf(desk.now());
  return new Map(
    resets.map((row): readonly [string, readonly PreparedMessage[]] => {
      const account = accounts.get(row.account_id);
      const user = people.get(row.user_id)?.user;
      if (account === undefined || user === undefined || user.email === '') return [row.id, []];
      const person = { name: user.name || user.login, login: user.login, account: account.name };
      const values = { ...person, who, when, reference: row.id };
      return [row.id, [prepareMessage(desk, { template: 'mfa-reset-undone', to: user.email, account, user, values })]];
    }),
  );
}

function entryOf({ reset, outcome, remote }: UndoOutcome, reason: string, by: ProvenActor, at: number): AuditEntry {
  return {
    kind: outcome === 'undone' ? 'mfa.reset-undone' : 'mfa.undo-refused',
    outcome: outcome === 'undone' ? 'done' : 'refused',
    at,
    by,
    account: reset.account_id,
    user: reset.user_id,
    reason,
    detail: {
      reset: reset.id,
      ...(reset.job_id === null ? {} : { job: reset.job_id, line: reset.line }),
      result: outcome,
      ...(remote === null ? {} : { remote }),
    },
  };
}

const refusalOf = (stop: UndoStop, login: string): Refusal =>
  refusal('refused-by-policy', 'reset-stays', { login, undo: stop }, 'show-status');

/**
 * The resets of one user of the company that took something, newest first. `by`: an admin of the company; undefined for the desk, whose
 * operators and reasons are its own business. Refusals: forbidden (not an admin), not-found.
 */
export async function resetsOfUser(desk: Desk, login: PortalLogin, userId: string) {
  await askOwner(desk, login, { lock: 'company:people' });
  const { users, resets } = desk.store.read;
  const user = await users.byId(userId);
  if (user?.accountId !== login.account.id) throw refusal('not-found', 'users-of-others', {});
  const rows = await resets.ofUser(userId);
  const [facts] = await resets.facts([userId], desk.now());
  const admins = await users.byIds(rows.flatMap(({ by_user_id: id }) => id ?? []));
  const past = rows.map((reset) => {
    const by = admins.find(({ id }) => id === reset.by_user_id);
    return { reset, by, undo: stopOf(desk, reset, facts, desk.now()) ?? 'possible' };
  });
  return { user, past };
}

/** Refusals: forbidden (not an admin), not-signed-in, factor-needed, missing-option (reason), not-found, refused-by-policy. Each is logged. */
export async function undoInPortal(desk: Desk, login: PortalLogin, id: string, reason: string): Promise<void> {
  const outcomes = await logged(desk, login.user, 'mfa.undo-refused', async () => {
    await askOwner(desk, login, RESETTING_USERS);
    if (reason.trim() === '') throw refusal('missing-option', 'portal-undo-reason', {});
    const reset = await desk.store.read.resets.byId(id);
    if (reset?.account_id !== login.account.id) throw refusal('not-found', 'reset-unknown', { id });
    const prepared = await prepare(desk, login.user.name || login.user.login, [reset]);
    const at = desk.now();
    return actAsOwner<'company:resets', readonly UndoOutcome[]>(desk, login, RESETTING_USERS, {
      entry: (done, { actor }) => done.map((outcome) => entryOf(outcome, reason.trim(), actor, at)),
      change: (acting) => takeBack(acting, [reset], prepared, login.user.id),
    });
  });
  for (const { outcome, login: whose } of outcomes) if (outcome !== 'undone') throw refusalOf(outcome, whose);
}
