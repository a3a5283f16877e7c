/** Accounts and users as documents and views: facts and states, never a secret (B11). */
import type { MfaStatus } from '../../procedures/codes/mfa-status.js';
import {
  type AccountDescription,
  SHARING_SHOWN,
  type UserDescription,
} from '../../procedures/directory/describe-customer.js';
import type { SeenUser } from '../../procedures/directory/see-people.js';
import { iso } from '../../rules/moment.js';
import type { Account, Owner } from '../../rules/people.js';
import { block, moments, pick } from '../wording/results.js';
import type { Words } from '../wording/words.js';

export const accountDocument = (account: Account) => ({
  ...pick(account, 'id', 'number', 'name', 'edition', 'sso', 'country', 'language', 'connector'),
  ...moments(account, 'mfaRequiredAt'),
  phoneResetForbidden: account.phoneResetForbidden,
  ...moments(account, 'disabledAt'),
});

export function accountTable(accounts: readonly Account[], empty: string, words: Words) {
  const name = { title: words('approval.col-name'), max: 40 };
  const sso = { title: words('directory.sso'), max: 12 };
  return block.table(
    [words('directory.number'), name, words('directory.edition'), sso, words('mfa.state')],
    accounts.map((account) => [
      account.number,
      account.name,
      account.edition,
      account.sso ?? '',
      account.disabledAt === null ? '' : words.term('switched', 'disabled'),
    ]),
    empty,
  );
}

/** The note under a table that was cut. */
export function cutNote(words: Words, shown: number, more: boolean, capped: boolean, page?: number) {
  if (!more) return [];
  const how = capped ? 'capped' : page === undefined ? 'limit' : 'page';
  const named = page === undefined || page === 1 ? null : page;
  return [block.note(words('directory.cut', { page: named, shown, how, next: (page ?? 0) + 1 }))];
}

export function accountView(described: AccountDescription, words: Words) {
  const { account, users, disabled, sso: logins, roles, enrolled, issuer } = described;
  const each = Object.entries(roles).map(([role, count]) => `${count} ${words.term('roleTitle', role)}`);
  const off = { at: account.disabledAt };
  const required = words('directory.mfa-is', { at: account.mfaRequiredAt });
  const mfa = account.edition === 'classic' ? words('directory.mfa-outside') : required;
  return [
    block.title(`${account.name} (${account.number})`, account.id),
    block.fields(
      [words('directory.Edition'), account.edition],
      [words('directory.State'), words(off.at === null ? 'directory.active' : 'directory.disabled-since', off)],
      [words('directory.Users'), words('directory.users-are', { users, each, disabled })],
      [words('status.mfa'), mfa],
      [words('directory.Enrolled'), words('directory.enrolled-are', { enrolled, users })],
      [words('directory.Sso'), words('directory.sso-is', { sso: account.sso, logins, issuer })],
      [words('directory.Country'), account.country],
      [words('directory.Language'), account.language],
      [words('directory.Connector'), account.connector],
      [words('directory.Resets'), words('directory.resets-are', { forbidden: String(account.phoneResetForbidden) })],
    ),
  ];
}

export const describedDocument = ({ account, ...found }: AccountDescription) => ({
  ...accountDocument(account),
  users: { total: found.users, disabled: found.disabled, sso: found.sso, roles: found.roles, enrolled: found.enrolled },
  ssoIssuer: found.issuer,
});

/** `contacts` says whether e-mail and phone are in full (B83). */
export const userDocument = ({ account, user, contacts }: SeenUser) => ({
  id: user.id,
  account: pick(account, 'id', 'number', 'name', 'edition'),
  ...pick(user, 'login', 'name', 'email', 'phone', 'phoneE164'),
  contacts,
  ...pick(user, 'role', 'scopes', 'signIn', 'language', 'external'),
  ...moments(user, 'contactChangedAt', 'disabledAt', 'powerHeldUntil'),
});

/** `withAccount` is false if all are of one account. */
export function userTable(found: readonly SeenUser[], empty: string, withAccount: boolean, words: Words) {
  const account = withAccount ? [{ title: words('approval.col-account'), whole: true }] : [];
  const login = { title: words('approval.col-login'), whole: true };
  return block.table(
    [
      ...account,
      login,
      ...words.all('approval.col-name', 'approval.col-role', 'directory.phone', 'directory.e-mail', 'mfa.state'),
    ],
    found.map((one) => [
      ...(withAccount ? [one.account.number] : []),
      one.user.login,
      one.user.name,
      words.term('roleTitle', one.user.role),
      one.user.phone,
      one.user.email,
      stateOf(one, words),
    ]),
    empty,
  );
}

