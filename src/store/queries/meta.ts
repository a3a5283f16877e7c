/** Facts about the store itself (its id, its key, when it was created) and the desk's switches. */
import type { Db, Tx } from '../schema/directory.js';
import { countOf } from './count.js';
import { settled } from './imports.js';

/** `store-id` (written once, when the store is made), `key-id`, `created-at` … */
export type MetaKey =
  | 'store-id'
  | 'key-id'
  | 'created-at'
  | 'unvouched'
  | 'verifier-keys'
  | 'key-backup'
  | 'channels-off';

const COUNTED = ['accounts', 'users', 'operators', 'factors', 'outbox'] as const;

export const metaReads = (db: Db) => ({
  async get(key: MetaKey): Promise<string | undefined> {
    const row = await db.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirst();
    return row?.value;
  },
  /** Row counts for `store info`. */
  async counts(): Promise<Readonly<Record<(typeof COUNTED)[number], number>>> {
    const counts: Partial<Record<(typeof COUNTED)[number], number>> = {};
    for (const table of COUNTED) {
      const all = db.selectFrom(table);
      const staged = table === 'accounts' || table === 'users';
      counts[table] = await countOf(staged ? all.where(settled(table)) : all);
    }
    return counts as Record<(typeof COUNTED)[number], number>;
  },
});

export const metaWrites = (tx: Tx) => ({
  async put(key: Exclude<MetaKey, 'store-id'>, value: string): Promise<void> {
    await tx
      .insertInto('meta')
      .values({ key, value })
      .onConflict((c) => c.column('key').doUpdateSet({ value }))
      .execute();
  },
  async delete(key: MetaKey): Promise<void> {
    await tx.deleteFrom('meta').where('key', '=', key).execute();
  },
});
