/**
 * A plan of resets (B51, B53, B59): what would happen to each line of the input, before anything is done. Pure. The plan is a
 * value: exactly what was shown and counted is done, and its hash identifies it.
 */
import type { CsvTable } from './csv-table.js';
import type { Policy } from './policy.js';
import type { PlannedRemote } from './remote-reset.js';

/** What a user has set up and open, in counts. */
export interface ResetFacts extends Removed {
  readonly userId: string;
  /** The reset that is still open, or null. */
  readonly open: { readonly id: string; readonly objectedAt: number | null; readonly final: boolean } | null;
  /** True if an enrolment code can still be used. */
  readonly codeLive: boolean;
}

/** How many of each kind are removed (B52): not yet used backup codes, and half-done enrolments. */
export type Removed = Readonly<Record<'factors' | 'backupCodes' | 'devices' | 'sessions' | 'enrolments', number>>;

export const NOTHING: Removed = { factors: 0, backupCodes: 0, devices: 0, sessions: 0, enrolments: 0 };

export const removedOf = ({ factors, backupCodes, devices, sessions, enrolments }: ResetFacts): Removed => ({
  factors,
  backupCodes,
  devices,
  sessions,
  enrolments,
});

/**
 * True if a reset would change anything. With nothing left to remove, it still does in two cases: an objection is open (only a
 * new reset, asked for again, gets past it), or the user's enrolment code can no longer be used.
 */
export function somethingToReset(policy: Policy, facts: ResetFacts): boolean {
  if (Object.values(removedOf(facts)).some((count) => count > 0)) return true;
  if (facts.open === null) return false;
  return isObjected(facts) || (policy.limits.enrolmentCode.required && !facts.codeLive);
}

/** True if a customer admin objected to the open reset; only a second operator's approval gets past that (B62). */
export const isObjected = ({ open }: ResetFacts): boolean => open !== null && open.objectedAt !== null;

/** True if the user has enrolled again since the open reset: what it suspended can no longer come back (B61). */
export const enrolledAgain = (facts: ResetFacts): boolean =>
  facts.open !== null && (facts.factors > 0 || facts.backupCodes > 0);

export const ROW_CLASSES = [
  'to-reset',
  'nothing-to-do',
  'sso-only',
  'admin',
  'unknown',
  'ambiguous',
  'duplicate',
] as const;
export type RowClass = (typeof ROW_CLASSES)[number];

/** What a plan needs to know of a user; it is little, because lists are long. */
export interface FoundUser {
  readonly id: string;
  readonly login: string;
  /** Number of the account. */
  readonly account: string;
  /** Admin status (B04). */
  readonly admin: boolean;
  readonly sso: boolean;
  /** Name of the connector to the other system where the login is; null: here only. */
  readonly connector: string | null;
  /** The id there, as on file. */
  readonly external: string | null;
}

/** One line of the input, looked up. */
export interface FoundRow {
  /** Line of the file, header included; or the place in the list, from 1. */
  readonly line: number;
  /** Account and user as they were written. */
  readonly account: string;
  readonly login: string;
  /** Id, account, login and e-mail as written, where more than one of them names the user. */
  readonly written?: readonly string[];
  readonly found: FoundUser | 'nobody' | 'several';
}

/** Members in the plan document; `user` is absent if nobody or several were found. */
export interface PlannedRow {
  readonly line: number;
  readonly class: RowClass;
  readonly account: string;
  readonly login: string;
  readonly user?: string;
  /** As in `FoundRow`, where nobody or several were found: one of them alone would name somebody. */
  readonly written?: readonly string[];
  /** Something would be taken away. */
  readonly act?: true;
  /** An objection is open (B62). */
  readonly objected?: true;
  /** No code for the next enrolment could go anywhere (B88). */
  readonly noAddress?: true;
}

export type PlanCounts = Readonly<Record<RowClass, number>>;

/** Ids of users: who has something to lose, and of these who has an open objection, and whom no code would reach; who shares an id at another system. */
export interface Holding {
  readonly acting: ReadonlySet<string>;
  readonly objected: ReadonlySet<string>;
  readonly unreached: ReadonlySet<string>;
  readonly shared: ReadonlySet<string>;
}

/** Whether a result says that the user was reset. */
export const isReset = (result: unknown): boolean => result === 'reset' || result === 'no-address';

/** Classifies each row, in order. If a user is named twice, the first row counts. `holding` says who has something to lose. */
export function planRows(
  rows: readonly FoundRow[],
  { acting, objected, unreached, shared }: Holding,
): readonly PlannedRow[] {
  const seen = new Set<string>();
  return rows.map(({ line, account, login, written, found }): PlannedRow => {
    if (typeof found === 'string' || shared.has(found.id)) {
      const row = { line, class: found === 'nobody' ? 'unknown' : 'ambiguous', account, login } as const;
      return written === undefined ? row : { ...row, written };
    }
    const again = seen.has(found.id);
    seen.add(found.id);
    const act = acting.has(found.id);
    const name = again ? 'duplicate' : classOf(found, act);
    const { id: user, account: number, login: own } = found;
    // No spread: lists are long, and each of these objects would keep its own shape.
    if (!act || again) return { line, class: name, account: number, login: own, user };
    type Written = { -readonly [K in keyof PlannedRow]: PlannedRow[K] };
    const row: Written = { line, class: name, account: number, login: own, user, act };
    if (objected.has(user)) row.objected = true;
    if (unreached.has(user)) row.noAddress = true;
    return row;
  });
}

