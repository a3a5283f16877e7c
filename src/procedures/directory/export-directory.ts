/** Exports the directory as CSV that imports as it was; cells that a spreadsheet would run are guarded. Logged. */
import type { Desk, SignedOperator } from '../../desk.js';
import { guardCell } from '../../rules/csv-table.js';
import { foldKey } from '../../rules/directory-keys.js';
import type { Account, Owner } from '../../rules/people.js';
import { askAuthority, note } from '../authorise.js';
import { hear } from '../pause.js';
import { withHomes } from './search-directory.js';

const EXPORTING = { permission: 'directory:write' } as const;

/** For Excel: a byte order mark, CRLF, and no digits lost. Absent: UTF-8 with plain line feeds and commas, as every tool here writes. */
export interface ExportForm {
  readonly for?: 'excel' | undefined;
  readonly separator: ',' | ';';
}

const COMMAS: ExportForm = { separator: ',' };

type Pages<T> = AsyncIterable<readonly T[]> | Iterable<readonly T[]>;
type CellsOf<T> = (row: T) => readonly string[];

export async function csvText<T>(header: readonly string[], pages: Pages<T>, cellsOf: CellsOf<T>): Promise<string> {
  let text = '';
  for await (const some of csvPages(header, pages, cellsOf)) text += some;
  return text;
}

/** Page by page, so that a large directory does not fill the memory. */
async function* csvPages<T>(header: readonly string[], pages: Pages<T>, cellsOf: CellsOf<T>, form = COMMAS) {
  const { stringify } = await import('csv-stringify/sync');
  const excel = form.for === 'excel';
  const csv = (rows: readonly (readonly string[])[], bom = false): string => {
    const guarded = rows.map((row) => row.map((cell) => guardCell(cell, excel)));
    return stringify(guarded, { delimiter: form.separator, bom, record_delimiter: excel ? 'windows' : '\n' });
  };
  yield csv([header], excel);
  for await (const page of pages) yield csv(page.map(cellsOf));
}

export async function exportAccounts(desk: Desk, signed: SignedOperator, form = COMMAS) {
  await askAuthority(desk, signed, EXPORTING);
  const detail = { accounts: await desk.store.read.accounts.count() };
  await note(desk, signed, EXPORTING, { kind: 'directory.exported', detail });
  const columns = ['number', 'name', 'edition', 'sso', 'country'] as const;
  const cellsOf = (account: Account) => columns.map((column) => account[column] ?? '');
  return csvPages(columns, whileAllowed(desk, signed, accountPages(desk)), cellsOf, form);
}

/** Whoever reads slowly may have lost the role meanwhile. */
async function* whileAllowed<T>(desk: Desk, signed: SignedOperator, pages: AsyncIterable<readonly T[]>) {
  for await (const page of pages) {
    await askAuthority(desk, signed, EXPORTING);
    yield page;
  }
}

/** Users of one account, or of all. */
export async function exportUsers(desk: Desk, signed: SignedOperator, only?: Account, form = COMMAS) {
  await askAuthority(desk, signed, EXPORTING);
  const users = await desk.store.read.users.count(only?.id);
  const detail = { users, ...(only === undefined ? {} : { account: only.number }) };
  await note(desk, signed, EXPORTING, { kind: 'directory.exported', detail });
  const header = ['account', 'login', 'name', 'email', 'phone', 'role', 'scopes', 'sign_in', 'external'];
  const cellsOf = ({ account, user }: Owner) => {
    const { login, name, email, phone, role, scopes, signIn, external } = user;
    return [account.number, login, name, email, phone, role, scopes.join(' '), signIn, external ?? ''];
  };
  return csvPages(header, whileAllowed(desk, signed, userPages(desk, only)), cellsOf, form);
}

/** All accounts in the order of their numbers, or the first `most` of them. */
export async function allAccounts(desk: Desk, most?: number): Promise<readonly Account[]> {
  const found: Account[] = [];
  for await (const page of accountPages(desk, most)) found.push(...page);
  return found;
}

const accountPages = (desk: Desk, most?: number) =>
  inPages<Account>((last, limit) => desk.store.read.accounts.page(keyAfter(last), limit), most);

/** Logins of one account, or of all, by number and login; or the first `most` of them. */
export const userPages = (desk: Desk, only?: Account, most?: number) =>
  inPages<Owner>(async (last, limit) => {
    const { users } = desk.store.read;
    const home = last?.account ?? only;
    // The rest of the account in which the page before has ended, and then others.
    const rest = home === undefined ? [] : await users.afterLogin(home.id, foldKey(last?.user.login ?? ''), limit);
    const others = only === undefined && rest.length < limit;
    const more = others ? await users.afterAccount(keyAfter(home), limit - rest.length) : [];
    return withHomes(desk, [...rest, ...more], only);
  }, most);

const keyAfter = (last: Account | undefined): string => (last === undefined ? '' : foldKey(last.number));

/** Rows of a page. */
const PAGE = 500;

/** Reads a long list in pages, each after the last row of the one before, to the end or until `most` were read. */
export async function* inPages<T>(
  next: (last: T | undefined, limit: number) => Promise<readonly T[]>,
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly T[]> {
  let last: T | undefined;
  for (let left = most; left > 0; ) {
    const limit = Math.min(PAGE, left);
    const page = await next(last, limit);
    if (page.length > 0) yield page;
    await hear();
    if (page.length < limit) return;
    last = page.at(-1);
    left -= limit;
  }
}
