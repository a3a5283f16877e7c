/** The second half of an import: writes a plan without faults as rows and log entries. It decides nothing. */
import type { Desk } from '../../desk.js';
import type { ActEntry } from '../../rules/audit-entry.js';
import { byId, chunksOf, inChunks } from '../../rules/lists.js';
import type { Account, User } from '../../rules/people.js';
import { gainsPower, heldUntil } from '../../rules/power-hold.js';
import type { Acting } from '../authorise.js';
import { changePeople, type PersonChange, readNumbersAnew } from '../directory/change-person.js';
import {
  accountNamePatch,
  accountSearchKeys,
  newAccountRow,
  newUserRow,
  userSearchKeys,
} from '../directory/directory-rows-of-store.js';
import { accountsWithAdmin } from '../directory/hold-power.js';
import { accountAfter, type PlannedCompanies, type PlannedPeople } from './plan-import.js';

/** A plan with the rows and search words to insert: they cost far more to make than to write, so they are made before the store is locked. */
export type ReadyImport = ReturnType<typeof readyImport>;
export type AddedRow = ReadyImport['added'][number];

/** A person who was added, whether the login has power over others, and until when that waits. */
export interface Added extends AddedRow {
  readonly gains: boolean;
  readonly held: number | null;
}

/** `people`: all who were added; of a staged import only those who gain power: the ids of all are in its `directory.staged` entries. */
export interface AddedPeople {
  readonly people: readonly Added[];
  readonly count: number;
  readonly import?: string;
}

export function readyImport(
  desk: Desk,
  { companies, people }: { readonly companies: PlannedCompanies; readonly people: PlannedPeople },
) {
  const at = desk.now();
  const added = people.plan.add.map((entry) => {
    const account = people.homeOf(entry);
    return { row: newUserRow(desk.newId('usr'), account.id, entry, at, null), account, entry };
  });
  const companyRows = companies.added.map(({ account, entry }) => newAccountRow(account.id, entry, at));
  return { companies, people, companyRows, added };
}

export const wordsOfAdded = ({ row, entry }: AddedRow) =>
  userSearchKeys(row.id, { ...entry, phone: entry.phone ?? '' }, entry.dialled);

/** Inserts what a small import adds. A large one is staged (stage-import.ts). */
export async function insertAdded(
  acting: Acting<'directory:write'>,
  { companies, companyRows, added }: ReadyImport,
): Promise<AddedPeople> {
  const { write } = acting;
  await write.accounts.insert(companyRows);
  await write.search.insert(companies.added.map(({ account }) => accountSearchKeys(account.id, account)));
  const people = await insertPeople(acting, added);
  await write.search.insert(added.map(wordsOfAdded));
  return { people, count: people.length };
}

/** Inserts people, those with new power as waiting, without their search words. */
export async function insertPeople(
  acting: Acting<'directory:write'>,
  some: readonly AddedRow[],
  staged: { readonly import_id?: string } = {},
): Promise<readonly Added[]> {
  const { gains, until } = await newPower(acting, some);
  const added = some.map((one) => ({ ...one, gains: gains(one), held: until(one) }));
  await acting.write.users.insert(added.map(({ row, held }) => ({ ...row, power_held_until: held, ...staged })));
  return added;
}

/** The columns of a company that a file may change. Under another name of the provider its keys stay, because a file has none. */
export function companyPatch({ before, entry }: PlannedCompanies['plan']['update'][number]) {
  const { name, sso, country } = accountAfter(before, entry);
  return { ...accountNamePatch(name), sso, country };
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
    const patch = companyPatch(change);
    await acting.write.accounts.update(before.id, { ...patch, updated_at: acting.now });
    if (fields.includes('country')) await readNumbersAnew(acting, { id: before.id, ...patch });
    await acting.write.search.replace([accountSearchKeys(before.id, { name: entry.name, number: before.number })]);
  }
  const changes = people.plan.update.map((change) => personChange(people, change));
  const changed = await changePeople(acting, changes, acting.by.operator.name);
  return changed.flatMap((one) => one.notices);
}

