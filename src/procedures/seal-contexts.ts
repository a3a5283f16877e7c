/** Where each sealed value stands: the vault binds a blob to table, column, row, account and user, so that none can be moved (T5). */
import type { Place } from '../desk.js';

interface Person {
  readonly id: string;
  readonly accountId: string;
}

const ofUser = (table: string, column: string, user: Person): Place => ({
  table,
  column,
  id: user.id,
  account: user.accountId,
  user: user.id,
});

export const passphrasePlace = (user: Person): Place => ofUser('passphrases', 'verifier', user);
export const ownerCopyPlace = (user: Person): Place => ofUser('passphrases', 'owner_copy', user);
export const applicationPasswordPlace = (user: Person): Place => ofUser('application_passwords', 'verifier', user);

export const factorPlace = (user: Person, factorId: string): Place => ({
  table: 'factors',
  column: 'secret',
  id: factorId,
  account: user.accountId,
  user: user.id,
});
export const backupCodePlace = (user: Person, codeId: string): Place => ({
  table: 'backup_codes',
  column: 'verifier',
  id: codeId,
  account: user.accountId,
  user: user.id,
});

export const operatorPasswordPlace = (operatorId: string): Place => ({
  table: 'operators',
  column: 'verifier',
  id: operatorId,
});
export const operatorTotpPlace = (operatorId: string): Place => ({
  table: 'operators',
  column: 'totp',
  id: operatorId,
});
