/** Accounts as documents and views. */

import type { AccountDescription } from '../../procedures/directory/describe-customer.js';
import { iso } from '../../rules/moment.js';
import type { Account } from '../../rules/people.js';
import type { Block, View } from '../../terminal/render.js';
import { block } from '../wording/blocks.js';
import { localMinute } from '../wording/times.js';

/** `2026-11-22 09:00` */
export const accountDocument = (account: Account) => ({
  id: account.id,
  number: account.number,
  name: account.name,
  edition: account.edition,
  sso: account.sso,
  country: account.country,
  language: account.language,
  connector: account.connector,
  mfaRequiredAt: iso(account.mfaRequiredAt),
  phoneResetForbidden: account.phoneResetForbidden,
  disabledAt: iso(account.disabledAt),
});

export function accountTable(accounts: readonly Account[], empty: string): Block {
  return block.table(
    ['number', { title: 'name', max: 40 }, 'edition', { title: 'sso', max: 12 }, 'state'],
    accounts.map((account) => [
      account.number,
      account.name,
      account.edition,
      account.sso ?? '',
      account.disabledAt === null ? '' : 'disabled',
    ]),
    empty,
  );
}

/** The note under a table that was cut. */
export function cutNote(shown: number, more: boolean, capped: boolean, page?: number): readonly Block[] {
  if (!more) return [];
  const raise = page === undefined ? 'raise --limit to see them' : `the next are shown with --page ${page + 1}`;
  const next = capped ? 'your role sees no more at once: search for more of the name' : raise;
  const which = page === undefined || page === 1 ? `the first ${shown}` : `${shown}, on page ${page}`;
  return [block.note(`Shown: ${which}. There are more; ${next}.`)];
}

export function accountView({ account, users, disabled, sso, roles, enrolled, issuer }: AccountDescription): View {
  const each = Object.entries(roles)
    .map(([role, count]) => `${count} ${role}`)
    .join(', ');
  return [
    block.title(`${account.name} (${account.number})`, account.id),
    block.fields(
      ['Edition', account.edition],
      ['State', account.disabledAt === null ? 'active' : `disabled since ${localMinute(account.disabledAt)}`],
      ['Users', users === 0 ? 'none' : `${users} (${each})${disabled === 0 ? '' : `, ${disabled} disabled`}`],
      ['Company-wide MFA', mfaWords(account)],
      ['Enrolled', `${enrolled} of ${users} have a second factor`],
      [
        'Single sign-on',
        account.sso === null
          ? 'none'
          : `${account.sso}, ${sso} sign in with it${issuer === null ? '; its keys are not set up' : ` (${issuer})`}`,
      ],
      ...(account.country === null ? [] : [['Country', account.country] as const]),
      ...(account.language === null ? [] : [['Language', account.language] as const]),
      ...(account.connector === null ? [] : [['Connector', account.connector] as const]),
      ['Resets by phone', account.phoneResetForbidden ? 'forbidden by the customer' : 'allowed'],
    ),
  ];
}

function mfaWords(account: Account): string {
  if (account.edition === 'classic') return 'not part of this edition';
  return account.mfaRequiredAt === null ? 'off' : `on since ${localMinute(account.mfaRequiredAt)}`;
}

export const describedDocument = ({ account, ...found }: AccountDescription) => ({
  ...accountDocument(account),
  users: { total: found.users, disabled: found.disabled, sso: found.sso, roles: found.roles, enrolled: found.enrolled },
  ssoIssuer: found.issuer,
});
