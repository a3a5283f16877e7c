/**
 * What an import would do, as a value: companies and logins to add and to update, and every reason against it. The plan is made
 * from the entries and from what is stored already; applying it decides nothing more.
 *
 * A login that exists keeps its role, scopes and sign-in, whatever the file says (B16): they change in the portal, so a file is
 * soon out of date. An edition never changes, so a file with another edition means another account.
 */
import type { Problem } from '../errors.js';
import { customerRule, hasAdminStatus } from './customer-roles.js';
import { externalKey, faultOfPhone, sameEmail } from './directory-fields.js';
import { foldKey } from './directory-keys.js';
import type { AccountEntry, UserEntry } from './directory-rows.js';
import type { Account, User } from './people.js';
import { phoneDigits, samePhone } from './phone-number.js';
import type { Policy } from './policy.js';

export interface Change<Before, Entry> {
  readonly before: Before;
  readonly entry: Entry;
  /** Names of the fields that differ. */
  readonly fields: readonly string[];
}

export interface SidePlan<Before, Entry> {
  readonly add: readonly Entry[];
  readonly update: readonly Change<Before, Entry>[];
  readonly unchanged: number;
}

/** A login whose role, scopes or sign-in differ in the file. It stays as it is, and the report says so. */
export interface Kept {
  readonly line: number | undefined;
  readonly account: string;
  readonly login: string;
  readonly field: 'role' | 'scopes' | 'sign_in';
  readonly here: string;
  readonly inFile: string;
}

export interface Planned<Before, Entry> {
  readonly plan: SidePlan<Before, Entry>;
  readonly problems: readonly Problem[];
}

export function planAccounts(
  entries: readonly AccountEntry[],
  existing: ReadonlyMap<string, Account>,
): Planned<Account, AccountEntry> {
  const seen = new Map<string, AccountEntry>();
  const add: AccountEntry[] = [];
  const update: Change<Account, AccountEntry>[] = [];
  const problems: Problem[] = [];
  for (const entry of entries) {
    const twin = seen.get(entry.numberKey);
    const before = existing.get(entry.numberKey);
    seen.set(entry.numberKey, twin ?? entry);
    if (twin !== undefined) problems.push(problem(entry, 'number', `line ${twin.line ?? 1} has the same number`));
    else if (before === undefined) add.push(entry);
    else if (before.edition !== entry.edition) {
      const why = `account ${before.number} is ${before.edition}; an edition never changes (B01)`;
      problems.push(problem(entry, 'edition', why));
    } else {
      const fields = accountFields(before, entry);
      if (fields.length > 0) update.push({ before, entry, fields });
    }
  }
  return { plan: { add, update, unchanged: entries.length - add.length - update.length }, problems };
}

const accountFields = (before: Account, entry: AccountEntry): readonly string[] =>
  (['name', 'sso', 'country'] as const).filter((of) => entry[of] !== undefined && before[of] !== entry[of]);

/** What matters of an account for a login in it; an account that the same import adds has no id yet. */
export type Home = Pick<Account, 'edition' | 'sso' | 'number' | 'country'>;

export interface PlannedUsers extends Planned<User, UserEntry> {
  readonly kept: readonly Kept[];
  /** About rows that are imported but should be looked at. */
  readonly warnings: readonly Problem[];
}

