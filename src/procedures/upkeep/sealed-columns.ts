/** Every column with sealed values, and its purpose: the list that a change of the key goes through. A test keeps it complete. */
import type { Desk, SealContext, SealedColumn, SealedValue } from '../../desk.js';

export interface SealedAt extends SealedColumn {
  readonly purpose: Parameters<Desk['vault']['seal']>[0];
}

const ofUser = { key: 'user_id', ofUser: true } as const;
const byId = { key: 'id', ofUser: false } as const;

export const SEALED_COLUMNS: readonly SealedAt[] = [
  { table: 'passphrases', column: 'verifier', purpose: 'seal/passphrase', ...ofUser },
  { table: 'passphrases', column: 'owner_copy', purpose: 'seal/owner-copy', ...ofUser },
  { table: 'application_passwords', column: 'verifier', purpose: 'seal/application-password', ...ofUser },
  { table: 'factors', column: 'secret', purpose: 'seal/factor', key: 'id', ofUser: true },
  { table: 'backup_codes', column: 'verifier', purpose: 'seal/backup-code', key: 'id', ofUser: true },
  { table: 'operators', column: 'verifier', purpose: 'seal/operator-password', ...byId },
  { table: 'operators', column: 'totp', purpose: 'seal/operator-totp', ...byId },
  { table: 'operator_starts', column: 'totp', purpose: 'seal/operator-totp', ...byId },
  { table: 'operator_recovery_codes', column: 'verifier', purpose: 'seal/backup-code', ...byId },
  { table: 'outbox', column: 'address', purpose: 'seal/contact', ...byId },
  { table: 'outbox', column: 'content', purpose: 'seal/message', ...byId },
];

/** The place that a value was bound to when it was sealed (seal-contexts.ts, queue-message.ts). */
export function sealedPlace({ table, column }: SealedAt, { id, user, account }: SealedValue): SealContext {
  const place = { table, column, id };
  return user === null || account === null ? place : { ...place, account, user };
}
