/** Calls on the console: who is on the line, how far the call is, and who has it. Contains no secret and nothing that a caller said. */
import type { Insertable, Selectable, Updateable } from 'kysely';
import { rowOf } from '../guard/statements.js';
import type { CallsTable } from '../schema/calls.js';
import type { Db, Tx } from '../schema/directory.js';

export type CallRow = Selectable<CallsTable>;

export const callReads = (db: Db) => ({
  async byId(id: string): Promise<CallRow | undefined> {
    return rowOf(db, 'calls', 'id', id);
  },
});

export const callWrites = (tx: Tx) => ({
  async insert(row: Insertable<CallsTable>): Promise<void> {
    await tx.insertInto('calls').values(row).execute();
  },
  async update(id: string, patch: Updateable<CallsTable>): Promise<void> {
    await tx.updateTable('calls').set(patch).where('id', '=', id).execute();
  },
});
