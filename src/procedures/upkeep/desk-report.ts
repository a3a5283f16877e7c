/**
 * The desk in figures, for its lead: what was asked and decided, how long it took, what failed with whom, resets and whether
 * their users enrolled again, approvals, locks. The figures name callers who failed, so making a report is logged too (B74).
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { standingOf } from '../../rules/approval.js';
import { days } from '../../rules/duration.js';
import type { Policy } from '../../rules/policy.js';
import { note } from '../authorise.js';
import { entriesAfter } from '../log/read-audit-log.js';

export type DeskReport = Awaited<ReturnType<typeof deskReport>>;
/** How often each outcome occurred in one stretch of time; `from`: when it begins, ms. */
export type Stretch = ReturnType<typeof stretches>[number];
export type Failures = Awaited<ReturnType<typeof failingCallers>>[number];

/** The most entries in one list. */
const LISTED = 10;
/** The median is taken of this many calls, the newest. */
const TIMED = 100_000;
/** If there were more columns than this, each column is a week. The first Monday of all, ms. */
const [MOST_DAYS, MONDAY] = [62, days(4)];

const REPORTING = { permission: 'report:read' } as const;

/** `width`: length of a stretch, ms. Half of the calls and decisions took no longer than a median, ms; null if there were none. */
export async function deskReport(desk: Desk, signed: SignedOperator, since: number) {
  const until = desk.now();
  const width = until - since > days(MOST_DAYS) ? days(7) : days(1);
  const span = { since, until, width, first: MONDAY };
  await note(desk, signed, REPORTING, { kind: 'report.made', detail: { since } });
  const locks = await desk.store.read.figures.lockedCallers(until);
  return {
    ...{ since, until, width },
    ...(await verificationFigures(desk, span)),
    ...(await resetFigures(desk, span)),
    lockedForAWhile: locks.forAWhile,
    lockedUntilLifted: locks.untilLifted,
    alarms: await countEntries(desk, 'desk.alarmed', since),
    alarmsOn: (await desk.store.read.alarms.on(until)).length,
    failuresByCaller: await failingCallers(desk, since),
    failuresByOperator: await failingOperators(desk, since),
  };
}

type Span = Readonly<Record<'since' | 'until' | 'width' | 'first', number>>;
type Figures = Desk['store']['read']['figures'];
type ByTime = Awaited<ReturnType<Figures['verificationsByTime']>>;

/** In all; with an outcome, of these only. */
const total = (rows: ByTime, only?: string): number =>
  rows.reduce((sum, { outcome, n }) => (only === undefined || outcome === only ? sum + n : sum), 0);

async function verificationFigures(desk: Desk, span: Span) {
  const { since } = span;
  const { figures } = desk.store.read;
  const byTime = await figures.verificationsByTime(since, span);
  const calls = await figures.callsByOutcome(since);
  return {
    verifications: stretches(byTime, span),
    verified: total(byTime, 'verified'),
    refused: total(byTime, 'refused'),
    reasons: (await figures.refusalsByReason(since))
      .map(({ name, n }) => ({ reason: name, count: n }))
      .sort((a, b) => b.count - a.count),
    actions: byAction(desk.policy, await figures.verificationsByAction(since)),
    generalQuestions: await countEntries(desk, 'call.general', since),
    calls: calls.reduce((sum, { n }) => sum + n, 0),
    medianToVerdict: median(await figures.timesToVerdict(since, TIMED)),
  };
}

/** Every action of the policy, even if nobody asked for it; an action that is no longer in the policy appears by its id. */
function byAction(policy: Policy, rows: Awaited<ReturnType<Figures['verificationsByAction']>>) {
  const ids = [...new Set([...policy.actions.map(({ id }) => id), ...rows.map(({ name }) => name)])];
  const count = (id: string, outcome: string) => rows.find((row) => row.name === id && row.outcome === outcome)?.n ?? 0;
  return ids.map((id) => ({
    title: policy.actions.find((action) => action.id === id)?.title ?? id,
    verified: count(id, 'verified'),
    refused: count(id, 'refused'),
  }));
}

async function countEntries(desk: Desk, kind: string, since: number): Promise<number> {
  let count = 0;
  for await (const { length } of entriesAfter(desk, { kind, since }, -1)) count += length;
  return count;
}

async function resetFigures(desk: Desk, span: Span) {
  const { figures } = desk.store.read;
  const byTime = await figures.resetsByTime(span.since, span);
  const approvals = await figures.approvals(span.since);
  const standings: Record<string, number> = {};
  for (const approval of approvals) {
    const standing = standingOf(approval, span.until);
    standings[standing] = (standings[standing] ?? 0) + 1;
  }
  const waits = approvals.flatMap(({ decidedAt: end, requestedAt }) => (end === null ? [] : [end - requestedAt]));
  return {
    resets: stretches(byTime, span),
    resetCount: total(byTime),
    enrolledAgain: total(byTime, 'enrolled'),
    undone: total(byTime, 'undone'),
    objections: await figures.objections(span.since),
    approvals: standings,
    medianToDecision: median(waits.sort((a, b) => a - b)),
  };
}

async function failingCallers(desk: Desk, since: number) {
  const { figures, users, accounts } = desk.store.read;
  const rows = await figures.failuresByCaller(since, LISTED);
  const people = await users.byIds(rows.flatMap(({ id }) => (id === null ? [] : [id])));
  const homes = await accounts.byIds(rows.flatMap(({ accountId }) => (accountId === null ? [] : [accountId])));
  return rows.map(({ accountId, id, n, lastAt }) => {
    const number = homes.find((account) => account.id === accountId)?.number ?? '';
    const login = people.find((user) => user.id === id)?.login ?? '(not on the list)';
    return { who: `${number}/${login}`, count: n, lastAt };
  });
}

async function failingOperators(desk: Desk, since: number) {
  const { figures, operators } = desk.store.read;
  const rows = await figures.failuresByOperator(since, LISTED);
  return Promise.all(
    rows.map(async ({ id, n, lastAt }) => ({ who: (await operators.byId(id ?? ''))?.name ?? '', count: n, lastAt })),
  );
}

/** Every stretch from `since` to `until`, including empty ones, so that a gap shows in the chart. */
function stretches(rows: ByTime, { since, until, width, first }: Span) {
  const begins = Math.floor((since - first) / width);
  return Array.from({ length: Math.floor((until - first) / width) - begins + 1 }, (_, nth) => {
    const here = rows.filter((row) => row.bucket === begins + nth);
    return {
      from: first + (begins + nth) * width,
      counts: Object.fromEntries(here.map(({ outcome, n }) => [outcome, n])),
    };
  });
}

/** The middle of sorted numbers. */
function median(sorted: readonly number[]): number | null {
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? null : (upper + lower) / 2;
}
