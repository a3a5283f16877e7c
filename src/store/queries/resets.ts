/**
 * Resets: what users have that a reset would take, what it takes away, which resets can still be undone and what an undo brings back
 * (B50–B52, B61, B62). Each statement handles up to a few hundred users at once; one user is a list of one.
 */
import { sql } from 'kysely';
import { Refusal } from '../../errors.js';
import type { ResetFacts } from '../../rules/reset-plan.js';
import { countOf, insertingAll, rowBy, rowOf, updating } from '../guard/statements.js';
import type { Db, TableRow, Tx } from '../schema/directory.js';
import { endTrust } from './trust.js';

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

/** `enrolledIds`: users who have enrolled again since their last reset, so what that reset suspended cannot come back. */
export interface Taking {
  readonly userIds: readonly string[];
  readonly enrolledIds: readonly string[];
  /** Destroy at once instead of suspending (a stolen phone). */
  readonly final: boolean;
  readonly at: number;
}

export const resetWrites = (tx: Tx) => ({
  insert: insertingAll(tx, 'resets'),
  /** Takes everything that could get anyone past the second factor, all at once (B52). Insert the new resets afterwards. */
  async takeAway({ userIds, enrolledIds, final, at }: Taking): Promise<void> {
    if (userIds.length === 0) return;
    await destroy(tx, enrolledIds, ['suspended']);
    // What an earlier open reset has suspended stays so, and comes back with this one.
    if (final) await destroy(tx, userIds, ['active', 'suspended', 'pending']);
    else await turn(tx, userIds, 'active', 'suspended');
    await tx.deleteFrom('factors').where('user_id', 'in', userIds).where('state', '=', 'pending').execute();
    await endTrust(tx, userIds);
    await deleteCodes(tx, userIds, ['login', 'factor', 'enrol']);
    const earlier = tx.updateTable('resets').set({ state: 'superseded', ended_at: at }).where('user_id', 'in', userIds);
    await earlier.where('state', '=', 'open').execute();
  },
  /**
   * Brings back what is suspended of the users of these open resets, but not devices and sessions (B61): a user has one open reset, and
   * whatever is suspended is so by that one. Where less is there than a reset has counted, nothing of it changes: Refusal `store-corrupt` for one
   * that is `alone`; otherwise the ids of those resets.
   */
  async bringBack(resets: readonly TableRow<'resets'>[], by: string, at: number, alone: boolean) {
    const short = new Set<string>();
    const userIds = resets.map((row) => row.user_id);
    if (resets.length > 0) await turn(tx, userIds, 'suspended', 'active');
    const there = new Map((await resetReads(tx).facts(userIds, at)).map((one) => [one.userId, one]));
    for (const { id, user_id, factors, backup_codes } of resets) {
      const { factors: active = 0, backupCodes = 0 } = there.get(user_id) ?? {};
      if (active >= factors && backupCodes >= backup_codes) continue;
      short.add(id);
      await turn(tx, [user_id], 'active', 'suspended');
      if (!alone) continue;
      throw new Refusal('store-corrupt', `some of what the reset ${id} suspended is missing; nothing was changed`, {
        hint: 'Keep the store as it is and tell your lead. To look at every table: countersign doctor',
      });
    }
    const back = resets.filter(({ id }) => !short.has(id));
    const backIds = back.map((row) => row.user_id);
    if (back.length === 0) return short;
    await tx.deleteFrom('factors').where('user_id', 'in', backIds).where('state', '=', 'pending').execute();
    await deleteCodes(tx, backIds, ['enrol', 'factor']);
    // Factors are back, so a login that was not asked for one must start over.
    await endTrust(tx, backIds);
    const ids = back.map((row) => row.id);
    await this.end(ids, 'undone', by, at);
    return short;
  },
  async end(resetIds: readonly string[], state: 'undone' | 'enrolled', by: string, at: number): Promise<void> {
    const ended = tx.updateTable('resets').set({ state, ended_at: at, ended_by: by }).where('id', 'in', resetIds);
    await ended.where('state', '=', 'open').execute();
  },
  /** Destroys the old factors of users who have enrolled again, because they can no longer come back. */
  destroySuspended: (userIds: readonly string[]) => destroy(tx, userIds, ['suspended']),
  /** True for the first objection to an open reset. A later one of somebody else is noted beside it: each of them counts. */
  async object(id: string, by: string, at: number): Promise<boolean> {
    const row = await rowOf(tx, 'resets', 'id', id);
    if (row?.state !== 'open') return false;
    const first = row.objected_at === null;
    const objectors = first ? [by] : [...new Set([...(row.objected_by?.split(' ') ?? []), by])];
    await updating(tx, 'resets')(id, { objected_at: row.objected_at ?? at, objected_by: objectors.join(' ') });
    return first;
  },
  /** Makes the user's enrolment codes invalid, but keeps their rows, so that enrolment stays blocked (B57, B62). */
  async spoilEnrolmentCodes(userId: string, at: number): Promise<void> {
    const theirs = tx.updateTable('one_time_codes').set({ expires_at: at }).where('user_id', '=', userId);
    const unused = theirs.where('purpose', '=', 'enrol').where('used_at', 'is', null);
    await unused.where('expires_at', '>', at).execute();
  },
});

const SUSPENDABLE = ['factors', 'backup_codes'] as const;

const deleteCodes = (tx: Tx, userIds: readonly string[], purposes: readonly string[]) =>
  tx.deleteFrom('one_time_codes').where('user_id', 'in', userIds).where('purpose', 'in', purposes).execute();

async function destroy(tx: Tx, userIds: readonly string[], states: readonly string[]): Promise<void> {
  if (userIds.length === 0) return;
  for (const table of SUSPENDABLE)
    await tx.deleteFrom(table).where('user_id', 'in', userIds).where('state', 'in', states).execute();
}

async function turn(tx: Tx, userIds: readonly string[], from: string, to: string): Promise<void> {
  for (const table of SUSPENDABLE) {
    const those = tx.updateTable(table).set({ state: to }).where('user_id', 'in', userIds);
    await those.where('state', '=', from).execute();
  }
}
