/** ID tokens that have opened a session, by digest, until they expire; and whom they may mean. */
import type { Tx } from '../schema/directory.js';

export const idTokenWrites = (tx: Tx) => ({
  /** False if this token was used before. Deletes tokens that expired before `forgetBefore`. */
  async use(token: {
    readonly digest: string;
    readonly expiresAt: number;
    readonly forgetBefore: number;
  }): Promise<boolean> {
    await tx.deleteFrom('used_id_tokens').where('expires_at', '<', token.forgetBefore).execute();
    const { numInsertedOrUpdatedRows = 0n } = await tx
      .insertInto('used_id_tokens')
      .values({ digest: token.digest, expires_at: token.expiresAt })
      .onConflict((c) => c.column('digest').doNothing())
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  },
  /** Pins the subject of a provider to the user at the first sign-on. False if either has another already. */
  async pin(who: { userId: string; accountId: string; issuer: string; subject: string; at: number }): Promise<boolean> {
    const { userId: id, accountId: account_id, issuer, subject, at } = who;
    const known = await tx
      .selectFrom('sso_subjects')
      .selectAll()
      .where('account_id', '=', account_id)
      .where((e) => e.or([e('id', '=', id), e('subject', '=', subject)]))
      .execute();
    if (known.length === 0)
      await tx.insertInto('sso_subjects').values({ id, account_id, issuer, subject, pinned_at: at }).execute();
    return known.every((pin) => pin.id === id && pin.issuer === issuer && pin.subject === subject);
  },
  async unpin(accountId: string): Promise<void> {
    await tx.deleteFrom('sso_subjects').where('account_id', '=', accountId).execute();
  },
});
