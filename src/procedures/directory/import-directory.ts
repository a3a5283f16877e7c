/**
 * Imports companies and logins from files: all or nothing, in one transaction. Plan and rows are made before it, so that calls do not
 * wait for them. If what the plan was made from has changed by then, it is made again inside. `previewImport` makes the same plan and
 * writes nothing (B90).
 */
import type { ApprovalRow, Desk, SignedOperator } from '../../desk.js';
import { type Problem, refusal } from '../../errors.js';
import type { ActEntry, AuditEntry, Deed } from '../../rules/audit-entry.js';
import type { Allowed } from '../../rules/damaged-values.js';
import { type CellChange, cellChanges, type Kept, type SidePlan } from '../../rules/directory-import.js';
import { type AccountColumn, type Rows, readAccountRows, type UserColumn } from '../../rules/directory-rows.js';
import { maskedContact } from '../../rules/masked-contact.js';
import { type Acting, act, askAuthority, mayAlso } from '../authorise.js';
import { applyAccounts, applyUsers, readyImport } from './apply-import.js';
import { isOvertaken, planCompanies, planPeople, type Stored } from './plan-import.js';
import { noteList } from './see-people.js';

export interface ImportRequest extends Allowed {
  readonly accounts?: Rows<AccountColumn>;
  readonly users?: Rows<UserColumn>;
  /** How many rows somebody has read are added or updated; asked for where many change. */
  readonly confirm?: number | undefined;
  /** `outcome` of the preview that was looked at: nothing else may come of it. */
  readonly outcome?: string;
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

/** What an import would do. */
export interface ImportPreview extends ImportReport {
  readonly changes: readonly CellChange[];
  readonly confirm: number;
  /** SHA-256 of every addition and change. */
  readonly outcome: string;
}

/** Refusals as `importDirectory`, but no number is asked for. Contacts are masked for those who may not read them; a list in full is logged (B83). */
export async function previewImport(
  desk: Desk,
  signed: SignedOperator,
  request: ImportRequest,
): Promise<ImportPreview> {
  await askAuthority(desk, signed, IMPORTING);
  const { report, confirm, outcome, changes } = await planner(desk, request)(desk.store.read);
  const people = new Set(changes.filter(isOfContact).map(({ line }) => line)).size;
  const full = await mayAlso(desk, signed, { permission: 'contacts:read' });
  if (full && people > 0) await noteList(desk, signed, { list: 'user import' }, { people });
  return { ...report, changes: full ? changes : changes.map(masked), confirm, outcome: outcome() };
}

const isContact = (column: string): boolean => column === 'email' || column === 'phone';
const isOfContact = ({ column }: CellChange): boolean => isContact(column);

function masked(change: CellChange): CellChange {
  const mask = (text: string) => maskedContact(change.column === 'email' ? 'email' : 'phone', text);
  return isOfContact(change) ? { ...change, old: mask(change.old), new: mask(change.new) } : change;
}

/** What waits for a second operator, and how the log says it. */
export interface Waiting {
  readonly request: ApprovalRow;
  readonly entries: readonly ActEntry[];
}

/** Whose contacts on file an import changes, and what names exactly this import. */
export interface ContactChange {
  readonly users: readonly string[];
  readonly outcome: () => string;
}

/**
 * Refusal `invalid-input` with every bad row of every file, for a wrong number and for another outcome than the one that was looked
 * at; `missing-option` where many rows change and no number is given. Then nothing is changed. `second` is asked in the transaction that
 * would import; null if it may go on.
 */
export async function importFiles(
  desk: Desk,
  signed: SignedOperator,
  request: ImportRequest,
  second: (acting: Acting<'directory:write'>, change: ContactChange) => Promise<Waiting | null>,
): Promise<ImportReport | Waiting> {
  await askAuthority(desk, signed, IMPORTING);
  const plan = planner(desk, request);
  const before = await plan(desk.store.read);
  requireAsLookedAt(desk, before, request);
  const at = desk.now();
  const made = readyImport(desk, before, at);
  const done = await act<'directory:write', Done | Waiting>(desk, signed, IMPORTING, {
    entry: (result, { actor }) =>
      'request' in result ? result.entries : [summaryOf(result, { at, by: actor }), ...result.entries],
    change: async (acting) => {
      const base = { at, by: acting.by.actor };
      const overtaken = await isOvertaken(acting.write, before);
      const planned = overtaken ? await plan(acting.write) : before;
      if (overtaken) requireAsLookedAt(desk, planned, request);
      const users = planned.people.plan.update.flatMap((one) => (one.fields.some(isContact) ? [one.before.id] : []));
      const waiting = await second(acting, { users, outcome: planned.outcome });
      if (waiting !== null) return waiting;
      const ready = overtaken ? readyImport(desk, planned, at) : made;
      const first = await applyAccounts(acting, ready, base);
      const { notices, entries } = await applyUsers(acting, ready, base);
      return { ...planned.report, notices, entries: [...first, ...entries] };
    },
  });
  if ('request' in done) return done;
  const { entries: _logged, ...report } = done;
  return report;
}

/** Plans from what is stored when it is called. */
function planner(desk: Desk, request: ImportRequest) {
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

/** Many changes, and those of a plan in a file, are made by their number; `--yes` does not replace it. */
function requireAsLookedAt(
  desk: Desk,
  { report, updated, confirm, outcome }: Awaited<ReturnType<ReturnType<typeof planner>>>,
  given: ImportRequest,
): void {
  const also = { import: { accounts: report.accounts, users: report.users, confirm } };
  if (given.outcome !== undefined && given.outcome !== outcome())
    throw refusal('invalid-input', 'import-moved-on', {}, 'import-plan-anew', { also });
  const many = updated > desk.policy.limits.directory.confirmOver || (given.outcome !== undefined && confirm > 0);
  if (given.confirm === confirm || (given.confirm === undefined && !many)) return;
  if (given.confirm === undefined)
    throw refusal('missing-option', 'import-confirm', { count: confirm }, 'import-look-first', { also });
  const facts = { given: given.confirm, count: confirm };
  throw refusal('invalid-input', 'import-confirm-wrong', facts, 'import-look-first', { also });
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
