/**
 * Finds companies and people by part of a name, number or login, and people also by words of their company in any order, by a whole e-mail
 * or at least seven digits of a phone (B83, B96); case, accents and spelling do not count. What the text names exactly comes first. It looks
 * for words that start with the text, by range. If there are none, it scans for the text anywhere inside a word. It lists results and never
 * picks one (B09).
 */
import type { Desk } from '../../desk.js';
import {
  foldKey,
  holdsWord,
  isExact,
  mayHoldPhone,
  personWords,
  readTyped,
  searchWords,
  type TypedText,
  type Word,
} from '../../rules/directory-keys.js';
import { byId } from '../../rules/lists.js';
import type { Account, Owner, User } from '../../rules/people.js';
import type { Phone } from '../../rules/phone-number.js';

export interface Found<T> {
  readonly found: readonly T[];
  /** There are more than were asked for. */
  readonly more: boolean;
}

/** How many, after how many. */
export interface Rows {
  readonly limit: number;
  readonly skip?: number;
}

/** The most candidates of the scan; a text with more of them is too short to be worth it. */
const SCANNED = 2_000;
const NOBODY = { found: [], more: false } as const;
/** The most that a text can name exactly; others have a place in the list like everybody else. */
const EXACT = 50;

export async function searchAccounts(desk: Desk, text: string, { limit, skip = 0 }: Rows): Promise<Found<Account>> {
  const { search, accounts } = desk.store.read;
  const typed = await readText(desk, text);
  const scan = async (words: readonly Word[]) => {
    const found = await accounts.byIds(await search.inside('account', longest(words), SCANNED));
    return found.filter(({ name, number }) => words.every((word) => holdsWord(searchWords(name, number), word)));
  };
  if (typed.readings.length === 0) return NOBODY;
  const exact = await search.accounts(typed.exact, EXACT);
  return cut(await best(typed, exact, [(words) => search.accounts(words, skip + limit + 1), scan]), limit, skip);
}

/** In one account, or in all. */
export async function searchUsers(desk: Desk, text: string, { limit, skip = 0 }: Rows, account?: Account) {
  const { search, users } = desk.store.read;
  const typed = await readText(desk, text);
  const scan = async (words: readonly Word[]) => {
    const ids = await search.inside('user', longest(words), SCANNED, account?.id);
    const homes = await withHomes(desk, await users.byIds(ids), account);
    const fits = homes.filter(({ user, account: { name, number } }) => {
      const own = personWords(user, user.phoneE164 === null ? null : { e164: user.phoneE164, national: '' });
      const all = [...own, ...searchWords(name, number)];
      return words.every((word) => holdsWord(all, word)) && words.some((word) => holdsWord(own, word));
    });
    const found = fits.map(({ user }) => user);
    return found.toSorted((a, b) => (foldKey(a.login) < foldKey(b.login) ? -1 : 1));
  };
  if (typed.readings.length === 0) return NOBODY;
  const exact = [
    ...(await usersByAddress(desk, text, account?.id)),
    ...(await search.users(typed.exact, EXACT, account?.id)),
  ];
  const found = await best(typed, exact, [(words) => search.users(words, skip + limit + 1, account?.id), scan]);
  const { found: some, more } = cut(dialledSo(typed, found), limit, skip);
  return { found: await withHomes(desk, some, account), more };
}

/** What the text names exactly, then what the first reading finds that finds anything. */
export async function best<T extends { readonly id: string }>(
  { readings }: TypedText,
  exact: readonly T[],
  looks: readonly ((words: readonly Word[]) => Promise<readonly T[]>)[],
): Promise<readonly T[]> {
  for (const look of looks) {
    for (const words of readings) {
      const all = byId([...exact, ...(await look(words))]);
      if (all.size > 0) return [...all.values()];
    }
  }
  return exact;
}

/** A text, with the number that it may be. */
export interface ReadText extends TypedText {
  readonly text: string;
  readonly phone: Phone | null;
}

export async function readText(desk: Desk, text: string): Promise<ReadText> {
  const read = mayHoldPhone(text) ? await desk.phones() : () => null;
  return { ...readTyped(text, read), text, phone: read(text, null) };
}

