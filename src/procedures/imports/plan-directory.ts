/** Plans an import of both files as one: companies first, then their people, with every fault and every change (B90). It writes nothing. */
import type { Desk } from '../../desk.js';
import { type Problem, refusal } from '../../errors.js';
import type { Allowed } from '../../rules/damaged-values.js';
import { cellChanges, type Kept, type SidePlan } from '../../rules/directory-import.js';
import { type AccountColumn, type Rows, readAccountRows, type UserColumn } from '../../rules/directory-rows.js';
import { planCompanies, planPeople, type Stored } from './plan-import.js';

export interface ImportRequest extends Allowed {
  readonly accounts?: Rows<AccountColumn>;
  readonly users?: Rows<UserColumn>;
  /** How many rows somebody has read are added or updated; asked for where many change. */
  readonly confirm?: number | undefined;
  /** `outcome` of the preview that was looked at: nothing else may come of it. */
  readonly outcome?: string;
  /** Until when somebody waits for it. */
  readonly signal?: AbortSignal | undefined;
}

export type Counts = Readonly<ReturnType<typeof countsOf>>;

export interface ImportReport {
  readonly accounts: Counts | null;
  readonly users: Counts | null;
  readonly kept: readonly Kept[];
  /** Rows that were imported as they are, and that someone should look at. */
  readonly warnings: readonly Problem[];
  /** Notices of changed contacts, queued. */
  readonly notices: readonly string[];
}

/** Plans from what is stored when it is called. */
export function planner(desk: Desk, request: ImportRequest) {
  const accounts = request.accounts === undefined ? undefined : readAccountRows(request.accounts);
  return async (store: Stored) => {
    const companies = await planCompanies(desk, store, accounts?.entries ?? [], request);
    const people = await planPeople(desk, store, companies, request.users, request);
    const faults = [...(accounts?.problems ?? []), ...companies.problems];
    // After a bad account row its users are unknown too; their faults would only repeat the first one.
    refuseIfAny(faults, [...people.ofRows, ...(faults.length === 0 ? people.problems : [])], request);
    const report: ImportReport = {
      accounts: accounts === undefined ? null : countsOf(companies.plan),
      users: request.users === undefined ? null : countsOf(people.plan),
      kept: people.kept,
      warnings: [...placed(companies.warnings, [], request), ...inOrder(people.warnings)],
      notices: [],
    };
    const updated = companies.plan.update.length + people.plan.update.length;
    const confirm = companies.plan.add.length + people.plan.add.length + updated;
    const changes = [
      ...cellChanges(companies.plan, ({ number }) => ({ account: number, login: null })),
      ...cellChanges(people.plan, ({ login }, entry) => ({ account: people.homeOf(entry).number, login })),
    ];
    const added = [companies.plan.add, people.plan.add];
    const outcome = () => desk.digests.sha256(JSON.stringify([changes, added]));
    return { companies, people, report, updated, confirm, changes, outcome };
  };
}

export type PlannedFiles = Awaited<ReturnType<ReturnType<typeof planner>>>;

const countsOf = ({ add, update, unchanged }: SidePlan<unknown, unknown>) => ({
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
