/** Reading the log for people: who did what to whom, filtered, in pages if it may be long (B74, B76). */
import type { AuditFilter, Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { LoggedEntry } from '../../rules/audit-entry.js';
import { foldKey } from '../../rules/directory-keys.js';
import { readMoment } from '../../rules/moment.js';
import { act, askAuthority, mayAlso } from '../authorise.js';
import { findAccount, findUser } from '../directory/find-account.js';
import { foreignEntries } from './log-reader.js';

/** A filter as people type it. `by`: name or id of an operator, id of a user, or `system`. `kind`: `mfa.reset`, or a bare noun for all of its verbs. */
export type LogQuery = {
  readonly [Part in 'by' | 'account' | 'user' | 'kind' | 'outcome' | 'since' | 'until']?: string | undefined;
};

const PAGE = 1000;

/** Refusals: not-found and ambiguous for people and accounts, invalid-input for times. */
export async function readFilter(desk: Desk, query: LogQuery): Promise<AuditFilter> {
  const now = desk.now();
  const account = query.account === undefined ? undefined : await findAccount(desk, query.account);
  const user = query.user === undefined ? undefined : (await findUser(desk, query.user, account)).user;
  return {
    ...(query.by === undefined ? {} : { by: await actorId(desk, query.by) }),
    ...(account === undefined ? {} : { account: account.id }),
    ...(user === undefined ? {} : { user: user.id }),
    ...(query.kind === undefined ? {} : { kind: query.kind }),
    ...(query.outcome === undefined ? {} : { outcome: query.outcome }),
    ...(query.since === undefined ? {} : { since: readMoment('since', query.since, now, 'back') }),
    ...(query.until === undefined ? {} : { until: readMoment('until', query.until, now, 'back') }),
  };
}

async function actorId(desk: Desk, reference: string): Promise<string> {
  if (reference === 'system' || /^(op|usr)_/.test(reference)) return reference;
  const operator = await desk.store.read.operators.byName(foldKey(reference));
  if (operator !== undefined) return operator.id;
  throw refusal('not-found', 'actor-unknown', { reference }, 'name-actor');
}

export type NewestEntries = Awaited<ReturnType<typeof newestEntries>>;

/** The newest entries that match, in the order they were written. `foreign`: numbers of those that the head of the log does not seal. */
export async function newestEntries(desk: Desk, filter: AuditFilter, limit: number) {
  const { audit } = desk.store.read;
  const rows = await audit.newest(filter, limit);
  return { entries: rows.map(parseEntry).reverse(), foreign: await foreignEntries(audit, desk.notary, rows) };
}

/** Refusal `audit-broken`: what was shown is not what was logged. */
export function requireGenuine({ foreign }: Pick<NewestEntries, 'foreign'>): void {
  if (foreign.length === 0) return;
  const facts = { count: foreign.length, entries: foreign.slice(0, 5) };
  throw refusal('audit-broken', 'entries-foreign', facts, 'audit-verify');
}

/** Every matching entry after a number, oldest first, in pages; ends at the end of the log. */
export async function* entriesAfter(
  desk: Desk,
  filter: AuditFilter,
  afterSeq: number,
): AsyncGenerator<readonly LoggedEntry[]> {
  for (let after = afterSeq; ; ) {
    const rows = await desk.store.read.audit.find(filter, after, PAGE);
    if (rows.length > 0) yield rows.map(parseEntry);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.seq;
  }
}

/** The number of the newest entry, -1 for an empty log. */
export async function lastNumber(desk: Desk): Promise<number> {
  return ((await desk.store.read.audit.head())?.size ?? 0) - 1;
}

/** Refusal `audit-broken` if it is no JSON. */
export function parseEntry(row: { readonly seq: number; readonly body: string }): LoggedEntry {
  try {
    return JSON.parse(row.body) as LoggedEntry;
  } catch (error) {
    throw refusal('audit-broken', 'entry-unreadable', { seq: row.seq }, 'audit-verify', { cause: error });
  }
}

const READ_LOG = { permission: 'audit:read' } as const;

export interface LogDoor {
  readonly permission: 'audit:read' | 'audit:read-caller';
  /** Following the log does not count as idle while the operator looks elsewhere. */
  readonly running: boolean;
}

/** What reading asks for: a lead may read what the log says about one caller, and nothing wider (B83). */
export const doorOfLog = ({ user }: Pick<LogQuery, 'user'>, running: boolean): LogDoor => ({
  permission: user === undefined ? READ_LOG.permission : 'audit:read-caller',
  running,
});

/** Exporting the log is itself an event; its entry is written before the first line leaves. */
export async function noteExport(desk: Desk, signed: SignedOperator, filter: AuditFilter, format: string) {
  const detail = { format, filter: { ...filter } };
  await act(desk, signed, READ_LOG, {
    entry: () => ({ kind: 'audit.exported', detail }),
    change: async () => undefined,
  });
}

/**
 * Words for the people of some entries: `100241/ana.trujillo` by user id and `100241` by account id. Empty for a role
 * that may not read the directory (an auditor); it reads the ids in the log instead.
 */
export async function peopleOf(
  desk: Desk,
  signed: SignedOperator,
  entries: readonly LoggedEntry[],
  door: LogDoor = doorOfLog({}, false),
): Promise<ReadonlyMap<string, string>> {
  const words = new Map<string, string>();
  await askAuthority(desk, signed, door);
  if (!(await mayAlso(desk, signed, { ...door, permission: 'directory:read' }))) return words;
  for (const id of new Set(entries.map((entry) => entry.account))) {
    const account = id === undefined ? undefined : await desk.store.read.accounts.byId(id);
    if (account !== undefined) words.set(account.id, account.number);
  }
  for (const id of new Set(entries.map((entry) => entry.user))) {
    const user = id === undefined ? undefined : await desk.store.read.users.byId(id);
    if (user !== undefined) words.set(user.id, `${words.get(user.accountId) ?? ''}/${user.login}`);
  }
  return words;
}
