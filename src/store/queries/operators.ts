/** Operators of the desk, their sessions and tokens; and their addresses, start codes and recovery codes (B80). Tokens are stored as digests only. */
import { changesOne, countChanged, deleting, inserting, putting, rowBy, rowOf, updating } from '../guard/statements.js';
import type { Db, NewRow, TableRow, Tx } from '../schema/directory.js';

export const operatorReads = (db: Db) => ({
  byId: rowBy(db, 'operators', 'id'),
  byName: rowBy(db, 'operators', 'name_key'),
  all: async () => db.selectFrom('operators').selectAll().orderBy('name_key').execute(),
  sessionByDigest: rowBy(db, 'operator_sessions', 'digest'),
  sessionById: rowBy(db, 'operator_sessions', 'id'),
  tokenByDigest: rowBy(db, 'operator_tokens', 'digest'),
  tokenById: rowBy(db, 'operator_tokens', 'id'),
  tokens: async () => db.selectFrom('operator_tokens').selectAll().orderBy('created_at').execute(),
});

const openSessions = (tx: Tx, now: number) =>
  tx.updateTable('operator_sessions').set({ ended_at: now }).where('ended_at', 'is', null);
const standingTokens = (tx: Tx, now: number) =>
  tx.updateTable('operator_tokens').set({ revoked_at: now }).where('revoked_at', 'is', null);

export const operatorWrites = (tx: Tx) => ({
  insert: inserting(tx, 'operators'),
  update: updating(tx, 'operators'),
  /** Compare-and-set of the last used TOTP step: true for exactly one of several uses of the same code (T7). */
  advanceTotp(id: string, step: number): Promise<boolean> {
    const operator = tx.updateTable('operators').set({ totp_last_step: step }).where('id', '=', id);
    return changesOne(operator.where((e) => e.or([e('totp_last_step', 'is', null), e('totp_last_step', '<', step)])));
  },
  insertSession: inserting(tx, 'operator_sessions'),
  updateSession: updating(tx, 'operator_sessions'),
  /** Ends every session of an operator, but the one that is kept. */
  endSessionsOf(operatorId: string, now: number, keptId: string | null = null): Promise<number> {
    const theirs = openSessions(tx, now).where('operator_id', '=', operatorId);
    return countChanged(theirs.where('id', '!=', keptId ?? ''));
  },
  /** Ends the sessions of all operators. */
  endEverySession: (now: number) => countChanged(openSessions(tx, now)),
  insertToken: inserting(tx, 'operator_tokens'),
  updateToken: updating(tx, 'operator_tokens'),
  /** Revokes the tokens that had run out by `seen`. */
  revokeRunOut: (seen: number, now: number) => countChanged(standingTokens(tx, now).where('expires_at', '<=', seen)),
  revokeTokensOf: (operatorId: string, now: number) =>
    countChanged(standingTokens(tx, now).where('operator_id', '=', operatorId)),
});

export const lifeCycleReads = (db: Db) => ({
  emailOf: async (operatorId: string) => (await rowOf(db, 'operator_contacts', 'id', operatorId))?.email ?? null,
  /** Addresses by operator. */
  async emails(): Promise<ReadonlyMap<string, string>> {
    const rows = await db.selectFrom('operator_contacts').selectAll().execute();
    return new Map(rows.map((row) => [row.id, row.email]));
  },
  startOf: rowBy(db, 'operator_starts', 'id'),
  /** Who had a hand in whom; a few rows for each operator. */
  hands: async () => db.selectFrom('operator_hands').selectAll().execute(),
  /** The unused recovery codes of an operator. */
  async recoveryCodes(operatorId: string) {
    const theirs = db.selectFrom('operator_recovery_codes').selectAll().where('operator_id', '=', operatorId);
    return theirs.where('used_at', 'is', null).orderBy('slot').execute();
  },
});

export const lifeCycleWrites = (tx: Tx) => ({
  putEmail: (id: string, email: string, now: number) =>
    putting(tx, 'operator_contacts')({ id, email, changed_at: now }),
  /** The last hand of each kind counts. */
  putHand: (row: Omit<TableRow<'operator_hands'>, 'id'>) =>
    putting(tx, 'operator_hands')({ id: `${row.operator_id} ${row.by_id} ${row.what}`, ...row }),
  /** A new start code ends the one before. */
  putStart: putting(tx, 'operator_starts'),
  updateStart: updating(tx, 'operator_starts'),
  deleteStart: deleting(tx, 'operator_starts'),
  /** Ends every start code that nobody has used. */
  async endEveryStart(now: number): Promise<void> {
    await tx.updateTable('operator_starts').set({ used_at: now, totp: null }).where('used_at', 'is', null).execute();
  },
  /** New recovery codes end the earlier ones. */
  async putRecoveryCodes(operatorId: string, rows: readonly NewRow<'operator_recovery_codes'>[]): Promise<void> {
    await deleting(tx, 'operator_recovery_codes', 'operator_id')(operatorId);
    await tx.insertInto('operator_recovery_codes').values(rows).execute();
  },
  /** Compare-and-set: true for exactly one use of the code. */
  useRecoveryCode(id: string, now: number): Promise<boolean> {
    const code = tx.updateTable('operator_recovery_codes').set({ used_at: now }).where('id', '=', id);
    return changesOne(code.where('used_at', 'is', null));
  },
});
