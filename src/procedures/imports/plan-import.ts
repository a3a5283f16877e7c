/** The first half of an import: reads what is stored about the rows of the files, and plans (rules/directory-import.ts). It writes nothing. */
import type { Desk, Reads } from '../../desk.js';
import type { Problem } from '../../errors.js';
import cells from '../../rules/damaged-cells.json' with { type: 'json' };
import { type Allowed, spareRows, UNLESS } from '../../rules/damaged-values.js';
import { sameEmail } from '../../rules/directory-fields.js';
import {
  exchanged,
  loginKeyOf,
  type PlannedUsers,
  planAccounts,
  planUsers,
  problem,
} from '../../rules/directory-import.js';
import { foldKey } from '../../rules/directory-keys.js';
import {
  ACCOUNT_CELLS,
  type AccountEntry,
  type Rows,
  readUserRows,
  USER_CELLS,
  type UserColumn,
  type UserEntry,
} from '../../rules/directory-rows.js';
import { inChunks } from '../../rules/lists.js';
import type { Account, User } from '../../rules/people.js';
import { accountOf } from '../directory/directory-rows-of-store.js';
import { idsOfOthers } from '../directory/external-ids.js';
import { hear } from '../pause.js';

/** `added`: `plan.add`, each entry with its future account. */
export type PlannedCompanies = Awaited<ReturnType<typeof planCompanies>>;

/**
 * `ofRows`: what is wrong with rows by themselves. `builtOn`: the accounts that rows name, by id, as they are on file. `homeOf`: only for
 * entries of the plan, whose accounts were found.
 */
export type PlannedPeople = Awaited<ReturnType<typeof planPeople>>;

export const accountAfter = (before: Account, entry: AccountEntry): Account => ({
  ...before,
  name: entry.name,
  sso: entry.sso === undefined ? before.sso : entry.sso,
  country: entry.country === undefined ? before.country : entry.country,
});

export async function planCompanies(desk: Desk, store: Stored, given: readonly AccountEntry[], allowed: Allowed) {
  const byNumbers = (keys: readonly string[]) => inChunks(keys, (some) => store.accounts.byNumbers(some));
  const found = await byNumbers(given.map((entry) => entry.numberKey));
  const existing = new Map(found.map((account) => [foldKey(account.number), account]));
  const spare = spareRows(given, (entry) => existing.get(entry.numberKey), ACCOUNT_CELLS, allowed);
  const planned = planAccounts(spare.entries, existing);
  const { add } = planned.plan;
  const alike = await byNumbers(add.flatMap(({ numberKey }) => meantBy(numberKey, allowed)));
  const owners = new Map(alike.map(({ number }) => [bare(foldKey(number)), number]));
  const mistaken = add.flatMap((entry) => mistakenFor('number', entry, entry.numberKey, (key) => owners.get(key)));
  return {
    ...planned,
    warnings: [...spare.warnings, ...exchanged(planned.plan.update)],
    problems: [...planned.problems, ...spare.problems, ...mistaken],
    added: add.map((entry) => ({ entry, account: accountOf(desk.newId('acc'), entry) })),
  };
}

export type Stored = Pick<Reads, 'accounts' | 'users'>;

/** What a spreadsheet leaves of a number, and what it may have been: a second company or login of the same people (B90). */
const bare = (key: string): string => key.replace(/^0+/, '');
const ZEROS = ['', '0', '00', '000', '0000', '00000', '000000'];
const LOOKS: Readonly<Record<string, string>> = cells.looks;

/** A key as it may have been: with the letters and dashes that it looks like, and without separators of thousands (`100.234`). */
const plain = (key: string): string =>
  key.replace(/[^ -~]|\.(?=\d{3}(?:\.\d{3})*$)(?<=^\d[\d.]*)/g, (letter) => LOOKS[letter] ?? letter);

