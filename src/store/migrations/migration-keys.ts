/** What a migration needs of the keys, passed in so that the store has none (opening/migration-keys.ts). */
import type { Row } from '../guard/guarded-tables.js';
import type { Notary } from '../head.js';
import type { AuditReads } from '../queries/audit.js';
import type { SearchKeys } from '../queries/search.js';

export interface MigrationKeys {
  /** Checks what a store holds from before it was bound to its keys (0011). */
  readonly former: Notary;
  readonly notary: Notary;
  /** The sealed values of a row, under the keys of this store. */
  reseal(table: string, row: Row, account: string | undefined): Row;
  /** What 0013 needs to know of telephone numbers and searches. */
  directory(): Promise<{
    phoneOf(user: Row): string | null;
    wordsOf(table: 'accounts' | 'users', row: Row): SearchKeys;
  }>;
  /** Verifies the log of a store from before 0011. */
  verify(log: AuditReads): Promise<void>;
}
