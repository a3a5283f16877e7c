/**
 * Changes one company. Its number never changes, and its edition, or a connector that is set, only with a second operator. Everyone who keeps the directory may forbid resets by phone for
 * it. Only an admin may allow them again, with a reason, and never because a voice on the phone asks for it (B63).
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import { faultOfName, tidy } from '../../rules/directory-fields.js';
import { faultOfCountry } from '../../rules/directory-rows.js';
import { requireLanguage } from '../../rules/language.js';
import type { Account } from '../../rules/people.js';
import { countryCode } from '../../rules/phone-number.js';
import { providerName, readKeySet, readProviderAddress } from '../../rules/sso-settings.js';
import { type Acting, type Authorised, askAuthority } from '../authorise.js';
import { refuseIfAny } from '../directory/add-to-directory.js';
import { readNumbersAnew } from '../directory/change-person.js';
import { accountNamePatch, accountSearchKeys, ssoPatch } from '../directory/directory-rows-of-store.js';
import { writeChangedCompanies } from '../directory/finish-imports.js';
import { CHANGING_POWER, withSecondOperator } from './with-second-operator.js';

type Texts = 'name' | 'issuer' | 'audience' | 'keys' | 'country' | 'language' | 'connector' | 'reason';
/** `keys`: text of a JWK set, or the address of one; country (its code) and language: empty for the desk's; an empty connector: its people sign in here only. */
export type AccountEdit = { readonly [Part in Texts]?: string | undefined } & {
  /** The provider's name; null removes single sign-on with all its settings. */
  readonly sso?: string | null | undefined;
  readonly forbidPhoneResets?: boolean | undefined;
};

const EDITING = { permission: 'directory:write', logsRefusals: true } as const;

/** Fields whose new value is in the log. */
const SAID = ['country', 'language', 'connector'] as const;

/** With the keys of a company's single sign-on one can sign in as anyone in it, and a reset by phone needs only a voice (B63). */
const doorOf = (account: Account, { sso, issuer, audience, keys, forbidPhoneResets, connector }: AccountEdit) =>
  forbidPhoneResets === false ||
  [sso, issuer, audience, keys].some((value) => value !== undefined) ||
  (connector !== undefined && account.connector !== null && connector.trim() !== account.connector)
    ? CHANGING_POWER
    : EDITING;

/** Refusals: invalid-input, missing-option (incomplete OpenID settings), forbidden (lifting the ban on resets by phone), approval-needed (another connector, or none). `stranded`: logins that sign in by SSO only, if SSO was removed: they cannot sign in now. */
export async function editAccount(desk: Desk, signed: SignedOperator, account: Account, edit: AccountEdit) {
  const door = doorOf(account, edit);
  await askAuthority(desk, signed, door);
  const wanted = tidied(edit);
  requireLanguage(wanted.language, desk.languages);
  const [{ connector = '' }, connectors] = [wanted, desk.connectors.names()];
  if (connector && !connectors.includes(connector))
    throw refusal('invalid-input', 'connector-unknown', { connector, connectors }, 'set-connector-up');
  await desk.phones();
  const wish = { why: 'connector', account, reason: wanted.reason, door } as const;
  const edited = await withSecondOperator(desk, signed, wish, {
    plan: (acting) => planEdit(acting, account, wanted),
    apply: applyEdit,
    entry: ({ fields }) => ({
      kind: 'account.edited',
      detail: {
        fields,
        ...Object.fromEntries(
          SAID.filter((field) => fields.includes(field)).map((field) => [field, wanted[field] ?? '']),
        ),
        ...(fields.includes('phone-resets')
          ? { phoneResets: wanted.forbidPhoneResets === true ? 'forbidden' : 'allowed' }
          : {}),
      },
    }),
  });
  const lost = edited.account.sso === null && edited.fields.includes('sso');
  const left = lost ? await desk.store.read.users.tally(account.id) : [];
  const stranded = left.filter((group) => group.signIn === 'sso').reduce((sum, group) => sum + group.n, 0);
  return { ...edited, stranded };
}

