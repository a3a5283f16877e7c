/**
 * Changes name and contacts of one user inside the write door, for `user edit` and for an import. After a change the contact must
 * be on file for some days again before codes go there (B57). The old contact is remembered for notices (B58), and the change is
 * announced to the old and the new address, so that nobody's mail is moved without their knowledge.
 */
import type { Desk, Writes } from '../../desk.js';
import type { Worded } from '../../errors.js';
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

/** `moved`: the contacts that are others now. `notices`: message ids. */
export interface ChangedPerson {
  readonly moved: readonly ('e-mail' | 'phone')[];
  readonly notices: readonly string[];
}

export const changePerson = (acting: Acting<'directory:write'>, change: PersonChange): Promise<ChangedPerson> =>
  storePerson(acting, change, acting.by.operator.name);

/** Writes the change and queues its notices; the caller has checked whoever does it. `who`: as the notices say it. */
export async function storePerson(
  { desk, write, now }: { readonly desk: Desk; readonly write: Writes; readonly now: number },
  { account, before, after }: PersonChange,
  who: Worded,
): Promise<ChangedPerson> {
  const dialled = (await desk.phones())(after.phone, account.country);
  const moved = changedContacts(before, { ...after, phoneE164: dialled?.e164 ?? null });
  const contact = moved.length === 0 ? {} : contactPatch(before, await write.users.formerContacts(before.id), now);
  await write.users.update(before.id, { ...personPatch(after, dialled), ...contact, updated_at: now });
  // An address is not among the words of a search, nor is the id at another system.
  const found = after.name !== before.name || after.phone !== before.phone || moved.includes('phone');
  if (found) await write.search.replace(userSearchKeys(before.id, { ...after, login: before.login }, dialled));
  const told = { change: ['mail', moved.join('-')] as const, when: minuteOf(now), who };
  const notices = moved.length === 0 ? [] : noticesOf(desk, { account, before, after }, told);
  await write.outbox.insert(notices.map((notice) => notice.row));
  return { moved, notices: notices.map((notice) => notice.id) };
}

/**
 * Reads the numbers of a company anew when its country has changed. A number that is dialled differently now waits like any other
 * that was changed (B57): whoever picks the country must not pick whose telephone gets the next code.
 */
export async function readNumbersAnew(
  { desk, write, now }: Acting<'directory:write'>,
  { id, country }: Pick<Account, 'id' | 'country'>,
): Promise<void> {
  const read = await desk.phones();
  for (const user of await write.users.ofAccount(id)) {
    const dialled = read(user.phone, country);
    if ((dialled?.e164 ?? null) === user.phoneE164) continue;
    const contact = contactPatch(user, await write.users.formerContacts(user.id), now);
    await write.users.update(user.id, { ...personPatch(user, dialled), ...contact });
    await write.search.replace(userSearchKeys(user.id, user, dialled));
  }
}

function noticesOf(
  desk: Desk,
  { account, before, after }: PersonChange,
  told: Readonly<Record<'change' | 'when' | 'who', Worded>>,
): readonly PreparedMessage[] {
  const addresses = new Map(
    [before.email, after.email].filter((address) => address !== '').map((address) => [address.toLowerCase(), address]),
  );
  const values = { name: after.name, login: before.login, account: account.name, ...told };
  return [...addresses.values()].map((to) =>
    prepareMessage(desk, { template: 'contact-changed', to, account, user: before, values }),
  );
}
