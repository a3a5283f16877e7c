/**
 * Lock-out states, one row for each subject, shared by all operators and processes (B72). A missing row means no failures, unless the
 * row of its user or operator says that an attempt was counted: then somebody deleted it, and nothing more is checked (T19).
 */
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import { refusal } from '../../errors.js';
import { countDeleted, countOf, inserting, rowOf, updating } from '../guard/statements.js';
import type { Database, Db, TableRow, Tx } from '../schema/directory.js';

type ThrottleRow = TableRow<'throttles'>;

export const throttleReads = (db: Db) => ({
  async get(subject: string): Promise<ThrottleRow | undefined> {
    const row = await rowOf(db, 'throttles', 'subject', subject);
    if (row !== undefined || (await personOf(db, subject))?.tried.includes(kindOf(subject)) !== true) return row;
    // Outside a transaction another process may have counted the first attempt between the two reads; it wrote both at once.
    const since = await rowOf(db, 'throttles', 'subject', subject);
    if (since === undefined) throw refusal('store-corrupt', 'lock-gone', { subject }, 'desk-keeps-store');
    return since;
  },
  /** How many rows `deleteStrangers` would delete. */
  countStrangers: async (before: number) => countOf(db.selectFrom('throttles').where(ofStrangers(before))),
  /** Every subject with a count or a lock-out, in the order of subjects; `after` is the last one of the page before. */
  async standing(after: string, limit: number) {
    const next = db.selectFrom('throttles').selectAll().where('subject', '>', after).orderBy('subject').limit(limit);
    return next
      .where((e) => e.or([e('failures', '>', 0), e('locked_until', 'is not', null), e('disabled_at', 'is not', null)]))
      .execute();
  },
});

export const throttleWrites = (tx: Tx) => ({
  /** `before`: the row as it was read in the same transaction; null if there was none. */
  async put(row: ThrottleRow, before?: ThrottleRow | null): Promise<void> {
    const { subject, ...rest } = row;
    const known = before === undefined ? await throttleReads(tx).get(subject) : before;
    if (known) return updating(tx, 'throttles', 'subject')(subject, rest);
    await inserting(tx, 'throttles')(row);
    const person = await personOf(tx, subject);
    if (person === undefined) return;
    await updating(tx, person.table)(person.id, { tried: [...person.tried, kindOf(subject)].join(' ') });
  },
  /** Deletes what was counted for nobody we know and is long over; a lock for good stays. Returns how many. */
  deleteStrangers: (before: number) => countDeleted(tx.deleteFrom('throttles').where(ofStrangers(before))),
});

const ofStrangers =
  (before: number) =>
  (e: ExpressionBuilder<Database, 'throttles'>): Expression<SqlBool> =>
    e.and([
      e('updated_at', '<', before),
      e('disabled_at', 'is', null),
      e.or([e('locked_until', 'is', null), e('locked_until', '<', before)]),
      e('subject', 'not like', '%usr_%'),
      e('subject', 'not like', '%:op_%'),
    ]);

const kindOf = (subject: string): string => subject.split(':')[0] ?? subject;

/** Whose row remembers that attempts were counted; undefined for what somebody typed who is not known. */
async function personOf(db: Db, subject: string) {
  const id = /(?:usr|op)_[^/:]+$/.exec(subject)?.[0];
  if (id === undefined) return undefined;
  const table = id.startsWith('op_') ? ('operators' as const) : ('users' as const);
  const row = await rowOf(db, table, 'id', id);
  return row && { table, id, tried: row.tried?.split(' ') ?? [] };
}
