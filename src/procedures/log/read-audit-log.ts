/** Reading the log for people: who did what to whom, filtered, in pages if it may be long (B74, B76). */
import type { AuditFilter, Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { LoggedEntry } from '../../rules/audit-entry.js';
import { foldKey } from '../../rules/directory-keys.js';
import { readMoment } from '../../rules/moment.js';
import { askAuthority, mayAlso, note } from '../authorise.js';
import { inPages } from '../directory/export-directory.js';
import { findAccount, findUser } from '../directory/find-account.js';
import { foreignEntries } from './log-reader.js';

/** A filter as people type it. `by`: name or id of an operator, id of a user, or `system`. `kind`: `mfa.reset`, or a bare noun for all of its verbs. */
export type LogQuery = {
  readonly [Part in 'by' | 'account' | 'user' | 'kind' | 'outcome' | 'since' | 'until']?: string | undefined;
};

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

/** Every matching entry after a number, oldest first, in pages; ends at the end of the log. Refusal `audit-broken` as `parseEntry`. */
export async function* entriesAfter({ store: { read } }: Desk, filter: AuditFilter, afterSeq: number) {
  const pages = inPages<{ seq: number; body: string }>((last, limit) =>
    read.audit.find(filter, last?.seq ?? afterSeq, limit),
  );
  for await (const rows of pages) yield rows.map(parseEntry);
}

/** The number of the newest entry, -1 for an empty log. */
export async function lastNumber(desk: Desk): Promise<number> {
  return ((await desk.store.read.audit.head())?.size ?? 0) - 1;
}

/** Refusal `audit-broken` if it is no entry of this number, by which readers go on. */
export function parseEntry({ seq, body }: { readonly seq: number; readonly body: string }): LoggedEntry {
  try {
    const entry = JSON.parse(body) as LoggedEntry | null;
    if (entry?.seq === seq) return entry;
    throw new RangeError('another number');
  } catch (error) {
    throw refusal('audit-broken', 'entry-unreadable', { seq }, 'audit-verify', { cause: error });
  }
}

const READ_LOG = { permission: 'audit:read' } as const;

export type LogDoor = ReturnType<typeof doorOfLog>;

/**
 * What reading asks for: a lead may read what the log says about one caller, and nothing wider (B83). `running`: following the log does not
 * count as idle while the operator looks elsewhere.
 */
export const doorOfLog = ({ user }: Pick<LogQuery, 'user'>, running: boolean) =>
  ({ permission: user === undefined ? READ_LOG.permission : 'audit:read-caller', running }) as const;

/** Exporting the log is itself an event; its entry is written before the first line leaves. */
export async function noteExport(desk: Desk, signed: SignedOperator, filter: AuditFilter, format: string) {
  await note(desk, signed, READ_LOG, { kind: 'audit.exported', detail: { format, filter: { ...filter } } });
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
