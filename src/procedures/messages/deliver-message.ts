/**
 * Sends one message: claim, one attempt, outcome. A message is claimed (its next attempt is moved to a later time) before it is
 * sent, so two processes do not send it at the same time. If the sender dies, the message is due again later under the same id.
 * Its content is destroyed once it is delivered or given up.
 */
import { nextAttemptAt } from '../../delivery/schedule.js';
import type { Desk, OutboxRow } from '../../desk.js';
import { isRefusal } from '../../errors.js';
import { type AuditEntry, SYSTEM } from '../../rules/audit-entry.js';
import { minutes } from '../../rules/duration.js';
import type { DeliveryReport } from '../../rules/outbox-run.js';
import { noteOutcome } from './channel-switch.js';
import { openMessage } from './queue-message.js';

/** How long a claim keeps others away: longer than any channel's time-out. */
const CLAIM = minutes(2);

export type Outcome = keyof DeliveryReport | 'taken-by-another';

/** Never throws for a failed delivery. */
export async function deliverMessage(desk: Desk, row: OutboxRow, signal: AbortSignal | undefined): Promise<Outcome> {
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

/** A message that does not open (a rekey is running, or somebody edited the row) must not hold up the ones behind it. */
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

/** Claims the message for this process; undefined if another one was faster. */
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
  /** The receiver wants no more messages of this kind. */
  readonly disable?: boolean;
}

/**
 * Records the outcome. If a sender was so slow that its claim ran out and another one took over, its "delivered" still counts,
 * because it is true for good; its failure no longer counts.
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
