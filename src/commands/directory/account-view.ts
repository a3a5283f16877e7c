/** Accounts as documents and views. */
import type { AccountDescription } from '../../procedures/directory/describe-customer.js';
import type { Account } from '../../rules/people.js';
import type { Block, View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { moments, pick } from '../wording/documents.js';
import type { Words } from '../wording/words.js';

export const accountDocument = (account: Account) => ({
  ...pick(account, 'id', 'number', 'name', 'edition', 'sso', 'country', 'language', 'connector'),
  ...moments(account, 'mfaRequiredAt'),
  phoneResetForbidden: account.phoneResetForbidden,
  ...moments(account, 'disabledAt'),
});

export function accountTable(accounts: readonly Account[], empty: string, words: Words): Block {
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
export function cutNote(words: Words, shown: number, more: boolean, capped: boolean, page?: number): readonly Block[] {
  if (!more) return [];
  const how = capped ? 'capped' : page === undefined ? 'limit' : 'page';
  const named = page === undefined || page === 1 ? null : page;
  return [block.note(words('directory.cut', { page: named, shown, how, next: (page ?? 0) + 1 }))];
}

export function accountView(described: AccountDescription, words: Words): View {
  const { account, users, disabled, sso: logins, roles, enrolled, issuer } = described;
  const each = Object.entries(roles).map(([role, count]) => `${count} ${words.term('roleTitle', role)}`);
  const off = { at: account.disabledAt };
  return [
    block.title(`${account.name} (${account.number})`, account.id),
    block.fields(
      [words('directory.Edition'), account.edition],
      [words('directory.State'), words(off.at === null ? 'directory.active' : 'directory.disabled-since', off)],
      [words('directory.Users'), words('directory.users-are', { users, each, disabled })],
      [words('status.mfa'), mfaWords(account, words)],
      [words('directory.Enrolled'), words('directory.enrolled-are', { enrolled, users })],
      [words('directory.Sso'), words('directory.sso-is', { sso: account.sso, logins, issuer })],
      ...(account.country === null ? [] : [[words('directory.Country'), account.country] as const]),
      ...(account.language === null ? [] : [[words('directory.Language'), account.language] as const]),
      ...(account.connector === null ? [] : [[words('directory.Connector'), account.connector] as const]),
      [words('directory.Resets'), words('directory.resets-are', { forbidden: String(account.phoneResetForbidden) })],
    ),
  ];
}

const mfaWords = ({ edition, mfaRequiredAt }: Account, words: Words): string =>
  edition === 'classic' ? words('directory.mfa-outside') : words('directory.mfa-is', { at: mfaRequiredAt });

export const describedDocument = ({ account, ...found }: AccountDescription) => ({
  ...accountDocument(account),
  users: { total: found.users, disabled: found.disabled, sso: found.sso, roles: found.roles, enrolled: found.enrolled },
  ssoIssuer: found.issuer,
});
