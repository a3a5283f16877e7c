/**
 * Resets: what users have that a reset takes, the set-based taking, and what is left to be undone (B50–B52, B61, B62). Each
 * statement speaks of up to a few hundred users at once; one user is a list of one.
 */
import { type Insertable, type Selectable, sql } from 'kysely';
import type { ResetFacts } from '../rules/reset-plan.js';
import type { Db, ResetsTable, Tx } from './database.js';

export type ResetRow = Selectable<ResetsTable>;
export type NewReset = Insertable<ResetsTable>;

/** Resets of one chunk: their ids were made one after the other. */
export interface ResetRange {
  readonly first: string;
  readonly last: string;
}

/** Bound values per statement stay below both engines' limits. */
const ROWS_PER_INSERT = 500;

export const resetReads = (db: Db) => ({
  async byId(id: string): Promise<ResetRow | undefined> {
    return db.selectFrom('resets').selectAll().where('id', '=', id).executeTakeFirst();
  },
  async byIds(ids: readonly string[]): Promise<readonly ResetRow[]> {
    if (ids.length === 0) return [];
    return db
      .selectFrom('resets')
      .selectAll()
      .where('id', 'in', [...ids])
      .orderBy('id')
      .execute();
  },
  async ofJob(jobId: string): Promise<readonly ResetRow[]> {
    return db.selectFrom('resets').selectAll().where('job_id', '=', jobId).orderBy('line').orderBy('id').execute();
  },
  /** Resets after which nobody enrolled yet, newest first, of one job or all. */
  async open(limit: number, jobId?: string): Promise<readonly ResetRow[]> {
    const query = db.selectFrom('resets').selectAll().where('state', '=', 'open');
    const narrowed = jobId === undefined ? query : query.where('job_id', '=', jobId);
    return narrowed.orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute();
  },
  async openOfUser(userId: string): Promise<ResetRow | undefined> {
    return db
      .selectFrom('resets')
      .selectAll()
      .where('user_id', '=', userId)
      .where('state', '=', 'open')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
  },
  /** The newest reset that took something from this user, whatever became of it since (B76). */
  async latestOfUser(userId: string): Promise<ResetRow | undefined> {
    return db
      .selectFrom('resets')
      .selectAll()
      .where('user_id', '=', userId)
      .where('state', '!=', 'none')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
  },
  /** Resets outside jobs by one operator since a time: the pace of a person. */
  async singlesBy(operatorId: string, since: number): Promise<number> {
    const row = await db
      .selectFrom('resets')
      .select((e) => e.fn.countAll<number>().as('n'))
      .where('operator_id', '=', operatorId)
      .where('at', '>=', since)
      .where('job_id', 'is', null)
      .executeTakeFirstOrThrow();
    return row.n;
  },
  /** Facts of each user named, in no order. `now` and `tries` say which enrolment codes are still good. */
  async facts(userIds: readonly string[], now: number, tries: number): Promise<readonly ResetFacts[]> {
    if (userIds.length === 0) return [];
    const [factors, codes, devices, sessions, open, live] = await Promise.all([
      factorCounts(db, userIds),
      backupCodeCounts(db, userIds),
      counts(db, 'devices', userIds),
      counts(db, 'portal_sessions', userIds),
      openResets(db, userIds),
      liveCodes(db, userIds, now, tries),
    ]);
    return userIds.map((userId) => ({
      userId,
      factors: factors.get(`${userId} active`) ?? 0,
      enrolments: factors.get(`${userId} pending`) ?? 0,
      backupCodes: codes.get(userId) ?? 0,
      devices: devices.get(userId) ?? 0,
      sessions: sessions.get(userId) ?? 0,
      open: open.get(userId) ?? null,
      codeLive: live.has(userId),
    }));
  },
});

async function factorCounts(db: Db, userIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('factors')
    .select(['user_id', 'state', (e) => e.fn.countAll<number>().as('n')])
    .where('user_id', 'in', [...userIds])
    .groupBy(['user_id', 'state'])
    .execute();
  return new Map(rows.map((row) => [`${row.user_id} ${row.state}`, row.n]));
}

async function backupCodeCounts(db: Db, userIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('backup_codes')
    .select(['user_id', (e) => e.fn.countAll<number>().as('n')])
    .where('user_id', 'in', [...userIds])
    .where('state', '=', 'active')
    .where('used_at', 'is', null)
    .groupBy('user_id')
    .execute();
  return new Map(rows.map((row) => [row.user_id, row.n]));
}

async function counts(
  db: Db,
  table: 'devices' | 'portal_sessions',
  userIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom(table)
    .select(['user_id', (e) => e.fn.countAll<number>().as('n')])
    .where('user_id', 'in', [...userIds])
    .groupBy('user_id')
    .execute();
  return new Map(rows.map((row) => [row.user_id, row.n]));
}

async function openResets(db: Db, userIds: readonly string[]) {
  const rows = await db
    .selectFrom('resets')
    .select(['user_id', 'id', 'objected_at'])
    .where('user_id', 'in', [...userIds])
    .where('state', '=', 'open')
    .execute();
  return new Map(rows.map((row) => [row.user_id, { id: row.id, objectedAt: row.objected_at }]));
}

async function liveCodes(db: Db, userIds: readonly string[], now: number, tries: number): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('one_time_codes')
    .select('user_id')
    .where('user_id', 'in', [...userIds])
    .where('purpose', '=', 'enrol')
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .where('tries', '<', tries)
    .execute();
  return new Set(rows.map((row) => row.user_id));
}

