/**
 * One attempt of a reset at the system behind a connector (B93). Intent first: before anything is changed there, "started" is in the log and
 * what was found is in the row, so that the next attempt knows what an earlier one may have done, also after a kill. A code for the owner
 * is queued as a mail before the first factor goes.
 */
import type { Desk, OutboxRow, Writes } from '../../desk.js';
import { isRefusal } from '../../errors.js';
import { type AuditEntry, type AuditValue, SYSTEM } from '../../rules/audit-entry.js';
import { hasAdminStatus } from '../../rules/customer-roles.js';
import { externalAt } from '../../rules/directory-fields.js';
import { byId } from '../../rules/lists.js';
import { minuteOf } from '../../rules/moment.js';
import type { Owner, User } from '../../rules/people.js';
import {
  connectorOf,
  isFrozen,
  isMendable,
  mayHaveRemoved,
  type Names,
  NOTHING_SAID,
  nearness,
  progressOf,
  REMOTE_KINDS,
  type RemoteProgress,
  type RemoteReport,
  type RemoteWork,
  remoteOf,
  resetOf,
  rivalsOf,
} from '../../rules/remote-reset.js';
import { Overtaken, unlessOvertaken } from '../pause.js';
import { type PreparedMessage, prepareMessage } from './queue-message.js';
import { workOf } from './remote-row.js';

/** As of a channel; undefined if the row was cancelled between its claim and the first change. */
export type RemoteSent = Awaited<ReturnType<typeof attemptRemote>>;

/** One attempt. Nothing that happens in the world rejects. */
export async function attemptRemote(desk: Desk, row: OutboxRow, signal: AbortSignal | undefined) {
  const [user] = await desk.store.read.users.byIds([row.user_id ?? '']);
  const account = await desk.store.read.accounts.byId(row.account_id ?? '');
  if (user === undefined || account === undefined)
    return endOf({ ...NOTHING_SAID, reset: resetOf(row), state: 'unknown' });
  try {
    const work = workOf(desk, row);
    if (work.do === 'lift') return await lift(desk, row, work, signal);
    return await unlessOvertaken(() => reset(desk, { row, work, account, user }, signal));
  } catch (error) {
    if (error instanceof Shared) return endOf({ ...NOTHING_SAID, reset: resetOf(row), state: 'ambiguous' });
    // The settings have faults, the row does not open or the store takes nothing now: other messages are sent meanwhile.
    if (!isRefusal(error)) throw error;
    // What an interrupted attempt has left in the row stays.
    const reference = (await desk.store.read.outbox.byId(row.id))?.reference ?? row.reference;
    return { ok: false, permanent: false, why: error.code, reference } as const;
  }
}

interface About extends Owner {
  readonly row: OutboxRow;
  readonly work: RemoteWork;
}

async function reset(desk: Desk, about: About, signal: AbortSignal | undefined) {
  const { row, work, user } = about;
  let progress = progressOf(row);
  const keep = (step: Step) => {
    progress = step.progress;
    return keepProgress(desk, about, step);
  };
  const done = await desk.connectors.reset(work.connector, personOf(user, work.connector), {
    ...(signal === undefined ? {} : { signal }),
    ...(progress === undefined ? {} : { earlier: progress }),
    before: async (seen, there) => {
      await refuseOthers(desk, about, { ...there, id: seen.id }, signal);
      const begun = { ...seen, reset: work.reset, gated: false };
      return keep({ progress: begun, kind: 'mfa.remote-started', mails: [], said: { kinds: seen.kinds } });
    },
    gated: ({ kind, code, until }) => {
      const before = progress ?? { reset: work.reset, id: '', kinds: [], suspended: false };
      const mails = code === null || work.to === null ? [] : [codeMail(desk, about, { to: work.to, code, until })];
      const sent = code === null ? 'none' : mails.length > 0 ? 'queued' : 'no-address';
      const said = { gate: kind, until, code: sent };
      const good = sent === 'no-address' ? null : until;
      return keep({ progress: { ...before, gated: true, until: good }, kind: 'mfa.remote-gated', mails, said });
    },
  });
  const { state, id, removed, left, sessions, gate, why = null } = done;
  const stands = progress?.gated === true && !progress.suspended;
  const ends = { gate: gate?.kind ?? null, until: progress?.until ?? null, lift: gate?.lift ?? stands };
  return endOf({ reset: work.reset, state, id, removed, left, sessions, ...ends, why }, progress);
}

/** An end that trying again does not change, or nothing yet. `reference` is kept in the row: the report of an end, or how far it has come. */
function endOf(report: RemoteReport, progress?: RemoteProgress) {
  const reference = JSON.stringify(report);
  const { state, why, reset } = report;
  if (state === 'reset' || state === 'nothing' || state === 'lifted') return { ok: true, reference } as const;
  const said = { ok: false, why: why ?? state } as const;
  const again = state === 'unreachable' || (state === 'refused' && isMendable(why));
  if (!again) return { ...said, permanent: true, reference };
  return { ...said, permanent: false, reference: JSON.stringify(progress ?? { reset }) };
}