/** `homeOf` finds an entry's account; `existing` is keyed by `loginKeyOf`, as are the lines of `seen`, also by ids: rows that were planned before these. */
export function planUsers(
  policy: Policy,
  entries: readonly UserEntry[],
  homeOf: (entry: UserEntry) => Home | undefined,
  existing: ReadonlyMap<string, User>,
  seen: Map<string, number> = new Map(),
): PlannedUsers {
  const add: UserEntry[] = [];
  const update: Change<User, UserEntry>[] = [];
  const kept: Kept[] = [];
  const warnings: Problem[] = [];
  const problems: Problem[] = [];
  for (const entry of entries) {
    const home = homeOf(entry);
    if (home === undefined) {
      problems.push(problem(entry, 'account', `there is no account "${entry.account}"; write its number or id`));
      continue;
    }
    const key = loginKeyOf(home, entry.loginKey);
    const twin = seen.get(key);
    const before = existing.get(key);
    const fields = before === undefined ? ['external'] : userFields(before, entry);
    problems.push(...sameExternal(entry, seen, fields.includes('external')));
    warnings.push(...notDialled(home, entry, before));
    seen.set(key, twin ?? entry.line ?? 1);
    if (twin !== undefined) {
      const why = `line ${twin} has the same login (upper case and accents make no difference)`;
      problems.push(problem(entry, 'login', why));
    } else if (before === undefined) {
      problems.push(...faultsInAccount(policy, home, entry));
      warnings.push(...withoutProvider(home, entry));
      add.push(entry);
    } else {
      kept.push(...keptFields(home, before, entry));
      if (fields.length > 0) update.push({ before, entry, fields });
    }
  }
  return { plan: { add, update, unchanged: entries.length - add.length - update.length }, kept, warnings, problems };
}

/** An id at another system is one person's (B55); two who have shared one since before bar nothing. No key of a login begins with a space. */
function sameExternal({ external, ...entry }: UserEntry, seen: Map<string, number>, isNew: boolean) {
  if (external === undefined) return [];
  const [any, fresh] = [` ${externalKey(external)}`, `  ${externalKey(external)}`] as const;
  const twin = seen.get(isNew ? any : fresh);
  for (const key of isNew ? [any, fresh] : [any]) seen.set(key, seen.get(key) ?? entry.line ?? 1);
  return twin === undefined ? [] : [problem(entry, 'external', `line ${twin} has the same id`)];
}

/** Unique: two accounts never share a number, and no number contains a slash. */
export const loginKeyOf = (home: Pick<Account, 'number'>, loginKey: string): string =>
  `${foldKey(home.number)}/${loginKey}`;

/** Faults of a new login that depend on its account: role and edition (B04), scopes and role (B07). */
export function faultsInAccount(policy: Policy, home: Home, entry: UserEntry): readonly Problem[] {
  const rule = customerRule(policy, home.edition, entry.role);
  if (rule === undefined) {
    const known = Object.keys(policy.roles.customers[home.edition]).join(', ');
    const why = `account ${home.number} is ${home.edition}, which has no ${entry.role}; one of: ${known}`;
    return [problem(entry, 'role', why)];
  }
  if ((entry.scopes ?? []).length === 0 || rule.holds === 'its-scopes') return [];
  const why = hasAdminStatus(policy, home, entry) ? 'holds everything already' : 'holds no scopes';
  return [problem(entry, 'scopes', `a ${entry.role} ${why}; leave the scopes out`)];
}

/** A login may exist before its company's single sign-on does; until then it cannot sign in. */
function withoutProvider(home: Home, entry: UserEntry): readonly Problem[] {
  if (entry.signIn !== 'sso' || home.sso !== null) return [];
  return [problem(entry, 'sign_in', `account ${home.number} has no single sign-on yet; this login cannot sign in`)];
}

/** A number that is none, or none of the country, or follows one that was, cannot get codes and does not show who calls. */
function notDialled({ country }: Home, entry: UserEntry, before: User | undefined): readonly Problem[] {
  const { phone = '', dialled } = entry;
  if (phone === '' || dialled != null) return [];
  const ofSomewhere = country !== null || before?.phoneE164 != null || /^(\+|00)/.test(phone);
  if (!ofSomewhere && faultOfPhone(phone) === undefined) return [];
  return [problem(entry, 'phone', 'is no number that can be dialled; kept as written')];
}

