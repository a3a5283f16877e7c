/** Requests for approval by a second operator (B56). Every change of state is compare-and-set. */

import type { Insertable, Selectable } from 'kysely';
import { rowOf } from '../guard/statements.js';
import type { ApprovalsTable, Db, Tx } from '../schema/directory.js';

export type ApprovalRow = Selectable<ApprovalsTable>;

export const approvalReads = (db: Db) => ({
  async byId(id: string): Promise<ApprovalRow | undefined> {
    return rowOf(db, 'approvals', 'id', id);
  },
  /** Newest first. */
  async list(limit: number): Promise<readonly ApprovalRow[]> {
    return db
      .selectFrom('approvals')
      .selectAll()
      .orderBy('requested_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
  },
  /** Undecided and not expired, newest first. */
  async pending(now: number, limit: number): Promise<readonly ApprovalRow[]> {
    return db
      .selectFrom('approvals')
      .selectAll()
      .where('state', '=', 'pending')
      .where('expires_at', '>', now)
      .orderBy('requested_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
  },
  /** Of one requester for exactly this subject, newest first. */
  async ofSubject(hash: string, operatorId: string): Promise<readonly ApprovalRow[]> {
    return db
      .selectFrom('approvals')
      .selectAll()
      .where('hash', '=', hash)
      .where('operator_id', '=', operatorId)
      .orderBy('requested_at', 'desc')
      .orderBy('id', 'desc')
      .limit(20)
      .execute();
  },
});

export const approvalWrites = (tx: Tx) => ({
  async insert(row: Insertable<ApprovalsTable>): Promise<void> {
    await tx.insertInto('approvals').values(row).execute();
  },
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
