/** The first half of an import: reads what is stored about the rows of the files, and plans (rules/directory-import.ts). It writes nothing. */
import type { Desk, Reads } from '../../desk.js';
import type { Problem } from '../../errors.js';
import { ACCEPT, type Allowed, withoutZeros } from '../../rules/damaged-values.js';
import { sameEmail } from '../../rules/directory-fields.js';
import { loginKeyOf, planAccounts, planUsers, spareAccounts, spareUsers } from '../../rules/directory-import.js';
import { foldKey } from '../../rules/directory-keys.js';
import type { AccountEntry, UserEntry } from '../../rules/directory-rows.js';
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
  const spare = spareAccounts(given, existing, allowed);
  const planned = planAccounts(spare.entries, existing);
  const zeros = zerosLost(planned.plan.add, 'number', await zeroledNumbers(store, planned.plan.add), allowed);
  return {
    ...planned,
    warnings: [...spare.warnings, ...zeros.warnings],
    problems: [...planned.problems, ...spare.problems, ...zeros.problems],
    added: planned.plan.add.map((entry) => ({ entry, account: accountOf(desk.newId('acc'), entry) })),
  };
}

/** By the number as a spreadsheet leaves it: the numbers on file that begin with zeros. Few desks have many of both kinds. */
async function zeroledNumbers(store: Stored, added: readonly AccountEntry[]): Promise<ReadonlyMap<string, string>> {
  const numbers = new Map<string, string>();
  let page = added.some(({ number }) => PLAIN.test(number)) ? await store.accounts.page('0', PAGE) : [];
  while (page.length > 0) {
    for (const { number } of page) numbers.set(withoutZeros(number) ?? '', number);
    const last = page.at(-1)?.number ?? '';
    page = page.length < PAGE || !last.startsWith('0') ? [] : await store.accounts.page(foldKey(last), PAGE);
  }
  return numbers;
}

export type Stored = Pick<Reads, 'accounts' | 'users'>;

const PLAIN = /^[1-9]\d*$/;
const PAGE = 1_000;

/** New rows whose key is one on file without its zeros: a second company or login of the same people. */
function zerosLost<Entry extends { readonly line?: number }>(
  added: readonly Entry[],
  column: keyof Entry & ('number' | 'login'),
  owners: ReadonlyMap<string, string>,
  { acceptDamaged = false }: Allowed,
  keyOf = (entry: Entry) => String(entry[column]),
): { readonly warnings: readonly Problem[]; readonly problems: readonly Problem[] } {
  const found = added.flatMap((entry) => {
    const owner = PLAIN.test(String(entry[column])) ? owners.get(keyOf(entry)) : undefined;
    if (owner === undefined) return [];
    const message = `is ${owner} without its leading zeros; ${ACCEPT}`;
    return [{ ...(entry.line === undefined ? {} : { line: entry.line }), column, message }];
  });
  return acceptDamaged ? { warnings: found, problems: [] } : { warnings: [], problems: found };
}

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
  return new Map(
    all.flatMap(
      (account) =>
        [
          [account.id, account],
          [foldKey(account.number), account],
        ] as const,
    ),
  );
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
  const pairsOf = (
    entries: readonly UserEntry[],
    keysOf = ({ loginKey }: UserEntry): readonly string[] => [loginKey],
  ) =>
    entries.flatMap((entry) => {
      const home = homeOf(entry);
      if (home === undefined || fresh.has(home.id)) return [];
      return keysOf(entry).map((loginKey) => ({ accountId: home.id, loginKey }));
    });
  const found = await inChunks(pairsOf(given), (some) => store.users.byLoginPairs(some));
  const keyOf = (user: User, login = user.login) =>
    loginKeyOf(homes.get(user.accountId) ?? { number: user.accountId }, foldKey(login));
  const existing = new Map(found.map((user) => [keyOf(user), user]));
  const keyOfRow = (entry: UserEntry) => loginKeyOf(homeOf(entry) ?? { number: '' }, entry.loginKey);
  const spare = spareUsers(given, (entry) => existing.get(keyOfRow(entry)), allowed);
  const entries = spare.entries.map((entry) => ({
    ...entry,
    dialled: read(entry.phone ?? '', homeOf(entry)?.country ?? null),
  }));
  const planned = planUsers(desk.policy, entries, homeOf, existing);
  const numeric = planned.plan.add.filter(({ login }) => PLAIN.test(login));
  const zeroled = await inChunks(
    pairsOf(numeric, ({ loginKey }) => ZEROS.map((zeros) => `${zeros}${loginKey}`)),
    (some) => store.users.byLoginPairs(some),
  );
  const owners = new Map(zeroled.map((user) => [keyOf(user, withoutZeros(user.login)), user.login]));
  const zeros = zerosLost(numeric, 'login', owners, allowed, keyOfRow);
  const torn = await namingTwo(store, planned.plan.update);
  return {
    ...planned,
    warnings: [...planned.warnings, ...spare.warnings, ...zeros.warnings],
    problems: [...planned.problems, ...spare.problems, ...zeros.problems, ...torn],
    homeOf: (entry) => homeOf(entry) as Account,
  };
}

/** How many zeros a login may have lost. */
const ZEROS = ['0', '00', '000', '0000'];

/** Rows whose login is one person's and whose new e-mail is a colleague's: a column that was sorted alone looks like this (M9). */
async function namingTwo(store: Stored, updates: PlannedPeople['plan']['update']): Promise<readonly Problem[]> {
  const moved = updates.flatMap(({ before, entry: { line, email = '' }, fields }) =>
    fields.includes('email') && email !== '' && !sameEmail(before.email, email)
      ? [{ line, email, before, accountId: before.accountId, emailKey: foldKey(email), loginKey: foldKey(email) }]
      : [],
  );
  const owners = [
    ...(await inChunks(moved, (some) => store.users.byEmailPairs(some))),
    ...(await inChunks(moved, (some) => store.users.byLoginPairs(some))),
  ].flatMap((user) => [user.email, user.login].map((name) => [`${user.accountId} ${foldKey(name)}`, user] as const));
  const ownerOf = new Map(owners);
  return moved.flatMap(({ line, email, before, accountId, emailKey }) => {
    const owner = ownerOf.get(`${accountId} ${emailKey}`);
    if (owner === undefined || owner.id === before.id) return [];
    const message = `ambiguous: ${email} is on file for ${owner.login}, and the login is ${before.login}; if they share it: countersign user edit`;
    return [{ ...(line === undefined ? {} : { line }), column: 'email', message }];
  });
}
