/** Passphrases and application passwords: sealed verifiers only. The two are completely separate (B10). */
import { refusal } from '../../errors.js';
import { countChanged, deleting, inserting, putting, rowOf, updating } from '../guard/statements.js';
import type { Db, NewRow, Tx } from '../schema/directory.js';

export const secretReads = (db: Db) => ({
  async passphrase(userId: string) {
    const row = await rowOf(db, 'passphrases', 'user_id', userId);
    if (row === undefined && (await had(db, userId, 'passphrase_at')))
      throw refusal('store-corrupt', 'passphrase-gone', { user: userId }, 'keep-store-nothing-set');
    return row;
  },
  async applicationPassword(userId: string) {
    const row = await rowOf(db, 'application_passwords', 'user_id', userId);
    if (row === undefined && (await had(db, userId, 'password_at')))
      throw refusal('store-corrupt', 'password-gone', { user: userId }, 'desk-keeps-store');
    return row;
  },
});

/** What ends a secret says so in the user's row; so one that is only missing was deleted by another hand (T19). */
async function had(db: Db, userId: string, column: 'passphrase_at' | 'password_at'): Promise<boolean> {
  const user = await rowOf(db, 'users', 'id', userId);
  return user?.[column] != null;
}

export const secretWrites = (tx: Tx) => ({
  /** Sets or replaces a passphrase, but never changes a recorded time of the set-up call (B13). */
  async putPassphrase(row: NewRow<'passphrases'>): Promise<void> {
    const { user_id: userId, setup_at: setupAt, ...rest } = row;
    const patch = setupAt == null ? rest : { ...rest, setup_at: setupAt };
    const known = await countChanged(tx.updateTable('passphrases').set(patch).where('user_id', '=', userId));
    if (known === 0) await inserting(tx, 'passphrases')(row);
    await noteFirst(tx, userId, 'passphrase_at', row.set_at);
  },
  updatePassphrase: updating(tx, 'passphrases', 'user_id'),
  async putApplicationPassword(row: NewRow<'application_passwords'>): Promise<void> {
    await putting(tx, 'application_passwords')(row);
    await noteFirst(tx, row.user_id, 'password_at', row.changed_at);
  },
  /** True if there was one. */
  async deleteApplicationPassword(userId: string): Promise<boolean> {
    const count = await deleting(tx, 'application_passwords', 'user_id')(userId);
    await updating(tx, 'users')(userId, { password_at: null });
    return count > 0;
  },
});

/** The user's own row remembers that there was one, so that deleting it opens nothing (T19). */
async function noteFirst(tx: Tx, userId: string, column: 'passphrase_at' | 'password_at', at: number): Promise<void> {
  const unmarked = tx.updateTable('users').where('id', '=', userId).where(column, 'is', null);
  await unmarked.set({ [column]: at }).execute();
}
