/**
 * Changes to one company. Its number and edition never change (B01). That a company forbids resets by phone can be said by anyone
 * who keeps the directory; it is taken back by an admin with a reason only, never for a voice on the phone (B63).
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { Refusal } from '../../errors.js';
import { faultOfName, tidy } from '../../rules/directory-fields.js';
import type { Account } from '../../rules/people.js';
import { providerName, readKeySet, readProviderAddress } from '../../rules/sso-settings.js';
import { requireFreshCode } from '../operators/authenticate-operator.js';
import { refuseIfAny } from './add-to-directory.js';
import { accountNamePatch, accountSearchKeys, ssoPatch } from './directory-rows-of-store.js';

export interface AccountEdit {
  readonly name?: string | undefined;
  /** Provider's name; null takes single sign-on away with all its settings. */
  readonly sso?: string | null | undefined;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  /** Text of a JWK set, or the address of one. */
  readonly keys?: string | undefined;
  readonly forbidPhoneResets?: boolean | undefined;
  readonly reason?: string | undefined;
}

export interface EditedAccount {
  readonly account: Account;
  readonly fields: readonly string[];
  /** Logins that sign in by SSO only, where SSO was taken away: they cannot sign in now. */
  readonly stranded: number;
}

/** Refusals: invalid-input, missing-option (a half set of OpenID settings), forbidden (lifting the ban on resets by phone). */
export async function editAccount(
  desk: Desk,
  signed: SignedOperator,
  account: Account,
  edit: AccountEdit,
): Promise<EditedAccount> {
  const wanted = tidied(edit);
  if (wanted.forbidPhoneResets === false && account.phoneResetForbidden) requirePowerToAllow(desk, signed, wanted);
  // Whoever sets the keys of a company's sign-on can sign in as anyone in it.
  if ([wanted.sso, wanted.issuer, wanted.audience, wanted.keys].some((value) => value !== undefined))
    requireFreshCode(desk, signed);
  const at = desk.now();
  const { changed } = await desk.store.record(
    ({ fields }: { fields: readonly string[] }) => ({
      kind: 'account.edited',
      outcome: 'done',
      at,
      by: signed.actor,
      account: account.id,
      detail: { fields },
      ...(wanted.reason === undefined ? {} : { reason: wanted.reason }),
    }),
    async (write) => {
      const current = (await write.accounts.byId(account.id)) ?? account;
      const openid = await openIdPatch(current, wanted, await write.accounts.ssoSettings(account.id));
      const name = wanted.name ?? current.name;
      const sso = providerOf(current, wanted, openid);
      const fields = [
        ...(name === current.name ? [] : ['name']),
        ...(sso === current.sso ? [] : ['sso']),
        ...(Object.keys(openid).length === 0 ? [] : ['sso-settings']),
        ...(wanted.forbidPhoneResets === undefined || wanted.forbidPhoneResets === current.phoneResetForbidden
          ? []
          : ['phone-resets']),
      ];
      await write.accounts.update(account.id, {
        ...accountNamePatch(name),
        updated_at: at,
        ...(fields.includes('sso') ? ssoPatch(sso) : {}),
        ...openid,
        ...(wanted.forbidPhoneResets === undefined ? {} : { phone_reset_forbidden: wanted.forbidPhoneResets ? 1 : 0 }),
      });
      if (fields.includes('name'))
        await write.search.replace(accountSearchKeys(account.id, { name, number: current.number }));
      return { fields, changed: { fields, account: (await write.accounts.byId(account.id)) ?? current } };
    },
  );
  return {
    ...changed,
    stranded: changed.account.sso === null && changed.fields.includes('sso') ? await countStranded(desk, account) : 0,
  };
}

function tidied(edit: AccountEdit): AccountEdit {
  const name = edit.name === undefined ? undefined : tidy(edit.name);
  const sso = typeof edit.sso === 'string' ? tidy(edit.sso) : edit.sso;
  const faults = [
    { column: 'name', message: name === undefined ? undefined : faultOfName(name) },
    { column: 'sso', message: typeof sso === 'string' ? faultOfName(sso) : undefined },
    { column: 'sso-audience', message: edit.audience === undefined ? undefined : faultOfName(tidy(edit.audience)) },
  ];
  refuseIfAny(faults.flatMap(({ column, message }) => (message === undefined ? [] : [{ column, message }])));
  return { ...edit, name, sso, audience: edit.audience === undefined ? undefined : tidy(edit.audience) };
}

/** An access check that depends on the change, beside the command's own. */
function requirePowerToAllow(desk: Desk, signed: SignedOperator, { reason }: AccountEdit): void {
  if (signed.operator.role !== 'admin') {
    throw new Refusal('forbidden', 'only an admin may allow resets by phone again (B63)', {
      hint: 'Ask an admin of the desk, with a request in writing from the customer.',
    });
  }
  if (reason === undefined || reason.trim() === '') {
    throw new Refusal('missing-option', 'missing: --reason, why resets by phone are allowed again', {
      hint: 'Name the written request, for instance --reason "letter of 3 May, ticket 4711".',
    });
  }
  requireFreshCode(desk, signed);
}

type Stored = { readonly issuer: string | null; readonly audience: string | null; readonly jwks: string | null };

interface OpenIdPatch {
  readonly sso_issuer?: string;
  readonly sso_audience?: string;
  readonly sso_jwks?: string;
}

/** The provider's name: as given, as it was, or the host of the issuer that is set for the first time. */
function providerOf(current: Account, { sso }: AccountEdit, { sso_issuer }: OpenIdPatch): string | null {
  if (sso !== undefined) return sso;
  return current.sso ?? (sso_issuer === undefined ? null : providerName(sso_issuer));
}

/** OpenID settings go together: a token is checked against issuer, audience and keys, or not at all. */
async function openIdPatch(current: Account, wanted: AccountEdit, stored: Stored | undefined): Promise<OpenIdPatch> {
  if (wanted.issuer === undefined && wanted.audience === undefined && wanted.keys === undefined) return {};
  if (wanted.sso === null) throw new Refusal('usage', '--no-sso and settings of single sign-on exclude each other');
  const kept = wanted.sso === undefined || wanted.sso === current.sso ? stored : undefined;
  const issuer =
    wanted.issuer === undefined ? (kept?.issuer ?? null) : readProviderAddress('--sso-issuer', wanted.issuer);
  const audience = wanted.audience ?? kept?.audience ?? null;
  const jwks = wanted.keys === undefined ? (kept?.jwks ?? null) : readKeySet(wanted.keys);
  if (issuer === null || audience === null || jwks === null) {
    const given = { '--sso-issuer': issuer, '--sso-audience': audience, '--sso-jwks': jwks };
    const missing = Object.entries(given).flatMap(([option, value]) => (value === null ? [option] : []));
    throw new Refusal('missing-option', `missing: ${missing.join(', ')}`, {
      hint: 'Issuer, audience and keys are set together.',
    });
  }
  return { sso_issuer: issuer, sso_audience: audience, sso_jwks: jwks };
}

async function countStranded(desk: Desk, account: Account): Promise<number> {
  const tally = await desk.store.read.users.tally(account.id);
  return tally.filter((group) => group.signIn === 'sso').reduce((sum, group) => sum + group.n, 0);
}