async function planEdit(acting: Acting<'directory:write'>, account: Account, wanted: AccountEdit) {
  const { write, now, by } = acting;
  await writeChangedCompanies(acting, { id: account.id });
  const current = (await write.accounts.byId(account.id)) ?? account;
  const { forbidPhoneResets } = wanted;
  if (forbidPhoneResets === false && current.phoneResetForbidden) requirePowerToAllow(by, wanted);
  const openid = await openIdPatch(acting, current, wanted);
  const name = wanted.name ?? current.name;
  const sso = providerOf(current, wanted, openid);
  const country = wanted.country === undefined ? current.country : (countryCode(wanted.country) ?? null);
  const language = wanted.language === undefined ? current.language : wanted.language || null;
  const connector = wanted.connector === undefined ? current.connector : wanted.connector || null;
  const after = { name, sso, country, language, connector };
  const fields: string[] = [
    ...(Object.keys(after) as (keyof typeof after)[]).filter((field) => after[field] !== current[field]),
    ...(Object.keys(openid).length === 0 ? [] : ['sso-settings']),
    ...(forbidPhoneResets === undefined || forbidPhoneResets === current.phoneResetForbidden ? [] : ['phone-resets']),
  ];
  // Its admins there would be known to nobody, and a user could be given the id of one (B55).
  const leaving = current.connector !== null && fields.includes('connector');
  const patch = {
    ...accountNamePatch(name),
    // An import that is still being staged finds out and is planned anew.
    staged: null,
    staged_in: null,
    updated_at: now,
    country,
    language,
    connector,
    // Under another name of the provider its keys stay, as with an import.
    ...(sso === null ? ssoPatch(sso) : { sso }),
    ...openid,
    ...(forbidPhoneResets === undefined ? {} : { phone_reset_forbidden: forbidPhoneResets ? 1 : 0 }),
  };
  return { users: [], change: leaving ? `${current.connector} -> ${connector ?? '–'}` : null, current, fields, patch };
}

async function applyEdit(acting: Acting<'directory:write'>, plan: Awaited<ReturnType<typeof planEdit>>) {
  const { write } = acting;
  const { current, fields, patch } = plan;
  const { id, number } = current;
  const { name, sso, country } = patch;
  await write.accounts.update(id, patch);
  // Set anew, also to the same: a provider that gave a person another identity is let in again.
  if (fields.includes('sso-settings') || sso === null) await write.idTokens.unpin(id);
  if (fields.includes('name')) await write.search.replace([accountSearchKeys(id, { name, number })]);
  if (fields.includes('country')) await readNumbersAnew(acting, { id, country });
  return { fields, account: (await write.accounts.byId(id)) ?? current };
}

function tidied(edit: AccountEdit): AccountEdit {
  const name = edit.name === undefined ? undefined : tidy(edit.name);
  const sso = typeof edit.sso === 'string' ? tidy(edit.sso) : edit.sso;
  const audience = edit.audience === undefined ? undefined : tidy(edit.audience);
  const country = edit.country ?? '';
  const read = country === '' || countryCode(country) !== undefined;
  refuseIfAny([
    { column: 'name', message: name === undefined ? undefined : faultOfName(name) },
    { column: 'sso', message: typeof sso === 'string' ? faultOfName(sso) : undefined },
    { column: 'sso-audience', message: audience === undefined ? undefined : faultOfName(audience) },
    { column: 'country', message: read ? undefined : faultOfCountry(country) },
  ]);
  return { ...edit, name, sso, audience };
}

/** Asks for more than the door does, if resets by phone are forbidden. */
function requirePowerToAllow(by: Authorised<'directory:write'>, { reason }: AccountEdit): void {
  if (by.operator.role !== 'admin') throw refusal('forbidden', 'phone-resets-by-admin', {}, 'written-request');
  if (reason === undefined || reason.trim() === '')
    throw refusal('missing-option', 'reason-missing', { to: 'allow-phone-resets' }, 'name-written-request');
}

type OpenIdPatch = Partial<Readonly<Record<'sso_issuer' | 'sso_audience' | 'sso_jwks', string>>>;

/** The provider's name: the given one, the one there was, or the host of the issuer that is set for the first time. */
function providerOf(current: Account, { sso }: AccountEdit, { sso_issuer }: OpenIdPatch): string | null {
  if (sso !== undefined) return sso;
  return current.sso ?? (sso_issuer === undefined ? null : providerName(sso_issuer));
}

/** OpenID settings go together: a token is checked against issuer, audience and keys, or not at all. */
async function openIdPatch(
  { desk, write }: Acting<'directory:write'>,
  current: Account,
  wanted: AccountEdit,
): Promise<OpenIdPatch> {
  if (wanted.issuer === undefined && wanted.audience === undefined && wanted.keys === undefined) return {};
  if (wanted.sso === null) throw refusal('usage', 'sso-off-and-set', {});
  const kept =
    wanted.sso === undefined || wanted.sso === current.sso ? await write.accounts.ssoSettings(current.id) : undefined;
  const issuer = wanted.issuer === undefined ? (kept?.issuer ?? null) : readProviderAddress('issuer', wanted.issuer);
  const audience = wanted.audience ?? kept?.audience ?? null;
  const jwks = wanted.keys === undefined ? (kept?.jwks ?? null) : readKeySet(wanted.keys, desk.policy.limits.sso);
  if (issuer === null || audience === null || jwks === null) {
    const given = Object.entries({ sso_issuer: issuer, sso_audience: audience, sso_jwks: jwks });
    const missing = given.flatMap(([column, value]) => (value === null ? [column] : []));
    throw refusal('missing-option', 'sso-incomplete', { missing }, 'sso-together');
  }
  return { sso_issuer: issuer, sso_audience: audience, sso_jwks: jwks };
}
