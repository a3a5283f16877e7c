/**
 * Resets: what users have that a reset would take, and which resets can still be undone (B50–B52, B61, B62). Each statement handles up to a
 * few hundred users at once; one user is a list of one.
 */
import { sql } from 'kysely';
import type { ResetFacts } from '../../rules/reset-plan.js';
import { countOf, rowBy } from '../guard/statements.js';
import type { Db, TableRow } from '../schema/directory.js';

/** The newest reset of a user. */
export const newestOf = (db: Db, userId: string) =>
  db.selectFrom('resets').selectAll().where('user_id', '=', userId).orderBy('id', 'desc').limit(1);

export const resetReads = (db: Db) => ({
  byId: rowBy(db, 'resets', 'id'),
  byIds: async (ids: readonly string[]) =>
    ids.length === 0 ? [] : db.selectFrom('resets').selectAll().where('id', 'in', ids).orderBy('id').execute(),
  ofJob: async (jobId: string) =>
    db.selectFrom('resets').selectAll().where('job_id', '=', jobId).orderBy('line').orderBy('id').execute(),
  /** The next resets, with or without an objection, whose user has not enrolled again yet, newest first, of one job or all. */
  async open(objected: boolean, limit: number, jobId?: string, last?: Pick<TableRow<'resets'>, 'at' | 'id'>) {
    let query = db.selectFrom('resets').selectAll().orderBy('at', 'desc').orderBy('id', 'desc').limit(limit);
    if (jobId !== undefined) query = query.where('job_id', '=', jobId);
    if (last !== undefined) query = query.where(sql<boolean>`(at, id) < (${last.at}, ${last.id})`);
    // Few have one. Computed, because SQLite would rather read all that are open.
    if (objected) return query.where('objected_at', 'is not', null).where(sql`state || ''`, '=', 'open').execute();
    return query.where('objected_at', 'is', null).where('state', '=', 'open').execute();
  },
  /** Those of one user that took something, newest first; the older ones are in the log. */
  ofUser: async (userId: string) => newestOf(db, userId).where('state', '!=', 'none').limit(20).execute(),
  openOfUser: async (userId: string) => newestOf(db, userId).where('state', '=', 'open').executeTakeFirst(),
  /** The newest reset that took something from this user, whatever its state is now (B76). */
  latestOfUser: async (userId: string) => newestOf(db, userId).where('state', '!=', 'none').executeTakeFirst(),
  /** Number of resets outside jobs by one operator since a time, for the limit on an operator's pace. */
  async singlesBy(operatorId: string, since: number): Promise<number> {
    const theirs = db.selectFrom('resets').where('operator_id', '=', operatorId).where('at', '>=', since);
    return countOf(theirs.where('job_id', 'is', null));
  },
  /** Number of users of whom a customer admin has reset something in the portal since a time. */
  async takenInPortalBy(userId: string, since: number): Promise<number> {
    const theirs = db.selectFrom('resets').where('by_user_id', '=', userId).where('at', '>=', since);
    return countOf(theirs.where('state', '!=', 'none'));
  },
  /** Facts about each named user, in no order. `now` decides which enrolment codes are still valid. */
  async facts(userIds: readonly string[], now: number): Promise<readonly ResetFacts[]> {
    if (userIds.length === 0) return [];
    const [factors, codes, devices, sessions, open, live] = await Promise.all([
      factorCounts(db, userIds),
      counts(db, 'backup_codes', userIds),
      counts(db, 'devices', userIds),
      counts(db, 'portal_sessions', userIds),
      openResets(db, userIds),
      liveCodes(db, userIds, now),
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
    .where('user_id', 'in', userIds)
    .groupBy(['user_id', 'state'])
    .execute();
  return new Map(rows.map((row) => [`${row.user_id} ${row.state}`, row.n]));
}

const counts = async (db: Db, table: 'backup_codes' | 'devices' | 'portal_sessions', userIds: readonly string[]) => {
  const all = db.selectFrom(table).select(['user_id', (e) => e.fn.countAll<number>().as('n')]);
  const ofUsers = all.where('user_id', 'in', userIds).groupBy('user_id');
  const unused = sql<boolean>`state = 'active' and used_at is null`;
  const rows = await (table === 'backup_codes' ? ofUsers.where(unused) : ofUsers).execute();
  return new Map(rows.map((row) => [row.user_id, row.n]));
};

async function openResets(db: Db, userIds: readonly string[]) {
  const rows = await db
    .selectFrom('resets')
    .select(['user_id', 'id', 'objected_at', 'final'])
    .where('user_id', 'in', userIds)
    .where('state', '=', 'open')
    .execute();
  return new Map(rows.map((row) => [row.user_id, { id: row.id, objectedAt: row.objected_at, final: row.final !== 0 }]));
}

async function liveCodes(db: Db, userIds: readonly string[], now: number): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('one_time_codes')
    .select('user_id')
    .where('user_id', 'in', userIds)
    .where('purpose', '=', 'enrol')
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .execute();
  return new Set(rows.map((row) => row.user_id));
}
