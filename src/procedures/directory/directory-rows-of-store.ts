/** Turns entries of the directory into rows of the store, with their comparison and search keys; the only place that makes them. */
import type { Writes } from '../../desk.js';
import { foldKey, personWords, searchWords } from '../../rules/directory-keys.js';
import type { AccountEntry, UserEntry } from '../../rules/directory-rows.js';
import type { Account, FormerContact, User } from '../../rules/people.js';
import { type Phone, phoneDigits } from '../../rules/phone-number.js';

type SearchKeys = Parameters<Writes['search']['replace']>[0][number];

export function newAccountRow(id: string, entry: AccountEntry, at: number) {
  return {
    id,
    number: entry.number,
    number_key: entry.numberKey,
    ...accountNamePatch(entry.name),
    edition: entry.edition,
    ...ssoPatch(entry.sso ?? null),
    mfa_required_at: null,
    phone_reset_forbidden: 0,
    disabled_at: null,
    country: entry.country ?? null,
    created_at: at,
    updated_at: at,
  };
}

/** A new company as it will be read. */
export const accountOf = (id: string, entry: AccountEntry): Account => ({
  id,
  number: entry.number,
  name: entry.name,
  edition: entry.edition,
  sso: entry.sso ?? null,
  country: entry.country ?? null,
  language: null,
  connector: null,
  mfaRequiredAt: null,
  phoneResetForbidden: false,
  disabledAt: null,
});

export const accountNamePatch = (name: string) => ({ name, name_key: foldKey(name) });

/** The OpenID settings belong to one provider, so they are removed when it changes. */
export const ssoPatch = (provider: string | null) => ({
  sso: provider,
  sso_issuer: null,
  sso_audience: null,
  sso_jwks: null,
});

export function accountSearchKeys(id: string, account: { readonly name: string; readonly number: string }): SearchKeys {
  return { kind: 'account', id, words: searchWords(account.name, account.number) };
}

export function newUserRow(id: string, accountId: string, entry: UserEntry, at: number, heldUntil: number | null) {
  return {
    id,
    account_id: accountId,
    login: entry.login,
    login_key: entry.loginKey,
    ...personPatch(
      { name: entry.name, email: entry.email ?? '', phone: entry.phone ?? '', external: entry.external ?? null },
      entry.dialled ?? null,
    ),
    role: entry.role,
    scopes: (entry.scopes ?? []).join(' '),
    sign_in: entry.signIn ?? 'native',
    authority_version: 1,
    contact_changed_at: at,
    former_contacts: '[]',
    disabled_at: null,
    power_held_until: heldUntil,
    created_at: at,
    updated_at: at,
  };
}

export type Person = Pick<User, 'name' | 'email' | 'phone' | 'external'>;

export const personPatch = ({ name, email, phone, external }: Person, dialled: Phone | null) => ({
  name,
  email,
  email_key: foldKey(email),
  phone,
  phone_digits: phoneDigits(phone),
  phone_e164: dialled?.e164 ?? null,
  external,
});

/** What changes with a new contact: since when it is on file, and where else notices go (B57, B58). */
export const contactPatch = (
  { email, phone, phoneE164 }: Pick<User, 'email' | 'phone' | 'phoneE164'>,
  former: readonly FormerContact[],
  at: number,
) => ({
  contact_changed_at: at,
  former_contacts: JSON.stringify([...former, { email, phone, phoneE164, replacedAt: at } satisfies FormerContact]),
});

/** The columns that differ, for an import that is staged; `contact_changed_at` says that contacts are others. */
export function stagedPatch(before: User, after: Person, dialled: Phone | null, moved: boolean) {
  const then = { ...personPatch(before, null), phone_e164: before.phoneE164 };
  const columns = Object.entries(personPatch(after, dialled));
  const differ = columns.filter(([column, value]) => value !== then[column as keyof typeof then]);
  return { ...Object.fromEntries(differ), ...(moved ? { contact_changed_at: 0 } : {}) };
}

/** `dialled`: the person's number, read; null if it cannot be read. */
export function userSearchKeys(id: string, user: Parameters<typeof personWords>[0], dialled: Phone | null = null) {
  return { kind: 'user', id, words: personWords(user, dialled) } satisfies SearchKeys;
}

/** What `users.sharing` compares (B09). */
export const sharedBy = ({ id, email, phone, phoneE164 }: User) => ({
  id,
  emailKey: foldKey(email),
  phoneDigits: phoneDigits(phone),
  phoneE164,
});