/** Not those who have the same digits in another country; whoever has exactly this number comes first. */
export function dialledSo({ text, phone }: ReadText, found: readonly User[]): readonly User[] {
  if (phone === null) return found;
  const abroad = /^\s*(tel:)?(\+|00)/i.test(text.normalize('NFKC'));
  const fits = found.filter(({ phoneE164 }) => !abroad || phoneE164 === null || phoneE164 === phone.e164);
  const later = (user: User) => (user.phoneE164 === phone.e164 ? 0 : 1);
  return fits.toSorted((a, b) => later(a) - later(b));
}

/** True if the text is the whole login, name, number or address of this person. */
export const namesPerson = (text: string, { user, account }: Owner): boolean =>
  isExact(text, user.login, user.name, user.email, account.number + user.login) || user.phoneE164 === text;

/** Whoever has exactly this address; nobody if the text is none. */
export async function usersByAddress(desk: Desk, text: string, accountId?: string): Promise<readonly User[]> {
  const { users } = desk.store.read;
  const emailKey = foldKey(text);
  if (!emailKey.includes('@')) return [];
  return accountId === undefined
    ? users.sharing({ id: '', emailKey, phoneDigits: '', phoneE164: null }, EXACT)
    : users.byEmail(accountId, emailKey);
}

/** Each user with the account, which is looked up if it is not given. */
export async function withHomes(desk: Desk, found: readonly User[], account?: Account): Promise<readonly Owner[]> {
  if (account !== undefined) return found.map((user) => ({ user, account }));
  const ids = [...new Set(found.map(({ accountId }) => accountId))];
  const homes = byId(await desk.store.read.accounts.byIds(ids));
  return found.flatMap((user) => {
    const home = homes.get(user.accountId);
    return home === undefined ? [] : [{ user, account: home }];
  });
}

const longest = (words: readonly Word[]): string =>
  words.flat().reduce((most, word) => (word.length > most.length ? word : most), '');
const cut = <T>(found: readonly T[], limit: number, skip: number): Found<T> => ({
  found: found.slice(skip, skip + limit),
  more: found.length > skip + limit,
});

/**
 * Finds companies and people with each key that is pressed. It looks only at the starts of words, and lists few results, so that
 * it costs the same in a directory of a hundred and of a million. search-directory.ts may find more, but takes longer.
 */
export async function accountsAsTyped(desk: Desk, text: string, limit: number): Promise<readonly Account[]> {
  const { search, accounts } = desk.store.read;
  const look = async (words: readonly Word[]) => {
    const ids = await search.first('account', words, limit);
    return inOrder(ids, await accounts.byIds(ids));
  };
  const typed = await readText(desk, text);
  return (await best(typed, await look(typed.exact), [look])).slice(0, limit);
}

/** In one account, or in all. */
export async function usersAsTyped(desk: Desk, text: string, limit: number, account?: Account) {
  const { search, users } = desk.store.read;
  const look = async (words: readonly Word[]) => {
    const ids = await search.first('user', words, limit, account?.id);
    return inOrder(ids, await users.byIds(ids));
  };
  const typed = await readText(desk, text);
  const exact = [...(await usersByAddress(desk, text, account?.id)), ...(await look(typed.exact))];
  const others = await best(typed, exact, [async (words) => namesFirst(text, await look(words))]);
  return withHomes(desk, dialledSo(typed, others).slice(0, limit), account);
}

function inOrder<T extends { readonly id: string }>(ids: readonly string[], found: readonly T[]): readonly T[] {
  return ids.flatMap((id) => found.filter((one) => one.id === id));
}

/** A user whose whole name begins as typed comes first: for "ana tr", Ana Trujillo before Anabela of the company Tradição. */
function namesFirst(text: string, found: readonly User[]): readonly User[] {
  const typed = foldKey(text);
  const later = (user: User) => (foldKey(user.name).startsWith(typed) ? 0 : 1);
  return found.toSorted((a, b) => later(a) - later(b));
}
