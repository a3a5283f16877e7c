/** Whether resets are frozen (B63): one row with a tag, which is always there. */
import type { Selectable } from 'kysely';
import { Refusal } from '../../errors.js';
import { rowOf } from '../guard/statements.js';
import type { Db, FreezesTable, Tx } from '../schema/directory.js';

/** Key of the only row. */
export const FREEZE_ID = 'resets';

export type FreezeRow = Selectable<FreezesTable>;

export const freezeReads = (db: Db) => ({
  /** Refusal `store-corrupt` if the row is missing: then nobody knows, and nothing is reset. */
  async get(): Promise<FreezeRow> {
    const row = await rowOf(db, 'freezes', 'id', FREEZE_ID);
    if (row !== undefined) return row;
    throw new Refusal('store-corrupt', 'the row that says whether resets are frozen is missing', {
      hint: 'Nothing was reset. Keep the store as it is and tell your lead. A backup shows the original row.',
    });
  },
});

export const freezeWrites = (tx: Tx) => ({
  async set(row: Omit<FreezeRow, 'id'>): Promise<void> {
    await tx.updateTable('freezes').set(row).where('id', '=', FREEZE_ID).execute();
  },
});
