/** Users as documents and views: facts and states, never a secret (B11). */

import type { MfaStatus } from '../../procedures/codes/mfa-status.js';
import { type Lock, SHARING_SHOWN, type UserDescription } from '../../procedures/directory/describe-customer.js';
import type { FoundUser } from '../../procedures/directory/search-directory.js';
import type { SeenUser } from '../../procedures/directory/see-people.js';
import { iso } from '../../rules/moment.js';
import type { User } from '../../rules/people.js';
import type { Block, View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { localMinute } from '../wording/times.js';

/** `contacts` says whether e-mail and phone are in full (B83). */
export const userDocument = ({ account, user, contacts }: SeenUser) => ({
  id: user.id,
  account: { id: account.id, number: account.number, name: account.name, edition: account.edition },
  login: user.login,
  name: user.name,
  email: user.email,
  phone: user.phone,
  phoneE164: user.phoneE164,
  contacts,
  role: user.role,
  scopes: user.scopes,
  signIn: user.signIn,
  language: user.language,
  external: user.external,
  contactChangedAt: iso(user.contactChangedAt),
  disabledAt: iso(user.disabledAt),
  powerHeldUntil: iso(user.powerHeldUntil),
});

/** `withAccount` is false if all are of one account. */
export function userTable(found: readonly SeenUser[], empty: string, withAccount: boolean): Block {
  const account = withAccount ? [{ title: 'account', whole: true }] : [];
  return block.table(
    [...account, { title: 'login', whole: true }, 'name', 'role', 'phone', 'e-mail', 'state'],
    found.map((one) => [
      ...(withAccount ? [one.account.number] : []),
      one.user.login,
      one.user.name,
      one.user.role,
      one.user.phone,
      one.user.email,
      stateOf(one),
    ]),
    empty,
  );
}

function stateOf({ account, user }: FoundUser): string {
  if (user.disabledAt !== null) return 'disabled';
  return account.disabledAt === null ? '' : 'account off';
}

/** The warning for a new login that needs single sign-on before its account has it. */
export function ssoBlocks({ account, user }: FoundUser): View {
  if (user.signIn !== 'sso' || account.sso !== null) return [];
  return [
    block.note(`Account ${account.number} has no single sign-on yet; this login cannot sign in until it has.`),
    block.next(`countersign account edit ${account.number} --sso PROVIDER`),
  ];
}

type Described = Omit<UserDescription, 'sharing'> &
  SeenUser & { readonly mfa: MfaStatus; readonly sharing: readonly SeenUser[] };

const phoneWords = ({ phone, phoneE164 }: User): string =>
  `${phone === '' ? 'none on file' : phone}${phoneE164 === null || phoneE164 === phone ? '' : ` (${phoneE164})`}`;

export function userView(described: Described): View {
  const { account, user, sharing } = described;
  return [
    block.title(`${user.name} · ${account.name} (${account.number})`, user.login),
    block.fields(
      ['Role', `${user.role}${user.scopes.length === 0 ? '' : `: ${user.scopes.join(', ')}`}`],
      ['State', stateOf(described) === '' ? 'active' : stateOf(described)],
      ['E-mail', user.email === '' ? 'none on file' : user.email],
      ['Phone', phoneWords(user)],
      ['Sign-in', user.signIn === 'sso' ? `single sign-on (${account.sso ?? 'none set up'})` : 'native'],
      ...secretRows(described),
      ['Locks', described.locks.length === 0 ? 'none' : described.locks.map(lockWords).join('; ')],
      ['Id', user.id],
    ),
    ...sharingBlocks(sharing),
  ];
}

function secretRows(described: Described): readonly (readonly [string, string])[] {
  const { passphrase, applicationPassword, invitedUntil, mfa } = described;
  const kinds = Object.entries(factorsByKind(mfa)).map(([kind, count]) => (count === 1 ? kind : `${count} ${kind}`));
  return [
    ['Passphrase', passphrase === null ? 'none yet' : `set ${localMinute(passphrase.setAt)}`],
    [
      'Application password',
      applicationPassword === null ? 'none yet' : `set ${localMinute(applicationPassword.changedAt)}`,
    ],
    ...(invitedUntil === null ? [] : [['Invitation', `open until ${localMinute(invitedUntil)}`] as const]),
    [
      'Second factors',
      `${kinds.length === 0 ? 'none' : kinds.join(', ')}; ${mfa.backupCodesLeft} backup codes, ${mfa.devices} devices`,
    ],
  ];
}

/** How many of each kind are set up. */
function factorsByKind({ factors }: MfaStatus): Readonly<Record<string, number>> {
  const kinds = factors.filter(({ state }) => state === 'active').map(({ kind }) => kind);
  return Object.fromEntries(
    [...new Set(kinds)].sort().map((kind) => [kind, kinds.filter((one) => one === kind).length]),
  );
}

const LOCK_WORDS: Readonly<Record<string, string>> = {
  caller: 'on the phone',
  portal: 'portal sign-in',
  'portal-code': 'portal codes',
};

export function lockWords({ subject, until }: Lock): string {
  return `${LOCK_WORDS[subject] ?? subject} ${until === null ? 'until a lead unlocks it' : `until ${localMinute(until)}`}`;
}

export const subjectWords = (subject: string): string => LOCK_WORDS[subject] ?? subject;

const SHARING_LISTED = 8;

/** Logins with the same e-mail or phone are listed, so that nobody is taken for another (B09); --json lists all. */
function sharingBlocks(sharing: readonly SeenUser[]): readonly Block[] {
  if (sharing.length === 0) return [];
  const rest = sharing.length - SHARING_LISTED;
  return [
    block.blank,
    block.lines('Other logins with the same e-mail or phone:'),
    userTable(sharing.slice(0, SHARING_LISTED), '', true),
    ...(rest > 0
      ? [block.note(`And ${rest === SHARING_SHOWN - SHARING_LISTED ? 'more than ' : ''}${rest} more.`)]
      : []),
  ];
}

export const describedUserDocument = (described: Described) => ({
  ...userDocument(described),
  passphrase: { set: described.passphrase !== null, setAt: iso(described.passphrase?.setAt ?? null) },
  applicationPassword: {
    set: described.applicationPassword !== null,
    changedAt: iso(described.applicationPassword?.changedAt ?? null),
  },
  invitedUntil: iso(described.invitedUntil),
  factors: factorsByKind(described.mfa),
  backupCodes: described.mfa.backupCodesLeft,
  devices: described.mfa.devices,
  locks: described.locks.map(({ subject, until }) => ({ subject, until: iso(until) })),
  sharing: described.sharing.map(({ account, user }) => ({
    id: user.id,
    account: account.number,
    login: user.login,
    name: user.name,
  })),
});
