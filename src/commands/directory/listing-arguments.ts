/** Arguments that several commands about companies and people share, and how every command lets one name a user. */
import * as z from 'zod';
import type { Desk } from '../../desk.js';
import { findAccount, findUser } from '../../procedures/directory/find-account.js';
import type { FoundUser } from '../../procedures/directory/search-directory.js';

export const REFERENCE = { name: '<account>', about: 'number, id or unique name' } as const;
export const LIMIT = { flags: '--limit <n>', about: 'show at most this many' } as const;
export const COUNTRY = {
  flags: '--country <code>',
  about: 'where its phone numbers without a country code are, such as DE; "" for the country of the desk',
} as const;
export const LANGUAGE = { flags: '--language <code>', about: 'of mails and of what is read aloud' } as const;
export const PAGE = { flags: '--page <n>', about: 'show this page of what was found (default: 1)' } as const;
export const pageOf = () => z.coerce.number().int().min(1).max(50_000).default(1);
export const limitOf = () => z.coerce.number().int().min(1).max(1_000_000);

export const USER_ARGUMENT = { name: '<user>', about: 'login, id or unique e-mail; or account/login' } as const;
export const ACCOUNT_OPTION = {
  flags: '--account <account>',
  about: 'number, id or unique name of the account',
} as const;

/** Refusals: not-found, ambiguous with the candidates (B09), missing-option if the account is needed and missing. */
export async function givenUser(desk: Desk, user: string, account: string | undefined): Promise<FoundUser> {
  return findUser(desk, user, account === undefined ? undefined : await findAccount(desk, account));
}
