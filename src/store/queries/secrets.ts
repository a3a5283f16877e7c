/** Passphrases and application passwords: sealed verifiers only. The two are completely separate (B10). */
import type { Insertable, Selectable, Updateable } from 'kysely';
import type { ApplicationPasswordsTable, Db, PassphrasesTable, Tx } from '../schema/directory.js';

export type PassphraseRow = Selectable<PassphrasesTable>;

export const secretReads = (db: Db) => ({
  async passphrase(userId: string): Promise<PassphraseRow | undefined> {
    return db.selectFrom('passphrases').selectAll().where('user_id', '=', userId).executeTakeFirst();
  },
  async applicationPassword(userId: string): Promise<Selectable<ApplicationPasswordsTable> | undefined> {
    return db.selectFrom('application_passwords').selectAll().where('user_id', '=', userId).executeTakeFirst();
  },
});

export const secretWrites = (tx: Tx) => ({
  /** Sets or replaces a passphrase, but never changes a recorded time of the set-up call (B13). */
  async putPassphrase(row: Insertable<PassphrasesTable>): Promise<void> {
    const { user_id: _user, setup_at: setupAt, ...rest } = row;
    await tx
      .insertInto('passphrases')
      .values(row)
      .onConflict((conflict) =>
        conflict.column('user_id').doUpdateSet(setupAt == null ? rest : { ...rest, setup_at: setupAt }),
      )
      .execute();
  },
  async updatePassphrase(userId: string, patch: Updateable<PassphrasesTable>): Promise<void> {
    await tx.updateTable('passphrases').set(patch).where('user_id', '=', userId).execute();
  },
  async putApplicationPassword(row: Insertable<ApplicationPasswordsTable>): Promise<void> {
    const { user_id: _user, ...rest } = row;
    await tx
      .insertInto('application_passwords')
      .values(row)
      .onConflict((conflict) => conflict.column('user_id').doUpdateSet(rest))
      .execute();
  },
  /** True if there was one. */
  async deleteApplicationPassword(userId: string): Promise<boolean> {
    const done = await tx.deleteFrom('application_passwords').where('user_id', '=', userId).executeTakeFirst();
    return done.numDeletedRows > 0n;
  },
});
