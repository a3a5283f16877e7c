/**
 * Takes resets back (B61): factors and backup codes return as they were, devices and sessions do not. It is possible
 * until the user has enrolled again or the days of the policy have passed, and never after --final. A whole job goes
 * back in chunks, as it was run. An admin of the company sees the resets of its people, and can take back the last one of each (B91).
 */
import type { Desk, ResetRow, SignedOperator } from '../../desk.js';
import { type Refusal, refusal } from '../../errors.js';
import type { ActEntry } from '../../rules/audit-entry.js';
import { days } from '../../rules/duration.js';
import { byId, chunksOf } from '../../rules/lists.js';
import { minuteOf } from '../../rules/moment.js';
import { enrolledAgain, type ResetFacts } from '../../rules/reset-plan.js';
import { type Acting, act, askAuthority } from '../authorise.js';
import { prepareMessage } from '../messages/queue-message.js';
import { cancelRemotes } from '../messages/remote-row.js';
import { hear } from '../pause.js';
import { type ActingOwner, actAsOwner, askOwner } from '../portal/act-as-owner.js';
import type { PortalLogin } from '../portal/customer-login.js';
import { logged, RESETTING_USERS } from './reset-in-portal.js';
import { CHUNK } from './run-job.js';

/** Why a reset is not undone. */
export type UndoStop = NonNullable<ReturnType<typeof stopOf>> | 'damaged';

export interface UndoRequest {
  /** Of a job, or of one reset. */
  readonly id: string;
  readonly line: number | undefined;
  readonly reason: string;
  readonly signal?: AbortSignal | undefined;
}

/** `remote`: `cancelled` before a factor could go there, `goes-on` if one may have gone, `stays` once done (B93). Null: nothing was to be done there. */
export type UndoOutcome = Awaited<ReturnType<typeof takeBack>>[number];

export const UNDOING = { permission: 'job:undo', fresh: true } as const;
const GOING_ON = { permission: 'job:undo', running: true } as const;

/**
 * Refusals: cancelled; not-found; refused-by-policy if the request covers one reset only and it cannot be taken back. In a job
 * each row has its own outcome. Rows taken back before a refusal stay so, and the same call continues after them. If
 * there is more than one chunk, the caller sends the notices.
 */
export async function undoResets(desk: Desk, signed: SignedOperator, asked: UndoRequest) {
  await askAuthority(desk, signed, UNDOING);
  const resets = await resetsOf(desk, asked);
  const outcomes: UndoOutcome[] = [];
  const sendLater = resets.length > CHUNK;
  for (const [nth, some] of chunksOf(resets, CHUNK).entries()) {
    await hear();
    const facts = { done: outcomes.length, total: resets.length };
    if (asked.signal?.aborted === true) throw refusal('cancelled', 'run-interrupted', facts, 'try-again');
    const door = { ...(nth === 0 ? UNDOING : GOING_ON), sendLater };
    const prepared = await prepare(desk, signed.operator.name, some);
    const done = await act<'job:undo', readonly UndoOutcome[]>(desk, signed, door, {
      entry: (undone) => undone.map((outcome) => entryOf(outcome, asked.reason)),
      change: (acting) => takeBack(acting, some, prepared, acting.by.operator.id, resets.length === 1),
    });
    outcomes.push(...done);
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

/** What is looked up before the transaction: the people, and the notices to them by the ids of the resets. */
async function prepare(desk: Desk, who: string, resets: readonly ResetRow[]) {
  const { users, accounts } = desk.store.read;
  const people = byId(await users.byIds(resets.map((row) => row.user_id)));
  const homes = byId(await accounts.byIds([...new Set(resets.map((row) => row.account_id))]));
  const when = minuteOf(desk.now());
  const notices = resets.flatMap((row) => {
    const account = homes.get(row.account_id);
    const user = people.get(row.user_id);
    if (account === undefined || user === undefined || user.email === '') return [];
    const person = { name: user.name || user.login, login: user.login, account: account.name };
    const values = { ...person, who, when, reference: row.id };
    const about = { template: 'mfa-reset-undone', to: user.email, account, user };
    return [[row.id, prepareMessage(desk, { ...about, values })] as const];
  });
  return { people, notices: new Map(notices) };
}

async function takeBack(
  { desk, write, now }: Acting<'job:undo'> | ActingOwner<'company:resets'>,
  resets: readonly ResetRow[],
  { people, notices }: Awaited<ReturnType<typeof prepare>>,
  by: string,
  alone = true,
) {
  const ids = [...new Set(resets.map((row) => row.user_id))];
  const facts = new Map((await write.resets.facts(ids, now)).map((one) => [one.userId, one]));
  const rows = await write.resets.byIds(resets.map((row) => row.id));
  const stops = rows.map((reset) => [reset, stopOf(desk, reset, facts.get(reset.user_id), now) ?? 'undone'] as const);
  const open = stops.flatMap(([reset, outcome]) => (outcome === 'undone' ? [reset] : []));
  const damaged = await write.resets.bringBack(open, by, now, alone);
  const back = open.filter(({ id }) => !damaged.has(id));
  const remotes = await cancelRemotes(desk, write, back);
  const enrolled = stops.flatMap(([{ id }, outcome]) => (outcome === 'enrolled-again' ? [id] : []));
  if (enrolled.length > 0) await write.resets.end(enrolled, 'enrolled', by, now);
  await write.outbox.insert(back.flatMap(({ id }) => notices.get(id) ?? []));
  return stops.map(([reset, stop]) => {
    const outcome = damaged.has(reset.id) ? ('damaged' as const) : stop;
    const login = people.get(reset.user_id)?.login ?? '';
    return { reset, login, outcome, remote: remotes.get(reset.user_id) ?? null };
  });
}

function stopOf(desk: Desk, row: ResetRow, facts: ResetFacts | undefined, now: number) {
  if (row.state === 'none') return 'nothing-taken';
  if (row.state === 'undone') return 'undone-before';
  if (row.state === 'superseded') return 'superseded';
  if (row.state === 'enrolled' || (facts !== undefined && enrolledAgain(facts))) return 'enrolled-again';
  if (row.final !== 0) return 'final';
  return now >= row.at + days(desk.policy.limits.reset.undoDays) ? 'too-late' : undefined;
}

function entryOf({ reset, outcome, remote }: UndoOutcome, reason: string): ActEntry {
  return {
    kind: outcome === 'undone' ? 'mfa.reset-undone' : 'mfa.undo-refused',
    outcome: outcome === 'undone' ? 'done' : 'refused',
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
    return actAsOwner<'company:resets', readonly UndoOutcome[]>(desk, login, RESETTING_USERS, {
      entry: (done) => done.map((outcome) => entryOf(outcome, reason.trim())),
      change: (acting) => takeBack(acting, [reset], prepared, login.user.id),
    });
  });
  for (const { outcome, login: whose } of outcomes) if (outcome !== 'undone') throw refusalOf(outcome, whose);
}
