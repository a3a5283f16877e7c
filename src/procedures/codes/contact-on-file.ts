/**
 * Which e-mail and phone a user's codes may go to: those that have been on file for some days (B57; SP 800-63B-4, 4.2). Someone
 * who gets a contact changed, at the desk or by talking to it, must not receive the next code.
 */
import type { Desk, UserContacts } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { SentFactor } from '../../factors/factor.js';
import { days } from '../../rules/duration.js';
import type { User } from '../../rules/people.js';

interface Contact {
  readonly email: string;
  readonly phone: string;
}

/**
 * The contacts that were in force `addressOnFileDays` ago: the present ones if nothing changed since, otherwise those that the
 * first change since then replaced. Two quick changes in a row do not make a contact old. Empty if there was none.
 */
export function contactsInForce(desk: Desk, { user, createdAt, formerContacts }: UserContacts): Contact {
  const limit = desk.now() - days(desk.policy.limits.enrolmentCode.addressOnFileDays);
  const neverChanged = user.contactChangedAt === createdAt;
  if (neverChanged || user.contactChangedAt <= limit) return user;
  const since = formerContacts.filter((contact) => contact.replacedAt > limit);
  const [first] = since.toSorted((a, b) => a.replacedAt - b.replacedAt);
  return first ?? { email: '', phone: '' };
}

/** Where codes of this kind go now; empty if nothing on file is old enough. */
export async function findContact(desk: Desk, kind: SentFactor, user: User): Promise<string> {
  const [contacts] = await desk.store.read.users.contacts([user.id]);
  const { email, phone } = contactsInForce(desk, contacts ?? { user, createdAt: 0, formerContacts: [] });
  return kind.contact === 'email' ? email : phone;
}

/** As `findContact`; refusal `invalid-input` if there is none. */
export async function contactOnFile(desk: Desk, kind: SentFactor, user: User): Promise<string> {
  const contact = await findContact(desk, kind, user);
  if (contact !== '') return contact;
  const { addressOnFileDays } = desk.policy.limits.enrolmentCode;
  throw refusal(
    'invalid-input',
    'contact-not-on-file',
    { contact: kind.contact, days: addressOnFileDays, login: user.login },
    'other-method',
  );
}
