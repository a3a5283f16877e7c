/** Counts for the report, grouped in the database, so that a year of calls is only a few hundred rows here. Reads only. */
import { type SqlBool, sql } from 'kysely';
import { countOf } from '../guard/statements.js';
import type { Db } from '../schema/directory.js';

/** Refusals that count against the caller. A missing privilege does not. */
const FAILED = ['not-verified', 'not-on-list', 'switched-off', 'no-passphrase', 'locked'];

const count = sql<number>`count(*)`.as('n');

/** A bucket is a whole number of `width` milliseconds since `first`: in both engines a division of whole numbers gives a whole number. */
const bucketOf = (column: string, { width, first }: Buckets) =>
  sql<number>`(${sql.ref(column)} - ${sql.lit(first)}) / ${sql.lit(width)}`.as('bucket');
type Buckets = Readonly<Record<'width' | 'first', number>>;

const verifications = (db: Db, since: number) => db.selectFrom('verifications').where('started_at', '>=', since);

/** Users as whom callers were refused, or operators whose callers were refused: the most failures first. */
const failures = (db: Db, since: number, limit: number) =>
  verifications(db, since)
    .select((e) => [count, e.fn.max<number>('started_at').as('lastAt')])
    .where('reason', 'in', FAILED)
    .orderBy('n', 'desc')
    .orderBy('lastAt', 'desc')
    .limit(limit);

export const figureReads = (db: Db) => ({
  async verificationsByTime(since: number, width: Buckets) {
    const all = verifications(db, since).select([bucketOf('started_at', width), 'outcome', count]);
    return all.groupBy(['bucket', 'outcome']).orderBy('bucket').execute();
  },
  verificationsByAction: async (since: number) =>
    verifications(db, since).select(['action as name', 'outcome', count]).groupBy(['action', 'outcome']).execute(),
  async refusalsByReason(since: number) {
    const refused = verifications(db, since).where('outcome', '=', 'refused').select(['reason', count]);
    const rows = await refused.groupBy('reason').execute();
    return rows.map(({ reason, n }) => ({ name: reason ?? '', n }));
  },
  failuresByCaller: async (since: number, limit: number) =>
    failures(db, since, limit)
      .select(['account_id as accountId', 'user_id as id'])
      .groupBy(['account_id', 'user_id', 'caller_key'])
      .execute(),
  async failuresByOperator(since: number, limit: number) {
    const rows = await failures(db, since, limit).select('operator_id as id').groupBy('operator_id').execute();
    return rows.map((row) => ({ ...row, accountId: null }));
  },
  /** Times from the start of a call on the console to its last verdict, ms, shortest first; the newest `limit` calls. */
  async timesToVerdict(since: number, limit: number): Promise<readonly number[]> {
    const rows = await db
      .selectFrom('calls')
      .innerJoin('verifications', 'verifications.id', 'calls.verification_id')
      .select(sql<number>`verifications.decided_at - calls.opened_at`.as('ms'))
      .where('calls.opened_at', '>=', since)
      .where('verifications.decided_at', 'is not', null)
      .orderBy('calls.opened_at', 'desc')
      .limit(limit)
      .execute();
    return rows.map(({ ms }) => ms).sort((a, b) => a - b);
  },
  async callsByOutcome(since: number) {
    const calls = db.selectFrom('calls').select(['outcome', count]).where('opened_at', '>=', since);
    return (await calls.groupBy('outcome').execute()).map(({ outcome, n }) => ({ name: outcome ?? '', n }));
  },
  /** Resets that took something, by their state. All states are named, for the index of states and times. */
  async resetsByTime(since: number, width: Buckets) {
    return db
      .selectFrom('resets')
      .select([bucketOf('at', width), 'state as outcome', count])
      .where('at', '>=', since)
      .where('state', 'in', ['open', 'superseded', 'undone', 'enrolled', 'none'])
      .where('outcome', 'in', ['reset', 'no-address', 'sso-only'])
      .groupBy(['bucket', 'state'])
      .orderBy('bucket')
      .execute();
  },
  objections: async (since: number) => countOf(db.selectFrom('resets').where('objected_at', '>=', since)),
  async approvals(since: number) {
    return db
      .selectFrom('approvals')
      .select(['state', 'requested_at as requestedAt', 'decided_at as decidedAt', 'expires_at'])
      .where('requested_at', '>=', since)
      .orderBy('requested_at', 'desc')
      .limit(10_000)
      .execute();
  },
  /** Callers who are locked out now: for a time, and until a lead unlocks them. */
  async lockedCallers(now: number): Promise<{ readonly forAWhile: number; readonly untilLifted: number }> {
    const locked = (condition: ReturnType<typeof sql<SqlBool>>) =>
      countOf(db.selectFrom('throttles').where('subject', 'like', 'caller:%').where(condition));
    return {
      forAWhile: await locked(sql<SqlBool>`locked_until > ${now} and disabled_at is null`),
      untilLifted: await locked(sql<SqlBool>`disabled_at is not null`),
    };
  },
});
