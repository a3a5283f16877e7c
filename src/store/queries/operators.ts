/** Operators of the desk, their sessions and tokens. Tokens are stored as digests only. */
import type { Selectable } from 'kysely';
import { inserting, rowBy, updating } from '../guard/statements.js';
import type { Db, OperatorSessionsTable, OperatorsTable, OperatorTokensTable, Tx } from '../schema/directory.js';

export type OperatorRow = Selectable<OperatorsTable>;
export type OperatorSessionRow = Selectable<OperatorSessionsTable>;
export type OperatorTokenRow = Selectable<OperatorTokensTable>;

export const operatorReads = (db: Db) => ({
  byId: rowBy(db, 'operators', 'id'),
  byName: rowBy(db, 'operators', 'name_key'),
  async all(): Promise<readonly OperatorRow[]> {
    return db.selectFrom('operators').selectAll().orderBy('name_key').execute();
  },
  sessionByDigest: rowBy(db, 'operator_sessions', 'digest'),
  sessionById: rowBy(db, 'operator_sessions', 'id'),
  tokenByDigest: rowBy(db, 'operator_tokens', 'digest'),
  tokenById: rowBy(db, 'operator_tokens', 'id'),
  async tokens(): Promise<readonly OperatorTokenRow[]> {
    return db.selectFrom('operator_tokens').selectAll().orderBy('created_at').execute();
  },
});

export const operatorWrites = (tx: Tx) => ({
  insert: inserting(tx, 'operators'),
  update: updating(tx, 'operators'),
  /** Compare-and-set of the last used TOTP step: true for exactly one of several uses of the same code (T7). */
  async advanceTotp(id: string, step: number): Promise<boolean> {
    const result = await tx
      .updateTable('operators')
      .set({ totp_last_step: step })
      .where('id', '=', id)
      .where((e) => e.or([e('totp_last_step', 'is', null), e('totp_last_step', '<', step)]))
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  },
  insertSession: inserting(tx, 'operator_sessions'),
  updateSession: updating(tx, 'operator_sessions'),
  async endSessionsOf(operatorId: string, now: number): Promise<number> {
    return this.endOtherSessions(operatorId, '', now);
  },
  /** Ends every session of an operator but this one. */
  async endOtherSessions(operatorId: string, keptId: string, now: number): Promise<number> {
    const open = tx.updateTable('operator_sessions').set({ ended_at: now }).where('ended_at', 'is', null);
    const theirs = open.where('operator_id', '=', operatorId).where('id', '!=', keptId);
    return Number((await theirs.executeTakeFirst()).numUpdatedRows);
  },
  /** Ends the sessions of all operators. */
  async endEverySession(now: number): Promise<void> {
    await tx.updateTable('operator_sessions').set({ ended_at: now }).where('ended_at', 'is', null).execute();
  },
  insertToken: inserting(tx, 'operator_tokens'),
  updateToken: updating(tx, 'operator_tokens'),
  /** Revokes the tokens that had run out by `seen`. */
  async revokeRunOut(seen: number, now: number): Promise<void> {
    const standing = tx.updateTable('operator_tokens').set({ revoked_at: now }).where('revoked_at', 'is', null);
    await standing.where('expires_at', '<=', seen).execute();
  },
  async revokeTokensOf(operatorId: string, now: number): Promise<number> {
    const standing = tx.updateTable('operator_tokens').set({ revoked_at: now }).where('revoked_at', 'is', null);
    return Number((await standing.where('operator_id', '=', operatorId).executeTakeFirst()).numUpdatedRows);
  },
});
