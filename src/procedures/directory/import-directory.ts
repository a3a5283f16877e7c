/**
 * Imports companies and logins from files: all or nothing, in one transaction. The plan is made inside the door, from what is
 * stored at that moment; rows are written in chunks.
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { type Problem, refusal } from '../../errors.js';
import type { AuditEntry, Deed } from '../../rules/audit-entry.js';
import type { CsvTable } from '../../rules/csv-table.js';
import type { Allowed } from '../../rules/damaged-values.js';
import type { Kept, SidePlan } from '../../rules/directory-import.js';
import { type AccountColumn, readAccountRows, readUserRows, type UserColumn } from '../../rules/directory-rows.js';
import { act, askAuthority } from '../authorise.js';
import { applyAccounts, applyUsers } from './apply-import.js';
import { planCompanies, planPeople } from './plan-import.js';

export interface ImportRequest extends Allowed {
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
  const accounts = request.accounts === undefined ? undefined : readAccountRows(request.accounts, request);
  const users = request.users === undefined ? undefined : readUserRows(desk.policy, request.users, request);
  // Loaded before the door is opened.
  await desk.phones();
  const at = desk.now();
  const { entries: _logged, ...report } = await act<'directory:write', Done>(desk, signed, IMPORTING, {
    entry: (done, { actor }) => [summaryOf(done, { at, by: actor }), ...done.entries],
    change: async (acting) => {
      const { write } = acting;
      const base = { at, by: acting.by.actor };
      const companies = await planCompanies(desk, write, accounts?.entries ?? [], request);
      const people = await planPeople(desk, write, companies, users?.entries ?? [], request);
      const faults = [...(accounts?.problems ?? []), ...companies.problems];
      // After a bad account row its users are unknown too; their faults would only repeat the first one.
      refuseIfAny(faults, [...(users?.problems ?? []), ...(faults.length === 0 ? people.problems : [])], request);
      const first = await applyAccounts(acting, companies, base);
      const second = await applyUsers(acting, people, base);
      return {
        accounts: accounts === undefined ? null : countsOf(companies.plan),
        users: users === undefined ? null : countsOf(people.plan),
        kept: people.kept,
        warnings: [...placed(companies.warnings, [], request), ...inOrder(people.warnings)],
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

/** In the order of lines, and with the file that each stands in where there are two. */
function placed(accounts: readonly Problem[], users: readonly Problem[], request: ImportRequest): readonly Problem[] {
  const both = request.accounts !== undefined && request.users !== undefined;
  const ofFile = (file: string, problems: readonly Problem[]) =>
    inOrder(problems).map((one) => (both ? { ...one, message: `${one.message} (${file} file)` } : one));
  return [...ofFile('accounts', accounts), ...ofFile('users', users)];
}

const inOrder = (problems: readonly Problem[]) => problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));

function refuseIfAny(accounts: readonly Problem[], users: readonly Problem[], request: ImportRequest): void {
  const problems = placed(accounts, users, request);
  if (problems.length === 0) return;
  const lines = new Set(problems.map((problem) => `${problem.message.endsWith('(users file)')}${problem.line}`)).size;
  throw refusal('invalid-input', 'rows-wrong', { rows: lines }, 'mend-rows', { problems });
}
