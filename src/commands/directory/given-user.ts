/** How every command lets one name a user. */
import type { Desk } from '../../desk.js';
import { findAccount, findUser } from '../../procedures/directory/find-account.js';
import type { FoundUser } from '../../procedures/directory/search-directory.js';

export const USER_ARGUMENT = { name: '<user>', about: 'login, id or unique e-mail; or account/login' } as const;
export const ACCOUNT_OPTION = {
  flags: '--account <account>',
  about: 'number, id or unique name of the account',
} as const;

/** Refusals: not-found, ambiguous with the candidates (B09), missing-option if the account is needed and missing. */
export async function givenUser(desk: Desk, user: string, account: string | undefined): Promise<FoundUser> {
  return findUser(desk, user, account === undefined ? undefined : await findAccount(desk, account));
}