function stateOf({ account, user }: Owner, words: Words): string {
  if (user.disabledAt !== null) return words.term('switched', 'disabled');
  return account.disabledAt === null ? '' : words('directory.account-off');
}

/** The warning for a new login that needs single sign-on before its account has it. */
export function ssoBlocks({ account, user }: Owner, words: Words) {
  if (user.signIn !== 'sso' || account.sso !== null) return [];
  return [
    block.note(words('directory.no-sso-yet', { number: account.number })),
    block.next(`countersign account edit ${account.number} --sso PROVIDER`),
  ];
}

type Described = Omit<UserDescription, 'sharing'> &
  SeenUser & { readonly mfa: MfaStatus; readonly sharing: readonly SeenUser[] };

export function userView(described: Described, words: Words) {
  const { account, user, sharing, passphrase, applicationPassword, invitedUntil: until, mfa } = described;
  const role = words.term('roleTitle', user.role);
  const dialled = user.phoneE164 === null || user.phoneE164 === user.phone ? '' : ` (${user.phoneE164})`;
  const locks = described.locks
    .map(({ subject, until }) => words('directory.lock-is', { lockSubject: subject, until }))
    .join('; ');
  const kinds = Object.entries(factorsByKind(mfa)).map(
    ([kind, count]) => `${count === 1 ? '' : `${count} `}${words.term('factorKind', kind)}`,
  );
  const factors = { kinds, codes: mfa.backupCodesLeft, devices: mfa.devices };
  return [
    block.title(`${user.name} · ${account.name} (${account.number})`, user.login),
    block.fields(
      [words('directory.Role'), user.scopes.length === 0 ? role : `${role}: ${user.scopes.join(', ')}`],
      [words('directory.State'), stateOf(described, words) || words('directory.active')],
      [words('directory.E-mail'), user.email || words('directory.none-on-file')],
      [words('directory.Phone'), `${user.phone || words('directory.none-on-file')}${dialled}`],
      [words('directory.Sign-in'), words('directory.sign-in-is', { kind: user.signIn, provider: account.sso })],
      [words('directory.Passphrase'), words('directory.set-at', { at: passphrase?.setAt })],
      [words('directory.Password'), words('directory.set-at', { at: applicationPassword?.changedAt })],
      [words('directory.Invitation'), until === null ? null : words('directory.open-until', { until })],
      [words('directory.Factors'), words('directory.factors-are', factors)],
      [words('directory.Locks'), locks || words('directory.no-locks')],
      [words('directory.Id'), user.id],
      [words('directory.External'), user.external],
    ),
    ...sharingBlocks(sharing, words),
  ];
}

/** How many of each kind are set up. */
function factorsByKind({ factors }: MfaStatus): Readonly<Record<string, number>> {
  const kinds = factors.filter(({ state }) => state === 'active').map(({ kind }) => kind);
  return Object.fromEntries(
    [...new Set(kinds)].sort().map((kind) => [kind, kinds.filter((one) => one === kind).length]),
  );
}

const SHARING_LISTED = 8;

/** Logins with the same e-mail or phone are listed, so that nobody is taken for another (B09); --json lists all. */
function sharingBlocks(sharing: readonly SeenUser[], words: Words) {
  if (sharing.length === 0) return [];
  const rest = sharing.length - SHARING_LISTED;
  const many = String(rest === SHARING_SHOWN - SHARING_LISTED);
  return [
    block.blank,
    block.lines(words('directory.sharing')),
    userTable(sharing.slice(0, SHARING_LISTED), '', true, words),
    ...(rest > 0 ? [block.note(words('directory.sharing-more', { many, count: rest }))] : []),
  ];
}

export const describedUserDocument = ({ passphrase, applicationPassword: password, mfa, ...described }: Described) => ({
  ...userDocument(described),
  passphrase: { set: passphrase !== null, setAt: iso(passphrase?.setAt ?? null) },
  applicationPassword: { set: password !== null, changedAt: iso(password?.changedAt ?? null) },
  ...moments(described, 'invitedUntil'),
  factors: factorsByKind(mfa),
  backupCodes: mfa.backupCodesLeft,
  devices: mfa.devices,
  locks: described.locks.map((lock) => ({ ...lock, ...moments(lock, 'until') })),
  sharing: described.sharing.map(({ account: { number: account }, user: { id, login, name } }) => {
    return { id, account, login, name };
  }),
});
