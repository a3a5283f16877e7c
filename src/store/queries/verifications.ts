/** Attempts to verify a caller, and the grants from passed attempts. */
import type { Selectable, Updateable } from 'kysely';
import { inserting, rowBy, updating } from '../guard/statements.js';
import type { Db, GrantsTable, Tx, VerificationsTable } from '../schema/directory.js';

export type VerificationRow = Selectable<VerificationsTable>;
export type GrantRow = Selectable<GrantsTable>;

const ofCaller = (db: Db, key: string) => db.selectFrom('verifications').selectAll().where('caller_key', '=', key);

export const verificationReads = (db: Db) => ({
  byId: rowBy(db, 'verifications', 'id'),
  /** Failed attempts on one caller by any operator since a time, newest first (B76). */
  async failuresOn(callerKey: string, since: number): Promise<readonly VerificationRow[]> {
    const failed = ofCaller(db, callerKey).where('started_at', '>=', since).where('outcome', '!=', 'verified');
    return failed.orderBy('started_at', 'desc').limit(100).execute();
  },
  /** True if an answer of this caller that began after `since` is still being checked. */
  async beingChecked(callerKey: string, since: number): Promise<boolean> {
    const started = ofCaller(db, callerKey).where('outcome', '=', 'started').where('started_at', '>', since);
    return (await started.executeTakeFirst()) !== undefined;
  },
});

export const verificationWrites = (tx: Tx) => ({
  insert: inserting(tx, 'verifications'),
  update: updating(tx, 'verifications'),
});

export const grantReads = (db: Db) => ({
  byId: rowBy(db, 'grants', 'id'),
  /** Grants that are not used, revoked or expired, of one operator or all. Whether one is still valid is decided when it is used. */
  async live(now: number, operatorId?: string): Promise<readonly GrantRow[]> {
    const live = db
      .selectFrom('grants')
      .selectAll()
      .where('expires_at', '>', now)
      .where('used_at', 'is', null)
      .where('revoked_at', 'is', null)
      .orderBy('created_at');
    return (operatorId === undefined ? live : live.where('operator_id', '=', operatorId)).execute();
  },
});

export const grantWrites = (tx: Tx) => {
  const unspent = (patch: Updateable<GrantsTable>) =>
    tx.updateTable('grants').set(patch).where('used_at', 'is', null).where('revoked_at', 'is', null);
  const revokeLive = (now: number) => unspent({ revoked_at: now }).where('expires_at', '>', now);
  return {
    insert: inserting(tx, 'grants'),
    /** Compare-and-set: true for exactly one use of the grant. */
    async use(id: string, now: number): Promise<boolean> {
      return (await unspent({ used_at: now }).where('id', '=', id).executeTakeFirst()).numUpdatedRows === 1n;
    },
    async revoke(id: string, now: number): Promise<boolean> {
      return (await unspent({ revoked_at: now }).where('id', '=', id).executeTakeFirst()).numUpdatedRows === 1n;
    },
    /** Revokes every live grant. */
    async revokeEvery(now: number): Promise<void> {
      await revokeLive(now).execute();
    },
    /** Revokes every live grant of an operator, who was disabled, got another role, or lost the authenticator. */
    async revokeOfOperator(operatorId: string, now: number): Promise<number> {
      const result = await revokeLive(now).where('operator_id', '=', operatorId).executeTakeFirst();
      return Number(result.numUpdatedRows);
    },
    /** Revokes every live grant of a caller, after a change of scope, role or passphrase (B08). */
    async revokeOfUser(userId: string, now: number): Promise<number> {
      const result = await revokeLive(now).where('user_id', '=', userId).executeTakeFirst();
      return Number(result.numUpdatedRows);
    },
  };
};
