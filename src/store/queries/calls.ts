/** Calls on the console: who is on the line, how far the call is, and who has it. Contains no secret and nothing that a caller said. */
import type { Insertable, Selectable } from 'kysely';
import { inserting, rowBy, updating } from '../guard/statements.js';
import type { CallsTable, HearingsTable } from '../schema/calls.js';
import type { Db, Tx } from '../schema/directory.js';

export type CallRow = Selectable<CallsTable>;

export const callReads = (db: Db) => ({
  byId: rowBy(db, 'calls', 'id'),
  /** The newest that an operator opened or has taken over. */
  async ofOperator(id: string, limit: number): Promise<readonly CallRow[]> {
    const newest = db.selectFrom('calls').selectAll().orderBy('opened_at', 'desc').limit(limit);
    const [has, opened] = [newest.where('operator_id', '=', id), newest.where('opened_by', '=', id)];
    const both = new Map([...(await has.execute()), ...(await opened.execute())].map((row) => [row.id, row]));
    return [...both.values()].toSorted((a, b) => b.opened_at - a.opened_at).slice(0, limit);
  },
  /** Calls about a person that are open with somebody, with news since a time. */
  async openAbout(userId: string, since: number): Promise<readonly CallRow[]> {
    const about = db.selectFrom('calls').selectAll().where('user_id', '=', userId);
    return about.where('state', '=', 'open').where('updated_at', '>=', since).execute();
  },
  /** The phrase that was heard last on a call, if it may still count. */
  hearing: rowBy(db, 'hearings', 'id'),
});

export const callWrites = (tx: Tx) => ({
  insert: inserting(tx, 'calls'),
  update: updating(tx, 'calls'),
  async hear(row: Insertable<HearingsTable>): Promise<void> {
    await tx.deleteFrom('hearings').where('id', '=', row.id).execute();
    await tx.insertInto('hearings').values(row).execute();
  },
  async unhear(id: string): Promise<void> {
    await tx.deleteFrom('hearings').where('id', '=', id).execute();
  },
});
