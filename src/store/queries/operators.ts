/** Operators of the desk, their sessions and tokens. Tokens are stored as digests only. */
import type { Insertable, Selectable, Updateable } from 'kysely';
import { rowOf } from '../guard/statements.js';
import type { Db, OperatorSessionsTable, OperatorsTable, OperatorTokensTable, Tx } from '../schema/directory.js';

export type OperatorRow = Selectable<OperatorsTable>;
export type OperatorSessionRow = Selectable<OperatorSessionsTable>;
export type OperatorTokenRow = Selectable<OperatorTokensTable>;

export const operatorReads = (db: Db) => ({
  async byId(id: string): Promise<OperatorRow | undefined> {
    return rowOf(db, 'operators', 'id', id);
  },
  async byName(nameKey: string): Promise<OperatorRow | undefined> {
    return rowOf(db, 'operators', 'name_key', nameKey);
  },
  async all(): Promise<readonly OperatorRow[]> {
    return db.selectFrom('operators').selectAll().orderBy('name_key').execute();
  },
  async sessionByDigest(digest: string): Promise<OperatorSessionRow | undefined> {
    return rowOf(db, 'operator_sessions', 'digest', digest);
  },
  async sessionById(id: string): Promise<OperatorSessionRow | undefined> {
    return rowOf(db, 'operator_sessions', 'id', id);
  },
  async tokenByDigest(digest: string): Promise<OperatorTokenRow | undefined> {
    return rowOf(db, 'operator_tokens', 'digest', digest);
  },
  async tokenById(id: string): Promise<OperatorTokenRow | undefined> {
    return rowOf(db, 'operator_tokens', 'id', id);
  },
  async tokens(): Promise<readonly OperatorTokenRow[]> {
    return db.selectFrom('operator_tokens').selectAll().orderBy('created_at').execute();
  },
});

export const operatorWrites = (tx: Tx) => ({
  async insert(row: Insertable<OperatorsTable>): Promise<void> {
    await tx.insertInto('operators').values(row).execute();
  },
  async update(id: string, patch: Updateable<OperatorsTable>): Promise<void> {
    await tx.updateTable('operators').set(patch).where('id', '=', id).execute();
  },
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
  async insertSession(row: Insertable<OperatorSessionsTable>): Promise<void> {
    await tx.insertInto('operator_sessions').values(row).execute();
  },
  async updateSession(id: string, patch: Updateable<OperatorSessionsTable>): Promise<void> {
    await tx.updateTable('operator_sessions').set(patch).where('id', '=', id).execute();
  },
  async endSessionsOf(operatorId: string, now: number): Promise<number> {
    const result = await tx
      .updateTable('operator_sessions')
      .set({ ended_at: now })
      .where('operator_id', '=', operatorId)
      .where('ended_at', 'is', null)
      .executeTakeFirst();
    return Number(result.numUpdatedRows);
  },
  /** Ends every session of an operator but this one. */
  async endOtherSessions(operatorId: string, keptId: string, now: number): Promise<number> {
    const result = await tx
      .updateTable('operator_sessions')
      .set({ ended_at: now })
      .where('operator_id', '=', operatorId)
      .where('id', '!=', keptId)
      .where('ended_at', 'is', null)
      .executeTakeFirst();
    return Number(result.numUpdatedRows);
  },
  /** Ends the sessions of all operators. */
  async endEverySession(now: number): Promise<void> {
    await tx.updateTable('operator_sessions').set({ ended_at: now }).where('ended_at', 'is', null).execute();
  },
  async insertToken(row: Insertable<OperatorTokensTable>): Promise<void> {
    await tx.insertInto('operator_tokens').values(row).execute();
  },
  async updateToken(id: string, patch: Updateable<OperatorTokensTable>): Promise<void> {
    await tx.updateTable('operator_tokens').set(patch).where('id', '=', id).execute();
  },
  /** Revokes the tokens that had run out by `seen`. */
  async revokeRunOut(seen: number, now: number): Promise<void> {
    const standing = tx.updateTable('operator_tokens').set({ revoked_at: now }).where('revoked_at', 'is', null);
    await standing.where('expires_at', '<=', seen).execute();
  },
  async revokeTokensOf(operatorId: string, now: number): Promise<number> {
    const result = await tx
      .updateTable('operator_tokens')
      .set({ revoked_at: now })
      .where('operator_id', '=', operatorId)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    return Number(result.numUpdatedRows);
  },
});
