/** The second half of an import: writes a plan without faults as rows and log entries. It decides nothing. */
import type { Desk } from '../../desk.js';
import type { Problem } from '../../errors.js';
import type { Planned, PlannedUsers } from '../../rules/directory-import.js';
import type { AccountEntry, UserEntry } from '../../rules/directory-rows.js';
import { byId, inChunks } from '../../rules/lists.js';
import type { Account } from '../../rules/people.js';
import { gainsPower, heldUntil } from '../../rules/power-hold.js';
import type { Acting } from '../authorise.js';
import { changePeople, type PersonChange, readNumbersAnew } from '../directory/change-person.js';
import {
  accountNamePatch,
  accountSearchKeys,
  newAccountRow,
  newUserRow,
  ssoPatch,
  userSearchKeys,
} from '../directory/directory-rows-of-store.js';
import { accountsWithAdmin } from '../directory/hold-power.js';

export interface PlannedCompanies extends Planned<Account, AccountEntry> {
  /** `plan.add`, each entry with its future account. */
  readonly added: readonly { readonly entry: AccountEntry; readonly account: Account }[];
  readonly warnings: readonly Problem[];
}

export interface PlannedPeople extends PlannedUsers {
  /** What is wrong with rows by themselves. */
  readonly ofRows: readonly Problem[];
  /** The accounts that rows name, by id, as they are on file. */
  readonly builtOn: ReadonlyMap<string, Account>;
  /** Only for entries of the plan, whose accounts were found. */
  homeOf(entry: UserEntry): Account;
}

export interface PlannedImport {
  readonly companies: PlannedCompanies;
  readonly people: PlannedPeople;
}

/** A plan with the rows and search words to insert: they cost far more to make than to write, so they are made before the store is locked. */
export interface ReadyImport extends PlannedImport {
  readonly companyRows: readonly ReturnType<typeof newAccountRow>[];
  readonly added: readonly AddedRow[];
}

export interface AddedRow {
  readonly row: ReturnType<typeof newUserRow>;
  readonly account: Account;
  readonly entry: UserEntry;
}

/** A person who was added, whether the login has power over others, and until when that waits. */
export interface Added extends AddedRow {
  readonly gains: boolean;
  readonly held: number | null;
}

/** The people of a staged import, once it is settled: their ids are in its `directory.staged` entries. */
export interface Settled {
  readonly import: string;
  readonly count: number;
  readonly powerful: readonly Added[];
}

export function readyImport(desk: Desk, planned: PlannedImport, at: number): ReadyImport {
  const { companies, people } = planned;
  const added = people.plan.add.map((entry) => {
    const account = people.homeOf(entry);
    return { row: newUserRow(desk.newId('usr'), account.id, entry, at, null), account, entry };
  });
  return {
    ...planned,
    companyRows: companies.added.map(({ account, entry }) => newAccountRow(account.id, entry, at)),
    added,
  };
}

export const wordsOfAdded = ({ row, entry }: AddedRow) =>
  userSearchKeys(row.id, { ...entry, phone: entry.phone ?? '' }, entry.dialled);

export const accountAfter = (before: Account, entry: AccountEntry): Account => ({
  ...before,
  name: entry.name,
  sso: entry.sso === undefined ? before.sso : entry.sso,
  country: entry.country === undefined ? before.country : entry.country,
});

/** Inserts what a small import adds. A large one is staged (stage-import.ts). */
export async function insertAdded(
  acting: Acting<'directory:write'>,
  { companies, companyRows, people, added }: ReadyImport,
): Promise<readonly Added[]> {
  const { write } = acting;
  await write.accounts.insert(companyRows);
  await write.search.insert(companies.added.map(({ account }) => accountSearchKeys(account.id, account)));
  const all = await insertPeople(acting, added, people);
  await write.search.insert(added.map(wordsOfAdded));
  return all;
}

/** Inserts people, those with new power as waiting, without their search words. */
export async function insertPeople(
  acting: Acting<'directory:write'>,
  some: readonly AddedRow[],
  { homeOf }: Pick<PlannedPeople, 'homeOf'>,
  staged: { readonly import_id?: string } = {},
): Promise<readonly Added[]> {
  const { gains, until } = await newPower(acting, some, { homeOf });
  const added = some.map((one) => ({ ...one, gains: gains(one.entry), held: until(one.entry) }));
  await acting.write.users.insert(added.map(({ row, held }) => ({ ...row, power_held_until: held, ...staged })));
  return added;
}

/** The columns that a row of a file changes of a company. */
export function companyPatch({ before, entry, fields }: PlannedCompanies['plan']['update'][number]) {
  const sso = fields.includes('sso') ? ssoPatch(entry.sso ?? null) : {};
  const name = fields.includes('name') ? accountNamePatch(entry.name) : {};
  return { ...name, ...sso, ...(fields.includes('country') ? { country: accountAfter(before, entry).country } : {}) };
}

export function personChange(
  { homeOf }: Pick<PlannedPeople, 'homeOf'>,
  { before, entry }: PlannedPeople['plan']['update'][number],
): PersonChange {
  const contacts = { email: entry.email ?? before.email, phone: entry.phone ?? before.phone };
  const after = { name: entry.name, ...contacts, external: entry.external ?? before.external };
  return { account: homeOf(entry), before, after };
}

/** Makes the changes of a small import. Those of a large one are staged (stage-import.ts). Ids of the notices. */
export async function changeRows(acting: Acting<'directory:write'>, { companies, people }: ReadyImport) {
  for (const change of companies.plan.update) {
    const { before, entry, fields } = change;
    const { country } = accountAfter(before, entry);
    await acting.write.accounts.update(before.id, { ...companyPatch(change), updated_at: acting.now });
    if (fields.includes('country')) await readNumbersAnew(acting, { id: before.id, country });
    await acting.write.search.replace([accountSearchKeys(before.id, { name: entry.name, number: before.number })]);
  }
  const changes = people.plan.update.map((change) => personChange(people, change));
  const changed = await changePeople(acting, changes, acting.by.operator.name);
  return changed.flatMap((one) => one.notices);
}

/** Who gains power over others, and until when it waits: null in a company that had no admin before this import. */
export async function newPower(
  acting: Acting<'directory:write'>,
  added: readonly AddedRow[],
  { homeOf }: Pick<PlannedPeople, 'homeOf'>,
) {
  const { policy } = acting.desk;
  const gains = (entry: UserEntry): boolean =>
    gainsPower(policy, homeOf(entry), null, { role: entry.role, scopes: entry.scopes ?? [] });
  const gaining = added.filter(({ entry }) => gains(entry));
  const homes = [...byId(gaining.map(({ entry }) => homeOf(entry))).values()];
  const ruled = new Set(await inChunks(homes, async (some) => [...(await accountsWithAdmin(acting, some))]));
  const waits = heldUntil(policy, acting.now);
  return { gains, until: (entry: UserEntry) => (ruled.has(homeOf(entry).id) && gains(entry) ? waits : null) };
}
