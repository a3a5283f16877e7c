/**
 * Finds companies and people with each key that is pressed. It looks only at the starts of words, and lists few results, so that
 * it costs the same in a directory of a hundred and of a million. search-directory.ts may find more, but takes longer.
 */
import type { Desk } from '../../desk.js';
import { foldKey } from '../../rules/directory-keys.js';
import type { Account, User } from '../../rules/people.js';
import { type FoundUser, findable, readings, together, usersByAddress } from './search-directory.js';

export async function accountsAsTyped(desk: Desk, text: string, limit: number): Promise<readonly Account[]> {
  const { search, accounts } = desk.store.read;
  for (const words of readings(text)) {
    const ids = await search.first('account', words, limit);
    if (ids.length > 0) return inOrder(ids, await accounts.byIds(ids));
  }
  return [];
}

/** How many are looked at where parts of contacts, kept by an earlier version, found others too. */
const LOOKED_AT = 200;

/** In one account, or in all. */
export async function usersAsTyped(
  desk: Desk,
  text: string,
  limit: number,
  account?: Account,
): Promise<readonly FoundUser[]> {
  const { search, users, accounts } = desk.store.read;
  const addressed = await usersByAddress(desk, text, account?.id);
  const look = async (words: readonly string[], most: number) => {
    if (account !== undefined) return search.firstInAccount(account.id, words, most);
    const ids = await search.first('user', words, most);
    return inOrder(ids, await users.byIds(ids));
  };
  for (const words of readings(text)) {
    const others = namesFirst(text, await findable(words, limit, LOOKED_AT, (most) => look(words, most)));
    const found = together(addressed, others).slice(0, limit);
    if (account !== undefined && found.length > 0) return found.map((user) => ({ user, account }));
    const homes = await accounts.byIds([...new Set(found.map(({ accountId }) => accountId))]);
    if (found.length > 0) {
      return found.flatMap((user) => {
        const home = homes.find(({ id }) => id === user.accountId);
        return home === undefined ? [] : [{ user, account: home }];
      });
    }
  }
  return [];
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
