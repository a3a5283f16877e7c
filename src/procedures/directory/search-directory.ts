/**
 * Finds companies and people by part of a name, number or login, and people by a whole e-mail or at least seven digits of a phone
 * (B83); case and accents do not count. It first looks for words that start with the text, by range. If there are none, it scans
 * for the text anywhere inside a word. It lists results and never picks one (B09).
 */
import type { Desk } from '../../desk.js';
import { findsPerson, foldKey, phoneDigits, searchWords } from '../../rules/directory-keys.js';
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
  const addressed = await usersByAddress(desk, text, accountId);
  for (const words of readings(text)) {
    const others = await findable(words, limit + 1, SCANNED, (most) => search.users(words, most, accountId));
    const found = together(addressed, others);
    if (found.length > 0) return cut(found, limit);
  }
  for (const words of readings(text)) {
    const ids = await search.inside('user', longest(words), SCANNED, accountId);
    const found = await users.byIds(ids);
    const fitting = found.filter((user) => findsPerson(user, words, 'includes'));
    if (fitting.length > 0)
      return cut(
        fitting.toSorted((a, b) => (foldKey(a.login) < foldKey(b.login) ? -1 : 1)),
        limit,
      );
  }
  return { found: [], more: false };
}

/** Whoever has exactly this address; nobody if the text is none. */
export async function usersByAddress(desk: Desk, text: string, accountId?: string): Promise<readonly User[]> {
  const { users } = desk.store.read;
  const emailKey = foldKey(text);
  if (!emailKey.includes('@')) return [];
  return accountId === undefined
    ? users.sharing({ id: '', emailKey, phoneDigits: '' }, 50)
    : users.byEmail(accountId, emailKey);
}

export const together = (addressed: readonly User[], others: readonly User[]): readonly User[] => [
  ...addressed,
  ...others.filter(({ id }) => addressed.every((user) => user.id !== id)),
];

/**
 * Those of the found who do not fall out because a part of a contact found them. If some do, it looks once more among `most`, so
 * that words which an earlier version kept hide nobody else.
 */
export async function findable(
  words: readonly string[],
  limit: number,
  most: number,
  look: (most: number) => Promise<readonly User[]>,
): Promise<readonly User[]> {
  const fitting = (found: readonly User[]) => found.filter((user) => findsPerson(user, words, 'startsWith'));
  const few = await look(limit);
  const fit = fitting(few);
  return fit.length === few.length || most <= limit ? fit : fitting(await look(most)).slice(0, limit);
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