function classOf({ admin, sso, connector }: FoundUser, act: boolean): RowClass {
  if (admin && act) return 'admin';
  if (sso && connector === null) return 'sso-only';
  return act ? 'to-reset' : 'nothing-to-do';
}

export function countRows(rows: readonly PlannedRow[]): PlanCounts {
  const counts = Object.fromEntries(ROW_CLASSES.map((name) => [name, 0])) as Record<RowClass, number>;
  for (const row of rows) counts[row.class] += 1;
  return counts;
}

/** How a list was written, to write a part of it in the same form. */
export interface WrittenList extends Pick<CsvTable<string>, 'bom' | 'newline' | 'delimiter' | 'header'> {
  /** Cells, each with its line. */
  readonly cells: readonly (readonly [number, readonly string[]])[];
}

/** The list of these rows of a plan: as it was written if that was kept, otherwise by what the plan says of them. */
export function listOf({ list, rows }: Pick<ResetPlan, 'list' | 'rows'>, lines: readonly number[]): WrittenList {
  const some = new Set(lines);
  if (list !== undefined) return { ...list, cells: list.cells.filter(([line]) => some.has(line)) };
  const cells = rows.filter(({ line }) => some.has(line)).map((row) => [row.line, cellsOf(row)] as const);
  return { bom: false, newline: '\n', delimiter: ',', header: ['user', 'account', 'login', 'email'], cells };
}

const cellsOf = ({ user = '', account, login, written }: PlannedRow): readonly string[] =>
  written ?? (user === '' && login.startsWith('usr_') ? [login, '', '', ''] : [user, account, login, '']);

/** The frozen plan: its canonical JSON is hashed, written to a file, and kept with the job. */
export interface ResetPlan {
  readonly v: 1;
  readonly kind: 'mfa-reset-plan';
  /** Id of the job that carries it out: one plan is one job. */
  readonly job: string;
  /** Id of the store it was made in. */
  readonly desk: string;
  readonly madeAt: number;
  readonly madeBy: { readonly id: string; readonly name: string };
  readonly reason: string;
  readonly ticket: string;
  readonly final: boolean;
  /** Where the list came from, in words. */
  readonly source: string;
  /** Kept where somebody wants the lines that are not done, in a file. */
  readonly list?: WrittenList;
  readonly counts: PlanCounts;
  readonly remote?: readonly PlannedRemote[];
  /** The number to type: users it acts on, except those who need a second operator by themselves. */
  readonly confirm: number;
  readonly rows: readonly PlannedRow[];
}

/** Users the plan acts on, by what they need. */
export interface PlanTargets {
  /** Need no second operator by themselves. */
  readonly plain: readonly PlannedRow[];
  /** Users who need one: admins, and users with an open objection. */
  readonly barred: readonly PlannedRow[];
  /** What waits for an approval: these, or all if the run is over the limit (B56). */
  readonly waiting: readonly PlannedRow[];
  readonly why: 'admin-target' | 'objected-reset' | 'bulk-over-limit' | null;
}

/** Users in bulk runs without approval in the last 24 hours: one list after another counts like one long list (B81, T23). */
export interface RecentRuns {
  readonly ofOperator: number;
  readonly ofDesk: number;
}

export function planTargets(
  policy: Policy,
  rows: readonly PlannedRow[],
  recent: RecentRuns = { ofOperator: 0, ofDesk: 0 },
): PlanTargets {
  const acting = rows.filter((row) => row.act === true);
  const isBarred = (row: PlannedRow): boolean => row.class === 'admin' || row.objected === true;
  const barred = acting.filter(isBarred);
  const plain = acting.filter((row) => !isBarred(row));
  const { bulkOver, deskBulkOver } = policy.limits.approval;
  const beyond = (before: number, limit: number): boolean => acting.length > 0 && acting.length + before > limit;
  const over = beyond(recent.ofOperator, bulkOver) || beyond(recent.ofDesk, Math.max(bulkOver, deskBulkOver));
  const waiting = over ? acting : barred;
  const single = barred.some((row) => row.objected === true) ? 'objected-reset' : 'admin-target';
  return { plain, barred, waiting, why: over ? 'bulk-over-limit' : barred.length > 0 ? single : null };
}

/** By user id, so that the store is read in one direction. */
export const byUserId = (a: PlannedRow, b: PlannedRow): number =>
  (a.user ?? '') < (b.user ?? '') ? -1 : (a.user ?? '') > (b.user ?? '') ? 1 : 0;
