/** People who are found by their contacts, which a settled import may have changed without its being written yet (imports.ts). */
import { sql } from 'kysely';
import { foldKey } from '../../rules/directory-keys.js';
import type { User } from '../../rules/people.js';
import { again, countOf } from '../guard/statements.js';
import type { Db } from '../schema/directory.js';
import { isAmong, isChanged, type StagedUser, thereAt, userAsChanged } from './imports.js';
import { all, inPairs, rowsOf, seen, toUser, usersOf } from './user-rows.js';

/** The contacts of a user, for finding others who have one of them. */
export interface SharedBy {
  readonly id: string;
  readonly emailKey: string;
  readonly phoneDigits: string;
  readonly phoneE164: string | null;
}

type IdHolder = { readonly id: string; readonly user: User };

/** Numbers of which one cannot be read are the same by their digits. */
const waysToShare = ({ emailKey, phoneDigits, phoneE164 }: SharedBy) => [
  sql<boolean>`(email_key = ${emailKey} and email_key <> '')`,
  sql<boolean>`(phone_e164 = ${phoneE164})`,
  sql<boolean>`(phone_digits = ${phoneDigits} and phone_digits <> ''
    and (phone_e164 is null or ${phoneE164 === null ? 1 : 0} = 1))`,
];

/** The same, asked of a row. */
const shares = (contacts: SharedBy) => (row: StagedUser) =>
  row.id !== contacts.id &&
  ((contacts.emailKey !== '' && row.email_key === contacts.emailKey) ||
    (contacts.phoneE164 !== null && row.phone_e164 === contacts.phoneE164) ||
    (contacts.phoneDigits !== '' &&
      row.phone_digits === contacts.phoneDigits &&
      (row.phone_e164 === null || contacts.phoneE164 === null)));

const valuesOf = ({ emailKey, phoneDigits, phoneE164 }: SharedBy): readonly Readonly<Record<string, string>>[] => [
  { email_key: emailKey },
  ...(phoneDigits === '' ? [] : [{ phone_digits: phoneDigits }]),
  ...(phoneE164 === null ? [] : [{ phone_e164: phoneE164 }]),
];

/** People whom a settled import has changed and whose columns do not say so yet, with one of these values among the changes; or all of them. */
async function changedUsers(
  db: Db,
  values: readonly Readonly<Record<string, string>>[],
  accountIds: readonly string[] = [],
): Promise<readonly StagedUser[]> {
  const settled = () => db.selectFrom('imports').select('id').where('state', '=', 'settled');
  if ((await again(db, 'settled imports', ['settled'], settled)).length === 0) return [];
  let query = all(db).where(isChanged('users'));
  if (accountIds.length > 0) query = query.where('account_id', 'in', accountIds);
  return rowsOf(values.length === 0 ? query : query.where((e) => e.or(values.map(isAmong))));
}

/** Those who fit of whoever is found by the columns, and of whoever a settled import has changed: each once, though it may just be written. */
function fitting(
  found: readonly StagedUser[],
  changed: readonly StagedUser[],
  fits: (row: StagedUser) => boolean,
): readonly StagedUser[] {
  const fit = [...found, ...changed].filter(fits);
  const each = [...new Map(fit.map((row) => [row.id, row])).values()];
  return changed.length === 0 ? each : each.toSorted((a, b) => (a.login_key < b.login_key ? -1 : 1));
}

