/**
 * Sends some messages: one transaction claims them all, each gets one attempt, and one transaction records what became of them. A claimed
 * message is due again only at a later time, so two processes do not send it at the same time. If the sender dies, the message is due again
 * later under the same id. Its content is destroyed once it is delivered or given up.
 */
import { nextAttemptAt, PAUSES_MS } from '../../delivery/schedule.js';
import type { Desk, OutboxRow } from '../../desk.js';
import { isRefusal } from '../../errors.js';
import { type AuditEntry, SYSTEM } from '../../rules/audit-entry.js';
import { minutes } from '../../rules/duration.js';
import { grouped } from '../../rules/lists.js';
import type { DeliveryReport } from '../../rules/outbox-run.js';
import { connectorOf, laneOf, REMOTE_KINDS } from '../../rules/remote-reset.js';
import { attemptRemote, type RemoteSent, remoteEnd } from './attempt-remote.js';
import { noteOutcome } from './channel-switch.js';
import { openMessage } from './queue-message.js';
import { noteLifted, sortRemote } from './remote-row.js';

/** How long a claim keeps others away: longer than all attempts of a batch take. */
const CLAIM = minutes(2);
/** E-mails on their way at the same time. Receivers of everything else get one after the other, in order. */
const MAILS_AT_ONCE = 5;

export type Outcome = keyof DeliveryReport | 'taken-by-another';

/** When it is looked again whether a row may go. */
const LATER = minutes(5);
/** People at one connector at the same time; its rate is the connector's own. */
const PEOPLE_AT_ONCE = 4;

/** Undefined if its turn did not come. */
type Sent = Awaited<ReturnType<ReturnType<Desk['channels']['pick']>['send']>> | RemoteSent;

interface Attempted {
  readonly row: OutboxRow;
  readonly sent: Sent;
}

