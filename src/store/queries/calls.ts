/**
 * Calls on the console: who is on the line, how far the call is, and who has it. They contain no secret and nothing that a caller said. With
 * the attempts to verify a caller, and the grants from passed attempts.
 */
import { changesOne, countChanged, deleting, inserting, putting, rowBy, updating } from '../guard/statements.js';
import type { Db, RowPatch, Tx } from '../schema/directory.js';

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

const ofCaller = (db: Db, key: string) => db.selectFrom('verifications').selectAll().where('caller_key', '=', key);

export const verificationReads = (db: Db) => ({
  byId: rowBy(db, 'verifications', 'id'),
  /** Failed attempts on one caller by any operator since a time, newest first (B76). */
  async failuresOn(callerKey: string, since: number) {
    const failed = ofCaller(db, callerKey).where('started_at', '>=', since).where('outcome', '!=', 'verified');
    return failed.orderBy('started_at', 'desc').limit(100).execute();
  },
  /** True if an answer of this caller that began after `since` is still being checked. */
  async beingChecked(callerKey: string, since: number): Promise<boolean> {
    const started = ofCaller(db, callerKey).where('outcome', '=', 'started').where('started_at', '>', since);
    return (await started.executeTakeFirst()) !== undefined;
  },
});

export const verificationWrites = (tx: Tx) => ({
  insert: inserting(tx, 'verifications'),
  update: updating(tx, 'verifications'),
});

export const grantReads = (db: Db) => ({
  byId: rowBy(db, 'grants', 'id'),
  /** Grants that are not used, revoked or expired, of one operator or all. Whether one is still valid is decided when it is used. */
  async live(now: number, operatorId?: string) {
    const live = db
      .selectFrom('grants')
      .selectAll()
      .where('expires_at', '>', now)
      .where('used_at', 'is', null)
      .where('revoked_at', 'is', null)
      .orderBy('created_at');
    return (operatorId === undefined ? live : live.where('operator_id', '=', operatorId)).execute();
  },
});

export const grantWrites = (tx: Tx) => {
  const unspent = (patch: RowPatch<'grants'>) =>
    tx.updateTable('grants').set(patch).where('used_at', 'is', null).where('revoked_at', 'is', null);
  const revokeLive = (now: number) => unspent({ revoked_at: now }).where('expires_at', '>', now);
  return {
    insert: inserting(tx, 'grants'),
    /** Compare-and-set: true for exactly one use of the grant. */
    use: (id: string, now: number) => changesOne(unspent({ used_at: now }).where('id', '=', id)),
    revoke: (id: string, now: number) => changesOne(unspent({ revoked_at: now }).where('id', '=', id)),
    /** Revokes every live grant. */
    revokeEvery: (now: number) => countChanged(revokeLive(now)),
    /** Revokes every live grant of an operator, who was disabled, got another role, or lost the authenticator. */
    revokeOfOperator: (operatorId: string, now: number) =>
      countChanged(revokeLive(now).where('operator_id', '=', operatorId)),
    /** Revokes every live grant of a caller, after a change of scope, role or passphrase (B08). */
    revokeOfUser: (userId: string, now: number) => countChanged(revokeLive(now).where('user_id', '=', userId)),
  };
};
