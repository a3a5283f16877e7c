/** The second half of an import: writes a plan without faults as rows and log entries. It decides nothing. */
import type { Desk } from '../../desk.js';
import type { Problem } from '../../errors.js';
import type { AuditEntry, Deed } from '../../rules/audit-entry.js';
import type { Planned, PlannedUsers } from '../../rules/directory-import.js';
import type { AccountEntry, UserEntry } from '../../rules/directory-rows.js';
import type { Account, User } from '../../rules/people.js';
import { gainsPower, heldUntil } from '../../rules/power-hold.js';
import type { Acting } from '../authorise.js';
import { changePeople, readNumbersAnew } from '../directory/change-person.js';
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
  readonly companyRows: readonly NewAccount[];
  readonly added: readonly AddedRow[];
}

export interface AddedRow {
  readonly row: NewUser;
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

type NewAccount = ReturnType<typeof newAccountRow>;
type NewUser = ReturnType<typeof newUserRow>;
type Base = Pick<Deed, 'at' | 'by'>;

/** Rows of one statement: with the columns of a user they stay below both engines' limits of bound values. */
const AT_ONCE = 500;
/** An import up to this size writes one log entry for each company and login; a larger one lists many ids in one entry. */
const SINGLE_ENTRIES = 1_000;

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

export async function applyAccounts(
  { write, ...acting }: Acting<'directory:write'>,
  { companies: { plan, added } }: ReadyImport,
  base: Base,
): Promise<readonly AuditEntry[]> {
  for (const { before, entry, fields } of plan.update) {
    const sso = fields.includes('sso') ? ssoPatch(entry.sso ?? null) : {};
    const { country } = accountAfter(before, entry);
    await write.accounts.update(before.id, { ...accountNamePatch(entry.name), ...sso, country, updated_at: base.at });
    if (fields.includes('country')) await readNumbersAnew({ write, ...acting }, { id: before.id, country });
    await write.search.replace([accountSearchKeys(before.id, { name: entry.name, number: before.number })]);
  }
  const single = added.length + plan.update.length <= SINGLE_ENTRIES;
  const about = (account: Account) => ({ account: account.id, detail: { number: account.number } });
  return [
    ...logOf(
      'account.added',
      added.map(({ account }) => about(account)),
      single,
      base,
    ),
    ...[true, false].flatMap((power) =>
      logOf(
        'account.edited',
        plan.update
          .filter(({ fields }) => fields.includes('sso') === power)
          .map(({ before, fields }) => ({ ...about(before), detail: { number: before.number, fields } })),
        single || power,
        base,
      ),
    ),
  ];
}

export async function applyUsers(
  acting: Acting<'directory:write'>,
  { people: { plan, homeOf } }: ReadyImport,
  added: readonly Added[] | Settled,
  base: Base,
): Promise<{ readonly entries: readonly AuditEntry[]; readonly notices: readonly string[] }> {
  const notices: string[] = [];
  for (const some of chunksOf(plan.update)) {
    const changes = some.map(({ before, entry }) => {
      const contacts = { email: entry.email ?? before.email, phone: entry.phone ?? before.phone };
      const after = { name: entry.name, ...contacts, external: entry.external ?? before.external };
      return { account: homeOf(entry), before, after };
    });
    const changed = await changePeople(acting, changes, acting.by.operator.name);
    notices.push(...changed.flatMap((one) => one.notices));
  }
  const count = 'import' in added ? added.count : added.length;
  const single = count + plan.update.length <= SINGLE_ENTRIES;
  const edited = plan.update.map(({ before, fields }) => ({ ...aboutUser(before), detail: { fields } }));
  return { notices, entries: [...addedEntries(added, single, base), ...logOf('user.edited', edited, single, base)] };
}

/**
 * Power that waits is announced by its entry, so it has one of its own, however large the import is (B84); so has that of the first admins of a
 * company in a small one. In a large one theirs are listed with their roles.
 */
function addedEntries(added: readonly Added[] | Settled, single: boolean, base: Base): readonly AuditEntry[] {
  const about = (some: readonly Added[]) =>
    some.map(({ row, account, entry, held }) => ({
      account: account.id,
      user: row.id,
      detail: { role: entry.role, scopes: [...(entry.scopes ?? [])], heldUntil: held },
    }));
  const everybody = 'import' in added ? added.powerful : added;
  const waiting = logOf('user.added', about(everybody.filter(({ held }) => held !== null)), true, base);
  const others = everybody.filter(({ held }) => held === null);
  if (single && !('import' in added)) return [...waiting, ...logOf('user.added', about(others), true, base)];
  const admins = others
    .filter(({ gains }) => gains)
    .map(({ row, entry }) => [row.id, entry.role, ...(entry.scopes ?? [])].join(' '));
  const listed = chunksOf(admins).map((some): AuditEntry => {
    return { ...base, kind: 'user.added', outcome: 'done', detail: { count: some.length, admins: some } };
  });
  if (!('import' in added)) return [...waiting, ...listed, ...logOf('user.added', about(others), false, base)];
  const detail = { count: added.count - waiting.length, import: added.import };
  return [...waiting, ...listed, { ...base, kind: 'user.added', outcome: 'done', detail }];
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
  const homes = [...new Map(gaining.map(({ entry }) => [homeOf(entry).id, homeOf(entry)])).values()];
  const ruled = new Set(await inChunks(homes, async (some) => [...(await accountsWithAdmin(acting, some))]));
  const waits = heldUntil(policy, acting.now);
  return { gains, until: (entry: UserEntry) => (ruled.has(homeOf(entry).id) && gains(entry) ? waits : null) };
}

const aboutUser = (user: User) => ({ account: user.accountId, user: user.id });

type About = Pick<AuditEntry, 'account' | 'user' | 'detail'>;

/** One entry for each, or one for every few hundred with their ids. */
function logOf(kind: AuditEntry['kind'], abouts: readonly About[], single: boolean, base: Base): readonly AuditEntry[] {
  if (single) return abouts.map((about) => ({ ...base, kind, outcome: 'done', ...about }));
  return chunksOf(abouts).map((some) => ({
    ...base,
    kind,
    outcome: 'done',
    detail: { count: some.length, ids: some.map((about) => about.user ?? about.account ?? '') },
  }));
}

export const chunksOf = <T>(items: readonly T[], most = AT_ONCE): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / most) }, (_, at) => items.slice(at * most, (at + 1) * most));

/** Does it for some at a time, and gives what came of all. */
export async function inChunks<In, Out>(
  items: readonly In[],
  work: (some: readonly In[]) => Promise<readonly Out[]>,
): Promise<readonly Out[]> {
  const found: Out[] = [];
  for (const some of chunksOf(items)) found.push(...(await work(some)));
  return found;
}
