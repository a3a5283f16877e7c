/** Sessions of users in the portal, by digest of their token. */
import type { Selectable } from 'kysely';
import { inserting, rowBy, updating } from '../guard/statements.js';
import type { Db, PortalSessionsTable, Tx } from '../schema/directory.js';

export type PortalSessionRow = Selectable<PortalSessionsTable>;

export const portalSessionReads = (db: Db) => ({
  byDigest: rowBy(db, 'portal_sessions', 'digest'),
  async ofUser(userId: string): Promise<readonly PortalSessionRow[]> {
    return db.selectFrom('portal_sessions').selectAll().where('user_id', '=', userId).execute();
  },
});

export const portalSessionWrites = (tx: Tx) => ({
  insert: inserting(tx, 'portal_sessions'),
  update: updating(tx, 'portal_sessions'),
  async delete(id: string): Promise<void> {
    await tx.deleteFrom('portal_sessions').where('id', '=', id).execute();
  },
});
