/** Requests for approval by a second operator (B56). Every change of state is compare-and-set. */

import { type Selectable, sql } from 'kysely';
import { inserting, rowBy } from '../guard/statements.js';
import type { ApprovalsTable, Db, Tx } from '../schema/directory.js';

export type ApprovalRow = Selectable<ApprovalsTable>;

const newest = (db: Db, limit: number, at = sql`requested_at`) =>
  db.selectFrom('approvals').selectAll().orderBy(at, 'desc').orderBy('id', 'desc').limit(limit);

/** Lists begin with the newest. */
export const approvalReads = (db: Db) => ({
  byId: rowBy(db, 'approvals', 'id'),
  list: async (limit: number): Promise<readonly ApprovalRow[]> => newest(db, limit).execute(),
  /** Undecided and not expired. Computed: few can still be decided, and SQLite would rather read all that nobody has decided. */
  pending: async (now: number, limit: number): Promise<readonly ApprovalRow[]> =>
    newest(db, limit, sql`requested_at + 0`)
      .where('expires_at', '>', now)
      .where(sql`state || ''`, '=', 'pending')
      .execute(),
  /** Of one requester for exactly this subject. */
  ofSubject: async (hash: string, operatorId: string): Promise<readonly ApprovalRow[]> =>
    newest(db, 20).where('hash', '=', hash).where('operator_id', '=', operatorId).execute(),
});

export const approvalWrites = (tx: Tx) => ({
  insert: inserting(tx, 'approvals'),
  async endEvery(now: number): Promise<void> {
    const unused = tx.updateTable('approvals').set({ expires_at: now }).where('used_at', 'is', null);
    await unused.where('expires_at', '>', now).execute();
  },
  /** True for the first decision. */
  async decide(
    id: string,
    decision: {
      readonly state: 'approved' | 'rejected';
      readonly by: string;
      readonly at: number;
      readonly reason: string | null;
      readonly expiresAt: number;
    },
  ): Promise<boolean> {
    const result = await tx
      .updateTable('approvals')
      .set({
        state: decision.state,
        decided_by: decision.by,
        decided_at: decision.at,
        decision_reason: decision.reason,
        expires_at: decision.expiresAt,
      })
      .where('id', '=', id)
      .where('state', '=', 'pending')
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  },
  /** True for exactly one use of an approval. */
  async use(id: string, at: number): Promise<boolean> {
    const result = await tx
      .updateTable('approvals')
      .set({ state: 'used', used_at: at })
      .where('id', '=', id)
      .where('state', '=', 'approved')
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  },
});
