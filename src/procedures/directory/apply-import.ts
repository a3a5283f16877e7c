/** The second half of an import: writes a plan without faults as rows and log entries. It decides nothing. */
import type { Desk } from '../../desk.js';
import type { Problem } from '../../errors.js';
import type { AuditEntry, Deed } from '../../rules/audit-entry.js';
import type { Planned, PlannedUsers } from '../../rules/directory-import.js';
import { wordsText } from '../../rules/directory-keys.js';
import type { AccountEntry, UserEntry } from '../../rules/directory-rows.js';
import type { Account, User } from '../../rules/people.js';
import { gainsPower, heldUntil } from '../../rules/power-hold.js';
import type { Acting } from '../authorise.js';
import { changePerson, readNumbersAnew } from './change-person.js';
import {
  accountNamePatch,
  accountSearchKeys,
  newAccountRow,
  newUserRow,
  ssoPatch,
  userSearchKeys,
} from './directory-rows-of-store.js';
import { accountsWithAdmin } from './hold-power.js';

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
  readonly added: readonly { readonly row: NewUser; readonly account: Account; readonly entry: UserEntry }[];
  /** Of each `WORDS_OF` people to add, as text. */
  readonly words: readonly string[];
}

/** The words of so many people are written in one order. */
const WORDS_OF = 20_000;
/** More people than these have their words made one after the other, for they would fill the memory together. */
const MOST_READY = 10;

export function readyImport(desk: Desk, planned: PlannedImport, at: number): ReadyImport {
  const { companies, people } = planned;
  const added = people.plan.add.map((entry) => {
    const account = people.homeOf(entry);
    return { row: newUserRow(desk.newId('usr'), account.id, entry, at, null), account, entry };
  });
  const words = chunksOf(added.slice(0, MOST_READY * WORDS_OF), WORDS_OF).map(wordsOf);
  return {
    ...planned,
    companyRows: companies.added.map(({ account, entry }) => newAccountRow(account.id, entry, at)),
    added,
    words,
  };
}

const wordsOf = (some: ReadyImport['added']): string =>
  wordsText(
    some.map(({ row, entry }) => userSearchKeys(row.id, { ...entry, phone: entry.phone ?? '' }, entry.dialled)),
  );

type NewAccount = ReturnType<typeof newAccountRow>;
type NewUser = ReturnType<typeof newUserRow>;
type Base = Pick<Deed, 'at' | 'by'>;

/** Rows of one statement: with the columns of a user they stay below both engines' limits of bound values. */
const AT_ONCE = 500;
/** An import up to this size writes one log entry for each company and login; a larger one lists many ids in one entry. */
const SINGLE_ENTRIES = 1_000;

export const accountOf = (id: string, entry: AccountEntry): Account => ({
  id,
  number: entry.number,
  name: entry.name,
  edition: entry.edition,
  sso: entry.sso ?? null,
  country: entry.country ?? null,
  language: null,
  connector: null,
  mfaRequiredAt: null,
  phoneResetForbidden: false,
  disabledAt: null,
});

export const accountAfter = (before: Account, entry: AccountEntry): Account => ({
  ...before,
  name: entry.name,
  sso: entry.sso === undefined ? before.sso : entry.sso,
  country: entry.country === undefined ? before.country : entry.country,
});

export async function applyAccounts(
  acting: Acting<'directory:write'>,
  { companies: { plan, added }, companyRows }: ReadyImport,
  base: Base,
): Promise<readonly AuditEntry[]> {
  const { write } = acting;
  for (const some of chunksOf(companyRows)) await write.accounts.insert(some);
  for (const some of chunksOf(added, WORDS_OF))
    await write.search.insert(some.map(({ account }) => accountSearchKeys(account.id, account)));
  for (const { before, entry, fields } of plan.update) {
    const sso = fields.includes('sso') ? ssoPatch(entry.sso ?? null) : {};
    const { country } = accountAfter(before, entry);
    await write.accounts.update(before.id, { ...accountNamePatch(entry.name), ...sso, country, updated_at: base.at });
    if (fields.includes('country')) await readNumbersAnew(acting, { id: before.id, country });
    await write.search.replace(accountSearchKeys(before.id, { name: entry.name, number: before.number }));
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
  { people, added: fresh, words }: ReadyImport,
  base: Base,
): Promise<{ readonly entries: readonly AuditEntry[]; readonly notices: readonly string[] }> {
  const { write } = acting;
  const { plan, homeOf } = people;
  const waits = await newPower(acting, people);
  const added = fresh.map(({ row, account, entry }) => ({ row, account, entry, held: waits(entry) }));
  for (const some of chunksOf(added))
    await write.users.insert(some.map(({ row, held }) => (held === null ? row : { ...row, power_held_until: held })));
  for (const [nth, some] of chunksOf(fresh, WORDS_OF).entries())
    await write.search.insertText('user', words[nth] ?? wordsOf(some));
  const notices: string[] = [];
  for (const { before, entry } of plan.update) {
    const contacts = { email: entry.email ?? before.email, phone: entry.phone ?? before.phone };
    const after = { name: entry.name, ...contacts, external: entry.external ?? before.external };
    notices.push(...(await changePerson(acting, { account: homeOf(entry), before, after })).notices);
  }
  const single = added.length + plan.update.length <= SINGLE_ENTRIES;
  const edited = plan.update.map(({ before, fields }) => ({ ...aboutUser(before), detail: { fields } }));
  const about = (some: typeof added) =>
    some.map(({ row, account, entry, held }) => ({
      account: account.id,
      user: row.id,
      detail: { role: entry.role, scopes: [...(entry.scopes ?? [])], heldUntil: held },
    }));
  // New power is announced by its entry, so it has one of its own, however large the import is (B84).
  const powerful = added.filter(({ held }) => held !== null);
  const rest = added.filter(({ held }) => held === null);
  return {
    notices,
    entries: [
      ...logOf('user.added', about(powerful), true, base),
      ...logOf('user.added', about(rest), single, base),
      ...logOf('user.edited', edited, single, base),
    ],
  };
}

/** Until when a new login waits: null in a company that had no admin before this import. */
async function newPower(
  acting: Acting<'directory:write'>,
  { plan, homeOf }: Pick<PlannedPeople, 'plan' | 'homeOf'>,
): Promise<(entry: UserEntry) => number | null> {
  const { policy } = acting.desk;
  const gains = (entry: UserEntry) =>
    gainsPower(policy, homeOf(entry), null, { role: entry.role, scopes: entry.scopes ?? [] });
  const homes = [...new Map(plan.add.filter(gains).map((entry) => [homeOf(entry).id, homeOf(entry)])).values()];
  const ruled = new Set(await inChunks(homes, async (some) => [...(await accountsWithAdmin(acting, some))]));
  const until = heldUntil(policy, acting.now);
  return (entry) => (ruled.has(homeOf(entry).id) && gains(entry) ? until : null);
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

const chunksOf = <T>(items: readonly T[], most = AT_ONCE): readonly (readonly T[])[] =>
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
