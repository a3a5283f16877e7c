/**
 * Sends what is due in the outbox: claim, one attempt, outcome. A message is claimed (its next attempt moved away) before
 * it is sent, so two processes do not send it side by side; a sender that dies leaves it due again later under the same id.
 * Content is destroyed once delivered or given up. A run tries each message once: its retries are for a later run, at the
 * time that delivery/schedule says.
 */

import { nextAttemptAt } from '../../delivery/schedule.js';
import type { Desk, MessageKind, OutboxRow } from '../../desk.js';
import { isRefusal } from '../../errors.js';
import { type AuditEntry, SYSTEM } from '../../rules/audit-entry.js';
import { minutes } from '../../rules/duration.js';
import { noteOutcome, switchedOff } from './channel-switch.js';
import { openMessage } from './queue-message.js';

export interface DeliveryReport {
  readonly delivered: number;
  /** To be tried again: failed just now, or not tried because their channel is down or switched off. */
  readonly waiting: number;
  readonly givenUp: number;
}

/** How long a claim keeps others away: longer than any channel's time-out. */
const CLAIM = minutes(2);
const BATCH = 100;

export interface Watched {
  readonly signal: AbortSignal;
  readonly step: () => void;
}

/** After so many failures in a row a channel is taken to be down; the rest waits for a later run. */
const DOWN_AFTER = 5;
const EVERY_KIND: readonly MessageKind[] = ['email', 'sms', 'webhook', 'event'];

/** Sends what is due until all is sent, the signal fires, or the channels seem to be down. Never throws for a failed delivery. */
export async function deliverDue(desk: Desk, watched?: Watched): Promise<DeliveryReport> {
  const run = new Run(desk, DOWN_AFTER, watched);
  const started = desk.now();
  const { outbox } = desk.store.read;
  for (;;) {
    const due = await outbox.due(started, BATCH, await run.openKinds());
    if (!(await run.sendAll(due))) break;
  }
  const left = await outbox.countDue(desk.now());
  return { ...run.report, waiting: run.report.waiting + left };
}

/**
 * Sends the messages named, as far as they are due, or everything due. Events of the desk itself that are due go along
 * (desk-events.ts). Answers what became of the named ones; never throws for a failed delivery.
 */
export async function deliverOutbox(desk: Desk, only?: readonly string[]): Promise<DeliveryReport> {
  if (only === undefined) return deliverDue(desk);
  const run = new Run(desk, Number.POSITIVE_INFINITY);
  const rows = await Promise.all(only.map((id) => desk.store.read.outbox.byId(id)));
  const now = desk.now();
  const due = (row: OutboxRow | undefined) => row?.state === 'queued' && (row.next_attempt_at ?? now) <= now;
  await run.sendAll(rows.filter((row) => row !== undefined).filter(due));
  if (desk.channels.wanted.length > 0) await sendEvents(desk);
  return run.report;
}

