/** What a reset takes away and what an undo brings back: the writes that belong to resets.ts, set-based, inside the door. */

import { sql } from 'kysely';
import { insertingAll, rowOf, updating } from '../guard/statements.js';
import type { Tx } from '../schema/directory.js';
import { endTrust } from './trust.js';

/** Resets of one chunk, whose ids were made one after the other. */
export interface ResetRange {
  readonly first: string;
  readonly last: string;
}

/** `enrolledIds`: users who have enrolled again since their last reset, so what that reset suspended cannot come back. */
export interface Taking {
  readonly range: ResetRange;
  readonly userIds: readonly string[];
  readonly enrolledIds: readonly string[];
  /** Destroy at once instead of suspending (a stolen phone). */
  readonly final: boolean;
  readonly at: number;
}

export const resetWrites = (tx: Tx) => ({
  insert: insertingAll(tx, 'resets'),
  /** Takes everything that could get anyone past the second factor, all at once (B52). Insert the resets of the range first. */
  async takeAway({ range, userIds, enrolledIds, final, at }: Taking): Promise<void> {
    if (userIds.length === 0) return;
    await destroySuspended(tx, enrolledIds);
    if (final) await destroyAll(tx, userIds);
    else await suspendAll(tx, userIds, range);
    await tx.deleteFrom('factors').where('user_id', 'in', userIds).where('state', '=', 'pending').execute();
    await endTrust(tx, userIds);
    await deleteCodes(tx, userIds, ['login', 'factor', 'enrol']);
    await tx
      .updateTable('resets')
      .set({ state: 'superseded', ended_at: at })
      .where('user_id', 'in', userIds)
      .where('state', '=', 'open')
      .where((e) => e.or([e('id', '<', range.first), e('id', '>', range.last)]))
      .execute();
  },
  /** Brings back what these resets suspended, but not devices and sessions (B61). */
  async bringBack(resetIds: readonly string[], userIds: readonly string[], by: string, at: number): Promise<void> {
    if (resetIds.length === 0) return;
    await tx.deleteFrom('factors').where('user_id', 'in', userIds).where('state', '=', 'pending').execute();
    for (const table of SUSPENDABLE) {
      const back = tx.updateTable(table).set({ state: 'active', suspended_by: null }).where('user_id', 'in', userIds);
      await back.where('suspended_by', 'in', resetIds).where('state', '=', 'suspended').execute();
    }
    await deleteCodes(tx, userIds, ['enrol', 'factor']);
    // Factors are back, so a login that was not asked for one must start over.
    await endTrust(tx, userIds);
    await this.end(resetIds, 'undone', by, at);
  },
  async end(resetIds: readonly string[], state: 'undone' | 'enrolled', by: string, at: number): Promise<void> {
    const ended = tx.updateTable('resets').set({ state, ended_at: at, ended_by: by }).where('id', 'in', resetIds);
    await ended.where('state', '=', 'open').execute();
  },
  /** Destroys the old factors of users who have enrolled again, because they can no longer come back. */
  destroySuspended: (userIds: readonly string[]) => destroySuspended(tx, userIds),
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
    await tx
      .updateTable('one_time_codes')
      .set({ expires_at: at })
      .where('user_id', '=', userId)
      .where('purpose', '=', 'enrol')
      .where('used_at', 'is', null)
      .where('expires_at', '>', at)
      .execute();
  },
});

const SUSPENDABLE = ['factors', 'backup_codes'] as const;

const deleteCodes = (tx: Tx, userIds: readonly string[], purposes: readonly string[]) =>
  tx.deleteFrom('one_time_codes').where('user_id', 'in', userIds).where('purpose', 'in', purposes).execute();

async function destroySuspended(tx: Tx, userIds: readonly string[]): Promise<void> {
  if (userIds.length === 0) return;
  for (const table of SUSPENDABLE)
    await tx.deleteFrom(table).where('user_id', 'in', userIds).where('state', '=', 'suspended').execute();
}

async function destroyAll(tx: Tx, ids: readonly string[]): Promise<void> {
  for (const table of SUSPENDABLE) await tx.deleteFrom(table).where('user_id', 'in', ids).execute();
}

/** Suspends factors under the newest reset of each user. Factors that an earlier open reset suspended move to it. */
async function suspendAll(tx: Tx, ids: readonly string[], { first, last }: ResetRange): Promise<void> {
  for (const table of SUSPENDABLE) {
    const reset = sql<string>`(select r.id from resets r where r.user_id = ${sql.ref(`${table}.user_id`)}
      and r.id >= ${first} and r.id <= ${last})`;
    await tx
      .updateTable(table)
      .set({ state: 'suspended', suspended_by: reset })
      .where('user_id', 'in', ids)
      .where('state', 'in', ['active', 'suspended'])
      .execute();
  }
}
