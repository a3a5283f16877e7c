/** Messages: queued in the transaction of their cause, claimed and sent after it. */
import { sql } from 'kysely';
import { countOf, insertingAll, rowBy, updating } from '../guard/statements.js';
import type { Db, NewRow, TableRow, Tx } from '../schema/directory.js';

const every = (db: Db) => db.selectFrom('outbox').selectAll();
const about = (db: Db, userId: string, kind: string) =>
  every(db).where('user_id', '=', userId).where('kind', '=', kind);

/** Computed: what is queued is found by its time, or by its person; SQLite would rather read all that waits. */
const QUEUED = sql<boolean>`state || '' = 'queued'`;

export const outboxReads = (db: Db) => ({
  byId: rowBy(db, 'outbox', 'id'),
  async byIds(ids: readonly string[]) {
    const rows = await every(db).where('id', 'in', ids).execute();
    return new Map(rows.map((row) => [row.id, row]));
  },
  /** The newest message of one kind about one user. */
  newestAbout: async (userId: string, kind: string) =>
    about(db, userId, kind).orderBy('created_at', 'desc').orderBy('id', 'desc').limit(1).executeTakeFirst(),
  /** The newest message of one kind about each of these users. */
  async latestAbout(userIds: readonly string[], kind: string): Promise<ReadonlyMap<string, TableRow<'outbox'>>> {
    const rows = await this.allAbout(userIds, kind);
    return new Map(rows.map((row) => [row.user_id ?? '', row]));
  },
  /** When messages of one kind about one user were queued since a time, oldest first. */
  async timesAbout(userId: string, kind: string, since: number): Promise<readonly number[]> {
    const rows = await about(db, userId, kind).where('created_at', '>', since).orderBy('created_at').execute();
    return rows.map((row) => row.created_at);
  },
  /** What is queued for these users in these channels, oldest first. */
  async queuedOf(userIds: readonly string[], channels: readonly string[]) {
    if (userIds.length === 0) return [];
    const queued = every(db).where('user_id', 'in', userIds).where(QUEUED);
    return queued.where('channel', 'in', channels).orderBy('id').execute();
  },
  /** Every message of one kind about these users, oldest first. */
  async allAbout(userIds: readonly string[], kind: string) {
    if (userIds.length === 0) return [];
    const all = every(db).where('user_id', 'in', userIds).where('kind', '=', kind);
    return all.orderBy('created_at').orderBy('id').execute();
  },
  /** By id, which begins with the time: the oldest. */
  oldest: async (limit: number) => every(db).orderBy('id').limit(limit).execute(),
  /** Newest first; without `state`, messages in any state. */
  async list(limit: number, state?: string) {
    const all = every(db).orderBy('id', 'desc').limit(limit);
    return (state === undefined ? all : all.where('state', '=', state)).execute();
  },
  /** Due messages of these channels, the longest due first. */
  async due(now: number, limit: number, channels: readonly string[]) {
    if (channels.length === 0) return [];
    const due = every(db).where(QUEUED).where('next_attempt_at', '<=', now).where('channel', 'in', channels);
    return due.orderBy('next_attempt_at').limit(limit).execute();
  },
  /** Since when the message that is due longest is due, ms; null if none is. */
  async dueSince(now: number): Promise<number | null> {
    const queued = db.selectFrom('outbox').select('next_attempt_at').where(QUEUED);
    const row = await queued.where('next_attempt_at', '<=', now).orderBy('next_attempt_at').limit(1).executeTakeFirst();
    return row?.next_attempt_at ?? null;
  },
  countDue: async (now: number) => countOf(db.selectFrom('outbox').where(QUEUED).where('next_attempt_at', '<=', now)),
  /** How many wait, and how many nobody gets. */
  async counts(): Promise<Readonly<Record<string, number>>> {
    const rows = await db
      .selectFrom('outbox')
      .select(['state', (e) => e.fn.countAll<number>().as('n')])
      .where('state', 'in', ['queued', 'given-up'])
      .groupBy('state')
      .execute();
    return Object.fromEntries(rows.map((row) => [row.state, row.n]));
  },
});

/** `queued` is called for each message, so that it can be sent after the commit. */
export const outboxWrites = (tx: Tx, queued: (messageId: string) => void = () => undefined) => ({
  async insert(rows: readonly NewRow<'outbox'>[]): Promise<void> {
    await insertingAll(tx, 'outbox')(rows);
    for (const { id } of rows) queued(id);
  },
  /** Counts an attempt of each, and makes them due again at a later time. */
  async claim(ids: readonly string[], until: number): Promise<void> {
    if (ids.length === 0) return;
    const these = tx.updateTable('outbox').where('id', 'in', ids);
    await these.set((e) => ({ attempts: e('attempts', '+', 1), next_attempt_at: until })).execute();
  },
  /** The clock went back to `now` by so much: what was queued or tried before waits no longer for that. Nothing waits longer than `soon`. */
  async setBack(now: number, by: number, soon: number): Promise<void> {
    const later = tx.updateTable('outbox').where(QUEUED).where('next_attempt_at', '>', now);
    const ahead = later.where(sql<boolean>`not (attempts = 0 and created_at <= ${now} and next_attempt_at <= ${soon})`);
    await ahead.set((e) => ({ next_attempt_at: e('next_attempt_at', '-', by) })).execute();
  },
  async delete(ids: readonly string[]): Promise<void> {
    await tx.deleteFrom('outbox').where('id', 'in', ids).execute();
  },
  update: updating(tx, 'outbox'),
});
