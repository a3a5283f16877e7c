/** What a reset takes away and what an undo brings back: the writes that belong to resets.ts, set-based, inside the door. */

import { Refusal } from '../../errors.js';
import { insertingAll, rowOf, updating } from '../guard/statements.js';
import type { TableRow, Tx } from '../schema/directory.js';
import { resetReads } from './resets.js';
import { endTrust } from './trust.js';

/** `enrolledIds`: users who have enrolled again since their last reset, so what that reset suspended cannot come back. */
export interface Taking {
  readonly userIds: readonly string[];
  readonly enrolledIds: readonly string[];
  /** Destroy at once instead of suspending (a stolen phone). */
  readonly final: boolean;
  readonly at: number;
}

export const resetWrites = (tx: Tx) => ({
  insert: insertingAll(tx, 'resets'),
  /** Takes everything that could get anyone past the second factor, all at once (B52). Insert the new resets afterwards. */
  async takeAway({ userIds, enrolledIds, final, at }: Taking): Promise<void> {
    if (userIds.length === 0) return;
    await destroy(tx, enrolledIds, ['suspended']);
    // What an earlier open reset has suspended stays so, and comes back with this one.
    if (final) await destroy(tx, userIds, ['active', 'suspended', 'pending']);
    else await turn(tx, userIds, 'active', 'suspended');
    await tx.deleteFrom('factors').where('user_id', 'in', userIds).where('state', '=', 'pending').execute();
    await endTrust(tx, userIds);
    await deleteCodes(tx, userIds, ['login', 'factor', 'enrol']);
    const earlier = tx.updateTable('resets').set({ state: 'superseded', ended_at: at }).where('user_id', 'in', userIds);
    await earlier.where('state', '=', 'open').execute();
  },
  /**
   * Brings back what is suspended of the users of these open resets, but not devices and sessions (B61): a user has one open reset, and
   * whatever is suspended is so by that one. Where less is there than a reset has counted, nothing of it changes: Refusal `store-corrupt` for one
   * that is `alone`; otherwise the ids of those resets.
   */
  async bringBack(resets: readonly TableRow<'resets'>[], by: string, at: number, alone: boolean) {
    const short = new Set<string>();
    const userIds = resets.map((row) => row.user_id);
    if (resets.length > 0) await turn(tx, userIds, 'suspended', 'active');
    const there = new Map((await resetReads(tx).facts(userIds, at)).map((one) => [one.userId, one]));
    for (const { id, user_id, factors, backup_codes } of resets) {
      const { factors: active = 0, backupCodes = 0 } = there.get(user_id) ?? {};
      if (active >= factors && backupCodes >= backup_codes) continue;
      short.add(id);
      await turn(tx, [user_id], 'active', 'suspended');
      if (!alone) continue;
      throw new Refusal('store-corrupt', `some of what the reset ${id} suspended is missing; nothing was changed`, {
        hint: 'Keep the store as it is and tell your lead. To look at every table: countersign doctor',
      });
    }
    const back = resets.filter(({ id }) => !short.has(id));
    const backIds = back.map((row) => row.user_id);
    if (back.length === 0) return short;
    await tx.deleteFrom('factors').where('user_id', 'in', backIds).where('state', '=', 'pending').execute();
    await deleteCodes(tx, backIds, ['enrol', 'factor']);
    // Factors are back, so a login that was not asked for one must start over.
    await endTrust(tx, backIds);
    const ids = back.map((row) => row.id);
    await this.end(ids, 'undone', by, at);
    return short;
  },
  async end(resetIds: readonly string[], state: 'undone' | 'enrolled', by: string, at: number): Promise<void> {
    const ended = tx.updateTable('resets').set({ state, ended_at: at, ended_by: by }).where('id', 'in', resetIds);
    await ended.where('state', '=', 'open').execute();
  },
  /** Destroys the old factors of users who have enrolled again, because they can no longer come back. */
  destroySuspended: (userIds: readonly string[]) => destroy(tx, userIds, ['suspended']),
  /** True for the first objection to an open reset. A later one of somebody else is noted beside it: each of them counts. */
  async object(id: string, by: string, at: number): Promise<boolean> {
    const row = await rowOf(tx, 'resets', 'id', id);
    if (row?.state !== 'open') return false;
    const first = row.objected_at === null;
    const objectors = first ? [by] : [...new Set([...(row.objected_by?.split(' ') ?? []), by])];
    await updating(tx, 'resets')(id, { objected_at: row.objected_at ?? at, objected_by: objectors.join(' ') });
    return first;
  },
  /** Makes the user's enrolment codes invalid, but keeps their rows, so that enrolment stays blocked (B57, B62). */
  async spoilEnrolmentCodes(userId: string, at: number): Promise<void> {
    const theirs = tx.updateTable('one_time_codes').set({ expires_at: at }).where('user_id', '=', userId);
    const unused = theirs.where('purpose', '=', 'enrol').where('used_at', 'is', null);
    await unused.where('expires_at', '>', at).execute();
  },
});

const SUSPENDABLE = ['factors', 'backup_codes'] as const;

const deleteCodes = (tx: Tx, userIds: readonly string[], purposes: readonly string[]) =>
  tx.deleteFrom('one_time_codes').where('user_id', 'in', userIds).where('purpose', 'in', purposes).execute();

async function destroy(tx: Tx, userIds: readonly string[], states: readonly string[]): Promise<void> {
  if (userIds.length === 0) return;
  for (const table of SUSPENDABLE)
    await tx.deleteFrom(table).where('user_id', 'in', userIds).where('state', 'in', states).execute();
}

async function turn(tx: Tx, userIds: readonly string[], from: string, to: string): Promise<void> {
  for (const table of SUSPENDABLE) {
    const those = tx.updateTable(table).set({ state: to }).where('user_id', 'in', userIds);
    await those.where('state', '=', from).execute();
  }
}
