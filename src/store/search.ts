/**
 * Finding companies and people by the start of any word of name, number, login, e-mail or phone. Keys are folded word starts in
 * a b-tree, asked by ranges, so that one keystroke costs a fraction of a millisecond at a million users on both engines.
 */
import { sql } from 'kysely';
import type { Account, User } from '../rules/people.js';
import { toAccount } from './accounts.js';
import type { Db, Tx } from './database.js';
import { toUser } from './users.js';

export type SearchKind = 'account' | 'user';

export interface SearchKeys {
  readonly kind: SearchKind;
  readonly id: string;
  readonly words: readonly string[];
}

/** The first string after every string that starts with `prefix`, in byte order. */
const endOf = (prefix: string): string => `${prefix}\u{10ffff}`;

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
   * As one types: the first few targets that have a word with each prefix, in the order of the words of the rarest one. Bounded: of
   * a prefix that thousands have, only the first are looked at, so a keystroke costs the same at a million users.
   */
  async first(kind: SearchKind, prefixes: readonly string[], limit: number): Promise<readonly string[]> {
    const [driver, ...others] = await rarestFirst(db, kind, prefixes);
    if (driver === undefined) return [];
    // One target may have several words that begin so; four times the limit leaves enough of them.
    const most = others.length === 0 ? 4 * limit : LOOKED_AT;
    const rows = await targets(db, kind, driver).orderBy('word').orderBy('target_id').limit(most).execute();
    const candidates = [...new Set(rows.map((row) => row.target_id))];
    const fitting = others.length === 0 ? candidates : await havingAll(db, candidates, others);
    return fitting.slice(0, limit);
  },
  /** The same inside one company, by login: its people are few, so each is looked at. */
  async firstInAccount(accountId: string, prefixes: readonly string[], limit: number): Promise<readonly User[]> {
    let query = db.selectFrom('users').selectAll('users').where('users.account_id', '=', accountId);
    for (const prefix of prefixes) {
      query = query.where((e) =>
        // No word on the kind: the key of the table begins with it, and would be read from end to end for each user.
        e.exists(
          e
            .selectFrom('search_words')
            .select('search_words.word')
            .whereRef('search_words.target_id', '=', 'users.id')
            .where('search_words.word', '>=', prefix)
            .where('search_words.word', '<', endOf(prefix)),
        ),
      );
    }
    const rows = await query.orderBy('login_key').limit(limit).execute();
    return rows.map(toUser);
  },
  /** The slower second look, when no word starts so: the text anywhere inside a word. Scans the keys. */
  async inside(kind: SearchKind, text: string, limit: number, accountId?: string): Promise<readonly string[]> {
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

/** Of a common prefix this many are looked at as one types. */
const LOOKED_AT = 500;

/** The prefix with the fewest words first: it leaves the least to look at. Counting stops where it no longer matters. */
async function rarestFirst(db: Db, kind: SearchKind, prefixes: readonly string[]): Promise<readonly string[]> {
  if (prefixes.length < 2) return prefixes;
  const counted = await Promise.all(
    prefixes.map(async (prefix) => ({
      prefix,
      n: (await targets(db, kind, prefix).limit(LOOKED_AT).execute()).length,
    })),
  );
  return counted.sort((a, b) => a.n - b.n || b.prefix.length - a.prefix.length).map(({ prefix }) => prefix);
}

/** Those of the ids, in their order, that have a word with each prefix. */
async function havingAll(db: Db, ids: readonly string[], prefixes: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('search_words')
    .select(['target_id', 'word'])
    .where('target_id', 'in', [...ids])
    .execute();
  const words = new Map<string, string[]>();
  for (const { target_id: id, word } of rows) words.set(id, [...(words.get(id) ?? []), word]);
  return ids.filter((id) => prefixes.every((prefix) => words.get(id)?.some((word) => word.startsWith(prefix))));
}

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
