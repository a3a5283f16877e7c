/**
 * Changes name and contacts of one user inside the write door, for `user edit` and for an import. After a change the contact must
 * be on file for some days again before codes go there (B57). The old contact is remembered for notices (B58), and the change is
 * announced to the old and the new address, so that nobody's mail is moved without their knowledge.
 */
import type { Desk } from '../../desk.js';
import { changedContacts } from '../../rules/directory-import.js';
import { minuteOf } from '../../rules/moment.js';
import type { Account, User } from '../../rules/people.js';
import type { Acting } from '../authorise.js';
import { type PreparedMessage, prepareMessage } from '../messages/queue-message.js';
import { contactPatch, type Person, personPatch, userSearchKeys } from './directory-rows-of-store.js';

export interface PersonChange {
  readonly account: Account;
  readonly before: User;
  readonly after: Person;
}

/** Writes the change and queues its notices; returns the notices' message ids. */
export async function changePerson(
  { desk, write, now, by }: Acting<'directory:write'>,
  { account, before, after }: PersonChange,
): Promise<readonly string[]> {
  const moved = changedContacts(before, after);
  const contact = moved.length === 0 ? {} : contactPatch(before, await write.users.formerContacts(before.id), now);
  await write.users.update(before.id, { ...personPatch(after), ...contact, updated_at: now });
  await write.search.replace(userSearchKeys(before.id, { ...after, login: before.login }));
  const told = { change: moved.join(' and '), when: minuteOf(now), who: by.operator.name };
  const notices = moved.length === 0 ? [] : noticesOf(desk, { account, before, after }, told);
  await write.outbox.insert(notices.map((notice) => notice.row));
  return notices.map((notice) => notice.id);
}

function noticesOf(
  desk: Desk,
  { account, before, after }: PersonChange,
  told: Readonly<Record<'change' | 'when' | 'who', string>>,
): readonly PreparedMessage[] {
  const addresses = new Map(
    [before.email, after.email].filter((address) => address !== '').map((address) => [address.toLowerCase(), address]),
  );
  const values = { name: after.name, login: before.login, account: account.name, ...told };
  return [...addresses.values()].map((to) =>
    prepareMessage(desk, { template: 'contact-changed', to, account, user: before, values }),
  );
}
