/** Messages: queued in the transaction of their cause, claimed and sent after it. */
import type { Insertable, Selectable, Updateable } from 'kysely';
import { rowOf } from '../guard/statements.js';
import type { Db, OutboxTable, Tx } from '../schema/directory.js';
import { countOf } from './count.js';

export type OutboxRow = Selectable<OutboxTable>;
export type NewMessage = Insertable<OutboxTable>;

/** Bound values per statement stay below both engines' limits. */
const ROWS_PER_INSERT = 1_000;

const about = (db: Db, userId: string, kind: string) =>
  db.selectFrom('outbox').selectAll().where('user_id', '=', userId).where('kind', '=', kind);

export const outboxReads = (db: Db) => ({
  async byId(id: string): Promise<OutboxRow | undefined> {
    return rowOf(db, 'outbox', 'id', id);
  },
  async byIds(ids: readonly string[]): Promise<ReadonlyMap<string, OutboxRow>> {
    const rows = await db
      .selectFrom('outbox')
      .selectAll()
      .where('id', 'in', [...ids])
      .execute();
    return new Map(rows.map((row) => [row.id, row]));
  },
  /** The newest message of one kind about one user. */
  newestAbout: async (userId: string, kind: string): Promise<OutboxRow | undefined> =>
    about(db, userId, kind).orderBy('created_at', 'desc').orderBy('id', 'desc').limit(1).executeTakeFirst(),
  /** The newest message of one kind about each of these users. */
  async latestAbout(userIds: readonly string[], kind: string): Promise<ReadonlyMap<string, OutboxRow>> {
    if (userIds.length === 0) return new Map();
    const all = db.selectFrom('outbox').selectAll().where('user_id', 'in', userIds).where('kind', '=', kind);
    const rows = await all.orderBy('created_at').orderBy('id').execute();
    return new Map(rows.map((row) => [row.user_id ?? '', row]));
  },
  /** When messages of one kind about one user were queued since a time, oldest first. */
  async timesAbout(userId: string, kind: string, since: number): Promise<readonly number[]> {
    const rows = await about(db, userId, kind).where('created_at', '>', since).orderBy('created_at').execute();
    return rows.map((row) => row.created_at);
  },
  /** Ids of the oldest queued row of each of these users in each of these channels. */
  async firstQueued(userIds: readonly string[], channels: readonly string[]): Promise<ReadonlySet<string>> {
    if (userIds.length === 0) return new Set();
    const queued = db
      .selectFrom('outbox')
      .where('user_id', 'in', [...userIds])
      .where('state', '=', 'queued');
    const oldest = queued.where('channel', 'in', [...channels]).select((e) => e.fn.min('id').as('id'));
    return new Set((await oldest.groupBy(['user_id', 'channel']).execute()).map(({ id }) => id));
  },
  /** By id, which begins with the time: the oldest. */
  oldest: async (limit: number): Promise<readonly OutboxRow[]> =>
    db.selectFrom('outbox').selectAll().orderBy('id').limit(limit).execute(),
  /** Newest first; without `state`, messages in any state. */
  async list(limit: number, state?: string): Promise<readonly OutboxRow[]> {
    const all = db.selectFrom('outbox').selectAll().orderBy('id', 'desc').limit(limit);
    return (state === undefined ? all : all.where('state', '=', state)).execute();
  },
  /** Due messages of these channels, the longest due first. */
  async due(now: number, limit: number, channels: readonly string[]): Promise<readonly OutboxRow[]> {
    if (channels.length === 0) return [];
    return db
      .selectFrom('outbox')
      .selectAll()
      .where('state', '=', 'queued')
      .where('next_attempt_at', '<=', now)
      .where('channel', 'in', channels)
      .orderBy('next_attempt_at')
      .limit(limit)
      .execute();
  },
  /** Since when the message that is due longest is due, ms; null if none is. */
  async dueSince(now: number): Promise<number | null> {
    const queued = db.selectFrom('outbox').select('next_attempt_at').where('state', '=', 'queued');
    const row = await queued.where('next_attempt_at', '<=', now).orderBy('next_attempt_at').limit(1).executeTakeFirst();
    return row?.next_attempt_at ?? null;
  },
  async countDue(now: number): Promise<number> {
    return countOf(db.selectFrom('outbox').where('state', '=', 'queued').where('next_attempt_at', '<=', now));
  },
  async counts(): Promise<Readonly<Record<string, number>>> {
    const rows = await db
      .selectFrom('outbox')
      .select(['state', (e) => e.fn.countAll<number>().as('n')])
      .groupBy('state')
      .execute();
    return Object.fromEntries(rows.map((row) => [row.state, row.n]));
  },
});

/** `queued` is called for each message, so that it can be sent after the commit. */
export const outboxWrites = (tx: Tx, queued: (messageId: string) => void = () => undefined) => ({
  async insert(rows: readonly NewMessage[]): Promise<void> {
    for (let from = 0; from < rows.length; from += ROWS_PER_INSERT) {
      await tx
        .insertInto('outbox')
        .values(rows.slice(from, from + ROWS_PER_INSERT))
        .execute();
    }
    for (const { id } of rows) queued(id);
  },
  /** Counts an attempt of each, and makes them due again at a later time. */
  async claim(ids: readonly string[], until: number): Promise<void> {
    if (ids.length === 0) return;
    await tx
      .updateTable('outbox')
      .set((e) => ({ attempts: e('attempts', '+', 1), next_attempt_at: until }))
      .where('id', 'in', [...ids])
      .execute();
  },
  async delete(ids: readonly string[]): Promise<void> {
    await tx.deleteFrom('outbox').where('id', 'in', ids).execute();
  },
  async update(id: string, patch: Updateable<OutboxTable>): Promise<void> {
    await tx.updateTable('outbox').set(patch).where('id', '=', id).execute();
  },
});