function meantBy(key: string, { acceptDamaged }: Allowed): readonly string[] {
  const meant = plain(key);
  if (acceptDamaged === true) return [];
  return /^[1-9]\d*$/.test(meant) ? ZEROS.map((zeros) => `${zeros}${meant}`) : meant === key ? [] : [meant];
}

/** Of a new row: the key on file that it looks like. */
function mistakenFor(column: string, entry: object, key: string, ownerOf: (key: string) => string | undefined) {
  const owner = ownerOf(plain(key));
  const why = plain(key) === key ? `is ${owner} without its leading zeros` : `looks like ${owner}`;
  return owner === undefined ? [] : [problem(entry, column, `${why}, so no new row is made ${UNLESS}`)];
}

/** How the accounts that rows name will be after this import, by number key and by id; and as they are on file. */
interface Homes {
  readonly after: Map<string, Account>;
  readonly before: Map<string, Account>;
}

const bothKeys = (account: Account) => [account.id, foldKey(account.number)].map((key) => [key, account] as const);

async function findHomes(
  store: Stored,
  companies: PlannedCompanies,
  { after, before }: Homes,
  entries: readonly UserEntry[],
): Promise<void> {
  const names = [...new Set(entries.map((entry) => entry.account))];
  const unknown = names.filter((name) => !after.has(name) && !after.has(foldKey(name)));
  if (unknown.length === 0) return;
  const there = [
    ...(await store.accounts.byNumbers([...new Set(unknown.map(foldKey))])),
    ...(await store.accounts.byIds(unknown.filter((name) => name.startsWith('acc_')))),
  ];
  const changed = new Map(companies.plan.update.map(({ before: one, entry }) => [one.id, accountAfter(one, entry)]));
  for (const account of there) {
    before.set(account.id, account);
    for (const [key, home] of bothKeys(changed.get(account.id) ?? account)) after.set(key, home);
  }
}

/** Rows are judged some at a time, and those that change nothing are forgotten: a file may have a million. */
export async function planPeople(
  desk: Desk,
  store: Stored,
  companies: PlannedCompanies,
  given: Rows<UserColumn> | undefined,
  allowed: Allowed & { readonly signal?: AbortSignal | undefined },
) {
  const fresh = companies.added.flatMap(({ account }) => bothKeys(account));
  const homes: Homes = { after: new Map(fresh), before: new Map() };
  const homeOf = (entry: UserEntry) => homes.after.get(entry.account) ?? homes.after.get(foldKey(entry.account));
  const seen = new Map<string, number>();
  const parts = await inChunks(given?.rows ?? [], async (rows) => {
    const { entries, problems: ofRows } = readUserRows(desk.policy, { rows, problems: [] });
    await hear(allowed.signal);
    await findHomes(store, companies, homes, entries);
    return [{ ...(await planSome(desk, store, { homes, homeOf, seen }, entries, allowed)), ofRows }];
  });
  return {
    plan: {
      add: parts.flatMap(({ plan }) => plan.add),
      update: parts.flatMap(({ plan }) => plan.update),
      unchanged: parts.reduce((sum, { plan }) => sum + plan.unchanged, 0),
    },
    kept: parts.flatMap(({ kept }) => kept),
    warnings: [...parts.flatMap(({ warnings }) => warnings), ...exchanged(parts.flatMap(({ plan }) => plan.update))],
    ofRows: [...(given?.problems ?? []), ...parts.flatMap(({ ofRows }) => ofRows)],
    problems: parts.flatMap(({ problems }) => problems),
    builtOn: homes.before as ReadonlyMap<string, Account>,
    homeOf: (entry: UserEntry) => homeOf(entry) as Account,
  };
}

