/**
 * The one-time code that is needed to enrol again after a reset (B57): an attacker who talked the desk into the reset, and has
 * the password, still has no access to the mailbox. It goes only to an address that was on file long enough, never to one given
 * on the call.
 */
import type { Desk, UserContacts, Writes } from '../../desk.js';
import { hours } from '../../rules/duration.js';
import { minuteOf } from '../../rules/moment.js';
import type { Account, User } from '../../rules/people.js';
import { workingDaysLater } from '../../rules/working-days.js';
import { type PreparedMessage, prepareMessage } from '../messages/queue-message.js';
import { contactsInForce } from './contact-on-file.js';
import { newDeskCode } from './desk-code.js';

export interface PreparedEnrolmentCode {
  readonly message: PreparedMessage;
  readonly row: Parameters<Writes['factors']['insertCode']>[0];
}

/** The row blocks enrolment as soon as it is stored, even if there is no address that the code could be sent to. */
export interface EnrolmentCode {
  readonly message: PreparedMessage | null;
  readonly row: PreparedEnrolmentCode['row'];
}

/** The code, its message and its row; null if the user has no address that is old enough. */
export async function prepareEnrolmentCode(
  desk: Desk,
  account: Account,
  user: User,
): Promise<PreparedEnrolmentCode | null> {
  const [contacts] = await desk.store.read.users.contacts([user.id]);
  const { message, row } = enrolmentCodeFor(desk, account, contacts ?? { user, createdAt: 0, formerContacts: [] });
  return message === null ? null : { message, row };
}

/** `bulk`: nobody waits for it on a phone, so it lasts some working days, if the policy says so (B89). */
export function enrolmentCodeFor(
  desk: Desk,
  account: Account,
  contacts: UserContacts,
  { bulk }: { readonly bulk: boolean } = { bulk: false },
): EnrolmentCode {
  const { user } = contacts;
  const { hours: most, bulkWorkingDays } = desk.policy.limits.enrolmentCode;
  const now = desk.now();
  const expiresAt = Math.max(now + hours(most), bulk ? workingDaysLater(now, bulkWorkingDays) : 0);
  const { code, row } = newDeskCode(desk, user, 'enrol', expiresAt);
  const to = oldEnoughAddress(desk, contacts);
  if (to === null) return { row, message: null };
  const values = { name: user.name, login: user.login, account: account.name, code, until: minuteOf(expiresAt) };
  return {
    row,
    message: prepareMessage(desk, { template: 'enrolment-code', to, account, user, values, code: row.id }),
  };
}

/** The e-mail address that was in force `addressOnFileDays` ago; null if there was none. */
export function oldEnoughAddress(desk: Desk, contacts: UserContacts): string | null {
  const { email } = contactsInForce(desk, contacts);
  return email === '' ? null : email;
}
