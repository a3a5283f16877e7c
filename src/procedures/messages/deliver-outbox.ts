/**
 * Sends what is due in the outbox. A run tries each message once; a later run retries it, at the time that delivery/schedule
 * says. deliver-batch.ts handles some messages at once; rules/outbox-run decides when a channel is left alone.
 */
import type { Desk, MessageKind, OutboxRow } from '../../desk.js';
import { isRefusal } from '../../errors.js';
import { SYSTEM } from '../../rules/audit-entry.js';
import { days } from '../../rules/duration.js';
import { beginRun, countOutcome, type DeliveryReport, isDown, type OutboxRun } from '../../rules/outbox-run.js';
import { channelOf, isFrozen, remoteOf } from '../../rules/remote-reset.js';
import { switchedOff } from './channel-switch.js';
import { deliverBatch } from './deliver-batch.js';

const PAGE = 500;
/** Events sent on the way of a command. */
const FEW = 100;
/** Messages of one transaction. */
const MOST_AT_ONCE = 25;

export interface Watched {
  readonly signal: AbortSignal;
  readonly step: () => void;
}

const DOWN_AFTER = 5;
const EVERY_KIND: readonly MessageKind[] = ['email', 'sms', 'webhook', 'event'];

/** Sends what is due until all is sent, the signal fires, or the channels seem to be down. Never throws for a failed delivery. */
export async function deliverDue(desk: Desk, watched?: Watched): Promise<DeliveryReport> {
  const started = desk.now();
  const { outbox } = desk.store.read;
  const tried = new Set<string>();
  let run = beginRun(DOWN_AFTER);
  for (;;) {
    const before = tried.size;
    const due = await outbox.due(started, PAGE, await openKinds(desk, run));
    const untried = due.filter(({ id }) => !tried.has(id));
    run = await sendEach(desk, untried, run, { ...watched, tried });
    if (tried.size === before || watched?.signal.aborted === true) break;
  }
  // A later run forgets what this one could not: the messages are sent, whatever becomes of this.
  const forget = () => forgetEnded(desk).then(() => forgetStrangers(desk));
  if (watched?.signal.aborted !== true) await forget().catch(unlessOutOfReach);
  const { waiting } = run.report;
  return { ...run.report, waiting: waiting + (await outbox.countDue(desk.now())) };
}

/** What ended long ago (limits.outbox), the oldest first. Nothing stays queued for as long as that. */
async function forgetEnded(desk: Desk): Promise<void> {
  const before = desk.now() - days(desk.policy.limits.outbox.keepDays);
  for (;;) {
    const oldest = await desk.store.read.outbox.oldest(PAGE);
    const over = oldest.filter((row) => isOver(row) && row.created_at < before).map(({ id }) => id);
    if (over.length === 0) return;
    await desk.store.record(pruned(desk, { count: over.length }), (write) => write.outbox.delete(over));
  }
}

const pruned = (desk: Desk, detail: Readonly<Record<string, number>>) =>
  ({ kind: 'delivery.pruned', outcome: 'done', at: desk.now(), by: SYSTEM, detail }) as const;

/** Whoever waits so long between two guesses may learn that there is no such login. */
const STRANGERS_KEPT_DAYS = 90;

/** Counts of guesses at logins that there are not. */
async function forgetStrangers(desk: Desk): Promise<void> {
  const before = desk.now() - days(STRANGERS_KEPT_DAYS);
  if ((await desk.store.read.throttles.countStrangers(before)) === 0) return;
  const entry = (strangers: number) => pruned(desk, { strangers });
  await desk.store.record(entry, (write) => write.throttles.deleteStrangers(before));
}

/** Who was kept out at another system is let in by what its row says, whenever that is (B93). */
const isOver = (row: OutboxRow): boolean =>
  row.state !== 'queued' && !(row.kind === 'remote-reset' && remoteOf(row).lift);

/**
 * Sends the named messages that are due, and also the due events of the desk itself. Returns what became of the named ones; never
 * throws for a failed delivery.
 */
