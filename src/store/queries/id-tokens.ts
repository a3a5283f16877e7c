/** ID tokens that have opened a session, by digest, until they expire. */
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
});
