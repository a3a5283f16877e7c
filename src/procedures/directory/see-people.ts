/**
 * Who at the desk sees whose e-mail and phone (B83): a role that may read contacts, and an operator with a live grant of that
 * caller. Everybody else gets them masked. A view of a person, and a list with contacts in full, is in the log before it is
 * shown; if it cannot be logged, it is not shown.
 */
import type { Desk, Reads, SignedOperator } from '../../desk.js';
import type { ActEntry, AuditEntry } from '../../rules/audit-entry.js';
import { maskedContact, PAGES_IN_A_CALL, ROWS_IN_A_CALL } from '../../rules/directory-fields.js';
import { foldKey } from '../../rules/directory-keys.js';
import type { Account, Owner } from '../../rules/people.js';
import { askAuthority, mayAlso, note } from '../authorise.js';
import { vouchedFor } from '../log-reader.js';
import { userPages } from './export-directory.js';
import type { Found } from './search-directory.js';

declare const seen: unique symbol;

/** A person with the contacts that this operator may see. Only such a person can be put on a screen or into a document. */
export interface SeenUser extends Owner {
  readonly contacts: 'full' | 'masked';
  readonly [seen]: true;
}

/** What shows a person, and what it asks for. */
const VIEWS = { user: 'directory:read', factors: 'mfa:read', call: 'verify' } as const;
export type View = keyof typeof VIEWS;

const CONTACTS = { permission: 'contacts:read' } as const;
const LISTING = { permission: 'directory:read', sendLater: true } as const;

/** Decides about each person. A view is no use of a grant, but a grant that has ended by whatever means shows nothing. */
async function sightOf(desk: Desk, signed: SignedOperator) {
  const all = await mayAlso(desk, signed, CONTACTS);
  const grants = all ? [] : await desk.store.read.grants.live(desk.now(), signed.operator.id);
  const grantFor = ({ user }: Owner) =>
    grants.find((row) => row.user_id === user.id && row.authority_version === user.authorityVersion);
  const see = (found: Owner): SeenUser => {
    const full =
      all || (grantFor(found) !== undefined && found.user.disabledAt === null && found.account.disabledAt === null);
    const { email, phone } = found.user;
    const masked = { email: maskedContact('email', email), phone: maskedContact('phone', phone), phoneE164: null };
    const user = full ? found.user : { ...found.user, ...masked };
    return { account: found.account, user, contacts: full ? 'full' : 'masked' } as SeenUser;
  };
  return { all, see, grantFor };
}

/** The person whom an act was about; the act itself is in the log. */
export async function seenAfterAct(desk: Desk, signed: SignedOperator, found: Owner): Promise<SeenUser> {
  return (await sightOf(desk, signed)).see(found);
}

/** One person, once a call: while the same grant lives, one entry is enough. `others` come with them, in the same entry. */
export async function viewUser(
  desk: Desk,
  signed: SignedOperator,
  found: Owner,
  { view, others = [] }: { readonly view: View; readonly others?: readonly Owner[] },
): Promise<{ readonly person: SeenUser; readonly others: readonly SeenUser[] }> {
  const door = { permission: VIEWS[view], sendLater: true } as const;
  await askAuthority(desk, signed, door);
  const { see, grantFor } = await sightOf(desk, signed);
  const person = see(found);
  const shown = { person, others: others.map(see) };
  const grant = grantFor(found);
  if (grant !== undefined && (await viewedUnder(desk, signed, grant))) return shown;
  const detail = { view, contacts: person.contacts, ...(grant === undefined ? {} : { grant: grant.id }) };
  await note(desk, signed, door, viewedEntry({ account: found.account.id, user: found.user.id }, detail));
  return shown;
}

export const viewedEntry = (
  { account, user }: { readonly account: string | null; readonly user: string },
  detail: AuditEntry['detail'] & { readonly view: View },
): ActEntry => ({ kind: 'user.viewed', user, detail, ...(account === null ? {} : { account }) });

type LiveGrant = Awaited<ReturnType<Reads['grants']['live']>>[number];

async function viewedUnder(desk: Desk, { operator }: SignedOperator, grant: LiveGrant): Promise<boolean> {
  const filter = { kind: 'user.viewed', by: operator.id, user: grant.user_id, since: grant.created_at };
  const [row] = await vouchedFor(desk.store.read.audit, desk.notary, filter, 1);
  return row !== undefined && (JSON.parse(row.body) as { detail?: { grant?: string } }).detail?.grant === grant.id;
}

