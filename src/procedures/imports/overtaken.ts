/** Whether an import was overtaken: its plan and rows are made before the store is locked, and others go on writing meanwhile. */
import { inChunks } from '../../rules/lists.js';
import { othersWithId } from '../directory/external-ids.js';
import type { AddedRow, ReadyImport } from './apply-import.js';
import { newIds, type Stored } from './plan-import.js';

/**
 * Whether what a plan was made from has changed since: a company or person that it changes or builds on, or one that it adds and somebody
 * else has added; with `staged` only what it builds on. Rows that change nothing may have moved on; that counts as done after the import.
 */
export async function isOvertaken(
  store: Stored,
  { companies, companyRows, people, added }: ReadyImport,
  staged = false,
): Promise<boolean> {
  const { builtOn, homeOf, plan } = people;
  const homes = [...new Set([...plan.add, ...plan.update.map(({ entry }) => entry)].map((entry) => homeOf(entry).id))];
  const known = homes.flatMap((id) => builtOn.get(id) ?? []);
  if (await haveMoved(store.accounts, known)) return true;
  if (staged) return false;
  const before = {
    accounts: companies.plan.update.map((one) => one.before),
    users: plan.update.map((one) => one.before),
  };
  return (
    (await areTaken(store, companyRows)) ||
    (await areThere(store, loginsOf(builtOn, added))) ||
    (await othersWithId(store, newIds(plan))).length > 0 ||
    (await haveMoved(store.accounts, before.accounts)) ||
    (await haveMoved(store.users, before.users))
  );
}

/** Where the people stand whom a plan adds to companies on file. */
export const loginsOf = (builtOn: ReadyImport['people']['builtOn'], added: readonly AddedRow[]) =>
  added.flatMap(({ account: { id }, entry: { loginKey } }) => (builtOn.has(id) ? [{ accountId: id, loginKey }] : []));

/** Whether somebody else has added a company with one of these numbers, or one of these logins. */
export const areTaken = async ({ accounts }: Stored, rows: readonly { readonly number_key: string }[]) =>
  (await inChunks(rows, (some) => accounts.byNumbers(some.map((row) => row.number_key)))).length > 0;
export const areThere = async ({ users }: Stored, logins: ReturnType<typeof loginsOf>) =>
  (await inChunks(logins, (some) => users.byLoginPairs(some))).length > 0;

/** Whether one of these companies or people is not as it was. */
export async function haveMoved<T extends { readonly id: string }>(
  stored: { readonly byIds: (ids: readonly string[]) => Promise<readonly T[]> },
  before: readonly T[],
): Promise<boolean> {
  const now = await inChunks(before, (some) => stored.byIds(some.map(({ id }) => id)));
  const found = new Map(now.map((one) => [one.id, JSON.stringify(one)]));
  return before.some((one) => found.get(one.id) !== JSON.stringify(one));
}
