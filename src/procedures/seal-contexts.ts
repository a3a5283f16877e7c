/**
 * Where each sealed value belongs: the vault binds a blob to table, column, row, account and user, so a moved blob does
 * not open (T5).
 */
import type { SealContext } from '../desk.js';

interface Person {
  readonly id: string;
  readonly accountId: string;
}

const ofUser = (table: string, column: string, user: Person): SealContext => ({
  table,
  column,
  id: user.id,
  account: user.accountId,
  user: user.id,
});

export const passphraseContext = (user: Person): SealContext => ofUser('passphrases', 'verifier', user);
export const ownerCopyContext = (user: Person): SealContext => ofUser('passphrases', 'owner_copy', user);
export const applicationPasswordContext = (user: Person): SealContext =>
  ofUser('application_passwords', 'verifier', user);

export const factorContext = (user: Person, factorId: string): SealContext => ({
  table: 'factors',
  column: 'secret',
  id: factorId,
  account: user.accountId,
  user: user.id,
});
export const backupCodeContext = (user: Person, codeId: string): SealContext => ({
  table: 'backup_codes',
  column: 'verifier',
  id: codeId,
  account: user.accountId,
  user: user.id,
});

export const operatorPasswordContext = (operatorId: string): SealContext => ({
  table: 'operators',
  column: 'verifier',
  id: operatorId,
});
export const operatorTotpContext = (operatorId: string): SealContext => ({
  table: 'operators',
  column: 'totp',
  id: operatorId,
});
/** A secret that the operator has not proved yet. */
export const startTotpContext = (operatorId: string): SealContext => ({
  table: 'operator_starts',
  column: 'totp',
  id: operatorId,
});
export const recoveryCodeContext = (codeId: string): SealContext => ({
  table: 'operator_recovery_codes',
  column: 'verifier',
  id: codeId,
});