async function planSome(
  desk: Desk,
  store: Stored,
  known: { homes: Homes; homeOf: (entry: UserEntry) => Account | undefined; seen: Map<string, number> },
  given: readonly UserEntry[],
  allowed: Allowed,
): Promise<PlannedUsers> {
  const { homes, homeOf, seen } = known;
  const read = await desk.phones();
  const pairsOf = (entry: UserEntry, keys: readonly string[]) => {
    const home = homeOf(entry);
    // Nobody is in a company that this import adds.
    if (home === undefined || !homes.before.has(home.id)) return [];
    return keys.map((loginKey) => ({ accountId: home.id, loginKey }));
  };
  const found = await store.users.byLoginPairs(given.flatMap((entry) => pairsOf(entry, [entry.loginKey])));
  const keyOf = ({ accountId }: User, login: string) =>
    loginKeyOf(homes.after.get(accountId) ?? { number: accountId }, foldKey(login));
  const keyOfRow = (entry: UserEntry) => loginKeyOf(homeOf(entry) ?? { number: '' }, entry.loginKey);
  const existing = new Map(found.map((user) => [keyOf(user, user.login), user]));
  const dialled = (entry: UserEntry) => read(entry.phone ?? '', homeOf(entry)?.country ?? null);
  // Another way to write the number on file is no other number, and loses nothing.
  const rows = given.map((entry) => {
    const { phone, phoneE164 } = existing.get(keyOfRow(entry)) ?? { ...entry, phoneE164: null };
    return phoneE164 !== null && dialled(entry)?.e164 === phoneE164 ? { ...entry, phone } : entry;
  });
  const spare = spareRows(rows, (entry) => existing.get(keyOfRow(entry)), USER_CELLS, allowed);
  const entries = spare.entries.map((entry) => ({ ...entry, dialled: dialled(entry) }));
  const planned = planUsers(desk.policy, entries, homeOf, existing, seen);
  const alike = planned.plan.add.flatMap((entry) => pairsOf(entry, meantBy(entry.loginKey, allowed)));
  const holders = await inChunks(alike, (some) => store.users.byLoginPairs(some));
  const owners = new Map(holders.map((user) => [keyOf(user, bare(foldKey(user.login))), user.login]));
  const mistaken = planned.plan.add.flatMap((entry) =>
    mistakenFor('login', entry, entry.loginKey, (loginKey) => owners.get(keyOfRow({ ...entry, loginKey }))),
  );
  // What a killed import has left bars nothing; while one is under way, this one is told to wait (makeRoom).
  const taken = await idsOfOthers(store, newIds(planned.plan), null);
  const torn = [...(await namingTwo(store, planned.plan.update)), ...taken];
  return {
    ...planned,
    warnings: [...planned.warnings, ...spare.warnings],
    problems: [...planned.problems, ...spare.problems, ...mistaken, ...torn],
  };
}

/** Rows whose login is one person's and whose new e-mail is a colleague's: a column that was sorted alone looks like this (M9). */
async function namingTwo(store: Stored, updates: PlannedUsers['plan']['update']): Promise<readonly Problem[]> {
  const moved = updates.flatMap(({ before, entry, entry: { email = '' }, fields }) =>
    fields.includes('email') && email !== '' && !sameEmail(before.email, email)
      ? [{ entry, email, before, accountId: before.accountId, emailKey: foldKey(email), loginKey: foldKey(email) }]
      : [],
  );
  const owners = [...(await store.users.byEmailPairs(moved)), ...(await store.users.byLoginPairs(moved))].flatMap(
    (user) => [user.email, user.login].map((name) => [`${user.accountId} ${foldKey(name)}`, user] as const),
  );
  const ownerOf = new Map(owners);
  return moved.flatMap(({ entry, email, before, accountId, emailKey }) => {
    const owner = ownerOf.get(`${accountId} ${emailKey}`);
    if (owner === undefined || owner.id === before.id) return [];
    const message = `ambiguous: ${email} is on file for ${owner.login}, and the login is ${before.login}; if they share it, edit the user`;
    return [problem(entry, 'email', message)];
  });
}

/** The new ids at other systems, and whose each will be. */
export const newIds = ({ add = [], update = [] }: Partial<PlannedUsers['plan']>) => [
  ...add,
  ...update.flatMap(({ before, entry, fields }) => (fields.includes('external') ? [{ ...entry, own: before.id }] : [])),
];
