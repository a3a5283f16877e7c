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

const rowsIn = (db: Db) => db.selectFrom('accounts').selectAll().orderBy('number_key');

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
    return (await rowsIn(db).where('name_key', '=', nameKey).limit(20).execute()).map(toAccount);
  },
  /** All accounts in the order of their numbers; `after` is the last number key of the page before. */
  async page(after: string, limit: number): Promise<readonly Account[]> {
    return (await rowsIn(db).where('number_key', '>', after).limit(limit).execute()).map(toAccount);
  },
  async byNumbers(numberKeys: readonly string[]): Promise<readonly Account[]> {
    if (numberKeys.length === 0) return [];
    return (await rowsIn(db).where('number_key', 'in', numberKeys).execute()).map(toAccount);
  },
  async byIds(ids: readonly string[]): Promise<readonly Account[]> {
    if (ids.length === 0) return [];
    return (await rowsIn(db).where('id', 'in', ids).execute()).map(toAccount);
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
