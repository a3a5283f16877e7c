/**
 * One attempt of a reset at the system behind a connector (B93). Intent first: before anything is changed there, "started" is in the log and
 * what was found is in the row, so that the next attempt knows what an earlier one may have done, also after a kill. A code for the owner
 * is queued as a mail before the first factor goes.
 */
import type { Desk, OutboxRow } from '../../desk.js';
import { isRefusal } from '../../errors.js';
import { type AuditEntry, type AuditValue, SYSTEM } from '../../rules/audit-entry.js';
import { minuteOf } from '../../rules/moment.js';
import type { Account, User } from '../../rules/people.js';
import {
  connectorOf,
  isFrozen,
  isMendable,
  NOTHING_SAID,
  progressOf,
  REMOTE_KINDS,
  type RemoteProgress,
  type RemoteReport,
  type RemoteWork,
  remoteOf,
  resetOf,
} from '../../rules/remote-reset.js';
import { type PreparedMessage, prepareMessage } from './queue-message.js';
import { workOf } from './remote-row.js';

/** As of a channel, with what is kept in the row: the report of an end, or the progress of what goes on. */
export type RemoteSent =
  | { readonly ok: true; readonly reference: string; readonly disable?: undefined }
  | {
      readonly ok: false;
      readonly permanent: boolean;
      readonly why: string;
      readonly reference: string | null;
      readonly disable?: undefined;
    };

/** The row was cancelled between its claim and the first change. */
class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

/** One attempt. Nothing that happens in the world rejects. */
export async function attemptRemote(
  desk: Desk,
  row: OutboxRow,
  signal: AbortSignal | undefined,
): Promise<RemoteSent | undefined> {
  const [user] = await desk.store.read.users.byIds([row.user_id ?? '']);
  const account = await desk.store.read.accounts.byId(row.account_id ?? '');
  if (user === undefined || account === undefined)
    return endOf({ ...NOTHING_SAID, reset: resetOf(row), state: 'unknown' });
  try {
    const work = workOf(desk, row);
    return work.do === 'lift'
      ? await lift(desk, row, work, signal)
      : await reset(desk, { row, work, account, user }, signal);
  } catch (error) {
    if (error instanceof Cancelled) return undefined;
    // The settings have faults, the row does not open or the store takes nothing now: other messages are sent meanwhile.
    if (isRefusal(error)) return { ok: false, permanent: false, why: error.code, reference: await keptOf(desk, row) };
    throw error;
  }
}

/** What an interrupted attempt has left in the row. */
const keptOf = async (desk: Desk, row: OutboxRow): Promise<string | null> =>
  (await desk.store.read.outbox.byId(row.id))?.reference ?? row.reference;

interface About {
  readonly row: OutboxRow;
  readonly work: RemoteWork;
  readonly account: Account;
  readonly user: User;
}

async function reset(desk: Desk, about: About, signal: AbortSignal | undefined): Promise<RemoteSent> {
  const { row, work, user } = about;
  const { connector } = work;
  let progress = progressOf(row);
  const keep = async (now: RemoteProgress, kind: 'mfa.remote-started' | 'mfa.remote-gated', mails: Mails) => {
    progress = now;
    await keepProgress(desk, about, { progress: now, kind, ...mails });
  };
  const done = await desk.connectors.reset(connector, personOf(user, connector), {
    ...(signal === undefined ? {} : { signal }),
    ...(progress === undefined ? {} : { earlier: progress }),
    before: (seen) =>
      keep({ ...seen, reset: work.reset, gated: false }, 'mfa.remote-started', {
        mails: [],
        said: { kinds: seen.kinds },
      }),
    gated: ({ kind, code, until }) => {
      const before = progress ?? { reset: work.reset, id: '', kinds: [], suspended: false, gated: false };
      const mails = code === null ? [] : codeMails(desk, about, { code, until });
      const sent = code === null ? 'none' : mails.length > 0 ? 'queued' : 'no-address';
      return keep({ ...before, gated: true }, 'mfa.remote-gated', { mails, said: { gate: kind, until, code: sent } });
    },
  });
  const { state, id, removed, left, sessions, gate, why = null } = done;
  const ends = { gate: gate?.kind ?? null, until: gate?.until ?? null, lift: gate?.lift ?? false };
  return endOf({ reset: work.reset, state, id, removed, left, sessions, ...ends, why }, progress);
}

/** An end that trying again does not change, or nothing yet. */
function endOf(report: RemoteReport, progress?: RemoteProgress): RemoteSent {
  const reference = JSON.stringify(report);
  const { state, why, reset } = report;
  if (state === 'reset' || state === 'nothing' || state === 'lifted') return { ok: true, reference };
  const again = state === 'unreachable' || (state === 'refused' && isMendable(why));
  if (!again) return { ok: false, permanent: true, why: why ?? state, reference };
  return { ok: false, permanent: false, why: why ?? state, reference: JSON.stringify(progress ?? { reset }) };
}

