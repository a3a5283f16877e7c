/** Exports the directory as CSV that imports as it was; cells that a spreadsheet would run are guarded. Logged. */
import type { Desk, SignedOperator } from '../../desk.js';
import { guardCell } from '../../rules/csv-table.js';
import { foldKey } from '../../rules/directory-keys.js';
import type { Account } from '../../rules/people.js';
import { act, askAuthority } from '../authorise.js';
import type { FoundUser } from './search-directory.js';

const EXPORTING = { permission: 'directory:write' } as const;
const PAGE = 500;

/** For Excel: a byte order mark, CRLF, and no digits lost. Absent: UTF-8 with plain line feeds and commas, as every tool here writes. */
export interface ExportForm {
  readonly for?: 'excel' | undefined;
  readonly separator: ',' | ';';
}

const COMMAS: ExportForm = { separator: ',' };

export async function csvText(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  form = COMMAS,
): Promise<string> {
  const { stringify } = await import('csv-stringify/sync');
  const excel = form.for === 'excel';
  const guarded = rows.map((row) => row.map((cell) => guardCell(cell, excel)));
  return stringify([header, ...guarded], {
    delimiter: form.separator,
    bom: excel,
    record_delimiter: excel ? 'windows' : '\n',
  });
}

export async function exportAccounts(desk: Desk, signed: SignedOperator, form = COMMAS): Promise<string> {
  await askAuthority(desk, signed, EXPORTING);
  const accounts = await allAccounts(desk);
  await log(desk, signed, { accounts: accounts.length });
  return csvText(
    ['number', 'name', 'edition', 'sso', 'country'],
    accounts.map(({ number, name, edition, sso, country }) => [number, name, edition, sso ?? '', country ?? '']),
    form,
  );
}

/** Users of one account, or of all. */
export async function exportUsers(desk: Desk, signed: SignedOperator, only?: Account, form = COMMAS): Promise<string> {
  await askAuthority(desk, signed, EXPORTING);
  const users = await allUsers(desk, only);
  await log(desk, signed, { users: users.length, ...(only === undefined ? {} : { account: only.number }) });
  return csvText(
    ['account', 'login', 'name', 'email', 'phone', 'role', 'scopes', 'sign_in', 'external'],
    users.map(({ account, user }) => [
      account.number,
      user.login,
      user.name,
      user.email,
      user.phone,
      user.role,
      user.scopes.join(' '),
      user.signIn,
      user.external ?? '',
    ]),
    form,
  );
}

/** All accounts in the order of their numbers, or the first `limit` of them. */
export async function allAccounts(desk: Desk, limit = Number.POSITIVE_INFINITY): Promise<readonly Account[]> {
  const found: Account[] = [];
  for (;;) {
    const page = await desk.store.read.accounts.page(keyAfter(found.at(-1)), Math.min(PAGE, limit - found.length));
    found.push(...page);
    if (page.length < PAGE || found.length >= limit) return found;
  }
}

/** Logins of one account, or of all, account by account; or the first `limit` of them. */
export async function allUsers(
  desk: Desk,
  only?: Account,
  limit = Number.POSITIVE_INFINITY,
): Promise<readonly FoundUser[]> {
  const accounts = only === undefined ? await allAccounts(desk) : [only];
  const found: FoundUser[] = [];
  for (let from = 0; from < accounts.length && found.length < limit; from += PAGE) {
    const homes = new Map(accounts.slice(from, from + PAGE).map((account) => [account.id, account]));
    for (const user of await desk.store.read.users.ofAccounts([...homes.keys()])) {
      const account = homes.get(user.accountId);
      if (account !== undefined) found.push({ account, user });
    }
  }
  return found.slice(0, limit);
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