/** What became of each message, by its id. Never throws for a failed delivery. */
export async function deliverBatch(
  desk: Desk,
  rows: readonly OutboxRow[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Outcome>> {
  const { taken: claimed, dropped } = await claim(desk, rows);
  const attempted: Attempted[] = [];
  const begun = desk.now();
  // A slow receiver leaves the rest to the next batch, before the claim runs out.
  const enough = () => signal?.aborted === true || desk.now() - begun > CLAIM / 2;
  const sendInTurn = async (lane: readonly OutboxRow[]) => {
    // What is about one person arrives in order: what did not get through holds up the rest of them.
    const stuck = new Set<string>();
    for (const row of lane) {
      const held = enough() || stuck.has(personOf(row));
      const sent = held ? undefined : await attempt(desk, row, signal);
      if (sent?.ok !== true && !(sent?.permanent ?? false)) stuck.add(personOf(row));
      attempted.push({ row, sent });
    }
  };
  const inOrder = claimed.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const lanes = await Promise.allSettled([...grouped(inOrder, laneFor).values()].map(sendInTurn));
  const outcomes = attempted.length === 0 ? [] : await finish(desk, attempted);
  // What was sent is in the store also where a bug has stopped the sending of another; else it would go out again.
  for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
  const taken = rows.map(({ id }) => [id, 'taken-by-another'] as const);
  return new Map<string, Outcome>([...taken, ...dropped.map((id) => [id, 'dropped'] as const), ...outcomes]);
}

/** Of mail and text messages each is for itself. */
const personOf = ({ id, channel, user_id }: OutboxRow): string =>
  channel === 'email' || channel === 'sms' || user_id === null ? id : user_id;

function laneFor({ channel, user_id }: OutboxRow, nth: number): string {
  if (connectorOf(channel) !== null) return laneOf(channel, user_id ?? '', PEOPLE_AT_ONCE);
  return channel === 'email' ? `email ${nth % MAILS_AT_ONCE}` : channel;
}

/** A message that does not open (a rekey is running, or somebody edited the row) must not hold up the ones behind it. */
async function attempt(desk: Desk, row: OutboxRow, signal: AbortSignal | undefined): Promise<Sent> {
  if (connectorOf(row.channel) !== null) return attemptRemote(desk, row, signal);
  let message: ReturnType<typeof openMessage>;
  try {
    message = openMessage(desk, row);
  } catch (error) {
    if (isRefusal(error)) return { ok: false, permanent: false, why: `its sealed text does not open (${error.code})` };
    throw error;
  }
  const { id, created_at: createdAt } = row;
  const context = { now: desk.now(), attempt: row.attempts, ...(signal === undefined ? {} : { signal }) };
  return desk.channels.pick(message.kind).send({ ...message, id, createdAt }, context);
}

/**
 * Claims messages for this process. Those that another one has are left out. Those end here (`dropped`) whose codes are over: used, replaced,
 * run out, or gone with an undone reset (B89).
 */
async function claim(desk: Desk, rows: readonly OutboxRow[]) {
  const at = desk.now();
  return desk.store.record<{ readonly taken: readonly OutboxRow[]; readonly dropped: readonly string[] }>(
    ({ taken, dropped }) =>
      rows.map((row): AuditEntry => {
        if (dropped.includes(row.id))
          return { ...entryOf(row, at, 'delivery.ended'), outcome: 'refused', reason: overOf(row) };
        const outcome = taken.some(({ id }) => id === row.id) ? 'started' : 'refused';
        return { ...entryOf({ ...row, attempts: row.attempts + 1 }, at, 'delivery.attempted'), outcome };
      }),
    async (write) => {
      const there = await write.outbox.byIds(rows.map(({ id }) => id));
      const open = rows.flatMap((row) => {
        const now = there.get(row.id);
        return now?.state === 'queued' && now.next_attempt_at === row.next_attempt_at ? [now] : [];
      });
      const codeOf = ({ channel, reference }: OutboxRow) => (connectorOf(channel) === null ? reference : null);
      const carried = open.flatMap((row) => codeOf(row) ?? []);
      const codes = await write.factors.liveCodes(carried, at);
      const remote = await sortRemote(write, open, at);
      const isOver = (code: string | null) => code !== null && !codes.has(code);
      const dead = open.filter((row) => isOver(codeOf(row)) || remote.dead.has(row.id));
      const ended = { state: 'dropped', content: null, next_attempt_at: null };
      for (const row of dead) await write.outbox.update(row.id, { ...ended, last_error: overOf(row) });
      const taken = open.filter((row) => !dead.includes(row) && !remote.later.has(row.id));
      for (const id of remote.later) await write.outbox.update(id, { next_attempt_at: at + LATER });
      const until = at + CLAIM;
      const ours = taken.map((row) => ({ ...row, attempts: row.attempts + 1, next_attempt_at: until }));
      const idsOf = (some: readonly OutboxRow[]) => some.map(({ id }) => id);
      await write.outbox.claim(idsOf(ours), until);
      return { taken: ours, dropped: idsOf(dead) };
    },
  );
}

const overOf = ({ channel }: OutboxRow) =>
  connectorOf(channel) === null ? 'the code in it is no longer valid' : 'cancelled';

/** The values of the row, and the reason for the log. */
function finishOf(desk: Desk, { row, sent }: Attempted, at: number) {
  if (sent === undefined) return { state: 'queued', reference: null, why: row.last_error, next: at } as const;
  if (sent.ok) return { state: 'delivered', reference: sent.reference, why: null, next: null } as const;
  const reference = 'reference' in sent ? sent.reference : row.reference;
  // A reset that may be half done somewhere is never given up for want of an answer.
  const attempts = connectorOf(row.channel) === null ? row.attempts : Math.min(row.attempts, PAUSES_MS.length - 1);
  const next = sent.permanent ? null : nextAttemptAt(attempts, at, desk.chance.int(1_000) / 1_000);
  return { state: next === null ? 'given-up' : 'queued', reference, why: sent.why, next } as const;
}

/**
 * Records the outcomes. If a sender was so slow that its claim ran out and another one took over, its "delivered" still counts,
 * because it is true for good; its failure no longer counts.
 */
async function finish(desk: Desk, attempted: readonly Attempted[]) {
  const at = desk.now();
  const ended = attempted.map((one) => ({ ...one, ...finishOf(desk, one, at) }));
  return desk.store.record<readonly (readonly [string, Outcome])[]>(
    (outcomes) =>
      ended.map(({ row, sent, state, why }, n): AuditEntry => {
        const good = state === 'delivered' ? 'done' : 'failed';
        if (connectorOf(row.channel) !== null) return remoteEnd(desk, row, sent as RemoteSent, good);
        const said = sent === undefined ? 'not-tried' : why;
        const reason = outcomes[n]?.[1] === 'taken-by-another' ? 'taken-by-another' : said;
        return { ...entryOf(row, at, 'delivery.ended'), outcome: good, ...(reason === null ? {} : { reason }) };
      }),
    async (write) => {
      const outcomes: (readonly [string, Outcome])[] = [];
      const there = await write.outbox.byIds(ended.map(({ row }) => row.id));
      /** Kinds that are known to get through. */
      const good = new Set<string>();
      for (const { row, sent, state, reference, why, next } of ended) {
        const current = there.get(row.id);
        const own = current?.attempts === row.attempts && current.next_attempt_at === row.next_attempt_at;
        const open = state === 'delivered' ? current?.state !== 'delivered' : current?.state === 'queued' && own;
        const outcome = state === 'given-up' && connectorOf(row.channel) !== null ? 'notDone' : OUTCOMES[state];
        outcomes.push([row.id, open ? outcome : 'taken-by-another']);
        if (!open) continue;
        const disable = sent?.ok === false && 'disable' in sent && sent.disable === true;
        const delivered = state === 'delivered';
        if (connectorOf(row.channel) === null && !(delivered && good.has(row.channel)))
          await noteOutcome(desk, write, { kind: row.channel, at, delivered, disable });
        if (delivered) good.add(row.channel);
        if (disable) good.delete(row.channel);
        if (delivered && row.kind === REMOTE_KINDS.lift) await noteLifted(write, row);
        await write.outbox.update(row.id, {
          state,
          last_error: why,
          next_attempt_at: next,
          // What an attempt that was overtaken has left in the row stays.
          ...(sent === undefined ? { attempts: row.attempts - 1 } : { reference }),
          ...(state === 'queued' ? {} : { content: null }),
          ...(delivered ? { delivered_at: at } : {}),
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
