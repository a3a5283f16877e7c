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
  /** The newest that an operator opened or has taken over. */
  async ofOperator(id: string, limit: number): Promise<readonly CallRow[]> {
    const own = db.selectFrom('calls').selectAll();
    const mine = own.where((e) => e.or([e('operator_id', '=', id), e('opened_by', '=', id)]));
    return mine.orderBy('opened_at', 'desc').limit(limit).execute();
  },
  /** Calls about a person that are open with somebody, with news since a time. */
  async openAbout(userId: string, since: number): Promise<readonly CallRow[]> {
    const about = db.selectFrom('calls').selectAll().where('user_id', '=', userId);
    return about.where('state', '=', 'open').where('updated_at', '>=', since).execute();
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
