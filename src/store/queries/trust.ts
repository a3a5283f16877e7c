/**
 * What a user's password and second factors vouched for: sessions in the portal, and devices that are not asked for a code. Whatever
 * changes a password or a factor calls `end`, so that no change ends the one and forgets the other (B82). No other file deletes them all.
 */
import { countDeleted, deleting, inParts } from '../guard/statements.js';
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

/** Ends the sessions of these users and forgets their devices. */
export async function endTrust(
  tx: Tx,
  userIds: readonly string[],
  { keepSession = '', methods }: Sparing = {},
): Promise<TrustEnded> {
  let [sessionsEnded, devicesForgotten] = [0, 0];
  for (const ids of inParts(userIds)) {
    const others = tx.deleteFrom('portal_sessions').where('user_id', 'in', ids).where('id', '!=', keepSession);
    const sessions = methods === undefined ? others : others.where('method', 'in', methods);
    sessionsEnded += await countDeleted(sessions);
    devicesForgotten += await countDeleted(tx.deleteFrom('devices').where('user_id', 'in', ids));
  }
  return { sessionsEnded, devicesForgotten };
}

export const trustWrites = (tx: Tx) => ({
  end: (userIds: readonly string[], sparing?: Sparing) => endTrust(tx, userIds, sparing),
  /** Single sessions and devices, which their owner chose. */
  async endThese({ sessions, devices }: { readonly sessions: readonly string[]; readonly devices: readonly string[] }) {
    for (const id of sessions) await deleting(tx, 'portal_sessions')(id);
    for (const id of devices) await deleting(tx, 'devices')(id);
  },
  /** After a restore: what has ended since the backup must not come back. */
  async endEverything(): Promise<void> {
    await tx.deleteFrom('portal_sessions').execute();
    await tx.deleteFrom('devices').execute();
    await tx.deleteFrom('hearings').execute();
  },
});
