/** Sessions of users in the portal, by digest of their token. */
import type { Insertable, Selectable, Updateable } from 'kysely';
import { rowOf } from '../guard/statements.js';
import type { Db, PortalSessionsTable, Tx } from '../schema/directory.js';

export type PortalSessionRow = Selectable<PortalSessionsTable>;

export const portalSessionReads = (db: Db) => ({
  async byDigest(digest: string): Promise<PortalSessionRow | undefined> {
    return rowOf(db, 'portal_sessions', 'digest', digest);
  },
  async ofUser(userId: string): Promise<readonly PortalSessionRow[]> {
    return db.selectFrom('portal_sessions').selectAll().where('user_id', '=', userId).execute();
  },
});

export const portalSessionWrites = (tx: Tx) => ({
  async insert(row: Insertable<PortalSessionsTable>): Promise<void> {
    await tx.insertInto('portal_sessions').values(row).execute();
  },
  async update(id: string, patch: Updateable<PortalSessionsTable>): Promise<void> {
    await tx.updateTable('portal_sessions').set(patch).where('id', '=', id).execute();
  },
  async delete(id: string): Promise<void> {
    await tx.deleteFrom('portal_sessions').where('id', '=', id).execute();
  },
});