/** Who gains power over others, and until when it waits: null in a company that had no admin before this import. */
export async function newPower(acting: Acting<'directory:write'>, added: readonly AddedRow[]) {
  const { policy } = acting.desk;
  const gains = ({ account, entry: { role, scopes = [] } }: AddedRow): boolean =>
    gainsPower(policy, account, null, { role, scopes });
  const homes = [...byId(added.filter(gains).map(({ account }) => account)).values()];
  const ruled = new Set(await inChunks(homes, async (some) => [...(await accountsWithAdmin(acting, some))]));
  const waits = heldUntil(policy, acting.now);
  return { gains, until: (one: AddedRow) => (ruled.has(one.account.id) && gains(one) ? waits : null) };
}

/** An import up to this size writes one log entry for each company and login; a larger one lists many ids in one entry. */
const SINGLE_ENTRIES = 1_000;

export function entriesOfImport({ companies, people }: ReadyImport, added: AddedPeople): readonly ActEntry[] {
  const staged = added.import === undefined ? undefined : { import: added.import };
  const single = companies.added.length + companies.plan.update.length <= SINGLE_ENTRIES;
  const about = (account: Account) => ({ account: account.id, detail: { number: account.number } });
  const fresh = companies.added.map(({ account }) => about(account));
  const edited = (power: boolean) =>
    companies.plan.update
      .filter(({ fields }) => fields.includes('sso') === power)
      .map(({ before, fields }) => ({ ...about(before), detail: { number: before.number, fields } }));
  const moved = people.plan.update.map(({ before, fields }) => ({ ...aboutUser(before), detail: { fields } }));
  const few = added.count + people.plan.update.length <= SINGLE_ENTRIES;
  return [
    ...logOf('account.added', fresh, single),
    ...logOf('account.edited', edited(true), true),
    ...logOf('account.edited', edited(false), single, staged),
    ...addedEntries(added, few),
    ...logOf('user.edited', moved, few, staged),
  ];
}

/**
 * Power that waits is announced by its entry, so it has one of its own, however large the import is (B84); so has that of the first admins of a
 * company in a small one. In a large one theirs are listed with their roles.
 */
function addedEntries({ people, count, import: staged }: AddedPeople, single: boolean): readonly ActEntry[] {
  const about = (some: readonly Added[]) =>
    some.map(({ row, account, entry, held }) => ({
      account: account.id,
      user: row.id,
      detail: { role: entry.role, scopes: [...(entry.scopes ?? [])], heldUntil: held },
    }));
  const waiting = logOf('user.added', about(people.filter(({ held }) => held !== null)), true);
  const others = people.filter(({ held }) => held === null);
  if (single && staged === undefined) return [...waiting, ...logOf('user.added', about(others), true)];
  const admins = others
    .filter(({ gains }) => gains)
    .map(({ row, entry }) => [row.id, entry.role, ...(entry.scopes ?? [])].join(' '));
  const listed = chunksOf(admins).map((some): ActEntry => {
    return { kind: 'user.added', detail: { count: some.length, admins: some } };
  });
  if (staged === undefined) return [...waiting, ...listed, ...logOf('user.added', about(others), false)];
  return [...waiting, ...listed, { kind: 'user.added', detail: { count: count - waiting.length, import: staged } }];
}

const aboutUser = (user: User) => ({ account: user.accountId, user: user.id });

/** One entry for each, or one for every few hundred with their ids; of a staged import its `directory.staged` entries have them. */
function logOf(
  kind: ActEntry['kind'],
  abouts: readonly Pick<ActEntry, 'account' | 'user' | 'detail'>[],
  single: boolean,
  staged?: { readonly import: string },
): readonly ActEntry[] {
  const { length: count } = abouts;
  if (single) return abouts.map((about) => ({ kind, ...about }));
  if (staged !== undefined) return count === 0 ? [] : [{ kind, detail: { count, ...staged } }];
  return chunksOf(abouts).map((some) => {
    const ids = some.map((about) => about.user ?? about.account ?? '');
    return { kind, detail: { count: some.length, ids } };
  });
}
