/**
 * Imports companies and logins from files: all or nothing, in one transaction. The plan is made inside the door, from what is
 * stored at that moment; rows are written in chunks.
 */
import type { Desk, SignedOperator, Writes } from '../../desk.js';
import { type Problem, refusal } from '../../errors.js';
import type { AuditEntry, Deed } from '../../rules/audit-entry.js';
import type { CsvTable } from '../../rules/csv-table.js';
import { sameEmail } from '../../rules/directory-fields.js';
import { type Kept, loginKeyOf, planAccounts, planUsers, type SidePlan } from '../../rules/directory-import.js';
import { foldKey } from '../../rules/directory-keys.js';
import {
  type AccountColumn,
  type AccountEntry,
  readAccountRows,
  readUserRows,
  type UserColumn,
  type UserEntry,
} from '../../rules/directory-rows.js';
import type { Account, User } from '../../rules/people.js';
import { act, askAuthority } from '../authorise.js';
import {
  accountAfter,
  accountOf,
  applyAccounts,
  applyUsers,
  inChunks,
  type PlannedCompanies,
  type PlannedPeople,
} from './apply-import.js';

export interface ImportRequest {
  readonly accounts?: CsvTable<AccountColumn>;
  readonly users?: CsvTable<UserColumn>;
}

export interface Counts {
  readonly rows: number;
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
}

export interface ImportReport {
  readonly accounts: Counts | null;
  readonly users: Counts | null;
  readonly kept: readonly Kept[];
  /** Rows that were imported as they are, and that someone should look at. */
  readonly warnings: readonly Problem[];
  /** Notices of changed contacts, queued. */
  readonly notices: readonly string[];
}

/** The command sends the notices, some at a time, and shows its progress. */
const IMPORTING = { permission: 'directory:write', sendLater: true } as const;

interface Done extends ImportReport {
  readonly entries: readonly AuditEntry[];
}

/** Refusal `invalid-input` with every bad row of every file; then nothing is changed. */
export async function importDirectory(
  desk: Desk,
  signed: SignedOperator,
  request: ImportRequest,
): Promise<ImportReport> {
  await askAuthority(desk, signed, IMPORTING);
  const accounts = request.accounts === undefined ? undefined : readAccountRows(request.accounts);
  const users = request.users === undefined ? undefined : readUserRows(desk.policy, request.users);
  // Loaded before the door is opened.
  await desk.phones();
  const at = desk.now();
  const { entries: _logged, ...report } = await act<'directory:write', Done>(desk, signed, IMPORTING, {
    entry: (done, { actor }) => [summaryOf(done, { at, by: actor }), ...done.entries],
    change: async (acting) => {
      const { write } = acting;
      const base = { at, by: acting.by.actor };
      const companies = await planCompanies(desk, write, accounts?.entries ?? []);
      const people = await planPeople(desk, write, companies, users?.entries ?? []);
      const faults = [...(accounts?.problems ?? []), ...companies.problems];
      // After a bad account row its users are unknown too; their faults would only repeat the first one.
      refuseIfAny(faults, [...(users?.problems ?? []), ...(faults.length === 0 ? people.problems : [])], request);
      const first = await applyAccounts(acting, companies, base);
      const second = await applyUsers(acting, people, base);
      return {
        accounts: accounts === undefined ? null : countsOf(companies.plan),
        users: users === undefined ? null : countsOf(people.plan),
        kept: people.kept,
        warnings: people.warnings.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)),
        notices: second.notices,
        entries: [...first, ...second.entries],
      };
    },
  });
  return report;
}

function summaryOf(done: Done, base: Pick<Deed, 'at' | 'by'>): AuditEntry {
  const counts = (side: string, found: Counts | null) => (found === null ? {} : { [side]: { ...found } });
  const detail = {
    ...counts('accounts', done.accounts),
    ...counts('users', done.users),
    kept: done.kept.length,
    notices: done.notices.length,
  };
  return { ...base, kind: 'directory.imported', outcome: 'done', detail };
}

const countsOf = ({ add, update, unchanged }: SidePlan<unknown, unknown>): Counts => ({
  rows: add.length + update.length + unchanged,
  added: add.length,
  updated: update.length,
  unchanged,
});