export async function deliverOutbox(desk: Desk, ids: readonly string[]): Promise<DeliveryReport> {
  const rows = await Promise.all(ids.map((id) => desk.store.read.outbox.byId(id)));
  const now = desk.now();
  const open: readonly string[] = await openKinds(desk, EACH);
  const due = (row: OutboxRow | undefined) =>
    row?.state === 'queued' && (row.next_attempt_at ?? now) <= now && open.includes(row.channel);
  const { report } = await sendEach(desk, rows.filter((row) => row !== undefined).filter(due), EACH);
  if (desk.channels.wanted.length > 0) await sendEvents(desk);
  return report;
}

/** Someone waits for each of these messages, so each is tried, however many others failed before. */
const EACH = beginRun(Number.POSITIVE_INFINITY);

/** Implements `desk.sendQueued`. What could not be sent stays queued, and `outbox list` shows why. */
export async function sendQueued(desk: Desk): Promise<void> {
  const ids = desk.store.takeQueued();
  if (ids.length === 0 && desk.channels.wanted.length === 0) return;
  try {
    await deliverOutbox(desk, ids);
    // What the sending itself queued, such as the mail with a code of another system.
    const more = desk.store.takeQueued();
    if (more.length > 0) await deliverOutbox(desk, more);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

/** Sends events of the desk, if they are wanted. It stops after one failure, so that nobody on a call waits for more. */
async function sendEvents(desk: Desk): Promise<void> {
  const run = beginRun(1);
  const kinds = (await openKinds(desk, run)).filter((kind) => kind === 'webhook' || kind === 'event');
  await sendEach(desk, await desk.store.read.outbox.due(desk.now(), FEW, kinds), run);
}

/** Kinds that are neither switched off for every process nor down for this run. */
async function openKinds(desk: Desk, run: OutboxRun): Promise<readonly MessageKind[]> {
  const off = await switchedOff(desk);
  const names = desk.connectors.names();
  // A freeze stops between two people, and nothing is claimed meanwhile (B63).
  const frozen = names.length > 0 && isFrozen(await desk.store.read.freeze.get(), desk.now());
  const remote = (frozen ? [] : names.map(channelOf)) as MessageKind[];
  return [...EVERY_KIND, ...remote].filter((kind) => !off.has(kind) && !isDown(run, kind));
}

/**
 * Sends until the signal fires, and leaves out a kind that turns out to be down. Each batch is twice as large as the one before, and a
 * failure brings it back to one message, so that a channel that is down is not tried with many. `tried`: what this run has tried, with any outcome.
 */
async function sendEach(
  desk: Desk,
  rows: readonly OutboxRow[],
  begun: OutboxRun,
  { signal, step, tried }: Partial<Watched> & { readonly tried?: Set<string> } = {},
): Promise<OutboxRun> {
  let run = begun;
  let size = Number.isFinite(begun.downAfter) ? 1 : MOST_AT_ONCE;
  const release = desk.channels.pick('email').hold?.();
  try {
    for (let rest = rows; signal?.aborted !== true; ) {
      const open = rest.filter(({ channel }) => !isDown(run, channel));
      const batch = open.slice(0, size);
      if (batch.length === 0) break;
      rest = open.slice(size);
      for (const { id } of batch) tried?.add(id);
      const outcomes = await deliverBatch(desk, batch, signal).catch(unlessOutOfReach);
      for (const { id, channel } of batch) {
        const outcome = outcomes?.get(id) ?? 'waiting';
        if (outcome !== 'taken-by-another') run = countOutcome(run, channel, outcome);
        step?.();
      }
      const good = [...(outcomes?.values() ?? [])].every((outcome) => outcome === 'delivered');
      size = good || !Number.isFinite(begun.downAfter) ? Math.min(2 * size, MOST_AT_ONCE) : 1;
    }
    return run;
  } finally {
    release?.();
  }
}

/** What caused the messages is committed, so a store that is busy now only means that they wait. */
function unlessOutOfReach(error: unknown): undefined {
  if (!isRefusal(error) || (error.code !== 'busy' && error.code !== 'store-unreachable')) throw error;
}