/** What stands behind `desk.sendQueued`. What could not be sent stays queued, and `outbox list` shows why. */
export async function sendQueued(desk: Desk): Promise<void> {
  const ids = desk.store.takeQueued();
  if (ids.length === 0 && desk.channels.wanted.length === 0) return;
  try {
    await deliverOutbox(desk, ids);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

/** Events of the desk, where they are wanted: one failure is enough for this time, so that nobody on a call waits for more. */
async function sendEvents(desk: Desk): Promise<void> {
  const run = new Run(desk, 1);
  const kinds = (await run.openKinds()).filter((kind) => kind === 'webhook' || kind === 'event');
  await run.sendAll(await desk.store.read.outbox.due(desk.now(), BATCH, kinds));
}

const OUT_OF_REACH: readonly string[] = ['busy', 'store-unreachable'];

type Outcome = keyof DeliveryReport | 'taken-by-another';

/** One run over messages: what became of them, and which channels are not worth another attempt. */
class Run {
  readonly report = { delivered: 0, waiting: 0, givenUp: 0 };
  readonly #desk: Desk;
  readonly #downAfter: number;
  readonly #watched: Watched | undefined;
  readonly #tried = new Set<string>();
  readonly #failures = new Map<string, number>();

  constructor(desk: Desk, downAfter: number, watched?: Watched) {
    this.#desk = desk;
    this.#downAfter = downAfter;
    this.#watched = watched;
  }

  async openKinds(): Promise<readonly MessageKind[]> {
    const off = await switchedOff(this.#desk);
    return EVERY_KIND.filter((kind) => !off.has(kind) && !this.#isDown(kind));
  }

  /** False where nothing was left to try. */
  async sendAll(rows: readonly OutboxRow[]): Promise<boolean> {
    const off = rows.length === 0 ? new Map() : await switchedOff(this.#desk);
    let found = false;
    for (const row of rows) {
      if (this.#watched?.signal.aborted === true) return false;
      if (this.#tried.has(row.id) || this.#isDown(row.channel) || off.has(row.channel)) continue;
      this.#tried.add(row.id);
      found = true;
      const outcome = await this.#deliver(row);
      if (outcome !== 'taken-by-another') this.#count(row, outcome);
      this.#watched?.step();
    }
    return found;
  }

  /** The cause is done and stays done: a store that is busy now only means that the message waits. */
  async #deliver(row: OutboxRow): Promise<Outcome> {
    try {
      return await deliverOne(this.#desk, row, this.#watched?.signal);
    } catch (error) {
      if (isRefusal(error) && OUT_OF_REACH.includes(error.code)) return 'waiting';
      throw error;
    }
  }

  #isDown(kind: string): boolean {
    return (this.#failures.get(kind) ?? 0) >= this.#downAfter;
  }

  /** What was given up was the fault of that message, and says nothing of the channel. */
  #count(row: OutboxRow, outcome: keyof DeliveryReport): void {
    this.report[outcome] += 1;
    if (outcome === 'delivered') this.#failures.set(row.channel, 0);
    if (outcome === 'waiting') this.#failures.set(row.channel, (this.#failures.get(row.channel) ?? 0) + 1);
  }
}

async function deliverOne(desk: Desk, row: OutboxRow, signal: AbortSignal | undefined): Promise<Outcome> {
  const claimed = await claim(desk, row);
  if (claimed === undefined) return 'taken-by-another';
  const sent = await attempt(desk, claimed, signal);
  if (sent.ok) return finish(desk, claimed, { state: 'delivered', reference: sent.reference, why: null, next: null });
  const at = desk.now();
  const next = sent.permanent ? null : nextAttemptAt(claimed.attempts, at, desk.chance.int(1_000) / 1_000);
  const state = next === null ? 'given-up' : 'queued';
  return finish(desk, claimed, { state, reference: null, why: sent.why, next, disable: sent.disable === true });
}

type Sent = Awaited<ReturnType<ReturnType<Desk['channels']['pick']>['send']>>;

/** A message that does not open (a key being changed, a row somebody edited) must not hold up the ones behind it. */
async function attempt(desk: Desk, row: OutboxRow, signal: AbortSignal | undefined): Promise<Sent> {
  let message: ReturnType<typeof openMessage>;
  try {
    message = openMessage(desk, { id: row.id, address: row.address, content: row.content ?? '' });
  } catch (error) {
    if (isRefusal(error)) return { ok: false, permanent: false, why: `its sealed text does not open (${error.code})` };
    throw error;
  }
  const { kind, to, subject, body } = message;
  const context = { now: desk.now(), attempt: row.attempts, ...(signal === undefined ? {} : { signal }) };
  return desk.channels.pick(kind).send({ id: row.id, kind, to, subject, body, createdAt: row.created_at }, context);
}

/** Takes the message for this process; undefined where another one was faster. */
async function claim(desk: Desk, row: OutboxRow): Promise<OutboxRow | undefined> {
  const at = desk.now();
  return desk.store.record(
    (taken) => ({ ...entryOf(row, at, 'delivery.attempted'), outcome: taken === undefined ? 'refused' : 'started' }),
    async (write) => {
      const current = await write.outbox.byId(row.id);
      if (current === undefined || current.state !== 'queued' || current.next_attempt_at !== row.next_attempt_at)
        return undefined;
      const patch = { attempts: current.attempts + 1, next_attempt_at: at + CLAIM };
      await write.outbox.update(row.id, patch);
      return { ...current, ...patch };
    },
  );
}

interface Finish {
  readonly state: 'delivered' | 'given-up' | 'queued';
  readonly reference: string | null;
  readonly why: string | null;
  readonly next: number | null;
  /** The receiver wants no more of these at all. */
  readonly disable?: boolean;
}

/**
 * Writes the outcome down. A sender that was so slow that another one took over after the claim had run out may still say
 * "delivered", which is true for good; a failure of its own no longer counts.
 */
async function finish(desk: Desk, row: OutboxRow, { state, reference, why, next, disable }: Finish): Promise<Outcome> {
  const at = desk.now();
  const ended = state !== 'queued';
  const entry: AuditEntry = {
    ...entryOf(row, at, 'delivery.ended'),
    outcome: state === 'delivered' ? 'done' : 'failed',
    ...(why === null ? {} : { reason: why }),
  };
  return desk.store.record<Outcome>(
    (outcome) => (outcome === 'taken-by-another' ? { ...entry, reason: 'taken-by-another' } : entry),
    async (write) => {
      const current = await write.outbox.byId(row.id);
      const own = current?.attempts === row.attempts && current.next_attempt_at === row.next_attempt_at;
      const open = state === 'delivered' ? current?.state !== 'delivered' : current?.state === 'queued' && own;
      if (!open) return 'taken-by-another';
      await noteOutcome(desk, write, { kind: row.channel, at, delivered: state === 'delivered', disable });
      await write.outbox.update(row.id, {
        state,
        reference,
        last_error: why,
        next_attempt_at: next,
        ...(ended ? { content: null } : {}),
        ...(state === 'delivered' ? { delivered_at: at } : {}),
      });
      return state === 'delivered' ? 'delivered' : state === 'queued' ? 'waiting' : 'givenUp';
    },
  );
}

function entryOf(row: OutboxRow, at: number, kind: 'delivery.attempted' | 'delivery.ended') {
  return {
    kind,
    at,
    by: SYSTEM,
    ...(row.account_id === null ? {} : { account: row.account_id }),
    ...(row.user_id === null ? {} : { user: row.user_id }),
    detail: {
      message: row.id,
      template: row.kind,
      channel: row.channel,
      attempt: row.attempts + (kind === 'delivery.attempted' ? 1 : 0),
    },
  };
}
