/**
 * Turns rows of a directory file into entries, and says by line and column what is wrong with each. It does not read the store:
 * directory-import.ts compares entries with the companies and logins that exist.
 */
import type { Problem } from '../errors.js';
import type { CsvRow, CsvShape, CsvTable } from './csv-table.js';
import { type Allowed, type CellKind, damageOf } from './damaged-values.js';
import {
  faultOfEmail,
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
export type UserColumn = 'account' | 'login' | 'name' | 'email' | 'phone' | 'role' | 'scopes' | 'sign_in';

export const ACCOUNT_SHAPE: CsvShape<AccountColumn> = {
  required: ['number', 'name', 'edition'],
  optional: ['sso', 'country'],
  others: 'refuse',
};
export const USER_SHAPE: CsvShape<UserColumn> = {
  required: ['account', 'login', 'name', 'role'],
  optional: ['email', 'phone', 'scopes', 'sign_in'],
  others: 'refuse',
};

/** What a file did to a row's cells, by column (damaged-values.ts). */
export type Damage = Readonly<Record<string, string>>;

/** An account's name or number in a user's row must exist already, so it needs no other check. */
export const ACCOUNT_CELLS = { number: 'key', name: 'name', sso: 'name' } as const;
export const USER_CELLS = { login: 'key', name: 'name', email: 'email', phone: 'phone' } as const;

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
  readonly damage?: Damage;
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
  readonly damage?: Damage;
}

/** Of a table, what an import needs. */
export interface Rows<Column extends string> extends Pick<CsvTable<Column>, 'problems'> {
  readonly rows: readonly Pick<CsvRow<Column>, 'line' | 'values'>[];
}

export type Judged<T> = { readonly entry: T } | { readonly problems: readonly Problem[] };

export interface Entries<T> {
  readonly entries: readonly T[];
  readonly problems: readonly Problem[];
}

export function readAccountRows(table: Rows<AccountColumn>, allowed: Allowed = {}): Entries<AccountEntry> {
  return collect(
    table,
    table.rows.map(({ line, values }) => judgeAccount(values, line, allowed)),
  );
}

export function readUserRows(policy: Policy, table: Rows<UserColumn>, allowed: Allowed = {}): Entries<UserEntry> {
  return collect(
    table,
    table.rows.map(({ line, values }) => judgeUser(policy, values, line, allowed)),
  );
}

/** People who type are not a spreadsheet, so only a file's cells are looked at. */
function damageIn(cells: Readonly<Record<string, CellKind>>, texts: Texts<string>, line: number | undefined) {
  if (line === undefined) return {};
  const found = Object.entries(cells).flatMap(([column, kind]) => {
    const damage = damageOf(kind, texts[column] ?? '');
    return damage === undefined ? [] : [[column, damage] as const];
  });
  return found.length === 0 ? {} : { damage: Object.fromEntries(found) };
}

function collect<T>(table: Rows<string>, judged: readonly Judged<T>[]): Entries<T> {
  return {
    entries: judged.flatMap((one) => ('entry' in one ? [one.entry] : [])),
    problems: [...table.problems, ...judged.flatMap((one) => ('problems' in one ? one.problems : []))],
  };
}

type Texts<Column extends string> = Readonly<Partial<Record<Column, string | undefined>>>;

/** Refuses an unknown edition, and never assumes one (B01). */
export function judgeAccount(texts: Texts<AccountColumn>, line?: number, allowed: Allowed = {}): Judged<AccountEntry> {
  const found = damageIn(ACCOUNT_CELLS, texts, line);
  const note = notes(line, allowed, found.damage);
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
  return { entry: { ...place(line), number, numberKey: foldKey(number), name, edition, sso, country, ...found } };
}

/** A fault of a damaged cell counts only if damages were asked for: otherwise its value is not taken. */
export function judgeUser(
  policy: Policy,
  texts: Texts<UserColumn>,
  line?: number,
  allowed: Allowed = {},
): Judged<UserEntry> {
  const found = damageIn(USER_CELLS, texts, line);
  const note = notes(line, allowed, found.damage);
  const { account = '', login = '', name = '', email, phone, sign_in: signInText } = texts;
  const role = oneOf(CUSTOMER_ROLES, texts.role ?? '');
  const signIn = signInText === '' ? 'native' : oneOf(SIGN_INS, signInText ?? 'native');
  const scopes =
    texts.scopes === undefined
      ? undefined
      : [...new Set(texts.scopes.split(/\s+/).filter((scope) => scope !== ''))].sort();
  note.add('account', account === '' ? 'is empty' : undefined);
  note.add('login', faultOfLogin(login));
  note.add('name', faultOfName(name));
  note.add('email', faultOfEmail(email ?? ''));
  note.add('phone', line === undefined ? faultOfPhone(phone ?? '') : faultOfPhoneOnFile(phone ?? ''));
  if (role === undefined) note.add('role', unknownWord('role', texts.role ?? '', CUSTOMER_ROLES));
  for (const scope of scopes ?? []) if (!validScope(policy, scope)) note.add('scopes', unknownScope(policy, scope));
  if (signIn === undefined) note.add('sign_in', unknownWord('sign-in', signInText ?? '', SIGN_INS));
  if (role === undefined || signIn === undefined || note.problems.length > 0) return { problems: note.problems };
  const said = signInText === undefined ? undefined : signIn;
  return {
    entry: {
      ...place(line),
      account,
      login,
      loginKey: foldKey(login),
      name,
      email,
      phone,
      role,
      scopes,
      signIn: said,
      ...found,
    },
  };
}

export const faultOfCountry = (text: string): string => `there is no country "${text}"; write its code, such as DE`;

const place = (line: number | undefined) => (line === undefined ? {} : { line });

function notes(line: number | undefined, { acceptDamaged }: Allowed, damage: Damage = {}) {
  const problems: Problem[] = [];
  return {
    problems,
    add(column: string, fault: string | undefined): void {
      const passed =
        acceptDamaged !== true && damage[column] !== undefined && column !== 'number' && column !== 'login';
      if (fault === undefined || passed) return;
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
