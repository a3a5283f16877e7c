/**
 * The one-time code without which nobody enrols again after a reset (B57): an attacker who talked the desk into it, and has the
 * password, still has no mailbox. It goes only to an address that was on file long enough, never to one given on the call.
 */
import type { Desk, Writes } from '../desk.js';
import { days, hours } from '../rules/duration.js';
import type { Account, User } from '../rules/people.js';
import { newDeskCode } from './desk-code.js';
import { inWords, type PreparedMessage, prepareMessage } from './queue-message.js';

export interface PreparedEnrolmentCode {
  readonly message: PreparedMessage;
  readonly row: Parameters<Writes['factors']['insertCode']>[0];
}

/** The code, its message and its row; null where the user has no address that is old enough. */
export async function prepareEnrolmentCode(
  desk: Desk,
  account: Account,
  user: User,
): Promise<PreparedEnrolmentCode | null> {
  const to = await oldEnoughAddress(desk, user);
  if (to === null) return null;
  const expiresAt = desk.now() + hours(desk.policy.limits.enrolmentCode.hours);
  const { code, row } = newDeskCode(desk, user, 'enrol', expiresAt);
  const values = { name: user.name, login: user.login, account: account.name, code, until: inWords(expiresAt) };
  return { row, message: prepareMessage(desk, { template: 'enrolment-code', to, account, user, values }) };
}

/** The address the user came with, or one that was last changed long enough ago; otherwise the one before it. */
async function oldEnoughAddress(desk: Desk, user: User): Promise<string | null> {
  const limit = desk.now() - days(desk.policy.limits.enrolmentCode.addressOnFileDays);
  const neverChanged = user.contactChangedAt === (await desk.store.read.users.createdAt(user.id));
  if (user.email !== '' && (neverChanged || user.contactChangedAt <= limit)) return user.email;
  const former = (await desk.store.read.users.formerContacts(user.id)).filter((contact) => contact.email !== '');
  return former.sort((a, b) => b.replacedAt - a.replacedAt)[0]?.email ?? null;
}
