/** Attempts to verify a caller, and the grants from passed attempts. */
import type { Insertable, Selectable, Updateable } from 'kysely';
import { rowOf } from '../guard/statements.js';
import type { Db, GrantsTable, Tx, VerificationsTable } from '../schema/directory.js';

export type VerificationRow = Selectable<VerificationsTable>;
export type GrantRow = Selectable<GrantsTable>;

/** Reasons that count as a failed guess. `started` is an attempt that is still running or was interrupted. */
const FAILED = ['not-verified', 'no-passphrase', 'started'];

export const verificationReads = (db: Db) => ({
  async byId(id: string): Promise<VerificationRow | undefined> {
    return rowOf(db, 'verifications', 'id', id);
  },
  /** Failed attempts on one caller by any operator since a time, newest first (B76). */
  async failuresOn(callerKey: string, since: number): Promise<readonly VerificationRow[]> {
    return db
      .selectFrom('verifications')
      .selectAll()
      .where('caller_key', '=', callerKey)
      .where('started_at', '>=', since)
      .where('outcome', '!=', 'verified')
      .orderBy('started_at', 'desc')
      .limit(100)
      .execute();
  },
  /** Different callers on whom one operator failed since a time (spray limit). */
  async failedCallers(operatorId: string, since: number): Promise<number> {
    const row = await db
      .selectFrom('verifications')
      .select((e) => e.fn.count<number>('caller_key').distinct().as('n'))
      .where('operator_id', '=', operatorId)
      .where('started_at', '>=', since)
      .where('reason', 'in', FAILED)
      .executeTakeFirstOrThrow();
    return row.n;
  },
  /** Failures of the whole desk since a time (spray limit). */
  async failuresOfDesk(since: number): Promise<number> {
    const row = await db
      .selectFrom('verifications')
      .select((e) => e.fn.countAll<number>().as('n'))
      .where('started_at', '>=', since)
      .where('reason', 'in', FAILED)
      .executeTakeFirstOrThrow();
    return row.n;
  },
  /** Failed checks on one account since a time (per-account limit of B72). */
  async failuresInAccount(accountId: string, since: number): Promise<number> {
    const row = await db
      .selectFrom('verifications')
      .select((e) => e.fn.countAll<number>().as('n'))
      .where('account_id', '=', accountId)
      .where('started_at', '>=', since)
      .where('reason', 'in', FAILED)
      .executeTakeFirstOrThrow();
    return row.n;
  },
});

export const verificationWrites = (tx: Tx) => ({
  async insert(row: Insertable<VerificationsTable>): Promise<void> {
    await tx.insertInto('verifications').values(row).execute();
  },
  async update(id: string, patch: Updateable<VerificationsTable>): Promise<void> {
    await tx.updateTable('verifications').set(patch).where('id', '=', id).execute();
  },
});

export const grantReads = (db: Db) => ({
  async byId(id: string): Promise<GrantRow | undefined> {
    return rowOf(db, 'grants', 'id', id);
  },
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

export const grantWrites = (tx: Tx) => ({
  async insert(row: Insertable<GrantsTable>): Promise<void> {
    await tx.insertInto('grants').values(row).execute();
  },
  /** Compare-and-set: true for exactly one use of the grant. */
  async use(id: string, now: number): Promise<boolean> {
    const result = await tx
      .updateTable('grants')
      .set({ used_at: now })
      .where('id', '=', id)
      .where('used_at', 'is', null)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  },
  async revoke(id: string, now: number): Promise<boolean> {
    return (await revoking(tx, now).where('id', '=', id).executeTakeFirst()).numUpdatedRows === 1n;
  },
  /** Revokes every live grant. */
  async revokeEvery(now: number): Promise<void> {
    await revoking(tx, now).where('expires_at', '>', now).execute();
  },
  /** Revokes every live grant of an operator, who was disabled, got another role, or lost the authenticator. */
  async revokeOfOperator(operatorId: string, now: number): Promise<number> {
    const live = revoking(tx, now).where('expires_at', '>', now);
    return Number((await live.where('operator_id', '=', operatorId).executeTakeFirst()).numUpdatedRows);
  },
  /** Revokes every live grant of a caller, after a change of scope, role or passphrase (B08). */
  async revokeOfUser(userId: string, now: number): Promise<number> {
    const live = revoking(tx, now).where('expires_at', '>', now);
    return Number((await live.where('user_id', '=', userId).executeTakeFirst()).numUpdatedRows);
  },
});

const revoking = (tx: Tx, now: number) =>
  tx.updateTable('grants').set({ revoked_at: now }).where('used_at', 'is', null).where('revoked_at', 'is', null);
