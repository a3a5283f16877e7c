/** Customer companies. Reads return the rules' `Account` type; the caller folds comparison keys. */
import type { Account, Edition } from '../../rules/people.js';
import { again, countOf, insertingAll, updating } from '../guard/statements.js';
import type { Db, RowPatch, TableRow, Tx } from '../schema/directory.js';
import { accountAsChanged, isAmong, isChanged, type StagedAccount, settled, thereAt } from './imports.js';

export function toAccount(row: TableRow<'accounts'>): Account {
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

export const allAccounts = (db: Db) =>
  db.selectFrom('accounts').selectAll('accounts').select(thereAt('accounts')).where(settled('accounts'));
export const accountsOf = async (query: ReturnType<typeof allAccounts>): Promise<readonly Account[]> =>
  (await query.execute()).map(accountOf);
const accountOf = (row: StagedAccount): Account => toAccount(accountAsChanged(row));
const changed = (db: Db) => allAccounts(db).where(isChanged('accounts'));

/** Half of all statements are such a read. */
async function accountBy(db: Db, column: 'id' | 'number_key', value: string): Promise<Account | undefined> {
  const [row] = await again(db, `account by ${column}`, [value], () => allAccounts(db).where(column, '=', value));
  return row && accountOf(row);
}

export const accountReads = (db: Db) => ({
  byId: (id: string) => accountBy(db, 'id', id),
  byNumber: (numberKey: string) => accountBy(db, 'number_key', numberKey),
  /** Several companies may have the same name. */
  async byName(nameKey: string): Promise<readonly Account[]> {
    const found = await allAccounts(db).where('name_key', '=', nameKey).orderBy('number_key').limit(20).execute();
    // One that a settled import has renamed, and whose columns do not say so yet.
    const renamed = await changed(db)
      .where(isAmong({ name_key: nameKey }))
      .execute();
    const fit = [...found, ...renamed].filter((row) => accountAsChanged(row).name_key === nameKey);
    return [...new Map(fit.map((row) => [row.id, accountOf(row)])).values()];
  },
  /** All accounts in the order of their numbers; `after` is the last number key of the page before. */
  page: async (after: string, limit: number) =>
    accountsOf(allAccounts(db).where('number_key', '>', after).orderBy('number_key').limit(limit)),
  byNumbers: async (numberKeys: readonly string[]) =>
    numberKeys.length === 0 ? [] : accountsOf(allAccounts(db).where('number_key', 'in', numberKeys)),
  byIds: async (ids: readonly string[]) =>
    ids.length === 0 ? [] : accountsOf(allAccounts(db).where('id', 'in', ids).orderBy('number_key')),
  /** Sign-in settings that the `Account` type lacks, such as the OpenID issuer. */
  async ssoSettings(id: string) {
    const row = await allAccounts(db).where('id', '=', id).executeTakeFirst();
    if (row === undefined) return undefined;
    const { sso_issuer: issuer, sso_audience: audience, sso_jwks: jwks } = accountAsChanged(row);
    return { issuer, audience, jwks };
  },
  /** Companies that a settled import changes, before that is written into their rows: those of one import, or one of them. */
  async changed(which: { readonly import: string; readonly limit: number } | { readonly id: string }) {
    const waiting = changed(db);
    const rows = await ('id' in which
      ? waiting.where('accounts.id', '=', which.id)
      : waiting.where('staged_in', '=', which.import).limit(which.limit)
    ).execute();
    return rows.map((row) => ({
      before: toAccount(row),
      after: accountOf(row),
      patch: JSON.parse(row.staged ?? '{}') as RowPatch<'accounts'>,
    }));
  },
  /** Names of the connectors that companies have. */
  async connectors(): Promise<readonly string[]> {
    const named = db.selectFrom('accounts').select('connector').where('connector', 'is not', null).groupBy('connector');
    return (await named.execute()).flatMap(({ connector }) => connector ?? []);
  },
  count: async () => countOf(db.selectFrom('accounts').where(settled('accounts'))),
});

export const accountWrites = (tx: Tx) => ({
  insert: insertingAll(tx, 'accounts'),
  update: updating(tx, 'accounts'),
  /** Keeps what an import changes of a company until it is settled. */
  stage: (id: string, imported: string, change: RowPatch<'accounts'>) =>
    updating(tx, 'accounts')(id, { staged: JSON.stringify(change), staged_in: imported }),
});
