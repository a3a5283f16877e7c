/**
 * What a user's password and second factors vouched for: sessions in the portal, and devices that are not asked for a code. Whatever
 * changes a password or a factor calls `end`, so that no change ends the one and forgets the other (B82). No other file deletes them all.
 */
import type { Tx } from '../schema/directory.js';

export interface TrustEnded {
  readonly sessionsEnded: number;
  readonly devicesForgotten: number;
}

export interface Sparing {
  /** The session that makes the change goes on. */
  readonly keepSession?: string;
  /** Only sessions that were signed in to in one of these ways end; devices are forgotten all the same. */
  readonly methods?: readonly string[];
}

/** Bound values per statement stay below both engines' limits. */
const IDS_AT_ONCE = 500;

/** Ends the sessions of these users and forgets their devices. */
export async function endTrust(
  tx: Tx,
  userIds: readonly string[],
  { keepSession = '', methods }: Sparing = {},
): Promise<TrustEnded> {
  let [sessionsEnded, devicesForgotten] = [0, 0];
  for (let from = 0; from < userIds.length; from += IDS_AT_ONCE) {
    const ids = userIds.slice(from, from + IDS_AT_ONCE);
    const others = tx.deleteFrom('portal_sessions').where('user_id', 'in', ids).where('id', '!=', keepSession);
    const sessions = methods === undefined ? others : others.where('method', 'in', methods);
    sessionsEnded += Number((await sessions.executeTakeFirst()).numDeletedRows);
    const devices = await tx.deleteFrom('devices').where('user_id', 'in', ids).executeTakeFirst();
    devicesForgotten += Number(devices.numDeletedRows);
  }
  return { sessionsEnded, devicesForgotten };
}

export const trustWrites = (tx: Tx) => ({
  end: (userIds: readonly string[], sparing?: Sparing) => endTrust(tx, userIds, sparing),
  /** Single sessions and devices, which their owner chose. */
  async endThese({ sessions, devices }: { readonly sessions: readonly string[]; readonly devices: readonly string[] }) {
    for (const id of sessions) await tx.deleteFrom('portal_sessions').where('id', '=', id).execute();
    for (const id of devices) await tx.deleteFrom('devices').where('id', '=', id).execute();
  },
  /** After a restore: what has ended since the backup must not come back. */
  async endEverything(): Promise<void> {
    await tx.deleteFrom('portal_sessions').execute();
    await tx.deleteFrom('devices').execute();
  },
});