export const contactReads = (db: Db) => ({
  /** Many logins may have the same e-mail (B09). */
  async byEmail(accountId: string, emailKey: string): Promise<readonly User[]> {
    const own = await again(db, 'users by email', [accountId, emailKey], () =>
      all(db)
        .where('account_id', '=', accountId)
        .where('email_key', '=', emailKey)
        .orderBy('login_key')
        .limit(sql.lit(50)),
    );
    const fits = (row: StagedUser) => row.account_id === accountId && row.email_key === emailKey;
    const changed = await changedUsers(db, [{ email_key: emailKey }], [accountId]);
    return fitting(own.map(userAsChanged), changed, fits).map(toUser);
  },
  /** The logins that have one of these pairs of account and e-mail; many may have the same address (B09). */
  async byEmailPairs(pairs: readonly { readonly accountId: string; readonly emailKey: string }[]) {
    if (pairs.length === 0) return [];
    const found = all(db).where(inPairs('email_key', pairs, ({ emailKey }) => emailKey));
    const wanted = new Set(pairs.map(({ accountId, emailKey }) => `${accountId} ${emailKey}`));
    const fits = (row: StagedUser) => wanted.has(`${row.account_id} ${row.email_key}`);
    const changed = await changedUsers(db, [], [...new Set(pairs.map(({ accountId }) => accountId))]);
    return fitting(await rowsOf(found), changed, fits).map(toUser);
  },
  /** Whoever has this login, or one of these as their address, in the companies whose logins are at this connector. */
  async namedAt(connector: string, { login, email }: Readonly<Record<'login' | 'email', string>>) {
    const keys = [login, email].map(foldKey).filter((key) => key !== '');
    if (keys.length === 0) return [];
    const homes = db.selectFrom('accounts').select('id').where('connector', '=', connector);
    const people = all(db).where('account_id', 'in', homes);
    return usersOf(people.where((e) => e.or([e('login_key', '=', foldKey(login)), e('email_key', 'in', keys)])));
  },
  /** Whoever has one of these ids at another system, whatever its capitals; also by imports whose changes nobody sees yet, except `own` and what is being removed; with null by no import under way. */
  async byExternal(ids: readonly string[], own: string | null = ''): Promise<readonly IdHolder[]> {
    if (ids.length === 0) return [];
    const small = sql.join(ids.map((id) => sql`lower(${id})`));
    // Both engines know this spelling; each change is read once, however many ids are asked for.
    const staged = sql`lower(json(staged) ->> 'external')`;
    const listed = await db.selectFrom('imports').selectAll().execute();
    const gone = listed.flatMap(({ id, state }) => (state === 'abandoned' ? [id] : []));
    const counted = listed.filter(({ id, state }) => (own === null ? state === 'settled' : id !== own));
    const imports = counted.map(({ id }) => id).filter((id) => !gone.includes(id));
    const rows = [sql<boolean>`(external is not null and lower(external) in (${small}))`].concat(
      imports.length === 0 ? [] : sql<boolean>`(staged_in in (${sql.join(imports)}) and ${staged} in (${small}))`,
    );
    const people = own === null ? seen(db) : db.selectFrom('users');
    const found = rows.map((row) => people.selectAll('users').select(thereAt('users')).where(row));
    const wanted = new Set(ids.map((id) => id.toLowerCase()));
    const there = (await Promise.all(found.map((query) => query.execute()))).flat();
    return there.flatMap((row) => {
      if (gone.includes(row.import_id ?? '')) return [];
      const counts = imports.includes(row.staged_in ?? '');
      const then: Pick<User, 'external'> = JSON.parse((counts && row.staged) || '{}');
      const held = [...new Set([userAsChanged(row).external ?? '', then.external ?? ''])];
      return held.filter((id) => wanted.has(id.toLowerCase())).map((id) => ({ id, user: toUser(row) }));
    });
  },
  /** Other logins anywhere with the same e-mail or phone (B09). */
  async sharing(contacts: SharedBy, limit: number): Promise<readonly User[]> {
    const queries = waysToShare(contacts).map((same) =>
      seen(db).select('id').where(same).where('id', '!=', contacts.id).limit(limit).execute(),
    );
    const changed = await changedUsers(db, valuesOf(contacts));
    const ids = [...new Set((await Promise.all(queries)).flat().map((row) => row.id))];
    const found = all(db).where('id', 'in', ids.length === 0 ? [''] : ids);
    const people = fitting(await rowsOf(found), changed, shares(contacts)).map(toUser);
    return people.toSorted((one, other) => (one.id < other.id ? -1 : 1)).slice(0, limit);
  },
  /** Other logins with the same e-mail or phone, in any account (B09: the operator is warned). */
  async countSharing(contacts: SharedBy): Promise<number> {
    const sharing = sql<boolean>`(${sql.join(waysToShare(contacts), sql` or `)})`;
    const others = seen(db).where('id', '!=', contacts.id).where(sharing);
    const changed = await changedUsers(db, valuesOf(contacts));
    const found = all(db).where(sharing).where(isChanged('users'));
    const moved = fitting(await rowsOf(found), changed, shares(contacts));
    return (await countOf(others.where((e) => e.not(isChanged('users'))))) + moved.length;
  },
});
