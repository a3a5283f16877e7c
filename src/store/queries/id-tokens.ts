/** ID tokens that have opened a session, by digest, until nobody would accept them any more. */
import type { Tx } from '../schema/directory.js';

export const idTokenWrites = (tx: Tx) => ({
  /** False where this token was used before. Forgets those that ended before `forgetBefore`. */
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
