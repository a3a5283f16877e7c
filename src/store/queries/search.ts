/**
 * Finds companies and people by the start of any word of name, number, login, e-mail or phone. Keys are folded word starts in a b-tree,
 * searched by ranges, so that one keystroke costs a fraction of a millisecond at a million users on both engines.
 */
import { sql } from 'kysely';
import type { Account, User } from '../../rules/people.js';
import type { Db, Tx } from '../schema/directory.js';
import { toAccount } from './accounts.js';
import { toUser } from './users.js';

export type SearchKind = 'account' | 'user';

export interface SearchKeys {
  readonly kind: SearchKind;
  readonly id: string;
  readonly words: readonly string[];
}

/** The first string after every string that starts with `prefix`, in byte order. */
const endOf = (prefix: string): string => `${prefix}\u{10ffff}`;

const LONGEST_WORD = 1_000;
/** Words per statement: three bound values each, below both engines' limits. */
const WORDS_PER_INSERT = 5_000;

export const searchReads = (db: Db) => ({
  /** Accounts that have, for every given folded prefix, a word starting with it. */
  async accounts(prefixes: readonly string[], limit: number): Promise<readonly Account[]> {
    let query = db.selectFrom('accounts').selectAll('accounts');
    for (const prefix of prefixes) query = query.where('accounts.id', 'in', targets(db, 'account', prefix));
    const rows = await query.orderBy('number_key').limit(limit).execute();
    return rows.map(toAccount);
  },
  async users(prefixes: readonly string[], limit: number, accountId?: string): Promise<readonly User[]> {
    let query = db.selectFrom('users').selectAll('users');
    for (const prefix of prefixes) query = query.where('users.id', 'in', targets(db, 'user', prefix));
    if (accountId !== undefined) query = query.where('users.account_id', '=', accountId);
    const rows = await query.orderBy('login_key').orderBy('id').limit(limit).execute();
    return rows.map(toUser);
  },
  /**
   * For search while typing: the first few targets that have a word with each prefix, in the order of the words of the rarest prefix. Of a
   * prefix that thousands have, only the first are looked at, so a keystroke costs the same at a million users.
   */
  async first(kind: SearchKind, prefixes: readonly string[], limit: number): Promise<readonly string[]> {
    const [driver, ...others] = await rarestFirst(db, kind, prefixes);
    if (driver === undefined) return [];
    // One target may have several words with this prefix; four times the limit leaves enough targets.
    const most = others.length === 0 ? 4 * limit : LOOKED_AT;
    const found = targets(db, kind, driver).select('word').orderBy('word').orderBy('target_id').limit(most).as('found');
    let query = db.selectFrom(found).select('found.target_id').orderBy('found.word').orderBy('found.target_id');
    for (const prefix of others) query = query.where(hasWord('found.target_id', prefix));
    const rows = await query.execute();
    return [...new Set(rows.map((row) => row.target_id))].slice(0, limit);
  },
  /** The same inside one company, by login. It has few users, so each is looked at. */
  async firstInAccount(accountId: string, prefixes: readonly string[], limit: number): Promise<readonly User[]> {
    let query = db.selectFrom('users').selectAll('users').where('users.account_id', '=', accountId);
    for (const prefix of prefixes) query = query.where(hasWord('users.id', prefix));
    const rows = await query.orderBy('login_key').limit(limit).execute();
    return rows.map(toUser);
  },
  /** A slower search, used if no word starts with the text: finds it anywhere inside a word. Scans the keys. */
  async inside(kind: SearchKind, text: string, limit: number, accountId?: string): Promise<readonly string[]> {
    // No word is so long, and SQLite refuses a pattern that is much longer.
    if (text.length > LONGEST_WORD) return [];
    let query = db
      .selectFrom('search_words')
      .select('target_id')
      .distinct()
      .where('kind', '=', kind)
      .where(sql<boolean>`word like ${`%${text.replace(/[%_\\]/g, '\\$&')}%`} escape '\\'`);
    if (accountId !== undefined) {
      query = query.where('target_id', 'in', db.selectFrom('users').select('id').where('account_id', '=', accountId));
    }
    const rows = await query.modifyEnd(sql.raw(`limit ${Math.trunc(limit)}`)).execute();
    return rows.map((row) => row.target_id);
  },
});

const targets = (db: Db, kind: SearchKind, prefix: string) =>
  db
    .selectFrom('search_words')
    .select('target_id')
    .where('kind', '=', kind)
    .where('word', '>=', prefix)
    .where('word', '<', endOf(prefix));

/** How many words of a common prefix a search while typing looks at. */
const LOOKED_AT = 500;

/** Puts the prefix with the fewest words first, because it leaves the least to look at. Counting stops when it no longer matters. */
async function rarestFirst(db: Db, kind: SearchKind, prefixes: readonly string[]): Promise<readonly string[]> {
  if (prefixes.length < 2) return prefixes;
  const counted = await Promise.all(prefixes.map(async (prefix) => ({ prefix, n: await countUpTo(db, kind, prefix) })));
  return counted.sort((a, b) => a.n - b.n || b.prefix.length - a.prefix.length).map(({ prefix }) => prefix);
}

async function countUpTo(db: Db, kind: SearchKind, prefix: string): Promise<number> {
  const some = targets(db, kind, prefix).limit(LOOKED_AT).as('some');
  const { n } = await db
    .selectFrom(some)
    .select((e) => e.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return n;
}

/** Does not compare the kind: the key of the table begins with it, so the engine would read that key from end to end for each target. */
const hasWord = (target: string, prefix: string) => sql<boolean>`exists (select 1 from search_words as own
  where own.target_id = ${sql.ref(target)} and own.word >= ${prefix} and own.word < ${endOf(prefix)})`;

export const searchWrites = (tx: Tx) => ({
  async insert(keys: readonly SearchKeys[]): Promise<void> {
    const rows = keys.flatMap(({ kind, id, words }) =>
      [...new Set(words)].map((word) => ({ kind, target_id: id, word })),
    );
    for (let from = 0; from < rows.length; from += WORDS_PER_INSERT) {
      await tx
        .insertInto('search_words')
        .values(rows.slice(from, from + WORDS_PER_INSERT))
        .execute();
    }
  },
  async replace(keys: SearchKeys): Promise<void> {
    await tx.deleteFrom('search_words').where('target_id', '=', keys.id).execute();
    await this.insert([keys]);
  },
});
