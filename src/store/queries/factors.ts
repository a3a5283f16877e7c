/** Second factors, backup codes, one-time codes and remembered devices of users. Secrets sealed, codes as keyed digests. */
import {
  changesOne,
  countDeleted,
  deleting,
  inserting,
  insertingAll,
  rowBy,
  rowOf,
  updating,
} from '../guard/statements.js';
import type { Db, Tx } from '../schema/directory.js';
import { newestOf } from './resets.js';

const codesOf = (db: Db, userId: string, purpose: string) =>
  db.selectFrom('one_time_codes').selectAll().where('user_id', '=', userId).where('purpose', '=', purpose);

export const factorReads = (db: Db) => ({
  ofUser: async (userId: string) =>
    db.selectFrom('factors').selectAll().where('user_id', '=', userId).orderBy('created_at').orderBy('id').execute(),
  /** Those in use; of at least one user. */
  activeOf: async (ids: readonly string[]) =>
    db.selectFrom('factors').selectAll().where('user_id', 'in', ids).where('state', '=', 'active').execute(),
  /** How many users of an account have at least one factor that works. */
  async usersEnrolled(accountId: string): Promise<number> {
    const row = await db
      .selectFrom('factors')
      .innerJoin('users', 'users.id', 'factors.user_id')
      .select((e) => e.fn.count<number>('factors.user_id').distinct().as('n'))
      .where('users.account_id', '=', accountId)
      .where('factors.state', '=', 'active')
      .executeTakeFirstOrThrow();
    return row.n;
  },
  /** What bars a user without a method from setting one up with the password alone (B57, T19). */
  async barOf(userId: string): Promise<{ readonly resetAt: number | null; readonly enrolledAt: number | null }> {
    const user = await rowOf(db, 'users', 'id', userId);
    const reset = await newestOf(db, userId).where('state', '=', 'open').executeTakeFirst();
    return { resetAt: reset?.at ?? null, enrolledAt: user?.enrolled_at ?? null };
  },
  backupCodes: async (userId: string) =>
    db.selectFrom('backup_codes').selectAll().where('user_id', '=', userId).orderBy('slot').execute(),
  devices: async (userId: string) =>
    db.selectFrom('devices').selectAll().where('user_id', '=', userId).orderBy('created_at').execute(),
  deviceByDigest: rowBy(db, 'devices', 'digest'),
  /** The newest code of a purpose, used or not. A newer code makes older ones invalid. */
  async newestCode(userId: string, purpose: string, factorId?: string) {
    let query = codesOf(db, userId, purpose);
    if (factorId !== undefined) query = query.where('factor_id', '=', factorId);
    return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(1).executeTakeFirst();
  },
  /** Those of these codes that can still be used. */
  async liveCodes(ids: readonly string[], now: number): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    const rows = await db.selectFrom('one_time_codes').selectAll().where('id', 'in', ids).execute();
    return new Set(rows.filter((row) => row.used_at === null && row.expires_at > now).map(({ id }) => id));
  },
  /** Unused codes of this purpose made at or after `since`, oldest first. */
  async unusedCodesSince(userId: string, purpose: string, since: number) {
    const unused = codesOf(db, userId, purpose).where('used_at', 'is', null).where('created_at', '>', since);
    return unused.orderBy('created_at').execute();
  },
});

export const factorWrites = (tx: Tx) => ({
  insert: inserting(tx, 'factors'),
  update: updating(tx, 'factors'),
  delete: deleting(tx, 'factors'),
  /** Compare-and-set of the last used TOTP step (T7). */
  advanceStep(id: string, step: number): Promise<boolean> {
    const factor = tx.updateTable('factors').set({ last_step: step }).where('id', '=', id);
    return changesOne(factor.where((e) => e.or([e('last_step', 'is', null), e('last_step', '<', step)])));
  },
  insertBackupCodes: insertingAll(tx, 'backup_codes'),
  /** Compare-and-set: true for exactly one of several uses of the same code (B41). */
  useBackupCode(id: string, now: number): Promise<boolean> {
    const unused = tx
      .updateTable('backup_codes')
      .set({ used_at: now })
      .where('id', '=', id)
      .where('used_at', 'is', null);
    return changesOne(unused.where('state', '=', 'active'));
  },
  deleteBackupCodes: deleting(tx, 'backup_codes', 'user_id'),
  insertDevice: inserting(tx, 'devices'),
  /** Deletes devices that were remembered before `since`, whose period is over. */
  deleteDevicesBefore: (userId: string, since: number) =>
    countDeleted(tx.deleteFrom('devices').where('user_id', '=', userId).where('created_at', '<', since)),
  insertCode: inserting(tx, 'one_time_codes'),
  insertCodes: insertingAll(tx, 'one_time_codes'),
  async endEveryCode(now: number): Promise<void> {
    const unused = tx.updateTable('one_time_codes').set({ expires_at: now }).where('used_at', 'is', null);
    await unused.where('expires_at', '>', now).execute();
  },
  updateCode: updating(tx, 'one_time_codes'),
  /** Deletes codes of a user for the named purposes only: deleting an enrolment code would let the password alone enrol (B57). */
  deleteCodes: (userId: string, purposes: readonly string[]) =>
    countDeleted(tx.deleteFrom('one_time_codes').where('user_id', '=', userId).where('purpose', 'in', purposes)),
});
