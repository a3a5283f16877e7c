/** Which policy the desk has accepted (B79): one row with a tag. */
import { rowOf } from '../guard/statements.js';
import type { Db, Tx } from '../schema/directory.js';

/** Key of the only row. */
export const PIN_ID = 'policy';

export const policyPinReads = (db: Db) => ({
  /** `countersign`, or the SHA-256 of the desk's own policy; undefined if the row is missing, and then no policy counts as accepted. */
  async get(): Promise<string | undefined> {
    const row = await rowOf(db, 'policy_pins', 'id', PIN_ID);
    return row?.pinned;
  },
});

export const policyPinWrites = (tx: Tx) => ({
  async put(pinned: string, acceptedAt: number): Promise<void> {
    await tx
      .insertInto('policy_pins')
      .values({ id: PIN_ID, pinned, accepted_at: acceptedAt })
      .onConflict((c) => c.column('id').doUpdateSet({ pinned, accepted_at: acceptedAt }))
      .execute();
  },
});
