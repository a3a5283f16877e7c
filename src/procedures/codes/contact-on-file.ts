/**
 * Which e-mail and phone a user's codes may go to: those that have been on file for some days (B57; SP 800-63B-4, 4.2). Someone
 * who gets a contact changed, at the desk or by talking to it, must not receive the next code.
 */
import type { Desk, UserContacts } from '../../desk.js';
import { refusal } from '../../errors.js';
import type { SentFactor } from '../../factors/factor.js';
import { days } from '../../rules/duration.js';
import type { Account, FormerContact, Owner } from '../../rules/people.js';

type Contact = Pick<FormerContact, 'email' | 'phone' | 'phoneE164'>;

/**
 * The contacts that were in force `addressOnFileDays` ago: the present ones if nothing changed since, otherwise those that the
 * first change since then replaced. Two quick changes in a row do not make a contact old. Empty if there was none.
 */
export function contactsInForce(desk: Desk, { user, createdAt, formerContacts }: UserContacts): Contact {
  const limit = desk.now() - days(desk.policy.limits.enrolmentCode.addressOnFileDays);
  if (user.contactChangedAt === createdAt) return user;
  const since = formerContacts.filter((contact) => contact.replacedAt > limit);
  if (user.contactChangedAt <= limit && since.length === 0) return user;
  const [first] = since.toSorted((a, b) => a.replacedAt - b.replacedAt);
  return first ?? { email: '', phone: '' };
}

/** Where codes of this kind go; null if it is a number that cannot be dialled. Empty if nothing on file is old enough. */
async function find(desk: Desk, kind: SentFactor, { account, user }: Owner): Promise<string | null> {
  const [contacts] = await desk.store.read.users.contacts([user.id]);
  const inForce = contactsInForce(desk, contacts ?? { user, createdAt: 0, formerContacts: [] });
  return kind.contact === 'email' ? inForce.email : dialled(desk, account, inForce);
}

async function dialled(desk: Desk, account: Account, { phone, phoneE164 }: Contact): Promise<string | null> {
  if (phone === '') return '';
  // What was not read in the company's own country is read in the desk's, which only the desk's settings choose.
  const read = phoneE164 == null && account.country === null ? (await desk.phones())(phone, null) : null;
  return phoneE164 ?? read?.e164 ?? null;
}

/** Where codes of this kind go now: an address, or a number in the form in which it is dialled; empty if there is none. */
export const findContact = async (desk: Desk, kind: SentFactor, owner: Owner): Promise<string> =>
  (await find(desk, kind, owner)) ?? '';

/** As `findContact`; refusal `invalid-input` if there is none, or none that can be dialled. */
export async function contactOnFile(desk: Desk, kind: SentFactor, owner: Owner): Promise<string> {
  const to = await find(desk, kind, owner);
  if (to) return to;
  const { login, phone } = owner.user;
  // A number that the desk has corrected, or reads in another country now, is dialled only once it is old enough.
  if (to === null && (await dialled(desk, owner.account, owner.user)) === null)
    throw refusal('invalid-input', 'phone-not-dialled', { login, ending: phone.slice(-2) }, 'desk-mends-phone');
  const { addressOnFileDays } = desk.policy.limits.enrolmentCode;
  const facts = { contact: kind.contact, days: addressOnFileDays, login };
  throw refusal('invalid-input', 'contact-not-on-file', facts, 'other-method');
}
