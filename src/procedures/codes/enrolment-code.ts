/**
 * The one-time code that is needed to enrol again after a reset (B57): an attacker who talked the desk into the reset, and has the password,
 * still has no access to the mailbox. It goes only to an address that was on file long enough, never to one given on the call.
 */
import type { Desk, UserContacts, Writes } from '../../desk.js';
import { refusal } from '../../errors.js';
import { hours } from '../../rules/duration.js';
import { minuteOf, workingDaysLater } from '../../rules/moment.js';
import type { Account, User } from '../../rules/people.js';
import type { Inside } from '../authorise.js';
import { prepareMessage } from '../messages/queue-message.js';
import { queueLift } from '../messages/remote-row.js';
import { contactsInForce } from './contact-on-file.js';
import { newDeskCode } from './desk-code.js';
import { requireWanted } from './sent-codes.js';

/** The row blocks enrolment as soon as it is stored, even if there is no address that the code could be sent to. */
export type EnrolmentCode = ReturnType<typeof enrolmentCodeFor>;
export type PreparedEnrolmentCode = NonNullable<Awaited<ReturnType<typeof prepareEnrolmentCode>>>;

/** The code, its message and its row; null if there is no address that is old enough. With `instead` it goes to an admin, who hands it on. */
export async function prepareEnrolmentCode(desk: Desk, account: Account, user: User, instead?: User) {
  const [contacts = { user, createdAt: 0, formerContacts: [] }] = await desk.store.read.users.contacts([user.id]);
  const [other] = instead === undefined ? [] : await desk.store.read.users.contacts([instead.id]);
  const { message, row, to } = enrolmentCodeFor(desk, account, contacts, { bulk: false, instead: other });
  return message === null || to === null ? null : { message, row, to };
}

/** The fresh code kills the one before (B89). Refusal `locked` after too many that nobody used, wherever they were asked for. */
export async function replaceEnrolmentCode(inside: Inside & { now: number }, { row, message }: PreparedEnrolmentCode) {
  const { write, now } = inside;
  await requireWanted(inside, row.user_id, 'enrol', now);
  await write.resets.spoilEnrolmentCodes(row.user_id, now);
  await write.factors.insertCode(row);
  await write.outbox.insert([message]);
}

/** `bulk`: nobody waits for it on a phone, so it lasts some working days, if the policy says so (B89). */
export function enrolmentCodeFor(
  desk: Desk,
  account: Account,
  contacts: UserContacts,
  { bulk, instead }: { readonly bulk: boolean; readonly instead?: UserContacts | undefined },
) {
  const { user } = contacts;
  const { hours: most, bulkWorkingDays } = desk.policy.limits.enrolmentCode;
  const now = desk.now();
  const expiresAt = Math.max(now + hours(most), bulk ? workingDaysLater(now, bulkWorkingDays) : 0);
  const { code, row } = newDeskCode(desk, user, 'enrol', expiresAt);
  const to = oldEnoughAddress(desk, instead ?? contacts);
  if (to === null) return { row, message: null, to };
  const values = { name: user.name, login: user.login, account: account.name, code, until: minuteOf(expiresAt) };
  const about = { to, account, user: instead?.user ?? user, code: row.id };
  const handedOn = instead && {
    template: 'enrolment-code-to-hand-on',
    values: { ...values, name: instead.user.name, target: user.name },
  };
  const message = prepareMessage(desk, { ...about, template: 'enrolment-code', values, ...handedOn });
  return { row, message, to };
}

/** The e-mail address that was in force `addressOnFileDays` ago; null if there was none. */
export function oldEnoughAddress(desk: Desk, contacts: UserContacts): string | null {
  const { email } = contactsInForce(desk, contacts);
  return email === '' ? null : email;
}

/** Call it inside the transaction that activates a new factor. Refusal `refused-by-policy` while an objection is open. */
export async function settleReset(desk: Desk, write: Writes, user: User, at: number): Promise<void> {
  const { id: userId } = user;
  const open = await write.resets.openOfUser(userId);
  if (open === undefined) return;
  if (open.objected_at !== null) throw refusal('refused-by-policy', 'reset-objected', {}, 'ask-admin-or-call');
  await write.resets.end([open.id], 'enrolled', userId, at);
  await write.resets.destroySuspended([userId]);
  await queueLift(desk, write, user);
}
