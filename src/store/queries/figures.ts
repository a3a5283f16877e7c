/** Counts for the report, grouped in the database, so that a year of calls is only a few hundred rows here. Reads only. */
import { type SqlBool, sql } from 'kysely';
import type { Db } from '../schema/directory.js';
import { countOf } from './count.js';

/** A bucket is a whole number of `width` milliseconds since the epoch. */
export interface BucketCount {
  readonly bucket: number;
  readonly outcome: string;
  readonly n: number;
}

export interface NamedCount {
  readonly name: string;
  readonly n: number;
}

/** A user as whom callers were refused, or an operator whose callers were refused. */
export interface FailureCount {
  readonly accountId: string | null;
  readonly id: string | null;
  readonly n: number;
  readonly lastAt: number;
}

/** Refusals that count against the caller. A missing privilege does not. */
const FAILED = ['not-verified', 'not-on-list', 'switched-off', 'no-passphrase', 'locked'];

/** In both engines a division of whole numbers gives a whole number. */
const bucketOf = (column: string, width: number) =>
  sql<number>`${sql.ref(column)} / ${sql.lit(Math.trunc(width))}`.as('bucket');

/** The most failures first. */
const failures = (db: Db, since: number, limit: number) =>
  db
    .selectFrom('verifications')
    .select((e) => [e.fn.countAll<number>().as('n'), e.fn.max<number>('started_at').as('lastAt')])
    .where('started_at', '>=', since)
    .where('reason', 'in', FAILED)
    .orderBy('n', 'desc')
    .orderBy('lastAt', 'desc')
    .limit(limit);

export const figureReads = (db: Db) => ({
  async verificationsByTime(since: number, width: number): Promise<readonly BucketCount[]> {
    return db
      .selectFrom('verifications')
      .select((e) => [bucketOf('started_at', width), 'outcome', e.fn.countAll<number>().as('n')])
      .where('started_at', '>=', since)
      .groupBy(['bucket', 'outcome'])
      .orderBy('bucket')
      .execute();
  },
  async verificationsByAction(since: number): Promise<readonly (NamedCount & { readonly outcome: string })[]> {
    return db
      .selectFrom('verifications')
      .select((e) => ['action as name', 'outcome', e.fn.countAll<number>().as('n')])
      .where('started_at', '>=', since)
      .groupBy(['action', 'outcome'])
      .execute();
  },
  async refusalsByReason(since: number): Promise<readonly NamedCount[]> {
    const rows = await db
      .selectFrom('verifications')
      .select((e) => ['reason', e.fn.countAll<number>().as('n')])
      .where('started_at', '>=', since)
      .where('outcome', '=', 'refused')
      .groupBy('reason')
      .execute();
    return rows.map(({ reason, n }) => ({ name: reason ?? '', n }));
  },
  failuresByCaller: async (since: number, limit: number): Promise<readonly FailureCount[]> =>
    failures(db, since, limit)
      .select(['account_id as accountId', 'user_id as id'])
      .groupBy(['account_id', 'user_id', 'caller_key'])
      .execute(),
  async failuresByOperator(since: number, limit: number): Promise<readonly FailureCount[]> {
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
  async callsByOutcome(since: number): Promise<readonly NamedCount[]> {
    const rows = await db
      .selectFrom('calls')
      .select((e) => ['outcome', e.fn.countAll<number>().as('n')])
      .where('opened_at', '>=', since)
      .groupBy('outcome')
      .execute();
    return rows.map(({ outcome, n }) => ({ name: outcome ?? '', n }));
  },
  /** Resets that took something, by their state. All states are named, for the index of states and times. */
  async resetsByTime(since: number, width: number): Promise<readonly BucketCount[]> {
    return db
      .selectFrom('resets')
      .select((e) => [bucketOf('at', width), 'state as outcome', e.fn.countAll<number>().as('n')])
      .where('at', '>=', since)
      .where('state', 'in', ['open', 'superseded', 'undone', 'enrolled', 'none'])
      .where('outcome', 'in', ['reset', 'no-address', 'sso-only'])
      .groupBy(['bucket', 'state'])
      .orderBy('bucket')
      .execute();
  },
  async objections(since: number): Promise<number> {
    return countOf(db.selectFrom('resets').where('objected_at', '>=', since));
  },
  async approvals(since: number) {
    return db
      .selectFrom('approvals')
      .select(['state', 'requested_at as requestedAt', 'decided_at as decidedAt', 'expires_at as expiresAt'])
      .where('requested_at', '>=', since)
      .orderBy('requested_at', 'desc')
      .limit(10_000)
      .execute();
  },
  /** Callers who are locked out now: for a time, and until a lead unlocks them. */
  async lockedCallers(now: number): Promise<{ readonly forAWhile: number; readonly untilLifted: number }> {
    const count = async (condition: ReturnType<typeof sql<SqlBool>>) => {
      return countOf(db.selectFrom('throttles').where('subject', 'like', 'caller:%').where(condition));
    };
    return {
      forAWhile: await count(sql<SqlBool>`locked_until > ${now} and disabled_at is null`),
      untilLifted: await count(sql<SqlBool>`disabled_at is not null`),
    };
  },
});