/** Whoever was suspended before the reset stays so; only its report knows. A later reset found them suspended by us. */
async function lift(desk: Desk, row: OutboxRow, work: RemoteWork, signal: AbortSignal | undefined) {
  const resets = await desk.store.read.outbox.allAbout([row.user_id ?? ''], REMOTE_KINDS.reset);
  // What an earlier one has done by now is recorded first.
  if (resets.some(({ id, state }) => id < row.id && state === 'queued')) return undefined;
  const ours = resets.map(remoteOf).findLast((one) => one.lift && one.connector === work.connector);
  const [ended, id] = [{ ...NOTHING_SAID, reset: work.reset }, ours?.id ?? null];
  if (id === null) return endOf({ ...ended, state: 'nothing' });
  try {
    await (await desk.connectors.pick(work.connector, signal)).lift(id);
    return endOf({ ...ended, state: 'lifted', id });
  } catch (error) {
    const why = error instanceof Error && 'why' in error ? String(error.why) : 'unreachable';
    // Whoever is not there any more needs to be let in no more, and holds up nothing.
    return endOf({ ...ended, state: why === 'not-found' ? 'refused' : 'unreachable', why });
  }
}

/** The id only if it is one at this connector. */
export function personOf(user: User, connector: string) {
  const external = externalAt(connector, user)?.slice(connector.length + 1) ?? null;
  return { login: user.login, email: user.email || null, external };
}

/** Somebody else is known by the id there, or by what the system calls the person: who of the two is meant, nobody knows. */
class Shared extends Error {}

/**
 * Stops where somebody else here goes by what the system calls the person, unless the id on file for them is another one there that goes by
 * their own names: an operator could give an admin any id (B55).
 */
async function refuseOthers(
  desk: Desk,
  { work: { connector }, user, account }: About,
  there: Names & { readonly id: string },
  signal?: AbortSignal,
): Promise<void> {
  const { users, accounts } = desk.store.read;
  const people = await users.namedAt(connector, there);
  const homes = byId(await accounts.byIds(people.map(({ accountId }) => accountId)));
  const isAdmin = (one: User) => hasAdminStatus(desk.policy, homes.get(one.accountId) ?? account, one);
  for (const rival of rivalsOf(people, user, there, isAdmin)) {
    const person = personOf(rival, connector);
    const own = person.external === null ? 'none' : await (await desk.connectors.pick(connector, signal)).find(person);
    if (typeof own === 'string' || own.id === there.id || nearness(rival, own) === 0) throw new Shared();
  }
}

/** Makes the id that was found this person's, before anything is changed there: of two people who are found under one, at most one is ever reset (B55). */
async function takeId(write: Writes, { work: { connector }, user }: About, id: string): Promise<void> {
  const found = `${connector}:${id}`;
  const known = await write.users.byExternal([found, externalAt(connector, user) ?? found]);
  if (known.some((one) => one.user.id !== user.id)) throw new Shared();
  if ((await write.users.byId(user.id))?.external === null) await write.users.update(user.id, { external: found });
}

interface Step {
  readonly progress: RemoteProgress;
  readonly kind: 'mfa.remote-started' | 'mfa.remote-gated';
  readonly mails: readonly PreparedMessage[];
  readonly said: Readonly<Record<string, AuditValue>>;
}

async function keepProgress(desk: Desk, about: About, { progress, kind, mails, said }: Step): Promise<void> {
  const { row, work } = about;
  const outcome = kind === 'mfa.remote-started' ? 'started' : 'done';
  const entry = { ...remoteEntry(desk, row, { id: progress.id, ...said }), kind, outcome } as const;
  await desk.store.record(entry, async (write) => {
    const now = await write.outbox.byId(row.id);
    const reset = (await write.resets.byIds([work.reset]))[0];
    // Whoever took too long has lost it to another process.
    const ours = now?.state === 'queued' && now.attempts === row.attempts;
    if (!ours) throw new Overtaken();
    // What came up since the claim stops it before the first change; an undo does before the first factor goes, and nothing later (B62, B63).
    const off = reset?.state === 'undone' || reset?.objected_at != null;
    const stopped = off || isFrozen(await write.freeze.get(), desk.now());
    if (kind === 'mfa.remote-started' ? stopped : off && !mayHaveRemoved(now)) throw new Overtaken();
    if (kind === 'mfa.remote-started') await takeId(write, about, progress.id);
    await write.outbox.update(row.id, { reference: JSON.stringify(progress) });
    await write.outbox.insert(mails);
  });
}

function remoteEntry(desk: Desk, row: OutboxRow, detail: AuditEntry['detail']) {
  const about = { account: row.account_id ?? '', user: row.user_id ?? '' };
  const [reset, connector] = [resetOf(row), connectorOf(row.channel) ?? ''];
  return { at: desk.now(), by: SYSTEM, ...about, detail: { reset, connector, message: row.id, ...detail } };
}

/** The end of an attempt, for the log: what was read there, never what was said. */
export function remoteEnd(desk: Desk, row: OutboxRow, sent: RemoteSent, outcome: 'done' | 'failed'): AuditEntry {
  const kind = row.kind === REMOTE_KINDS.lift ? 'mfa.remote-lifted' : 'mfa.remote-reset';
  const report = sent?.reference == null ? {} : (JSON.parse(sent.reference) as Partial<RemoteReport>);
  const { state = 'unreachable', id = null, removed = [], left = [], sessions = 'unknown', gate = null } = report;
  const why = sent === undefined ? 'not-tried' : sent.ok ? null : sent.why;
  const detail = { state, id, removed, left, sessions, gate, attempt: row.attempts };
  return { ...remoteEntry(desk, row, detail), kind, outcome, ...(why === null ? {} : { reason: why }) };
}

function codeMail(
  desk: Desk,
  { work, account, user }: About,
  { to, code, until }: { readonly to: string; readonly code: string; readonly until: number | null },
): PreparedMessage {
  const last = until === null ? '–' : minuteOf(until);
  const person = { name: user.name, login: user.login, account: account.name };
  const values = { ...person, system: work.connector, code, until: last };
  return prepareMessage(desk, { template: 'remote-code', to, account, user, values });
}
