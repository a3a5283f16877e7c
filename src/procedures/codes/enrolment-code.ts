/**
 * The one-time code without which nobody enrols again after a reset (B57): an attacker who talked the desk into it, and has the
 * password, still has no mailbox. It goes only to an address that was on file long enough, never to one given on the call.
 */
import type { Desk, UserContacts, Writes } from '../../desk.js';
import { hours } from '../../rules/duration.js';
import { minuteOf } from '../../rules/moment.js';
import type { Account, User } from '../../rules/people.js';
import { type PreparedMessage, prepareMessage } from '../messages/queue-message.js';
import { contactsInForce } from './contact-on-file.js';
import { newDeskCode } from './desk-code.js';

export interface PreparedEnrolmentCode {
  readonly message: PreparedMessage;
  readonly row: Parameters<Writes['factors']['insertCode']>[0];
}

/** A code's row bars the way from the moment it stands, also where there is no address that it could be sent to. */
export interface EnrolmentCode {
  readonly message: PreparedMessage | null;
  readonly row: PreparedEnrolmentCode['row'];
}

/** The code, its message and its row; null where the user has no address that is old enough. */
export async function prepareEnrolmentCode(
  desk: Desk,
  account: Account,
  user: User,
): Promise<PreparedEnrolmentCode | null> {
  const [contacts] = await desk.store.read.users.contacts([user.id]);
  const { message, row } = enrolmentCodeFor(desk, account, contacts ?? { user, createdAt: 0, formerContacts: [] });
  return message === null ? null : { message, row };
}

export function enrolmentCodeFor(desk: Desk, account: Account, contacts: UserContacts): EnrolmentCode {
  const { user } = contacts;
  const expiresAt = desk.now() + hours(desk.policy.limits.enrolmentCode.hours);
  const { code, row } = newDeskCode(desk, user, 'enrol', expiresAt);
  const to = oldEnoughAddress(desk, contacts);
  if (to === null) return { row, message: null };
  const values = { name: user.name, login: user.login, account: account.name, code, until: minuteOf(expiresAt) };
  return { row, message: prepareMessage(desk, { template: 'enrolment-code', to, account, user, values }) };
}

/** The e-mail address in force so many days ago; null where there is none. */
export function oldEnoughAddress(desk: Desk, contacts: UserContacts): string | null {
  const { email } = contactsInForce(desk, contacts);
  return email === '' ? null : email;
}