interface ListWish {
  readonly list: 'user list' | 'user search';
  readonly text?: string;
  readonly account?: Account | undefined;
  readonly limit: number | undefined;
  readonly page?: number;
}

/**
 * A list, or a search for `text`, of which the log gets a keyed digest; `page` is from 1. `capped`: the role sees no more rows than these,
 * whatever it asks for. Pages are for names that many have, not for reading the directory: without contacts a search has five pages, and each
 * after the first is in the log (B83, B96).
 */
export async function viewUsers(
  desk: Desk,
  signed: SignedOperator,
  { list, text, account, limit, page = 1 }: ListWish,
  look: (rows: { readonly limit: number; readonly skip: number }) => Promise<Found<Owner>>,
): Promise<Found<SeenUser> & { readonly capped: boolean }> {
  await askAuthority(desk, signed, LISTING);
  const { all, see } = await sightOf(desk, signed);
  const rows = pageOf(all, limit ?? MANY, page);
  if (rows === undefined) return { found: [], more: true, capped: true };
  const { found, more } = await look(rows);
  const people = found.map(see);
  const full = people.filter(({ contacts }) => contacts === 'full').length;
  if (full > 0 || (page > 1 && people.length > 0)) {
    const paged = page === 1 ? {} : { page, shown: people.length };
    await noteList(desk, signed, { list, text, account }, { people: full, ...paged });
  }
  return { found: people, more, capped: !all && more && (text === undefined || page === PAGES_IN_A_CALL) };
}

/**
 * The whole directory, or one company, for a role that sees all contacts: page by page, logged before anything is shown, with how many
 * there are. Undefined for a role that sees only a few rows.
 */
export async function viewAllUsers(desk: Desk, signed: SignedOperator, account: Account | undefined, limit = MANY) {
  await askAuthority(desk, signed, LISTING);
  if (!(await sightOf(desk, signed)).all) return undefined;
  const there = await desk.store.read.users.count(account?.id);
  const count = Math.min(there, limit);
  if (count > 0) await noteList(desk, signed, { list: 'user list', account }, { people: count });
  const pages = async function* () {
    for await (const page of userPages(desk, account, count)) {
      // Whoever reads slowly may have lost the role meanwhile, or the sight of contacts.
      await askAuthority(desk, signed, LISTING);
      const { see } = await sightOf(desk, signed);
      yield page.map(see);
    }
  };
  return { count, more: there > limit, pages: pages() };
}

/**
 * These people on a list of another kind, page by page; at its end it is logged if any contact is in full (B83), so nothing is shown before.
 */
export async function* seePeople<T extends Owner>(
  desk: Desk,
  signed: SignedOperator,
  list: string,
  pages: AsyncIterable<readonly T[]> | Iterable<readonly T[]>,
): AsyncGenerator<readonly (T & SeenUser)[]> {
  await askAuthority(desk, signed, { permission: 'mfa:read' });
  let people = 0;
  for await (const page of pages) {
    await askAuthority(desk, signed, { permission: 'mfa:read' });
    const { see } = await sightOf(desk, signed);
    const seen = page.map((one) => ({ ...one, ...see(one) }));
    people += seen.filter(({ contacts }) => contacts === 'full').length;
    yield seen;
  }
  if (people > 0) await noteList(desk, signed, { list }, { people });
}

/** One entry, before anything is shown: who, what, how many with contacts in full, and how many names. */
export async function noteList(
  desk: Desk,
  signed: SignedOperator,
  { list, text, account }: { list: string; text?: string | undefined; account?: Account | undefined },
  counts: Readonly<Record<string, number>>,
): Promise<void> {
  const filter = text === undefined ? {} : { filter: desk.digests.mac('mac/lookup', list, foldKey(text)) };
  const about = { ...(account === undefined ? {} : { account: account.id }), detail: { list, ...filter, ...counts } };
  await note(desk, signed, LISTING, { kind: 'directory.viewed', ...about });
}

/** Nobody asked for fewer. */
const MANY = 1_000_000;

function pageOf(all: boolean, wanted: number, page: number) {
  if (!all && page > PAGES_IN_A_CALL) return undefined;
  const limit = all ? wanted : Math.min(wanted, ROWS_IN_A_CALL);
  return { limit, skip: (page - 1) * limit };
}

/** How many companies a list or a search shows, and after how many; undefined: this role sees no such page. */
export async function rowsFor(desk: Desk, signed: SignedOperator, limit = MANY, page = 1) {
  return pageOf(await mayAlso(desk, signed, CONTACTS), limit, page);
}
