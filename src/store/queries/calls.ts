/** Calls on the console: who is on the line, how far the call is, and who has it. Contains no secret and nothing that a caller said. */
import type { Insertable, Selectable, Updateable } from 'kysely';
import { rowOf } from '../guard/statements.js';
import type { CallsTable, HearingsTable } from '../schema/calls.js';
import type { Db, Tx } from '../schema/directory.js';

export type CallRow = Selectable<CallsTable>;

export const callReads = (db: Db) => ({
  async byId(id: string): Promise<CallRow | undefined> {
    return rowOf(db, 'calls', 'id', id);
  },
  /** The phrase that was heard last on a call, if it may still count. */
  async hearing(id: string): Promise<Selectable<HearingsTable> | undefined> {
    return rowOf(db, 'hearings', 'id', id);
  },
});

export const callWrites = (tx: Tx) => ({
  async insert(row: Insertable<CallsTable>): Promise<void> {
    await tx.insertInto('calls').values(row).execute();
  },
  async update(id: string, patch: Updateable<CallsTable>): Promise<void> {
    await tx.updateTable('calls').set(patch).where('id', '=', id).execute();
  },
  async hear(row: Insertable<HearingsTable>): Promise<void> {
    await tx.deleteFrom('hearings').where('id', '=', row.id).execute();
    await tx.insertInto('hearings').values(row).execute();
  },
  async unhear(id: string): Promise<void> {
    await tx.deleteFrom('hearings').where('id', '=', id).execute();
  },
});
