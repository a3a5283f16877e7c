/** Exports the directory as CSV that imports as it was; cells that a spreadsheet would run are guarded. Logged. */
import type { Desk, SignedOperator } from '../../desk.js';
import { guardCell } from '../../rules/csv-table.js';
import { foldKey } from '../../rules/directory-keys.js';
import type { Account } from '../../rules/people.js';
import { act, askAuthority } from '../authorise.js';
import { type FoundUser, withHomes } from './search-directory.js';

const EXPORTING = { permission: 'directory:write' } as const;
const PAGE = 500;

/** For Excel: a byte order mark, CRLF, and no digits lost. Absent: UTF-8 with plain line feeds and commas, as every tool here writes. */
export interface ExportForm {
  readonly for?: 'excel' | undefined;
  readonly separator: ',' | ';';
}

const COMMAS: ExportForm = { separator: ',' };

type CsvRows = readonly (readonly string[])[];

type CsvPages = AsyncIterable<CsvRows> | Iterable<CsvRows>;

export async function csvText(header: readonly string[], pages: CsvPages): Promise<string> {
  let text = '';
  for await (const some of csvPages(header, pages)) text += some;
  return text;
}

/** Page by page, so that a large directory does not fill the memory. */
async function* csvPages(header: readonly string[], pages: CsvPages, form = COMMAS): AsyncGenerator<string> {
  const { stringify } = await import('csv-stringify/sync');
  const excel = form.for === 'excel';
  const csv = (rows: CsvRows, bom = false) => {
    const guarded = rows.map((row) => row.map((cell) => guardCell(cell, excel)));
    return stringify(guarded, { delimiter: form.separator, bom, record_delimiter: excel ? 'windows' : '\n' });
  };
  yield csv([header], excel);
  for await (const rows of pages) yield csv(rows);
}

export async function exportAccounts(desk: Desk, signed: SignedOperator, form = COMMAS) {
  await askAuthority(desk, signed, EXPORTING);
  await log(desk, signed, { accounts: await desk.store.read.accounts.count() });
  return csvPages(['number', 'name', 'edition', 'sso', 'country'], accountRows(desk), form);
}

async function* accountRows(desk: Desk): AsyncGenerator<CsvRows> {
  for await (const page of accountPages(desk))
    yield page.map(({ number, name, edition, sso, country }) => [number, name, edition, sso ?? '', country ?? '']);
}

/** Users of one account, or of all. */
export async function exportUsers(desk: Desk, signed: SignedOperator, only?: Account, form = COMMAS) {
  await askAuthority(desk, signed, EXPORTING);
  const users = await desk.store.read.users.count(only?.id);
  await log(desk, signed, { users, ...(only === undefined ? {} : { account: only.number }) });
  const header = ['account', 'login', 'name', 'email', 'phone', 'role', 'scopes', 'sign_in', 'external'];
  return csvPages(header, userRows(desk, only), form);
}

async function* userRows(desk: Desk, only: Account | undefined): AsyncGenerator<CsvRows> {
  for await (const page of userPages(desk, only))
    yield page.map(({ account, user: { login, name, email, phone, role, scopes, signIn, external } }) => {
      return [account.number, login, name, email, phone, role, scopes.join(' '), signIn, external ?? ''];
    });
}

/** All accounts in the order of their numbers, or the first `limit` of them. */
export async function allAccounts(desk: Desk, limit?: number): Promise<readonly Account[]> {
  const found: Account[] = [];
  for await (const page of accountPages(desk, limit)) found.push(...page);
  return found;
}

async function* accountPages(desk: Desk, most = Number.POSITIVE_INFINITY): AsyncGenerator<readonly Account[]> {
  for (let [last, left]: [Account | undefined, number] = [undefined, most]; left > 0; ) {
    const page: readonly Account[] = await desk.store.read.accounts.page(keyAfter(last), Math.min(PAGE, left));
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    [last, left] = [page.at(-1), left - page.length];
  }
}

/** Logins of one account, or of all, by number and login; or the first `most` of them. */
export async function* userPages(
  desk: Desk,
  only?: Account,
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly FoundUser[]> {
  const { users } = desk.store.read;
  for (let [last, left]: [FoundUser | undefined, number] = [undefined, most]; left > 0; ) {
    const limit = Math.min(PAGE, left);
    const home: Account | undefined = last?.account ?? only;
    // The rest of the account in which the page before has ended, and then others.
    const rest = home === undefined ? [] : await users.afterLogin(home.id, foldKey(last?.user.login ?? ''), limit);
    const others = only === undefined && rest.length < limit;
    const more = others ? await users.afterAccount(keyAfter(home), limit - rest.length) : [];
    const page: readonly FoundUser[] = await withHomes(desk, [...rest, ...more], only);
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    [last, left] = [page.at(-1), left - page.length];
  }
}

const keyAfter = (last: Account | undefined): string => (last === undefined ? '' : foldKey(last.number));

/** Logs the export before anything is handed out. */
async function log(
  desk: Desk,
  signed: SignedOperator,
  detail: Readonly<Record<string, string | number>>,
): Promise<void> {
  await act(desk, signed, EXPORTING, {
    entry: () => ({ kind: 'directory.exported', detail }),
    change: async () => undefined,
  });
}