/** Who has enrolled again since the last reset: what that reset suspended is gone for good. */
export interface Taking {
  readonly range: ResetRange;
  readonly userIds: readonly string[];
  readonly enrolledIds: readonly string[];
  /** Destroy at once instead of suspending (a stolen phone). */
  readonly final: boolean;
  readonly at: number;
}

export const resetWrites = (tx: Tx) => ({
  async insert(rows: readonly NewReset[]): Promise<void> {
    for (let from = 0; from < rows.length; from += ROWS_PER_INSERT) {
      await tx
        .insertInto('resets')
        .values(rows.slice(from, from + ROWS_PER_INSERT))
        .execute();
    }
  },
  /** Everything that could let anyone past the second factor, in one go (B52). The resets of the range are inserted before. */
  async takeAway({ range, userIds, enrolledIds, final, at }: Taking): Promise<void> {
    if (userIds.length === 0) return;
    const ids = [...userIds];
    await destroySuspended(tx, enrolledIds);
    if (final) await destroyAll(tx, ids);
    else await suspendAll(tx, ids, range);
    await tx.deleteFrom('factors').where('user_id', 'in', ids).where('state', '=', 'pending').execute();
    await tx.deleteFrom('devices').where('user_id', 'in', ids).execute();
    await tx.deleteFrom('portal_sessions').where('user_id', 'in', ids).execute();
    await tx
      .deleteFrom('one_time_codes')
      .where('user_id', 'in', ids)
      .where('purpose', 'in', ['login', 'factor', 'enrol'])
      .execute();
    await tx
      .updateTable('resets')
      .set({ state: 'superseded', ended_at: at })
      .where('user_id', 'in', ids)
      .where('state', '=', 'open')
      .where((e) => e.or([e('id', '<', range.first), e('id', '>', range.last)]))
      .execute();
  },
  /** Brings back what these resets suspended; devices and sessions stay gone (B61). */
  async bringBack(resetIds: readonly string[], userIds: readonly string[], by: string, at: number): Promise<void> {
    if (resetIds.length === 0) return;
    const back = { state: 'active', suspended_by: null };
    await tx
      .deleteFrom('factors')
      .where('user_id', 'in', [...userIds])
      .where('state', '=', 'pending')
      .execute();
    for (const table of ['factors', 'backup_codes'] as const) {
      await tx
        .updateTable(table)
        .set(back)
        .where('suspended_by', 'in', [...resetIds])
        .where('state', '=', 'suspended')
        .execute();
    }
    await tx
      .deleteFrom('one_time_codes')
      .where('user_id', 'in', [...userIds])
      .where('purpose', 'in', ['enrol', 'factor'])
      .execute();
    // A login that was half way into enrolling again must begin anew: it now has factors to ask for.
    await tx
      .deleteFrom('portal_sessions')
      .where('user_id', 'in', [...userIds])
      .where('state', '!=', 'done')
      .execute();
    await this.end(resetIds, 'undone', by, at);
  },
  async end(resetIds: readonly string[], state: 'undone' | 'enrolled', by: string, at: number): Promise<void> {
    await tx
      .updateTable('resets')
      .set({ state, ended_at: at, ended_by: by })
      .where('id', 'in', [...resetIds])
      .where('state', '=', 'open')
      .execute();
  },
  /** Enrolled again: the old factors can no longer come back, and are destroyed. */
  async destroySuspended(userIds: readonly string[]): Promise<void> {
    await destroySuspended(tx, userIds);
  },
  /** Compare-and-set: true for the first objection to an open reset. */
  async object(id: string, by: string, at: number): Promise<boolean> {
    const result = await tx
      .updateTable('resets')
      .set({ objected_at: at, objected_by: by })
      .where('id', '=', id)
      .where('state', '=', 'open')
      .where('objected_at', 'is', null)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  },
  /** No enrolment code of the user opens anything any more; the way stays barred (B57, B62). */
  async spoilEnrolmentCodes(userId: string, at: number): Promise<void> {
    await tx
      .updateTable('one_time_codes')
      .set({ expires_at: at })
      .where('user_id', '=', userId)
      .where('purpose', '=', 'enrol')
      .where('used_at', 'is', null)
      .where('expires_at', '>', at)
      .execute();
  },
});

async function destroySuspended(tx: Tx, userIds: readonly string[]): Promise<void> {
  if (userIds.length === 0) return;
  for (const table of ['factors', 'backup_codes'] as const) {
    await tx
      .deleteFrom(table)
      .where('user_id', 'in', [...userIds])
      .where('state', '=', 'suspended')
      .execute();
  }
}

async function destroyAll(tx: Tx, ids: readonly string[]): Promise<void> {
  for (const table of ['factors', 'backup_codes'] as const) {
    await tx
      .deleteFrom(table)
      .where('user_id', 'in', [...ids])
      .execute();
  }
}

/** Suspended under the reset that now stands for the user; what an earlier open reset suspended moves along. */
async function suspendAll(tx: Tx, ids: readonly string[], { first, last }: ResetRange): Promise<void> {
  for (const table of ['factors', 'backup_codes'] as const) {
    const reset = sql<string>`(select r.id from resets r where r.user_id = ${sql.ref(`${table}.user_id`)}
      and r.id >= ${first} and r.id <= ${last})`;
    await tx
      .updateTable(table)
      .set({ state: 'suspended', suspended_by: reset })
      .where('user_id', 'in', [...ids])
      .where('state', 'in', ['active', 'suspended'])
      .execute();
  }
}
