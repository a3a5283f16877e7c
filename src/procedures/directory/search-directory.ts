/**
 * Finds companies and people by part of a name, number, login, e-mail or phone; case and accents do not count. It first looks for
 * words that start with the text, by range. If there are none, it scans for the text anywhere inside a word. It lists results and
 * never picks one (B09).
 */
import type { Desk } from '../../desk.js';
import { foldKey, phoneDigits, phoneWords, searchWords } from '../../rules/directory-keys.js';
import type { Account, User } from '../../rules/people.js';

export interface Found<T> {
  readonly found: readonly T[];
  /** There are more than were asked for. */
  readonly more: boolean;
}

export interface FoundUser {
  readonly user: User;
  readonly account: Account;
}

/** The most candidates of the scan; a text with more of them is too short to be worth it. */
const SCANNED = 2_000;

export async function searchAccounts(desk: Desk, text: string, limit: number): Promise<Found<Account>> {
  const { search, accounts } = desk.store.read;
  for (const words of readings(text)) {
    const found = await search.accounts(words, limit + 1);
    if (found.length > 0) return cut(found, limit);
  }
  for (const words of readings(text)) {
    const ids = await search.inside('account', longest(words), SCANNED);
    const found = await accounts.byIds(ids);
    const fitting = found.filter((account) => holdsAll(searchWords(account.name, account.number), words));
    if (fitting.length > 0) return cut(fitting, limit);
  }
  return { found: [], more: false };
}

/** In one account, or in all. */
export async function searchUsers(
  desk: Desk,
  text: string,
  limit: number,
  account?: Account,
): Promise<Found<FoundUser>> {
  const { found, more } = await usersHolding(desk, text, limit, account?.id);
  const homes = new Map(
    (await desk.store.read.accounts.byIds([...new Set(found.map((user) => user.accountId))])).map((home) => [
      home.id,
      home,
    ]),
  );
  return { more, found: found.flatMap((user) => withHome(user, homes.get(user.accountId))) };
}

const withHome = (user: User, account: Account | undefined): readonly FoundUser[] =>
  account === undefined ? [] : [{ user, account }];

async function usersHolding(
  desk: Desk,
  text: string,
  limit: number,
  accountId: string | undefined,
): Promise<Found<User>> {
  const { search, users } = desk.store.read;
  for (const words of readings(text)) {
    const found = await search.users(words, limit + 1, accountId);
    if (found.length > 0) return cut(found, limit);
  }
  for (const words of readings(text)) {
    const ids = await search.inside('user', longest(words), SCANNED, accountId);
    const found = await users.byIds(ids);
    const fitting = found.filter((user) =>
      holdsAll([...searchWords(user.login, user.name, user.email), ...phoneWords(user.phone)], words),
    );
    if (fitting.length > 0)
      return cut(
        fitting.toSorted((a, b) => (foldKey(a.login) < foldKey(b.login) ? -1 : 1)),
        limit,
      );
  }
  return { found: [], more: false };
}

/**
 * What the text may mean, the likeliest first: a phone number however it is written, words as typed (so that a whole e-mail is
 * one), and words without their punctuation.
 */
export function readings(text: string): readonly (readonly string[])[] {
  const folded = foldKey(text.replace(/\p{C}/gu, ''));
  const digits = /^[\d\s()+./-]+$/.test(folded) ? phoneDigits(folded) : '';
  const all = [digits.length >= 3 ? [digits] : [], folded.split(' '), folded.split(/[^\p{L}\p{N}]+/u)];
  const seen = new Set<string>();
  return all
    .map((words) => words.filter((word) => word !== ''))
    .filter((words) => words.length > 0 && !seen.has(words.join(' ')) && seen.add(words.join(' ')));
}

const longest = (words: readonly string[]): string =>
  words.reduce((best, word) => (word.length > best.length ? word : best), '');
const holdsAll = (keys: readonly string[], words: readonly string[]): boolean =>
  words.every((word) => keys.some((key) => key.includes(word)));
const cut = <T>(found: readonly T[], limit: number): Found<T> => ({
  found: found.slice(0, limit),
  more: found.length > limit,
});
