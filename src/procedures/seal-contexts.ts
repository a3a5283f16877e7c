/**
 * Where each sealed value belongs: the vault binds a blob to table, column, row, account and user, so a moved blob does not open (T5).
 */
import type { SealContext } from '../desk.js';

interface Person {
  readonly id: string;
  readonly accountId: string;
}

const ofUser = (table: string, column: string, user: Person, id: string = user.id): SealContext => ({
  table,
  column,
  id,
  account: user.accountId,
  user: user.id,
});

export const passphraseContext = (user: Person): SealContext => ofUser('passphrases', 'verifier', user);
export const ownerCopyContext = (user: Person): SealContext => ofUser('passphrases', 'owner_copy', user);
export const applicationPasswordContext = (user: Person): SealContext =>
  ofUser('application_passwords', 'verifier', user);
export const factorContext = (user: Person, id: string): SealContext => ofUser('factors', 'secret', user, id);
export const backupCodeContext = (user: Person, id: string): SealContext =>
  ofUser('backup_codes', 'verifier', user, id);

const ofDesk =
  (table: string, column: string) =>
  (id: string): SealContext => ({ table, column, id });

export const operatorPasswordContext = ofDesk('operators', 'verifier');
export const operatorTotpContext = ofDesk('operators', 'totp');
/** A secret that the operator has not proved yet. */
export const startTotpContext = ofDesk('operator_starts', 'totp');
export const recoveryCodeContext = ofDesk('operator_recovery_codes', 'verifier');
