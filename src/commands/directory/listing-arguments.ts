/** Input that several commands about companies and people share, and how every command lets one name a user. */
import * as z from 'zod';
import type { Desk } from '../../desk.js';
import { findAccount, findUser } from '../../procedures/directory/find-account.js';
import type { FoundUser } from '../../procedures/directory/search-directory.js';

export const pageOf = () => z.coerce.number().int().min(1).max(50_000).default(1);
export const limitOf = () => z.coerce.number().int().min(1).max(1_000_000);

/** Refusals: not-found, ambiguous with the candidates (B09), missing-option if the account is needed and missing. */
export async function givenUser(desk: Desk, user: string, account: string | undefined): Promise<FoundUser> {
  return findUser(desk, user, account === undefined ? undefined : await findAccount(desk, account));
}
