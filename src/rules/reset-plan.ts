/**
 * A plan of resets (B51, B53, B59): what each line of the input comes to, before anything is done. Pure. The plan is a value: what was
 * shown and counted is exactly what is done, and its hash names it.
 */
import type { Policy } from './policy.js';

/** What stands between one user and their account, in counts. */
export interface ResetFacts {
  readonly userId: string;
  readonly factors: number;
  /** Half-done ones. */
  readonly enrolments: number;
  /** Not yet used ones. */
  readonly backupCodes: number;
  readonly devices: number;
  readonly sessions: number;
  /** The reset after which the user has not enrolled again, or null. */
  readonly open: { readonly id: string; readonly objectedAt: number | null; readonly final: boolean } | null;
  /** An enrolment code that can still be used. */
  readonly codeLive: boolean;
}

/** Counts of what is taken away, by kind (B52). */
export interface Removed {
  readonly factors: number;
  readonly backupCodes: number;
  readonly devices: number;
  readonly sessions: number;
  readonly enrolments: number;
}

export const NOTHING: Removed = { factors: 0, backupCodes: 0, devices: 0, sessions: 0, enrolments: 0 };

export const removedOf = ({ factors, backupCodes, devices, sessions, enrolments }: ResetFacts): Removed => ({
  factors,
  backupCodes,
  devices,
  sessions,
  enrolments,
});

/**
 * Whether a reset would change anything. Where nothing is left to take it still does in two cases: an objection stands (a new
 * reset, newly asked for, is the way past it), or the user waits with an enrolment code that has run out.
 */
export function somethingToReset(policy: Policy, facts: ResetFacts): boolean {
  if (Object.values(removedOf(facts)).some((count) => count > 0)) return true;
  if (facts.open === null) return false;
  return isObjected(facts) || (policy.limits.enrolmentCode.required && !facts.codeLive);
}

/** A customer admin objected to the reset that stands; only a second operator's yes gets past it (B62). */
export const isObjected = ({ open }: ResetFacts): boolean => open !== null && open.objectedAt !== null;

/** Has enrolled again since the last reset: what that reset suspended can no longer come back (B61). */
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

/** What a plan needs to know of a user; little, for lists are long. */
export interface FoundUser {
  readonly id: string;
  readonly login: string;
  /** Number of the account. */
  readonly account: string;
  /** Admin status (B04). */
  readonly admin: boolean;
  readonly sso: boolean;
}

/** One line of the input, looked up. */
export interface FoundRow {
  /** Line of the file, header counted; or the place in the list, from 1. */
  readonly line: number;
  /** Account and user as they were written. */
  readonly account: string;
  readonly login: string;
  readonly found: FoundUser | 'nobody' | 'several';
}

/** Members in the plan document; `user` is absent where nobody or several were found. */
export interface PlannedRow {
  readonly line: number;
  readonly class: RowClass;
  readonly account: string;
  readonly login: string;
  readonly user?: string;
  /** Something would be taken away. */
  readonly act?: true;
  /** An objection stands (B62). */
  readonly objected?: true;
}

export type PlanCounts = Readonly<Record<RowClass, number>>;

/** Ids of users: who has something to lose, and of whom an objection stands. */
export interface Holding {
  readonly acting: ReadonlySet<string>;
  readonly objected: ReadonlySet<string>;
}

/** Classifies each row, in order: of one user named twice the first row counts. `holding` says who has something to lose. */
export function planRows(rows: readonly FoundRow[], { acting, objected }: Holding): readonly PlannedRow[] {
  const seen = new Set<string>();
  return rows.map(({ line, account, login, found }): PlannedRow => {
    if (typeof found === 'string') {
      return { line, class: found === 'nobody' ? 'unknown' : 'ambiguous', account, login };
    }
    const again = seen.has(found.id);
    seen.add(found.id);
    const act = acting.has(found.id);
    const name = again ? 'duplicate' : classOf(found, act);
    const { id: user, account: number, login: own } = found;
    // No spreading: lists are long, and each of these objects would keep a shape of its own.
    if (!act || again) return { line, class: name, account: number, login: own, user };
    return objected.has(user)
      ? { line, class: name, account: number, login: own, user, act, objected: true }
      : { line, class: name, account: number, login: own, user, act };
  });
}

function classOf({ admin, sso }: FoundUser, act: boolean): RowClass {
  if (admin && act) return 'admin';
  if (sso) return 'sso-only';
  return act ? 'to-reset' : 'nothing-to-do';
}

export function countRows(rows: readonly PlannedRow[]): PlanCounts {
  const counts = Object.fromEntries(ROW_CLASSES.map((name) => [name, 0])) as Record<RowClass, number>;
  for (const row of rows) counts[row.class] += 1;
  return counts;
}

/** The plan as it is frozen: canonical JSON of this is hashed, written to a file, and kept with the job. */
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
  readonly counts: PlanCounts;
  /** The number to type: users it acts on, but for those who need a second operator by themselves. */
  readonly confirm: number;
  readonly rows: readonly PlannedRow[];
}

/** Users the plan acts on, by what they need. */
export interface PlanTargets {
  /** Need no second operator by themselves. */
  readonly plain: readonly PlannedRow[];
  /** Need one: admins, and who an objection stands for. */
  readonly barred: readonly PlannedRow[];
  /** What waits for an approval: these, or all where the run is over the limit (B56). */
  readonly waiting: readonly PlannedRow[];
  readonly why: 'admin-target' | 'objected-reset' | 'bulk-over-limit' | null;
}

export function planTargets(policy: Policy, rows: readonly PlannedRow[]): PlanTargets {
  const acting = rows.filter((row) => row.act === true);
  const isBarred = (row: PlannedRow): boolean => row.class === 'admin' || row.objected === true;
  const barred = acting.filter(isBarred);
  const plain = acting.filter((row) => !isBarred(row));
  const over = acting.length > policy.limits.approval.bulkOver;
  const waiting = over ? acting : barred;
  const single = barred.some((row) => row.objected === true) ? 'objected-reset' : 'admin-target';
  return { plain, barred, waiting, why: over ? 'bulk-over-limit' : barred.length > 0 ? single : null };
}

/** By user id, so that the store is walked in one direction. */
export const byUserId = (a: PlannedRow, b: PlannedRow): number =>
  (a.user ?? '') < (b.user ?? '') ? -1 : (a.user ?? '') > (b.user ?? '') ? 1 : 0;
