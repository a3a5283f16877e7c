/** Input that several commands about companies and people share, and how every command lets one name a user. */
import type { Desk } from '../../desk.js';
import { findAccount, findUser } from '../../procedures/directory/find-account.js';
import type { Owner } from '../../rules/people.js';
import { wholeNumber } from '../command.js';

export const pageOf = () => wholeNumber(1, 50_000).default(1);
export const limitOf = () => wholeNumber(1, 1_000_000);

/** Refusals: not-found, ambiguous with the candidates (B09), missing-option if the account is needed and missing. */
export async function givenUser(desk: Desk, user: string, account: string | undefined): Promise<Owner> {
  return findUser(desk, user, account === undefined ? undefined : await findAccount(desk, account));
}