function refuseIfAny(accounts: readonly Problem[], users: readonly Problem[], request: ImportRequest): void {
  const both = request.accounts !== undefined && request.users !== undefined;
  const placed = (file: string, problems: readonly Problem[]) =>
    problems
      .map((problem) => (both ? { ...problem, message: `${problem.message} (${file} file)` } : problem))
      .toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const problems = [...placed('accounts', accounts), ...placed('users', users)];
  if (problems.length === 0) return;
  const lines = new Set(problems.map((problem) => `${problem.message.endsWith('(users file)')}${problem.line}`)).size;
  throw refusal('invalid-input', 'rows-wrong', { rows: lines }, 'mend-rows', { problems });
}

async function planCompanies(desk: Desk, write: Writes, entries: readonly AccountEntry[]) {
  const found = await inChunks(
    entries.map((entry) => entry.numberKey),
    (keys) => write.accounts.byNumbers(keys),
  );
  const planned = planAccounts(entries, new Map(found.map((account) => [foldKey(account.number), account])));
  return {
    ...planned,
    added: planned.plan.add.map((entry) => ({ entry, account: accountOf(desk.newId('acc'), entry) })),
  };
}

/** The accounts that user rows name, as they will be after this import; by number key and by id. */
async function findHomes(
  write: Writes,
  companies: PlannedCompanies,
  entries: readonly UserEntry[],
): Promise<ReadonlyMap<string, Account>> {
  const names = [...new Set(entries.map((entry) => entry.account))];
  const there = [
    ...(await inChunks([...new Set(names.map(foldKey))], (keys) => write.accounts.byNumbers(keys))),
    ...(await inChunks(
      names.filter((name) => name.startsWith('acc_')),
      (ids) => write.accounts.byIds(ids),
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

async function planPeople(
  desk: Desk,
  write: Writes,
  companies: PlannedCompanies,
  given: readonly UserEntry[],
): Promise<PlannedPeople> {
  const read = await desk.phones();
  const homes = await findHomes(write, companies, given);
  const homeOf = (entry: UserEntry) => homes.get(entry.account) ?? homes.get(foldKey(entry.account));
  const entries = given.map((entry) => ({
    ...entry,
    dialled: read(entry.phone ?? '', homeOf(entry)?.country ?? null),
  }));
  const fresh = new Set(companies.added.map(({ account }) => account.id));
  const pairs = entries.flatMap((entry) => {
    const home = homeOf(entry);
    return home === undefined || fresh.has(home.id) ? [] : [{ accountId: home.id, loginKey: entry.loginKey }];
  });
  const found = await inChunks(pairs, (some) => write.users.byLoginPairs(some));
  const keyOf = (user: User) =>
    loginKeyOf(homes.get(user.accountId) ?? { number: user.accountId }, foldKey(user.login));
  const existing = new Map(found.map((user) => [keyOf(user), user]));
  const planned = planUsers(desk.policy, entries, homeOf, existing);
  const torn = await namingTwo(write, planned.plan.update);
  return { ...planned, problems: [...planned.problems, ...torn], homeOf: (entry) => homeOf(entry) as Account };
}

/** Rows whose login is one person's and whose new e-mail is a colleague's: a column that was sorted alone looks like this (M9). */
async function namingTwo(write: Writes, updates: PlannedPeople['plan']['update']): Promise<readonly Problem[]> {
  const moved = updates.flatMap(({ before, entry: { line, email = '' }, fields }) =>
    fields.includes('email') && email !== '' && !sameEmail(before.email, email)
      ? [{ line, email, before, accountId: before.accountId, emailKey: foldKey(email), loginKey: foldKey(email) }]
      : [],
  );
  const owners = [
    ...(await inChunks(moved, (some) => write.users.byEmailPairs(some))),
    ...(await inChunks(moved, (some) => write.users.byLoginPairs(some))),
  ].flatMap((user) => [user.email, user.login].map((name) => [`${user.accountId} ${foldKey(name)}`, user] as const));
  const ownerOf = new Map(owners);
  return moved.flatMap(({ line, email, before, accountId, emailKey }) => {
    const owner = ownerOf.get(`${accountId} ${emailKey}`);
    if (owner === undefined || owner.id === before.id) return [];
    const message = `ambiguous: ${email} is on file for ${owner.login}, and the login is ${before.login}; if they share it: countersign user edit`;
    return [{ ...(line === undefined ? {} : { line }), column: 'email', message }];
  });
}
