/**
 * Sends what is due in the outbox: claim, one attempt, outcome. A message is claimed (its next attempt moved away) before
 * it is sent, so two processes do not send it side by side; a sender that dies leaves it due again later under the same id.
 * Content is destroyed once delivered or given up.
 */

import { nextAttemptAt } from '../delivery/schedule.js';
import type { Desk, OutboxRow } from '../desk.js';
import { SYSTEM } from '../rules/audit-entry.js';
import { minutes } from '../rules/duration.js';
import { openMessage } from './queue-message.js';

export interface DeliveryReport {
  readonly delivered: number;
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

/** After so many failures in a row the channel is taken to be down; the rest waits for a later run. */
const DOWN_AFTER = 5;

/** Sends what is due until all is sent, the signal fires, or the channel seems to be down. For the messages of a long run. */
export async function deliverDue(desk: Desk, { signal, step }: Watched): Promise<DeliveryReport> {
  const report = { delivered: 0, waiting: 0, givenUp: 0 };
  for (let failures = 0; ; ) {
    const due = await desk.store.read.outbox.due(desk.now(), BATCH);
    if (due.length === 0) return report;
    for (const row of due) {
      if (signal.aborted || failures >= DOWN_AFTER) return report;
      const outcome = await deliverOne(desk, row);
      report[outcome] += 1;
      failures = outcome === 'delivered' ? 0 : failures + 1;
      step();
    }
  }
}

/** Sends everything due, or only the messages named. Answers what became of them; never throws for a failed delivery. */
export async function deliverOutbox(desk: Desk, only?: readonly string[]): Promise<DeliveryReport> {
  const report = { delivered: 0, waiting: 0, givenUp: 0 };
  for (;;) {
    const due = only === undefined ? await desk.store.read.outbox.due(desk.now(), BATCH) : await named(desk, only);
    for (const row of due) report[await deliverOne(desk, row)] += 1;
    if (only !== undefined || due.length < BATCH) return report;
  }
}

async function named(desk: Desk, ids: readonly string[]): Promise<readonly OutboxRow[]> {
  const rows = await Promise.all(ids.map((id) => desk.store.read.outbox.byId(id)));
  return rows.filter((row) => row !== undefined).filter((row) => row.state === 'queued');
}

type Outcome = keyof DeliveryReport;

async function deliverOne(desk: Desk, row: OutboxRow): Promise<Outcome> {
  const claimed = await claim(desk, row);
  if (claimed === undefined || claimed.content === null) return 'waiting';
  const message = openMessage(desk, { id: row.id, address: row.address, content: claimed.content });
  const attempt = claimed.attempts;
  const sent = await desk.channels.pick(message.kind).send(
    {
      id: row.id,
      kind: message.kind,
      to: message.to,
      subject: message.subject,
      body: message.body,
      createdAt: row.created_at,
    },
    { now: desk.now(), attempt },
  );
  if (sent.ok) return finish(desk, claimed, { state: 'delivered', reference: sent.reference, why: null, next: null });
  const next = sent.permanent ? null : nextAttemptAt(attempt, desk.now(), desk.chance.int(1_000) / 1_000);
  return finish(desk, claimed, { state: next === null ? 'given-up' : 'queued', reference: null, why: sent.why, next });
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
}

async function finish(desk: Desk, row: OutboxRow, { state, reference, why, next }: Finish): Promise<Outcome> {
  const at = desk.now();
  const ended = state !== 'queued';
  const entry = {
    ...entryOf(row, at, 'delivery.ended'),
    outcome: state === 'delivered' ? 'done' : 'failed',
    ...(why === null ? {} : { reason: why }),
  } as const;
  await desk.store.record(entry, (write) =>
    write.outbox.update(row.id, {
      state,
      reference,
      last_error: why,
      next_attempt_at: next,
      ...(ended ? { content: null } : {}),
      ...(state === 'delivered' ? { delivered_at: at } : {}),
    }),
  );
  return state === 'delivered' ? 'delivered' : state === 'queued' ? 'waiting' : 'givenUp';
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
