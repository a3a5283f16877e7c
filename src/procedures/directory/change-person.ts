/**
 * Name and contacts of one user, changed inside the write door, for `user edit` and for an import alike. A changed contact restarts
 * the time it must stand before codes go there (B57), is remembered for notices (B58), and is told to the old and the new
 * address, so that nobody's mail is moved behind their back.
 */
import type { Desk, SignedOperator, Writes } from '../../desk.js';
import { changedContacts } from '../../rules/directory-import.js';
import type { Account, User } from '../../rules/people.js';
import { inWords, type PreparedMessage, prepareMessage } from '../messages/queue-message.js';
import { contactPatch, type Person, personPatch, userSearchKeys } from './directory-rows-of-store.js';

export interface PersonChange {
  readonly account: Account;
  readonly before: User;
  readonly after: Person;
}

/** Writes the change and queues its notices; answers the notices' message ids. */
export async function changePerson(
  desk: Desk,
  signed: SignedOperator,
  write: Writes,
  { account, before, after }: PersonChange,
  at: number,
): Promise<readonly string[]> {
  const moved = changedContacts(before, after);
  const contact = moved.length === 0 ? {} : contactPatch(before, await write.users.formerContacts(before.id), at);
  await write.users.update(before.id, { ...personPatch(after), ...contact, updated_at: at });
  await write.search.replace(userSearchKeys(before.id, { ...after, login: before.login }));
  const notices =
    moved.length === 0 ? [] : noticesOf(desk, signed, { account, before, after }, moved.join(' and '), at);
  await write.outbox.insert(notices.map((notice) => notice.row));
  return notices.map((notice) => notice.id);
}

function noticesOf(
  desk: Desk,
  signed: SignedOperator,
  { account, before, after }: PersonChange,
  change: string,
  at: number,
): readonly PreparedMessage[] {
  const addresses = new Map(
    [before.email, after.email].filter((address) => address !== '').map((address) => [address.toLowerCase(), address]),
  );
  const values = {
    name: after.name,
    login: before.login,
    account: account.name,
    change,
    when: inWords(at),
    who: signed.operator.name,
  };
  return [...addresses.values()].map((to) =>
    prepareMessage(desk, { template: 'contact-changed', to, account, user: before, values }),
  );
}
