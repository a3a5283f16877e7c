/** Sessions of users in the portal, by digest of their token; and the ID tokens that have opened one. */
import { deleting, inserting, rowBy, updating } from '../guard/statements.js';
import type { Db, Tx } from '../schema/directory.js';

export const portalSessionReads = (db: Db) => ({
  byDigest: rowBy(db, 'portal_sessions', 'digest'),
  ofUser: async (userId: string) =>
    db.selectFrom('portal_sessions').selectAll().where('user_id', '=', userId).execute(),
});

export const portalSessionWrites = (tx: Tx) => ({
  insert: inserting(tx, 'portal_sessions'),
  update: updating(tx, 'portal_sessions'),
  delete: deleting(tx, 'portal_sessions'),
});

/** ID tokens, by digest, until they expire; and whom they may mean. */
export const idTokenWrites = (tx: Tx) => ({
  /** False if this token was used before. Deletes tokens that expired before `forgetBefore`. */
  async use(token: { readonly digest: string; readonly expiresAt: number; readonly forgetBefore: number }) {
    const { digest, expiresAt, forgetBefore } = token;
    await tx.deleteFrom('used_id_tokens').where('expires_at', '<', forgetBefore).execute();
    const insert = tx.insertInto('used_id_tokens').values({ digest, expires_at: expiresAt });
    const made = await insert.onConflict((conflict) => conflict.column('digest').doNothing()).executeTakeFirst();
    return made.numInsertedOrUpdatedRows === 1n;
  },
  /** Pins the subject of a provider to the user at the first sign-on. False if either has another already. */
  async pin(who: { userId: string; accountId: string; issuer: string; subject: string; at: number }): Promise<boolean> {
    const { userId: id, accountId: account_id, issuer, subject, at } = who;
    const ofAccount = tx.selectFrom('sso_subjects').selectAll().where('account_id', '=', account_id);
    const known = await ofAccount.where((e) => e.or([e('id', '=', id), e('subject', '=', subject)])).execute();
    if (known.length === 0) await inserting(tx, 'sso_subjects')({ id, account_id, issuer, subject, pinned_at: at });
    return known.every((pin) => pin.id === id && pin.issuer === issuer && pin.subject === subject);
  },
  unpin: deleting(tx, 'sso_subjects', 'account_id'),
});
