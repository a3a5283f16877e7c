/** Lock-out states, one row for each subject, shared by all operators and processes (B72). A missing row means no failures. */
import type { Selectable } from 'kysely';
import type { Db, ThrottlesTable, Tx } from '../schema/directory.js';

export type ThrottleRow = Selectable<ThrottlesTable>;

export const throttleReads = (db: Db) => ({
  async get(subject: string): Promise<ThrottleRow | undefined> {
    return db.selectFrom('throttles').selectAll().where('subject', '=', subject).executeTakeFirst();
  },
  /** Every subject with a count or a lock-out, in the order of subjects; `after` is the last one of the page before. */
  async standing(after: string, limit: number): Promise<readonly ThrottleRow[]> {
    return db
      .selectFrom('throttles')
      .selectAll()
      .where('subject', '>', after)
      .where((e) => e.or([e('failures', '>', 0), e('locked_until', 'is not', null), e('disabled_at', 'is not', null)]))
      .orderBy('subject')
      .limit(limit)
      .execute();
  },
});

export const throttleWrites = (tx: Tx) => ({
  async put(row: ThrottleRow): Promise<void> {
    const { subject: _subject, ...rest } = row;
    await tx
      .insertInto('throttles')
      .values(row)
      .onConflict((c) => c.column('subject').doUpdateSet(rest))
      .execute();
  },
});
