/**
 * Facts about the store itself (its id, its key, when it was created) and the desk's switches. Two of them are a row of their own, with a tag:
 * which policy the desk has accepted (B79), and whether resets are frozen (B63).
 */
import { Refusal } from '../../errors.js';
import { countOf, deleting, putting, rowOf, updating } from '../guard/statements.js';
import type { Db, TableRow, Tx } from '../schema/directory.js';
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
  get: async (key: MetaKey) => (await rowOf(db, 'meta', 'key', key))?.value,
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
  put: (key: Exclude<MetaKey, 'store-id'>, value: string) => putting(tx, 'meta')({ key, value }),
  delete: (key: MetaKey) => deleting(tx, 'meta', 'key')(key),
});

/** Keys of the only rows of their tables. */
export const PIN_ID = 'policy';
export const FREEZE_ID = 'resets';

export const policyPinReads = (db: Db) => ({
  /** `countersign`, or the SHA-256 of the desk's own policy; undefined if the row is missing, and then no policy counts as accepted. */
  get: async () => (await rowOf(db, 'policy_pins', 'id', PIN_ID))?.pinned,
});

export const policyPinWrites = (tx: Tx) => ({
  put: (pinned: string, at: number) => putting(tx, 'policy_pins')({ id: PIN_ID, pinned, accepted_at: at }),
});

export const freezeReads = (db: Db) => ({
  /** Refusal `store-corrupt` if the row is missing: then nobody knows, and nothing is reset. */
  async get(): Promise<TableRow<'freezes'>> {
    const row = await rowOf(db, 'freezes', 'id', FREEZE_ID);
    if (row !== undefined) return row;
    throw new Refusal('store-corrupt', 'the row that says whether resets are frozen is missing', {
      hint: 'Nothing was reset. Keep the store as it is and tell your lead. A backup shows the original row.',
    });
  },
});

export const freezeWrites = (tx: Tx) => ({
  set: (row: Omit<TableRow<'freezes'>, 'id'>) => updating(tx, 'freezes')(FREEZE_ID, row),
});
