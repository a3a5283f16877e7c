/** Addresses, start codes and recovery codes of operators (B80). */

import type { Insertable, Selectable } from 'kysely';
import { rowBy, rowOf, updating } from '../guard/statements.js';
import type {
  Db,
  OperatorHandsTable,
  OperatorRecoveryCodesTable,
  OperatorStartsTable,
  Tx,
} from '../schema/directory.js';

export type OperatorStartRow = Selectable<OperatorStartsTable>;
export type OperatorHandRow = Selectable<OperatorHandsTable>;
export type RecoveryCodeRow = Selectable<OperatorRecoveryCodesTable>;

export const lifeCycleReads = (db: Db) => ({
  async emailOf(operatorId: string): Promise<string | null> {
    const row = await rowOf(db, 'operator_contacts', 'id', operatorId);
    return row?.email ?? null;
  },
  /** Addresses by operator. */
  async emails(): Promise<ReadonlyMap<string, string>> {
    const rows = await db.selectFrom('operator_contacts').selectAll().execute();
    return new Map(rows.map((row) => [row.id, row.email]));
  },
  startOf: rowBy(db, 'operator_starts', 'id'),
  /** Whatever one of these operators had a hand in, and whoever had a hand in one of them. */
  async handsOf(ids: readonly string[]): Promise<readonly OperatorHandRow[]> {
    const hands = db.selectFrom('operator_hands').selectAll();
    return hands.where((e) => e.or([e('operator_id', 'in', ids), e('by_id', 'in', ids)])).execute();
  },
  /** The unused recovery codes of an operator. */
  async recoveryCodes(operatorId: string): Promise<readonly RecoveryCodeRow[]> {
    const theirs = db.selectFrom('operator_recovery_codes').selectAll().where('operator_id', '=', operatorId);
    return theirs.where('used_at', 'is', null).orderBy('slot').execute();
  },
});

export const lifeCycleWrites = (tx: Tx) => ({
  async putEmail(operatorId: string, email: string, now: number): Promise<void> {
    const values = { email, changed_at: now };
    await tx
      .insertInto('operator_contacts')
      .values({ id: operatorId, ...values })
      .onConflict((c) => c.column('id').doUpdateSet(values))
      .execute();
  },
  /** The last hand of one operator in another counts. */
  async putHand(row: Omit<OperatorHandRow, 'id'>): Promise<void> {
    await tx
      .insertInto('operator_hands')
      .values({ id: `${row.operator_id} ${row.by_id}`, ...row })
      .onConflict((c) => c.column('id').doUpdateSet(row))
      .execute();
  },
  /** A new start code ends the one before. */
  async putStart(row: OperatorStartRow): Promise<void> {
    const { id: _id, ...rest } = row;
    await tx
      .insertInto('operator_starts')
      .values(row)
      .onConflict((c) => c.column('id').doUpdateSet(rest))
      .execute();
  },
  updateStart: updating(tx, 'operator_starts'),
  async deleteStart(operatorId: string): Promise<void> {
    await tx.deleteFrom('operator_starts').where('id', '=', operatorId).execute();
  },
  /** Ends every start code that nobody has used. */
  async endEveryStart(now: number): Promise<void> {
    await tx.updateTable('operator_starts').set({ used_at: now, totp: null }).where('used_at', 'is', null).execute();
  },
  /** New recovery codes end the earlier ones. */
  async putRecoveryCodes(operatorId: string, rows: readonly Insertable<OperatorRecoveryCodesTable>[]): Promise<void> {
    await tx.deleteFrom('operator_recovery_codes').where('operator_id', '=', operatorId).execute();
    await tx.insertInto('operator_recovery_codes').values(rows).execute();
  },
  /** Compare-and-set: true for exactly one use of the code. */
  async useRecoveryCode(id: string, now: number): Promise<boolean> {
    const result = await tx
      .updateTable('operator_recovery_codes')
      .set({ used_at: now })
      .where('id', '=', id)
      .where('used_at', 'is', null)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  },
});
