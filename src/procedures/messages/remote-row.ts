/**
 * The rows of the outbox that reset at the system behind a connector (B93): queued in the transaction of the reset, held back while they
 * may not begin, cancelled while they have not. attempt-remote.ts carries them out.
 */
import type { Desk, OutboxRow, Writes } from '../../desk.js';
import { minutes } from '../../rules/duration.js';
import type { User } from '../../rules/people.js';
import {
  channelOf,
  connectorOf,
  isFrozen,
  liftedOf,
  mayHaveRemoved,
  progressOf,
  REMOTE_KINDS,
  type RemoteWork,
  remoteOf,
  resetOf,
} from '../../rules/remote-reset.js';
import { openMessage, sealedMessage } from './queue-message.js';

/** The row of one person and reset; `delay` is how long it can be cancelled for nothing, ms. */
export function remoteRow(desk: Desk, work: RemoteWork, user: Pick<User, 'id' | 'accountId'>, delay = 0) {
  const composed = { kind: 'webhook', subject: work.do, body: JSON.stringify(work) } as const;
  const about = { account: user.accountId, user: user.id };
  const row = sealedMessage(desk, { kind: REMOTE_KINDS[work.do], composed, to: work.connector, about });
  const reference = JSON.stringify({ reset: work.reset });
  return { ...row, channel: channelOf(work.connector), reference, next_attempt_at: desk.now() + delay };
}

/** What becomes of rows that are about to be tried: of one person in one channel the oldest goes first. Call it inside the door. */
export async function sortRemote(write: Writes, rows: readonly OutboxRow[], now: number) {
  const ordered = rows.filter(({ channel, user_id }) => channel !== 'email' && channel !== 'sms' && user_id !== null);
  if (ordered.length === 0) return { dead: new Set<string>(), later: new Set<string>() };
  const behind = await behindOthers(write, ordered);
  const remote = ordered.filter(({ channel }) => connectorOf(channel) !== null);
  if (remote.length === 0) return { dead: new Set<string>(), later: new Set(behind) };
  const frozen = isFrozen(await write.freeze.get(), now);
  const resets = new Map((await write.resets.byIds(remote.map(resetOf))).map((one) => [one.id, one]));
  const of = (test: (row: OutboxRow) => boolean) => new Set(remote.filter(test).map(({ id }) => id));
  const begun = (row: OutboxRow) => mayHaveRemoved(row) || row.kind === REMOTE_KINDS.lift;
  const objected = (row: OutboxRow) => !begun(row) && resets.get(resetOf(row))?.objected_at != null;
  const over = (row: OutboxRow) => ['undone', 'superseded', undefined].includes(resets.get(resetOf(row))?.state);
  const dead = of((row) => (progressOf(row) !== undefined && objected(row)) || (!begun(row) && over(row)));
  return { dead, later: new Set([...behind, ...of((row) => !dead.has(row.id) && (frozen || objected(row)))]) };
}

/** Those that would overtake an older row of their person that is not among these. */
async function behindOthers(write: Writes, rows: readonly OutboxRow[]): Promise<readonly string[]> {
  const here = new Set(rows.map(({ id }) => id));
  const people = [...new Set(rows.flatMap(({ user_id }) => user_id ?? []))];
  const queued = await write.outbox.queuedOf(people, [...new Set(rows.map(({ channel }) => channel))]);
  const stopped = new Set<string>();
  return queued.flatMap(({ id, user_id, channel }) => {
    const lane = `${channel} ${user_id}`;
    if (!here.has(id)) stopped.add(lane);
    return here.has(id) && stopped.has(lane) ? [id] : [];
  });
}

export const workOf = (desk: Desk, row: OutboxRow): RemoteWork => JSON.parse(openMessage(desk, row).body) as RemoteWork;

/** Of undone resets, by the id of the user: cancels what has changed nothing there yet; whoever was kept out is let in again. */
export async function cancelRemotes(
  desk: Desk,
  write: Writes,
  resets: readonly { readonly user_id: string; readonly account_id: string }[],
): Promise<ReadonlyMap<string, 'cancelled' | 'goes-on' | 'stays'>> {
  const ids = resets.map(({ user_id }) => user_id);
  const rows = await write.outbox.latestAbout(ids, REMOTE_KINDS.reset);
  const ended = { state: 'dropped', content: null, next_attempt_at: null, last_error: 'undone' };
  const done = new Map<string, 'cancelled' | 'goes-on' | 'stays'>();
  for (const { user_id: id, account_id: accountId } of resets) {
    const row = rows.get(id);
    if (row === undefined) continue;
    const { state } = remoteOf(row);
    // Nobody waits there for a later try to end it; what is tried now ends itself.
    const soon = { next_attempt_at: Math.min(row.next_attempt_at ?? 0, desk.now() + minutes(5)) };
    if (row.state === 'queued') await write.outbox.update(row.id, progressOf(row) === undefined ? ended : soon);
    await queueLift(desk, write, { id, accountId });
    // What ended there without a change needs no undo.
    if (state === 'reset' || state === 'partial') done.set(id, 'stays');
    else if (mayHaveRemoved(row)) done.set(id, 'goes-on');
    else if (row.state === 'queued' || row.state === 'dropped') done.set(id, 'cancelled');
  }
  return done;
}

/** Those of these users that wait for another try are due now: a person says that the system is there again. */
export async function hurryRemotes(write: Writes, userIds: readonly string[], now: number): Promise<number> {
  const { outbox } = write;
  const [resets, lifts] = [
    await outbox.latestAbout(userIds, REMOTE_KINDS.reset),
    await outbox.latestAbout(userIds, REMOTE_KINDS.lift),
  ];
  const waiting = [...resets.values(), ...lifts.values()].filter(
    (row) => row.state === 'queued' && row.last_error !== null && (row.next_attempt_at ?? now) > now,
  );
  for (const { id } of waiting) await outbox.update(id, { next_attempt_at: now });
  return waiting.length;
}

/** Lets a person in again whom a reset keeps out until they have been here, or will when its turn comes; call it inside the door. */
export async function queueLift(desk: Desk, write: Writes, user: Pick<User, 'id' | 'accountId'>): Promise<void> {
  const rows = await write.outbox.allAbout([user.id], REMOTE_KINDS.reset);
  const row = rows.findLast((one) => one.state === 'queued' || remoteOf(one).lift);
  if (row === undefined) return;
  const work = { do: 'lift', connector: remoteOf(row).connector, reset: '', to: null } as const;
  await write.outbox.insert([remoteRow(desk, work, user)]);
}

/** They have been let in: no reset keeps them out any more. */
export async function noteLifted(write: Writes, { user_id: id, channel }: OutboxRow): Promise<void> {
  for (const row of await write.outbox.allAbout([id ?? ''], REMOTE_KINDS.reset))
    if (row.channel === channel && remoteOf(row).lift) await write.outbox.update(row.id, { reference: liftedOf(row) });
}
