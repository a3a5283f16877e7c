/** The first half of an import: reads what is stored about the rows of the files, and plans (rules/directory-import.ts). It writes nothing. */
import type { Desk, Reads } from '../../desk.js';
import type { Problem } from '../../errors.js';
import { type Allowed, spareRows, UNLESS } from '../../rules/damaged-values.js';
import { sameEmail } from '../../rules/directory-fields.js';
import { loginKeyOf, planAccounts, planUsers, problem } from '../../rules/directory-import.js';
import { foldKey } from '../../rules/directory-keys.js';
import { ACCOUNT_CELLS, type AccountEntry, USER_CELLS, type UserEntry } from '../../rules/directory-rows.js';
import type { Account, User } from '../../rules/people.js';
import { accountAfter, accountOf, inChunks, type PlannedCompanies, type PlannedPeople } from './apply-import.js';

export async function planCompanies(
  desk: Desk,
  store: Stored,
  given: readonly AccountEntry[],
  allowed: Allowed,
): Promise<PlannedCompanies> {
  const found = await inChunks(
    given.map((entry) => entry.numberKey),
    (keys) => store.accounts.byNumbers(keys),
  );
  const existing = new Map(found.map((account) => [foldKey(account.number), account]));
  const spare = spareRows(given, (entry) => existing.get(entry.numberKey), ACCOUNT_CELLS, allowed);
  const planned = planAccounts(spare.entries, existing);
  const { add } = planned.plan;
  const zeroled = await inChunks(
    add.flatMap(({ number }) => withZeros(number, allowed)),
    (keys) => store.accounts.byNumbers(keys),
  );
  const owners = new Map(zeroled.map(({ number }) => [bare(number), number]));
  const zeros = zerosLost(
    'number',
    add.map((entry) => [entry, owners.get(entry.number)]),
  );
  return {
    ...planned,
    warnings: spare.warnings,
    problems: [...planned.problems, ...spare.problems, ...zeros],
    added: add.map((entry) => ({ entry, account: accountOf(desk.newId('acc'), entry) })),
  };
}

export type Stored = Pick<Reads, 'accounts' | 'users'>;

/** What a spreadsheet leaves of a number, and what it may have been: a second company or login of the same people (B90). */
const bare = (key: string): string => key.replace(/^0+/, '');
const ZEROS = ['0', '00', '000', '0000', '00000', '000000'];
const withZeros = (key: string, { acceptDamaged }: Allowed): readonly string[] =>
  acceptDamaged !== true && /^[1-9]\d*$/.test(key) ? ZEROS.map((zeros) => `${zeros}${key}`) : [];

/** Of each new row: the key on file that it is without its zeros. */
const zerosLost = (column: string, found: readonly (readonly [{ readonly line?: number }, string | undefined])[]) =>
  found.flatMap(([entry, owner]) => {
    const message = `is ${owner} without its leading zeros, so no new row is made ${UNLESS}`;
    return owner === undefined ? [] : [problem(entry, column, message)];
  });

/** The accounts that user rows name, as they will be after this import; by number key and by id. */
async function findHomes(
  store: Stored,
  companies: PlannedCompanies,
  entries: readonly UserEntry[],
): Promise<ReadonlyMap<string, Account>> {
  const names = [...new Set(entries.map((entry) => entry.account))];
  const there = [
    ...(await inChunks([...new Set(names.map(foldKey))], (keys) => store.accounts.byNumbers(keys))),
    ...(await inChunks(
      names.filter((name) => name.startsWith('acc_')),
      (ids) => store.accounts.byIds(ids),
    )),
  ];
  const changed = new Map(companies.plan.update.map(({ before, entry }) => [before.id, accountAfter(before, entry)]));
  const all = [
    ...there.map((account) => changed.get(account.id) ?? account),
    ...companies.added.map(({ account }) => account),
  ];
  return new Map(all.flatMap((account) => [account.id, foldKey(account.number)].map((key) => [key, account] as const)));
}

export async function planPeople(
  desk: Desk,
  store: Stored,
  companies: PlannedCompanies,
  given: readonly UserEntry[],
  allowed: Allowed,
): Promise<PlannedPeople> {
  const read = await desk.phones();
  const homes = await findHomes(store, companies, given);
  const homeOf = (entry: UserEntry) => homes.get(entry.account) ?? homes.get(foldKey(entry.account));
  const fresh = new Set(companies.added.map(({ account }) => account.id));
  const pairsOf = (entry: UserEntry, keys: readonly string[]) => {
    const home = homeOf(entry);
    if (home === undefined || fresh.has(home.id)) return [];
    return keys.map((loginKey) => ({ accountId: home.id, loginKey }));
  };
  const found = await inChunks(
    given.flatMap((entry) => pairsOf(entry, [entry.loginKey])),
    (some) => store.users.byLoginPairs(some),
  );
  const keyOf = ({ accountId }: User, login: string) =>
    loginKeyOf(homes.get(accountId) ?? { number: accountId }, foldKey(login));
  const keyOfRow = (entry: UserEntry) => loginKeyOf(homeOf(entry) ?? { number: '' }, entry.loginKey);
  const existing = new Map(found.map((user) => [keyOf(user, user.login), user]));
  const spare = spareRows(given, (entry) => existing.get(keyOfRow(entry)), USER_CELLS, allowed);
  const entries = spare.entries.map((entry) => ({
    ...entry,
    dialled: read(entry.phone ?? '', homeOf(entry)?.country ?? null),
  }));
  const planned = planUsers(desk.policy, entries, homeOf, existing);
  const zeroled = await inChunks(
    planned.plan.add.flatMap((entry) => pairsOf(entry, withZeros(entry.login, allowed))),
    (some) => store.users.byLoginPairs(some),
  );
  const owners = new Map(zeroled.map((user) => [keyOf(user, bare(user.login)), user.login]));
  const zeros = zerosLost(
    'login',
    planned.plan.add.map((entry) => [entry, owners.get(keyOfRow(entry))]),
  );
  const torn = await namingTwo(store, planned.plan.update);
  return {
    ...planned,
    warnings: [...planned.warnings, ...spare.warnings],
    problems: [...planned.problems, ...spare.problems, ...zeros, ...torn],
    homeOf: (entry) => homeOf(entry) as Account,
  };
}

/** Rows whose login is one person's and whose new e-mail is a colleague's: a column that was sorted alone looks like this (M9). */
async function namingTwo(store: Stored, updates: PlannedPeople['plan']['update']): Promise<readonly Problem[]> {
  const moved = updates.flatMap(({ before, entry, entry: { email = '' }, fields }) =>
    fields.includes('email') && email !== '' && !sameEmail(before.email, email)
      ? [{ entry, email, before, accountId: before.accountId, emailKey: foldKey(email), loginKey: foldKey(email) }]
      : [],
  );
  const owners = [
    ...(await inChunks(moved, (some) => store.users.byEmailPairs(some))),
    ...(await inChunks(moved, (some) => store.users.byLoginPairs(some))),
  ].flatMap((user) => [user.email, user.login].map((name) => [`${user.accountId} ${foldKey(name)}`, user] as const));
  const ownerOf = new Map(owners);
  return moved.flatMap(({ entry, email, before, accountId, emailKey }) => {
    const owner = ownerOf.get(`${accountId} ${emailKey}`);
    if (owner === undefined || owner.id === before.id) return [];
    const message = `ambiguous: ${email} is on file for ${owner.login}, and the login is ${before.login}; if they share it, edit the user`;
    return [problem(entry, 'email', message)];
  });
}
