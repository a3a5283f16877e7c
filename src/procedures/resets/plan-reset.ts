/**
 * A bulk reset always begins with a plan (B51, B59): a list of users becomes a frozen plan that counts what would
 * happen and changes nothing. The plan can be written to a file and carried out later; its SHA-256 identifies it.
 */

import type { Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import { days } from '../../rules/duration.js';
import { chunksOf } from '../../rules/lists.js';
import type { Account } from '../../rules/people.js';
import type { PlannedRemote } from '../../rules/remote-reset.js';
import {
  countRows,
  type FoundUser,
  type Holding,
  isObjected,
  type PlannedRow,
  planRows,
  planTargets,
  type RecentRuns,
  type ResetPlan,
  somethingToReset,
  type WrittenList,
} from '../../rules/reset-plan.js';
import { askAuthority, loggingRefusals } from '../authorise.js';
import { oldEnoughAddress } from '../codes/enrolment-code.js';
import { othersWithId } from '../directory/external-ids.js';
import { hear } from '../pause.js';
import { findResetTargets, toFound, type WrittenRow } from './find-reset-targets.js';

export interface BulkRequest extends Pick<ResetPlan, 'reason' | 'ticket' | 'final' | 'source'> {
  readonly rows: readonly WrittenRow[];
  /** Every login of this account, instead of `rows`. */
  readonly wholeAccount: Account | null;
  /** As it was written, to be kept with the plan. */
  readonly list?: WrittenList | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A plan with the text that was hashed. */
export type FrozenPlan = ReturnType<typeof freezePlan>;

/** Resets without a call need a role that allows them, a fresh code or a token, a reason and a ticket (B54). */
export const RESETTING_MANY = { permission: 'mfa:reset-bulk', fresh: true, logsRefusals: true } as const;

/** Refusals: cancelled; invalid-input for an empty list; forbidden if the operator's own login is in it (B55). Nothing is written. */
export async function planReset(desk: Desk, signed: SignedOperator, request: BulkRequest): Promise<FrozenPlan> {
  await askAuthority(desk, signed, RESETTING_MANY);
  const found = await foundRows(desk, request);
  if (found.length === 0) throw refusal('invalid-input', 'list-empty', {}, 'nothing-changed');
  const people = new Map(found.flatMap((row) => (typeof row.found === 'object' ? [[row.found.id, row.found]] : [])));
  const holding = await holdingOf(desk, people, request.signal);
  const rows = planRows(found, holding);
  const remote = await plannedRemotes(
    desk,
    [...people.values()].filter(({ id }) => !holding.shared.has(id)),
  );
  await loggingRefusals(desk, signed, RESETTING_MANY, () => refuseOneself(signed.alsoUserId, rows));
  const { plain } = planTargets(desk.policy, rows);
  const plan: ResetPlan = {
    v: 1,
    kind: 'mfa-reset-plan',
    job: desk.newId('job'),
    desk: (await desk.store.read.meta.get('store-id')) ?? '',
    madeAt: desk.now(),
    madeBy: { id: signed.operator.id, name: signed.operator.name },
    reason: request.reason,
    ticket: request.ticket,
    final: request.final,
    source: request.source,
    ...(request.list === undefined ? {} : { list: request.list }),
    counts: countRows(rows),
    ...(remote.length === 0 ? {} : { remote }),
    confirm: plain.length,
    rows,
  };
  return freezePlan(desk, plan, await recentRuns(desk, signed.operator.id));
}

/** Whether the numbers of a plan are those of its rows: a person types one of them without counting. */
export function hasItsOwnNumbers(desk: Desk, { rows, counts, confirm }: ResetPlan): boolean {
  const { plain } = planTargets(desk.policy, rows);
  return confirm === plain.length && desk.notary.canonical(counts) === desk.notary.canonical(countRows(rows));
}

/** What this operator and the desk reset in the last 24 hours without anybody's approval (B81). */
export async function recentRuns(desk: Desk, operatorId: string): Promise<RecentRuns> {
  return desk.store.read.jobs.unapprovedSince(operatorId, desk.now() - days(1));
}

/**
 * Canonical JSON, some rows at a time: a plan may have a hundred thousand. Quotes in values are escaped, so `"rows":[]`
 * occurs only once in the canonical text. `waiting`: how many users would wait for a second operator, and why (B56).
 */
export function freezePlan(desk: Desk, plan: ResetPlan, recent?: RecentRuns) {
  const rows = chunksOf(plan.rows)
    .map((some) => desk.notary.canonical(some).slice(1, -1))
    .join(',');
  const text = desk.notary.canonical({ ...plan, rows: [] }).replace('"rows":[]', () => `"rows":[${rows}]`);
  const { waiting, why } = planTargets(desk.policy, plan.rows, recent);
  return { plan, text, hash: desk.digests.sha256(text), waiting: waiting.length, why };
}

export async function foundRows(desk: Desk, request: Pick<BulkRequest, 'wholeAccount' | 'rows' | 'signal'>) {
  const { wholeAccount } = request;
  if (wholeAccount === null) return findResetTargets(desk, request.rows, request.signal);
  const users = await desk.store.read.users.ofAccount(wholeAccount.id);
  return users.map((user, index) => ({
    line: index + 1,
    account: wholeAccount.number,
    login: user.login,
    found: toFound(desk, user, wholeAccount),
  }));
}

/**
 * Refusal `forbidden` (B55): an operator who plans, begins or resumes a run must not be in it. `alsoUserId` is their customer login.
 */
export function refuseOneself(alsoUserId: string | null, rows: readonly PlannedRow[]): void {
  const own = alsoUserId === null ? undefined : rows.find(({ user }) => user === alsoUserId);
  if (own === undefined) return;
  const problems = [{ line: own.line, message: `${own.login} is your own login` }];
  throw refusal('forbidden', 'own-reset', {}, 'take-line-out', { problems });
}

/** Refusal `config` if the settings do not have the connector of a company. */
async function plannedRemotes(desk: Desk, people: readonly FoundUser[]): Promise<readonly PlannedRemote[]> {
  const users = new Map<string, number>();
  for (const { connector } of people) if (connector !== null) users.set(connector, (users.get(connector) ?? 0) + 1);
  const waitMinutes = desk.policy.limits.reset.remoteWaitMinutes.bulk;
  return Promise.all(
    [...users].map(async ([connector, count]) => {
      const { gate } = await desk.connectors.settings(connector);
      return { connector, gate: gate.kind, users: count, waitMinutes };
    }),
  );
}

/** The users who have something to lose, looked up in the order of ids, in which the store keeps them. */
async function holdingOf(desk: Desk, people: ReadonlyMap<string, FoundUser>, signal?: AbortSignal): Promise<Holding> {
  const [acting, objected, unreached] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const ids = [...people.values()].map(({ id: own, external }) => ({ own, external }));
  const shared = new Set((await othersWithId(desk.store.read, ids, null)).map(({ one }) => one.own ?? ''));
  for (const batch of chunksOf([...people.keys()].sort())) {
    await hear(signal);
    for (const facts of await desk.store.read.resets.facts(batch, desk.now())) {
      const elsewhere = people.get(facts.userId)?.connector ?? null;
      if (elsewhere !== null || somethingToReset(desk.policy, facts)) acting.add(facts.userId);
      if (isObjected(facts)) objected.add(facts.userId);
    }
    if (!desk.policy.limits.enrolmentCode.required) continue;
    for (const contacts of await desk.store.read.users.contacts(batch.filter((id) => acting.has(id))))
      if (oldEnoughAddress(desk, contacts) === null) unreached.add(contacts.user.id);
  }
  return { acting, objected, unreached, shared };
}
