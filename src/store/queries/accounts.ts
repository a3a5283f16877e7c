/** Customer companies. Reads return the rules' `Account` type; the caller folds comparison keys. */
import type { Insertable, Selectable } from 'kysely';
import type { Account, Edition } from '../../rules/people.js';
import { again, insertingAll, updating } from '../guard/statements.js';
import type { AccountsTable, Db, Tx } from '../schema/directory.js';
import { countOf } from './count.js';
import { settled } from './imports.js';

export type NewAccount = Insertable<AccountsTable>;

export function toAccount(row: Selectable<AccountsTable>): Account {
  return {
    id: row.id,
    number: row.number,
    name: row.name,
    edition: row.edition as Edition,
    sso: row.sso,
    country: row.country,
    language: row.language,
    connector: row.connector,
    mfaRequiredAt: row.mfa_required_at,
    phoneResetForbidden: row.phone_reset_forbidden !== 0,
    disabledAt: row.disabled_at,
  };
}

const all = (db: Db) => db.selectFrom('accounts').selectAll().where(settled('accounts'));
type All = ReturnType<typeof all>;
const accountsOf = async (query: All): Promise<readonly Account[]> => (await query.execute()).map(toAccount);

/** Half of all statements are such a read. */
async function accountBy(db: Db, column: 'id' | 'number_key', value: string): Promise<Account | undefined> {
  const [row] = await again(db, `account by ${column}`, [value], () => all(db).where(column, '=', value));
  return row && toAccount(row);
}

export const accountReads = (db: Db) => ({
  byId: (id: string) => accountBy(db, 'id', id),
  byNumber: (numberKey: string) => accountBy(db, 'number_key', numberKey),
  /** Several companies may have the same name. */
  byName: async (nameKey: string) =>
    accountsOf(all(db).where('name_key', '=', nameKey).orderBy('number_key').limit(20)),
  /** All accounts in the order of their numbers; `after` is the last number key of the page before. */
  page: async (after: string, limit: number) =>
    accountsOf(all(db).where('number_key', '>', after).orderBy('number_key').limit(limit)),
  byNumbers: async (numberKeys: readonly string[]) =>
    numberKeys.length === 0 ? [] : accountsOf(all(db).where('number_key', 'in', numberKeys)),
  byIds: async (ids: readonly string[]) =>
    ids.length === 0 ? [] : accountsOf(all(db).where('id', 'in', ids).orderBy('number_key')),
  /** Sign-in settings that the `Account` type lacks, such as the OpenID issuer. */
  async ssoSettings(
    id: string,
  ): Promise<{ issuer: string | null; audience: string | null; jwks: string | null } | undefined> {
    return db
      .selectFrom('accounts')
      .select(['sso_issuer as issuer', 'sso_audience as audience', 'sso_jwks as jwks'])
      .where('id', '=', id)
      .where(settled('accounts'))
      .executeTakeFirst();
  },
  /** Names of the connectors that companies have. */
  async connectors(): Promise<readonly string[]> {
    const named = db.selectFrom('accounts').select('connector').where('connector', 'is not', null).groupBy('connector');
    return (await named.execute()).flatMap(({ connector }) => connector ?? []);
  },
  async count(): Promise<number> {
    return countOf(db.selectFrom('accounts').where(settled('accounts')));
  },
});

export const accountWrites = (tx: Tx) => ({
  insert: insertingAll(tx, 'accounts'),
  update: updating(tx, 'accounts'),
});
