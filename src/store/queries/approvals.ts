/** Requests for approval by a second operator (B56). Every change of state is compare-and-set. */
import { sql } from 'kysely';
import { changesOne, inserting, rowBy } from '../guard/statements.js';
import type { Db, RowPatch, Tx } from '../schema/directory.js';

const newest = (db: Db, limit: number, at = sql`requested_at`) =>
  db.selectFrom('approvals').selectAll().orderBy(at, 'desc').orderBy('id', 'desc').limit(limit);

/** Lists begin with the newest. */
export const approvalReads = (db: Db) => ({
  byId: rowBy(db, 'approvals', 'id'),
  list: async (limit: number) => newest(db, limit).execute(),
  /** Undecided and not expired. Computed: few can still be decided, and SQLite would rather read all that nobody has decided. */
  pending: async (now: number, limit: number) =>
    newest(db, limit, sql`requested_at + 0`)
      .where('expires_at', '>', now)
      .where(sql`state || ''`, '=', 'pending')
      .execute(),
  /** Of one requester for exactly this subject. */
  ofSubject: async (hash: string, operatorId: string) =>
    newest(db, 20).where('hash', '=', hash).where('operator_id', '=', operatorId).execute(),
});

interface Decision {
  readonly state: 'approved' | 'rejected';
  readonly by: string;
  readonly at: number;
  readonly reason: string | null;
  readonly expiresAt: number;
}

export const approvalWrites = (tx: Tx) => {
  const move = (id: string, from: 'pending' | 'approved', patch: RowPatch<'approvals'>) =>
    changesOne(tx.updateTable('approvals').set(patch).where('id', '=', id).where('state', '=', from));
  return {
    insert: inserting(tx, 'approvals'),
    async endEvery(now: number): Promise<void> {
      const unused = tx.updateTable('approvals').set({ expires_at: now }).where('used_at', 'is', null);
      await unused.where('expires_at', '>', now).execute();
    },
    /** True for the first decision. */
    decide: (id: string, { state, by, at, reason, expiresAt }: Decision) =>
      move(id, 'pending', { state, decided_by: by, decided_at: at, decision_reason: reason, expires_at: expiresAt }),
    /** True for exactly one use of an approval. */
    use: (id: string, at: number) => move(id, 'approved', { state: 'used', used_at: at }),
  };
};
