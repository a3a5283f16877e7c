/**
 * Finds companies and people with each key that is pressed. It looks only at the starts of words, and lists few results, so that
 * it costs the same in a directory of a hundred and of a million. search-directory.ts may find more, but takes longer.
 */
import type { Desk } from '../../desk.js';
import { foldKey, type Word } from '../../rules/directory-keys.js';
import type { Account, User } from '../../rules/people.js';
import { best, dialledSo, type FoundUser, readText, usersByAddress, withHomes } from './search-directory.js';

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
export async function usersAsTyped(
  desk: Desk,
  text: string,
  limit: number,
  account?: Account,
): Promise<readonly FoundUser[]> {
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