function userFields(before: User, entry: UserEntry): readonly string[] {
  const phone = { phone: entry.phone ?? '', phoneE164: entry.dialled?.e164 ?? null };
  const same = samePhone(before, phone) && before.phoneE164 === phone.phoneE164;
  return (['name', 'email', 'phone', 'external'] as const).filter(
    (of) => entry[of] !== undefined && (of === 'phone' ? !same : before[of] !== entry[of]),
  );
}

function keptFields(home: Home, before: User, entry: UserEntry): readonly Kept[] {
  const pairs: readonly (readonly [Kept['field'], string, string | undefined])[] = [
    ['role', before.role, entry.role],
    ['scopes', before.scopes.join(' '), entry.scopes?.join(' ')],
    ['sign_in', before.signIn, entry.signIn],
  ];
  return pairs.flatMap(([field, here, inFile]) =>
    inFile === undefined || inFile === here
      ? []
      : [{ line: entry.line, account: home.number, login: before.login, field, here, inFile }],
  );
}

/**
 * Which contacts of a person changed. Another spelling of the same mailbox or number is not a change, so it neither restarts the
 * waiting time for codes (B57) nor sends a notice.
 */
export function changedContacts(
  before: Pick<User, 'email' | 'phone' | 'phoneE164'>,
  after: Pick<User, 'email' | 'phone' | 'phoneE164'>,
): readonly ('e-mail' | 'phone')[] {
  const email = sameEmail(before.email, after.email) ? [] : (['e-mail'] as const);
  const phone = samePhone(before, after) ? [] : (['phone'] as const);
  return [...email, ...phone];
}

export const problem = (entry: { readonly line?: number }, column: string, message: string): Problem => ({
  ...(entry.line === undefined ? {} : { line: entry.line }),
  column,
  message,
});

/** The same for each spelling of a value; empty if there is none. */
const keyIn = (row: object, column: string): string => {
  const { phoneE164, dialled, ...texts } = row as Partial<Pick<User, 'phoneE164'> & Pick<UserEntry, 'dialled'>>;
  const text = (texts as Readonly<Record<string, string | null | undefined>>)[column] ?? '';
  return column === 'phone' ? (phoneE164 ?? dialled?.e164 ?? phoneDigits(text)) : foldKey(text);
};

/** Rows that get what another row has had on file, and that one gets something else: a column that was sorted alone looks like this. */
export const exchanged = (update: readonly Change<object, { readonly line?: number }>[]): readonly Problem[] =>
  ['name', 'email', 'phone', 'external'].flatMap((column) => {
    const rows = update.filter(({ fields }) => fields.includes(column));
    const all = rows.map(({ before, entry }) => ({ entry, was: keyIn(before, column), is: keyIn(entry, column) }));
    const moved = all.filter(({ was, is }) => was !== is && is !== '');
    const left = new Set(moved.map(({ was }) => was));
    const message = 'belonged to another row of this file until now; check that the column was not sorted alone';
    return moved.filter(({ is }) => left.has(is)).map(({ entry }) => problem(entry, column, message));
  });

/** One cell on file that would be another. */
export interface CellChange {
  readonly line: number | undefined;
  /** Number of the company. */
  readonly account: string;
  /** Null for a change of the company itself. */
  readonly login: string | null;
  readonly column: string;
  /** Empty if nothing is on file. */
  readonly old: string;
  readonly new: string;
}

export const cellChanges = <Before extends object, Entry extends { readonly line?: number }>(
  { update }: SidePlan<Before, Entry>,
  whose: (before: Before, entry: Entry) => Pick<CellChange, 'account' | 'login'>,
): readonly CellChange[] =>
  update.flatMap(({ before, entry, fields }) =>
    fields.map((column) => {
      const [old, now] = [before, entry].map((row) => String((row as Record<string, unknown>)[column] ?? ''));
      return { line: entry.line, ...whose(before, entry), column, old: old ?? '', new: now ?? '' };
    }),
  );
