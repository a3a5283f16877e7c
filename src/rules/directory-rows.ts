/**
 * Turns rows of a directory file into entries, and says by line and column what is wrong with each. It does not read the store:
 * directory-import.ts compares entries with the companies and logins that exist.
 */
import type { Problem } from '../errors.js';
import type { CsvRow, CsvShape, CsvTable } from './csv-table.js';
import { type CellKind, damageOf } from './damaged-values.js';
import {
  faultOfEmail,
  faultOfExternal,
  faultOfLogin,
  faultOfName,
  faultOfNumber,
  faultOfPhone,
  faultOfPhoneOnFile,
} from './directory-fields.js';
import { foldKey } from './directory-keys.js';
import { nearest } from './nearest.js';
import { CUSTOMER_ROLES, type CustomerRole, EDITIONS, type Edition, SIGN_INS, type SignIn } from './people.js';
import { countryCode, type Phone } from './phone-number.js';
import { type Policy, validScope } from './policy.js';

export type AccountColumn = 'number' | 'name' | 'edition' | 'sso' | 'country';
export type UserColumn = 'account' | 'login' | 'name' | 'email' | 'phone' | 'role' | 'scopes' | 'sign_in' | 'external';

export const ACCOUNT_SHAPE: CsvShape<AccountColumn> = {
  required: ['number', 'name', 'edition'],
  optional: ['sso', 'country'],
  others: 'refuse',
};
export const USER_SHAPE: CsvShape<UserColumn> = {
  required: ['account', 'login', 'name', 'role'],
  optional: ['email', 'phone', 'scopes', 'sign_in', 'external'],
  others: 'refuse',
};

/** One company as asked for. `line` is absent if it comes from options. */
export interface AccountEntry {
  readonly line?: number;
  readonly number: string;
  readonly numberKey: string;
  readonly name: string;
  readonly edition: Edition;
  /** Provider, null for none; undefined if the file has no such column: then it stays as it is. */
  readonly sso: string | null | undefined;
  /** Code of its country, null for the desk's; undefined: it stays as it is. */
  readonly country?: string | null | undefined;
}

/** One login as asked for. `undefined` means that nothing was said: then it stays as it is. */
export interface UserEntry {
  readonly line?: number;
  /** Number of the account, or its id. */
  readonly account: string;
  readonly login: string;
  readonly loginKey: string;
  readonly name: string;
  readonly email: string | undefined;
  readonly phone: string | undefined;
  /** The number, read with the country of the account (phone-number.ts). */
  readonly dialled?: Phone | null;
  readonly role: CustomerRole;
  /** Sorted, without repeats. */
  readonly scopes: readonly string[] | undefined;
  readonly signIn: SignIn | undefined;
  /** Who it is at the system of the connector; an empty cell takes nothing away. */
  readonly external?: string | undefined;
}

/** Of a table, what an import needs. */
export interface Rows<Column extends string> extends Pick<CsvTable<Column>, 'problems'> {
  readonly rows: readonly Pick<CsvRow<Column>, 'line' | 'values'>[];
}

/** Cells that a file may have damaged. The account of a user's row must exist already, so it needs no other check. */
type Cells = Readonly<Record<string, CellKind>>;
export const ACCOUNT_CELLS: Cells = { number: 'key', name: 'name', sso: 'setting', country: 'setting' };
export const USER_CELLS: Cells = { login: 'key', name: 'name', email: 'email', phone: 'phone' };

export type Judged<T> = { readonly entry: T } | { readonly problems: readonly Problem[] };

export const readAccountRows = (table: Rows<AccountColumn>) => collect(table, judgeAccount);

export const readUserRows = (policy: Policy, table: Rows<UserColumn>) =>
  collect(table, (texts, line) => judgeUser(policy, texts, line));

function collect<Column extends string, T>(
  table: Rows<Column>,
  judge: (texts: Texts<Column>, line: number) => Judged<T>,
) {
  const judged = table.rows.map(({ line, values }) => judge(values, line));
  return {
    entries: judged.flatMap((one) => ('entry' in one ? [one.entry] : [])),
    problems: [...table.problems, ...judged.flatMap((one) => ('problems' in one ? one.problems : []))],
  };
}