/** Whoever was suspended before the reset stays so; only the report of that reset knows. */
async function lift(
  desk: Desk,
  row: OutboxRow,
  work: RemoteWork,
  signal: AbortSignal | undefined,
): Promise<RemoteSent> {
  const earlier = await desk.store.read.outbox.newestAbout(row.user_id ?? '', REMOTE_KINDS.reset);
  const { lift: ours, id } = earlier === undefined ? { lift: false, id: null } : remoteOf(earlier);
  const ended = { ...NOTHING_SAID, reset: work.reset };
  if (!ours || id === null) return endOf({ ...ended, state: 'nothing' });
  try {
    await (await desk.connectors.pick(work.connector, signal)).lift(id);
    return endOf({ ...ended, state: 'lifted', id });
  } catch (error) {
    const why = error instanceof Error && 'why' in error ? String(error.why) : 'unreachable';
    return endOf({ ...ended, state: 'unreachable', why });
  }
}

/** The id only if it is one at this connector. */
function personOf({ login, email, external }: User, connector: string) {
  const own = external?.startsWith(`${connector}:`) ? external.slice(connector.length + 1) : null;
  return { login, email: email || null, external: own };
}

interface Mails {
  readonly mails: readonly PreparedMessage[];
  readonly said: Readonly<Record<string, AuditValue>>;
}

interface Step extends Mails {
  readonly progress: RemoteProgress;
  readonly kind: 'mfa.remote-started' | 'mfa.remote-gated';
}

async function keepProgress(desk: Desk, about: About, { progress, kind, mails, said }: Step): Promise<void> {
  const { row, work } = about;
  const outcome = kind === 'mfa.remote-started' ? 'started' : 'done';
  const entry = { ...remoteEntry(desk, row, { id: progress.id, ...said }), kind, outcome } as const;
  await desk.store.record(entry, async (write) => {
    const now = await write.outbox.byId(row.id);
    const reset = (await write.resets.byIds([work.reset]))[0];
    if (now?.state !== 'queued' || reset?.state === 'undone') throw new Cancelled();
    // What came up since the claim stops it before the first change, and never half way (B62, B63).
    const stopped = isFrozen(await write.freeze.get(), desk.now()) || reset?.objected_at != null;
    if (kind === 'mfa.remote-started' && stopped) throw new Cancelled();
    await write.outbox.update(row.id, { reference: JSON.stringify(progress) });
    await write.outbox.insert(mails.map((mail) => mail.row));
  });
}

function remoteEntry(desk: Desk, row: OutboxRow, detail: AuditEntry['detail']) {
  const about = { account: row.account_id ?? '', user: row.user_id ?? '' };
  const [reset, connector] = [resetOf(row), connectorOf(row.channel) ?? ''];
  return { at: desk.now(), by: SYSTEM, ...about, detail: { reset, connector, message: row.id, ...detail } };
}

/** The end of an attempt, for the log: what was read there, never what was said. */
export function remoteEnd(
  desk: Desk,
  row: OutboxRow,
  sent: RemoteSent | undefined,
  outcome: 'done' | 'failed',
): AuditEntry {
  const kind = row.kind === REMOTE_KINDS.lift ? 'mfa.remote-lifted' : 'mfa.remote-reset';
  const report = sent?.reference == null ? {} : (JSON.parse(sent.reference) as Partial<RemoteReport>);
  const { state = 'unreachable', id = null, removed = [], left = [], sessions = 'unknown', gate = null } = report;
  const why = sent === undefined ? 'not-tried' : sent.ok ? null : sent.why;
  const detail = { state, id, removed, left, sessions, gate, attempt: row.attempts };
  return { ...remoteEntry(desk, row, detail), kind, outcome, ...(why === null ? {} : { reason: why }) };
}

/** The id there, to be stored with the person once a reset has found it by the exact rule. */
export const foundAt = (row: OutboxRow, sent: RemoteSent | undefined): string | null => {
  const id = sent?.reference == null ? null : ((JSON.parse(sent.reference) as Partial<RemoteReport>).id ?? null);
  const connector = connectorOf(row.channel);
  return id === null || connector === null || row.kind !== REMOTE_KINDS.reset ? null : `${connector}:${id}`;
};

function codeMails(
  desk: Desk,
  { work, account, user }: About,
  { code, until }: { readonly code: string; readonly until: number | null },
): readonly PreparedMessage[] {
  if (work.to === null) return [];
  const last = until === null ? '–' : minuteOf(until);
  const values = {
    name: user.name,
    login: user.login,
    account: account.name,
    system: work.connector,
    code,
    until: last,
  };
  return [prepareMessage(desk, { template: 'remote-code', to: work.to, account, user, values })];
}
