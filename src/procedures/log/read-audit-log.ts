/** Reading the log for people: who did what to whom, filtered, in pages if it may be long (B74, B76). */
import type { AuditFilter, Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { LoggedEntry } from '../../rules/audit-entry.js';
import { growTree } from '../../rules/audit-tree.js';
import { foldKey } from '../../rules/directory-keys.js';
import { readMoment } from '../../rules/moment.js';
import { askAuthority, mayAlso, note } from '../authorise.js';
import { findAccount, findUser } from '../directory/find-account.js';
import { openJudge } from '../log-reader.js';
import { logState } from './log-checkpoint.js';

/** A filter as people type it. `by`: name or id of an operator, id of a user, or `system`. `kind`: `mfa.reset`, or a bare noun for all of its verbs. */
export type LogQuery = {
  readonly [Part in 'by' | 'account' | 'user' | 'kind' | 'outcome' | 'since' | 'until']?: string | undefined;
};

/** Refusals: not-found and ambiguous for people and accounts, invalid-input for times. */
export async function readFilter(desk: Desk, query: LogQuery): Promise<AuditFilter> {
  const now = desk.now();
  const account = query.account === undefined ? undefined : await findAccount(desk, query.account);
  const user = query.user === undefined ? undefined : (await findUser(desk, query.user, account)).user;
  const wish = {
    by: query.by === undefined ? undefined : await actorId(desk, query.by),
    account: account?.id,
    user: user?.id,
    kind: query.kind,
    outcome: query.outcome,
    since: query.since === undefined ? undefined : readMoment('since', query.since, now, 'back'),
    until: query.until === undefined ? undefined : readMoment('until', query.until, now, 'back'),
  };
  return Object.fromEntries(Object.entries(wish).filter(([, part]) => part !== undefined)) as AuditFilter;
}

async function actorId(desk: Desk, reference: string): Promise<string> {
  if (reference === 'system' || /^(op|usr)_/.test(reference)) return reference;
  const operator = await desk.store.read.operators.byName(foldKey(reference));
  if (operator !== undefined) return operator.id;
  throw refusal('not-found', 'actor-unknown', { reference }, 'name-actor');
}

export type NewestEntries = Awaited<ReturnType<typeof newestEntries>>;

/** Only without a filter does a number that is not there mean that the entry is missing. */
const isWhole = (filter: AuditFilter): boolean => Object.keys(filter).length === 0;

/**
 * The newest entries that match, in the order they were written. `foreign`: numbers of those that the head of the log does not seal; `missing`:
 * the first that should be among them. `last`: number of the newest entry of all. Refusal `audit-broken` for a head that this desk did not write.
 */
export async function newestEntries(desk: Desk, filter: AuditFilter, limit: number) {
  const { audit } = desk.store.read;
  const { size } = await logState(audit, desk.notary);
  const rows = (await audit.newest(filter, limit)).toReversed();
  const from = rows.length < limit ? 0 : Math.max(rows[0]?.seq ?? 0, 0);
  const judged = await openJudge(audit, desk.notary)(rows, isWhole(filter) ? [from, size] : undefined);
  return { entries: rows.map(parseEntry), ...judged, last: Math.max(size - 1, rows.at(-1)?.seq ?? -1) };
}

/** Refusal `audit-broken`: what is shown is not what was logged. */
export function requireGenuine({ foreign, missing }: Pick<NewestEntries, 'foreign' | 'missing'>): void {
  if (missing !== undefined) throw refusal('audit-broken', 'entry-missing', { seq: missing }, 'audit-verify');
  if (foreign.length === 0) return;
  const facts = { count: foreign.length, entries: foreign.slice(0, 5) };
  throw refusal('audit-broken', 'entries-foreign', facts, 'audit-verify');
}

const PAGE = 500;

/**
 * Every matching entry after a number, oldest first, in pages, up to the present end of the log. Refusal `audit-broken` in place of a page with an
 * entry that is not what was logged; without a filter also where one is missing, and at the end where the whole log has another root.
 */
export async function* entriesAfter({ store: { read }, notary }: Desk, filter: AuditFilter, afterSeq: number) {
  const { size, root } = await logState(read.audit, notary);
  const judge = openJudge(read.audit, notary);
  const tree = growTree(notary.hexTree);
  for (let [last, more] = [afterSeq, true]; more; ) {
    const rows = await read.audit.find(filter, last, PAGE);
    const known = rows.filter(({ seq }) => seq < size);
    const page = known.map(parseEntry);
    for (const { leaf } of known) tree.append(leaf);
    more = page.length === PAGE;
    const end = known.at(-1)?.seq ?? last;
    requireGenuine(await judge(rows, isWhole(filter) ? [last + 1, more ? end + 1 : size] : undefined));
    if (page.length > 0) yield page;
    last = end;
  }
  if (isWhole(filter) && afterSeq < 0 && (tree.size() !== size || tree.root() !== Buffer.from(root).toString('hex')))
    throw refusal('audit-broken', 'log-other-root', {}, 'audit-verify');
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
  const idsOf = (ids: readonly (string | undefined)[]) => [...new Set(ids)].filter((id) => id !== undefined);
  const users = await desk.store.read.users.byIds(idsOf(entries.map(({ user }) => user)));
  // An entry may name a user without their company.
  const homes = idsOf([...entries.map(({ account }) => account), ...users.map(({ accountId }) => accountId)]);
  for (const { id, number } of await desk.store.read.accounts.byIds(homes)) words.set(id, number);
  for (const { id, accountId, login } of users) words.set(id, `${words.get(accountId) ?? ''}/${login}`);
  return words;
}
