/** Customer companies. Reads return the rules' `Account` type; the caller folds comparison keys. */

import type { Insertable, Selectable, Updateable } from 'kysely';
import type { Account, Edition } from '../../rules/people.js';
import { rowOf } from '../guard/statements.js';
import type { AccountsTable, Db, Tx } from '../schema/directory.js';

export type NewAccount = Insertable<AccountsTable>;

export function toAccount(row: Selectable<AccountsTable>): Account {
  return {
    id: row.id,
    number: row.number,
    name: row.name,
    edition: row.edition as Edition,
    sso: row.sso,
    mfaRequiredAt: row.mfa_required_at,
    phoneResetForbidden: row.phone_reset_forbidden !== 0,
    disabledAt: row.disabled_at,
  };
}

export const accountReads = (db: Db) => ({
  async byId(id: string): Promise<Account | undefined> {
    const row = await rowOf(db, 'accounts', 'id', id);
    return row && toAccount(row);
  },
  async byNumber(numberKey: string): Promise<Account | undefined> {
    const row = await rowOf(db, 'accounts', 'number_key', numberKey);
    return row && toAccount(row);
  },
  /** Several companies may have the same name. */
  async byName(nameKey: string): Promise<readonly Account[]> {
    const rows = await db
      .selectFrom('accounts')
      .selectAll()
      .where('name_key', '=', nameKey)
      .orderBy('number_key')
      .limit(20)
      .execute();
    return rows.map(toAccount);
  },
  /** All accounts in the order of their numbers; `after` is the last number key of the page before. */
  async page(after: string, limit: number): Promise<readonly Account[]> {
    const rows = await db
      .selectFrom('accounts')
      .selectAll()
      .where('number_key', '>', after)
      .orderBy('number_key')
      .limit(limit)
      .execute();
    return rows.map(toAccount);
  },
  async byNumbers(numberKeys: readonly string[]): Promise<readonly Account[]> {
    if (numberKeys.length === 0) return [];
    const rows = await db
      .selectFrom('accounts')
      .selectAll()
      .where('number_key', 'in', [...numberKeys])
      .execute();
    return rows.map(toAccount);
  },
  async byIds(ids: readonly string[]): Promise<readonly Account[]> {
    if (ids.length === 0) return [];
    const rows = await db
      .selectFrom('accounts')
      .selectAll()
      .where('id', 'in', [...ids])
      .orderBy('number_key')
      .execute();
    return rows.map(toAccount);
  },
  /** Sign-in settings that the `Account` type lacks, such as the OpenID issuer. */
  async ssoSettings(
    id: string,
  ): Promise<{ issuer: string | null; audience: string | null; jwks: string | null } | undefined> {
    return db
      .selectFrom('accounts')
      .select(['sso_issuer as issuer', 'sso_audience as audience', 'sso_jwks as jwks'])
      .where('id', '=', id)
      .executeTakeFirst();
  },
  async count(): Promise<number> {
    const row = await db
      .selectFrom('accounts')
      .select((e) => e.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    return row.n;
  },
});

export const accountWrites = (tx: Tx) => ({
  async insert(rows: readonly NewAccount[]): Promise<void> {
    if (rows.length > 0)
      await tx
        .insertInto('accounts')
        .values([...rows])
        .execute();
  },
  async update(id: string, patch: Updateable<AccountsTable>): Promise<void> {
    await tx.updateTable('accounts').set(patch).where('id', '=', id).execute();
  },
});
