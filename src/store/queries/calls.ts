/** Calls on the console: who is on the line, how far the call is, and who has it. Contains no secret and nothing that a caller said. */
import { deleting, inserting, putting, rowBy, updating } from '../guard/statements.js';
import type { Db, Tx } from '../schema/directory.js';

export const callReads = (db: Db) => ({
  byId: rowBy(db, 'calls', 'id'),
  /** The newest that an operator opened or has taken over. */
  async ofOperator(id: string, limit: number) {
    const newest = db.selectFrom('calls').selectAll().orderBy('opened_at', 'desc').limit(limit);
    const [has, opened] = [newest.where('operator_id', '=', id), newest.where('opened_by', '=', id)];
    const both = new Map([...(await has.execute()), ...(await opened.execute())].map((row) => [row.id, row]));
    return [...both.values()].toSorted((a, b) => b.opened_at - a.opened_at).slice(0, limit);
  },
  /** Calls about a person that are open with somebody, with news since a time. */
  async openAbout(userId: string, since: number) {
    const about = db.selectFrom('calls').selectAll().where('user_id', '=', userId);
    return about.where('state', '=', 'open').where('updated_at', '>=', since).execute();
  },
  /** The phrase that was heard last on a call, if it may still count. */
  hearing: rowBy(db, 'hearings', 'id'),
});

export const callWrites = (tx: Tx) => ({
  insert: inserting(tx, 'calls'),
  update: updating(tx, 'calls'),
  hear: putting(tx, 'hearings'),
  unhear: deleting(tx, 'hearings'),
});
