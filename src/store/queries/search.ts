/**
 * Finds companies and people by the start of any word of name, number, login or phone, and people also by words of their company. Keys are
 * folded word starts in a b-tree, searched by ranges, so that one keystroke costs a fraction of a millisecond at a million users on both engines.
 */
import { type RawBuilder, sql } from 'kysely';
import { type Word, wordsText } from '../../rules/directory-keys.js';
import type { Account, User } from '../../rules/people.js';
import type { SchemaTraits } from '../engine.js';
import { contains } from '../guard/statements.js';
import type { Db, Tx } from '../schema/directory.js';
import { accountsOf, allAccounts } from './accounts.js';
import { settled, settledTarget } from './imports.js';
import { all, usersOf } from './user-rows.js';

export type SearchKind = 'account' | 'user';

export interface SearchKeys {
  readonly kind: SearchKind;
  readonly id: string;
  readonly words: readonly string[];
}

/** The first string after every string that starts with `prefix`, in byte order. */
const endOf = (prefix: string): string => `${prefix}\u{10ffff}`;

export const searchReads = (db: Db) => ({
  /** Accounts in which each word begins something. */
  async accounts(words: readonly Word[], limit: number): Promise<readonly Account[]> {
    let query = allAccounts(db);
    for (const word of words) query = query.where('accounts.id', 'in', targets(db, 'account', word));
    return accountsOf(query.orderBy('number_key').limit(limit));
  },
  /** Users of whom, or of whose company, each word begins something; at least one is their own. In the order of logins. */
  async users(words: readonly Word[], limit: number, accountId?: string): Promise<readonly User[]> {
    let query = all(db).where('users.id', 'in', targets(db, 'user', words.flat()));
    for (const word of words.length < 2 ? [] : words) {
      query = query.where((e) =>
        e.or([e('users.id', 'in', targets(db, 'user', word)), e('account_id', 'in', targets(db, 'account', word))]),
      );
    }
    if (accountId !== undefined) query = query.where('users.account_id', '=', accountId);
    return usersOf(query.orderBy('login_key').orderBy('id').limit(limit));
  },
  /**
   * For search while typing: the first few targets, looked for by the word that leaves the least to look at. Of a word that thousands
   * have, only the first are looked at, so a keystroke costs the same at a million users. A company has few users: all are looked at.
   */
  async first(kind: SearchKind, words: readonly Word[], limit: number, accountId?: string): Promise<readonly string[]> {
    if (accountId !== undefined && words.length > 0) {
      const from = sql`select id, account_id, login_key as word from users where account_id = ${accountId}
        and ${settled('users')}`;
      return idsOf(db, { from, words: words.length < 2 ? [] : words, own: words.flat(), limit });
    }
    const [only, another] = words;
    if (only === undefined) return [];
    if (another === undefined) return idsOf(db, { from: begun(kind, only, 4 * limit), words: [], limit });
    const byOwn = await rarestFirst(db, words, (word) => begun(kind, word, LOOKED_AT));
    const rarest = byOwn[0]?.word ?? [];
    const found = await idsOf(db, { from: begun(kind, rarest, LOOKED_AT), words: without(words, rarest), limit });
    return kind === 'account' || found.length >= limit ? found : besideCompany(db, { found, words, byOwn, limit });
  },
  /** A slower search, used if no word starts with the text: finds it anywhere inside a word. Scans the keys. */
  async inside(kind: SearchKind, word: string, limit: number, accountId?: string): Promise<readonly string[]> {
    const phone = word.startsWith('+');
    let query = db
      .selectFrom('search_words')
      .select('target_id')
      .distinct()
      .where('kind', '=', kind)
      .where(settledTarget(kind))
      .where('word', phone ? '<' : '>=', '0')
      .where(contains('word', phone ? word.slice(1) : word));
    if (accountId !== undefined) {
      query = query.where('target_id', 'in', db.selectFrom('users').select('id').where('account_id', '=', accountId));
    }
    const rows = await query.modifyEnd(sql.raw(`limit ${Math.trunc(limit)}`)).execute();
    return rows.map((row) => row.target_id);
  },
});

/** True where a row of search_words begins with one form of the word. The kind stands in each range, because the key begins with it. */
const within = (kind: SearchKind, word: Word) =>
  anyOf(word, (start) => sql`(kind = ${kind} and word >= ${start} and word < ${endOf(start)})`);

const anyOf = (word: Word, rangeOf: (start: string) => RawBuilder<unknown>): RawBuilder<boolean> =>
  sql<boolean>`(${sql.join(word.map(rangeOf), sql` or `)})`;

const targets = (db: Db, kind: SearchKind, word: Word) =>
  db.selectFrom('search_words').select('target_id').where(within(kind, word));

const begun = (kind: SearchKind, word: Word, most: number) => sql`select target_id as id, null as account_id, word
  from search_words where ${within(kind, word)} and ${settledTarget(kind)} order by word, target_id limit ${most}`;

