/**
 * Sends some messages: one transaction claims them all, each gets one attempt, and one transaction records what became of them. A claimed
 * message is due again only at a later time, so two processes do not send it at the same time. If the sender dies, the message is due again
 * later under the same id. Its content is destroyed once it is delivered or given up.
 */
import { nextAttemptAt } from '../../delivery/schedule.js';
import type { Desk, OutboxRow } from '../../desk.js';
import { isRefusal } from '../../errors.js';
import { type AuditEntry, SYSTEM } from '../../rules/audit-entry.js';
import { minutes } from '../../rules/duration.js';
import type { DeliveryReport } from '../../rules/outbox-run.js';
import { noteOutcome } from './channel-switch.js';
import { openMessage } from './queue-message.js';

/** How long a claim keeps others away: longer than all attempts of a batch take. */
const CLAIM = minutes(2);
/** E-mails on their way at the same time. Receivers of everything else get one after the other, in order. */
const MAILS_AT_ONCE = 5;

export type Outcome = keyof DeliveryReport | 'taken-by-another';

type Sent = Awaited<ReturnType<ReturnType<Desk['channels']['pick']>['send']>>;

interface Attempted {
  readonly row: OutboxRow;
  /** Undefined if its turn did not come. */
  readonly sent: Sent | undefined;
}

/** What became of each message, by its id. Never throws for a failed delivery. */
export async function deliverBatch(
  desk: Desk,
  rows: readonly OutboxRow[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Outcome>> {
  const claimed = await claim(desk, rows);
  const attempted: Attempted[] = [];
  const begun = desk.now();
  // A slow receiver leaves the rest to the next batch, before the claim runs out.
  const enough = () => signal?.aborted === true || desk.now() - begun > CLAIM / 2;
  const sendInTurn = async (lane: readonly OutboxRow[]) => {
    for (const row of lane) attempted.push({ row, sent: enough() ? undefined : await attempt(desk, row, signal) });
  };
  await Promise.all(lanesOf(claimed).map(sendInTurn));
  const outcomes = attempted.length === 0 ? [] : await finish(desk, attempted);
  const taken = rows.map(({ id }) => [id, 'taken-by-another'] as const);
  return new Map<string, Outcome>([...taken, ...outcomes]);
}

function lanesOf(rows: readonly OutboxRow[]): readonly (readonly OutboxRow[])[] {
  const lanes = new Map<string, OutboxRow[]>();
  for (const [n, row] of rows.entries()) {
    const lane = row.channel === 'email' ? `email ${n % MAILS_AT_ONCE}` : row.channel;
    lanes.set(lane, [...(lanes.get(lane) ?? []), row]);
  }
  return [...lanes.values()];
}

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

/** Claims messages for this process. Those that another one has are left out. */
async function claim(desk: Desk, rows: readonly OutboxRow[]): Promise<readonly OutboxRow[]> {
  const at = desk.now();
  return desk.store.record<readonly OutboxRow[]>(
    (taken) =>
      rows.map((row) => ({
        ...entryOf({ ...row, attempts: row.attempts + 1 }, at, 'delivery.attempted'),
        outcome: taken.some(({ id }) => id === row.id) ? 'started' : 'refused',
      })),
    async (write) => {
      const taken: OutboxRow[] = [];
      for (const row of rows) {
        const current = await write.outbox.byId(row.id);
        if (current?.state !== 'queued' || current.next_attempt_at !== row.next_attempt_at) continue;
        const patch = { attempts: current.attempts + 1, next_attempt_at: at + CLAIM };
        await write.outbox.update(row.id, patch);
        taken.push({ ...current, ...patch });
      }
      return taken;
    },
  );
}

/** The values of the row, and the reason for the log. */
interface Finish {
  readonly state: 'delivered' | 'given-up' | 'queued';
  readonly reference: string | null;
  readonly why: string | null;
  readonly next: number | null;
}

function finishOf(desk: Desk, { row, sent }: Attempted, at: number): Finish {
  if (sent === undefined) return { state: 'queued', reference: null, why: row.last_error, next: at };
  if (sent.ok) return { state: 'delivered', reference: sent.reference, why: null, next: null };
  const next = sent.permanent ? null : nextAttemptAt(row.attempts, at, desk.chance.int(1_000) / 1_000);
  return { state: next === null ? 'given-up' : 'queued', reference: null, why: sent.why, next };
}

/**
 * Records the outcomes. If a sender was so slow that its claim ran out and another one took over, its "delivered" still counts,
 * because it is true for good; its failure no longer counts.
 */
async function finish(desk: Desk, attempted: readonly Attempted[]): Promise<readonly (readonly [string, Outcome])[]> {
  const at = desk.now();
  const ended = attempted.map((one) => ({ ...one, ...finishOf(desk, one, at) }));
  return desk.store.record<readonly (readonly [string, Outcome])[]>(
    (outcomes) =>
      ended.map(({ row, sent, state, why }, n): AuditEntry => {
        const entry = entryOf(row, at, 'delivery.ended');
        const said = sent === undefined ? 'not-tried' : why;
        const reason = outcomes[n]?.[1] === 'taken-by-another' ? 'taken-by-another' : said;
        return {
          ...entry,
          outcome: state === 'delivered' ? 'done' : 'failed',
          ...(reason === null ? {} : { reason }),
        };
      }),
    async (write) => {
      const outcomes: (readonly [string, Outcome])[] = [];
      for (const { row, sent, state, reference, why, next } of ended) {
        const current = await write.outbox.byId(row.id);
        const own = current?.attempts === row.attempts && current.next_attempt_at === row.next_attempt_at;
        const open = state === 'delivered' ? current?.state !== 'delivered' : current?.state === 'queued' && own;
        outcomes.push([row.id, open ? OUTCOMES[state] : 'taken-by-another']);
        if (!open) continue;
        const disable = sent?.ok === false && sent.disable === true;
        await noteOutcome(desk, write, { kind: row.channel, at, delivered: state === 'delivered', disable });
        await write.outbox.update(row.id, {
          state,
          reference,
          last_error: why,
          next_attempt_at: next,
          ...(sent === undefined ? { attempts: row.attempts - 1 } : {}),
          ...(state === 'queued' ? {} : { content: null }),
          ...(state === 'delivered' ? { delivered_at: at } : {}),
        });
      }
      return outcomes;
    },
  );
}

const OUTCOMES = { delivered: 'delivered', 'given-up': 'givenUp', queued: 'waiting' } as const;

function entryOf(row: OutboxRow, at: number, kind: 'delivery.attempted' | 'delivery.ended') {
  return {
    kind,
    at,
    by: SYSTEM,
    ...(row.account_id === null ? {} : { account: row.account_id }),
    ...(row.user_id === null ? {} : { user: row.user_id }),
    detail: { message: row.id, template: row.kind, channel: row.channel, attempt: row.attempts },
  };
}