type Texts<Column extends string> = Readonly<Partial<Record<Column, string | undefined>>>;

/** Refuses an unknown edition, and never assumes one (B01). */
export function judgeAccount(texts: Texts<AccountColumn>, line?: number): Judged<AccountEntry> {
  const note = notes(line, texts, ACCOUNT_CELLS);
  const { number = '', name = '' } = texts;
  const edition = oneOf(EDITIONS, texts.edition ?? '');
  note.add('number', faultOfNumber(number));
  note.add('name', faultOfName(name));
  if (edition === undefined) note.add('edition', unknownWord('edition', texts.edition ?? '', EDITIONS));
  if (texts.sso !== undefined && texts.sso !== '') note.add('sso', faultOfName(texts.sso));
  const country = texts.country === '' ? null : countryCode(texts.country ?? '');
  if (texts.country !== undefined && country === undefined) note.add('country', faultOfCountry(texts.country));
  if (edition === undefined || note.problems.length > 0) return { problems: note.problems };
  const sso = texts.sso === '' ? null : texts.sso;
  return { entry: { ...place(line), number, numberKey: foldKey(number), name, edition, sso, country } };
}

export function judgeUser(policy: Policy, texts: Texts<UserColumn>, line?: number): Judged<UserEntry> {
  const note = notes(line, texts, USER_CELLS);
  const { account = '', login = '', name = '', email, phone, sign_in: signInText } = texts;
  const role = oneOf(CUSTOMER_ROLES, texts.role ?? '');
  const signIn = signInText === '' ? 'native' : oneOf(SIGN_INS, signInText ?? 'native');
  const scopes = texts.scopes?.split(/\s+/).filter(Boolean);
  note.add('account', account === '' ? 'is empty' : undefined);
  note.add('login', faultOfLogin(login));
  note.add('name', faultOfName(name));
  note.add('email', faultOfEmail(email ?? ''));
  note.add('external', faultOfExternal(texts.external ?? ''));
  note.add('phone', line === undefined ? faultOfPhone(phone ?? '') : faultOfPhoneOnFile(phone ?? ''));
  if (role === undefined) note.add('role', unknownWord('role', texts.role ?? '', CUSTOMER_ROLES));
  for (const scope of scopes ?? []) if (!validScope(policy, scope)) note.add('scopes', unknownScope(policy, scope));
  if (signIn === undefined) note.add('sign_in', unknownWord('sign-in', signInText ?? '', SIGN_INS));
  if (role === undefined || signIn === undefined || note.problems.length > 0) return { problems: note.problems };
  const said = signInText === undefined ? undefined : signIn;
  const who = { account, login, loginKey: foldKey(login), name, email, phone, external: texts.external || undefined };
  return { entry: { ...place(line), ...who, role, scopes: scopes && [...new Set(scopes)].sort(), signIn: said } };
}

export const faultOfCountry = (text: string): string => `there is no country "${text}"; write its code, such as DE`;

const place = (line: number | undefined) => (line === undefined ? {} : { line });

/** A damaged cell of a file has no other fault: damaged-values.ts decides what becomes of it. */
function notes(line: number | undefined, texts: Texts<string>, cells: Cells) {
  const problems: Problem[] = [];
  return {
    problems,
    add(column: string, fault: string | undefined): void {
      if (fault === undefined) return;
      const kind = line === undefined ? undefined : cells[column];
      if (kind !== undefined && kind !== 'key' && damageOf(kind, texts[column] ?? '') !== undefined) return;
      problems.push({ ...place(line), column, message: fault });
    },
  };
}

const oneOf = <T extends string>(known: readonly T[], text: string): T | undefined =>
  known.find((word) => word === text.toLowerCase());

function unknownWord(what: string, text: string, known: readonly string[]): string {
  if (text === '') return `is empty; one of: ${known.join(', ')}`;
  const close = nearest(text, known);
  return `there is no ${what} "${text}"${close === undefined ? '' : ` (${close}?)`}; one of: ${known.join(', ')}`;
}

function unknownScope(policy: Policy, text: string): string {
  const known = [...policy.categories, ...policy.actions].map(({ id }) => id);
  const close = nearest(text, known);
  return `there is no scope "${text}"${close === undefined ? '' : ` (${close}?)`}`;
}