const ofCompanies = (db: Db, word: Word) => sql`select id, account_id, login_key as word from users
  where account_id in (${targets(db, 'account', word).where(settledTarget('account')).limit(LOOKED_AT)}) and ${settled('users')} limit ${LOOKED_AT}`;

interface Counted {
  readonly word: Word;
  readonly n: number;
}

interface SoFar {
  readonly found: readonly string[];
  readonly words: readonly Word[];
  readonly byOwn: readonly Counted[];
  readonly limit: number;
}

/** Adds those who have some of the words, while their company has the others. */
async function besideCompany(db: Db, { found, words, byOwn, limit }: SoFar): Promise<readonly string[]> {
  const byCompany = await rarestFirst(db, words, (word) => ofCompanies(db, word));
  const all = [...found];
  for (const { word, n } of byCompany) {
    if (n === 0 || n >= LOOKED_AT) continue;
    const others = without(words, word);
    all.push(...(await idsOf(db, { from: ofCompanies(db, word), words: others, own: others.flat(), limit })));
  }
  if (all.length > 0 || byCompany.every(({ n }) => n === 0)) return [...new Set(all)].slice(0, limit);
  // Many people work in companies with the word: a few of those are looked at who have the others.
  const rare = byOwn.find(({ n }) => n > 0)?.word;
  if (rare === undefined) return found;
  const from = sql`select users.id, users.account_id, few.word
    from (${begun('user', rare, FEW_LOOKED_AT)}) as few join users on users.id = few.id`;
  return idsOf(db, { from, words: without(words, rare), limit });
}

/** How many words of a common prefix a search while typing looks at; and how many where each takes longer. */
const LOOKED_AT = 200;
const FEW_LOOKED_AT = 50;

/** The words with the number of rows of their query, counted together: the fewest first, because they leave the least to look at. */
async function rarestFirst(
  db: Db,
  words: readonly Word[],
  queryOf: (word: Word) => RawBuilder<unknown>,
): Promise<readonly Counted[]> {
  const counts = words.map(
    (word, at) => sql`(select count(*) from (${queryOf(word)}) as some_of) as ${sql.ref(`n${at}`)}`,
  );
  const { rows } = await sql<Readonly<Record<string, number>>>`select ${sql.join(counts)}`.execute(db);
  const counted = words.map((word, at) => ({ word, n: Number(rows[0]?.[`n${at}`]) }));
  const longest = (word: Word) => Math.max(...word.map((start) => start.length));
  return counted.sort((a, b) => a.n - b.n || longest(b.word) - longest(a.word));
}

const without = (words: readonly Word[], word: Word): readonly Word[] => words.filter((one) => one !== word);

/** Those who have all words, in the order of `from`; a word may be their company's, if that is known, but one of `own` is not. */
async function idsOf(
  db: Db,
  { from, words, own, limit }: { from: RawBuilder<unknown>; words: readonly Word[]; own?: Word; limit: number },
): Promise<readonly string[]> {
  const all = words.map((word) => begins(sql`(found.id, found.account_id)`, word));
  if (own !== undefined) all.push(begins(sql`(found.id)`, own));
  const { rows } = await sql<{ id: string }>`select found.id from (${from}) as found
    ${all.length === 0 ? sql`` : sql`where ${sql.join(all, sql` and `)}`} order by found.word, found.id`.execute(db);
  return [...new Set(rows.map(({ id }) => id))].slice(0, limit);
}

/** Does not compare the kind: the key of the table begins with it, so the engine would read that key from end to end for each target. */
const begins = (targets: RawBuilder<unknown>, word: Word) => sql<boolean>`exists (select 1 from search_words as own
  where own.target_id in ${targets} and ${anyOf(word, (start) => sql`(own.word >= ${start} and own.word < ${endOf(start)})`)})`;

export const searchWrites = (tx: Tx, { pairs, keyCollation }: Pick<SchemaTraits, 'pairs' | 'keyCollation'>) => ({
  async insert(keys: readonly SearchKeys[]): Promise<void> {
    for (const kind of ['account', 'user'] as const) {
      const some = keys.filter((one) => one.kind === kind);
      if (some.length > 0) await this.insertText(kind, wordsText(some));
    }
  },
  /** Of `wordsText`. In the order of the key: words in any other order cost a third of an import. */
  async insertText(kind: SearchKind, text: string): Promise<void> {
    const order = sql.raw(keyCollation);
    await sql`insert into search_words (kind, word, target_id)
      select ${kind}, substr(k, length(v) + 2) collate ${order} as word, v collate ${order} as target
      from ${pairs(text)} order by word, target`.execute(tx);
  },
  async replace(keys: readonly SearchKeys[]): Promise<void> {
    if (keys.length === 0) return;
    const ids = keys.map(({ id }) => id);
    await tx.deleteFrom('search_words').where('target_id', 'in', ids).execute();
    await this.insert(keys);
  },
});
