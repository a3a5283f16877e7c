/**
 * Changes name and contacts of one user inside the write door, for `user edit` and for an import. After a change the contact must
 * be on file for some days again before codes go there (B57). The old contact is remembered for notices (B58), and the change is
 * announced to the old and the new address, so that nobody's mail is moved without their knowledge.
 */
import type { Desk, Writes } from '../../desk.js';
import type { Worded } from '../../errors.js';
import { changedContacts } from '../../rules/directory-import.js';
import { byId, chunksOf } from '../../rules/lists.js';
import { minuteOf } from '../../rules/moment.js';
import type { Account, User } from '../../rules/people.js';
import type { Phone } from '../../rules/phone-number.js';
import type { Inside } from '../authorise.js';
import { type PreparedMessage, prepareMessage } from '../messages/queue-message.js';
import { contactPatch, type Person, personPatch, userSearchKeys } from './directory-rows-of-store.js';

export interface PersonChange {
  readonly account: Account;
  readonly before: User;
  readonly after: Person;
}

/** Inside the door, of an operator, of the person, or of what settled imports have left to be written. */
export interface Changing extends Omit<Inside, 'log'> {
  readonly now: number;
}

/**
 * Writes some hundred changes and queues their notices; the caller has checked whoever does it. `who`: as the notices say it. Of each change
 * `moved`, the contacts that are others now, and ids of messages.
 */
export async function changePeople(inside: Changing, changes: readonly PersonChange[], who: Worded) {
  await writeChangedPeople(inside, { ids: changes.map(({ before }) => before.id) });
  return writeChanges(inside, changes, who);
}

/** Writes what settled imports change of people into their rows, and queues their notices. As many as there were, and ids of messages. */
export async function writeChangedPeople(inside: Changing, which: Parameters<Writes['users']['changed']>[0]) {
  const { write } = inside;
  const waiting = await write.users.changed(which);
  if (waiting.length === 0) return { people: 0, notices: [] };
  const homes = byId(await write.accounts.byIds([...new Set(waiting.map(({ after }) => after.accountId))]));
  const notices: string[] = [];
  for (const { id, operator_id } of await write.imports.all()) {
    const changes = waiting.flatMap(({ before, after, import: from }) => {
      const account = homes.get(after.accountId);
      return from === id && account !== undefined ? [{ account, before, after }] : [];
    });
    const name = (await write.operators.byId(operator_id))?.name ?? operator_id;
    const written = await writeChanges(inside, changes, name);
    notices.push(...written.flatMap((one) => one.notices));
  }
  return { people: waiting.length, notices };
}

async function writeChanges({ desk, write, now }: Changing, changes: readonly PersonChange[], who: Worded) {
  const read = await desk.phones();
  const notices: PreparedMessage[] = [];
  const all = changes.map(({ account, before, after }) => {
    const { dialled, moved, told } = readChange(read, { account, before, after });
    const said = { change: ['mail', told.join('-')] as const, when: minuteOf(now), who };
    const own = told.length === 0 ? [] : noticesOf(desk, { account, before, after }, said);
    notices.push(...own);
    // An address is not among the words of a search, nor is the id at another system.
    const found = after.name !== before.name || after.phone !== before.phone || moved.includes('phone');
    return { user: before, after, dialled, moved, told, found, notices: own.map((notice) => notice.id) };
  });
  await writePeople(write, all, now);
  await write.outbox.insert(notices);
  return all.map((one) => ({ moved: one.told, notices: one.notices }));
}

/** How the new number is dialled, which contacts are others, and of which of them people are told: not of a number that only their country changes. */
export function readChange(read: Awaited<ReturnType<Desk['phones']>>, { account, before, after }: PersonChange) {
  const dialled = read(after.phone, account.country);
  const phoneE164 = dialled?.e164 ?? null;
  const told = changedContacts(before, { ...after, phoneE164 });
  // The same text that is dialled differently waits too: whoever picks the country must not pick whose telephone gets the next code (B57).
  const dialledAnew = phoneE164 !== before.phoneE164 && !told.includes('phone');
  return { dialled, told, moved: dialledAnew ? ([...told, 'phone'] as const) : told };
}

/** Reads the numbers of a company anew when its country has changed. A number that is dialled differently now waits like any other (`readChange`). */
export async function readNumbersAnew(inside: Changing, { id, country }: Pick<Account, 'id' | 'country'>) {
  const { desk, write, now } = inside;
  const read = await desk.phones();
  const moved = (await write.users.ofAccount(id)).flatMap((user) => {
    const dialled = read(user.phone, country);
    const stays = (dialled?.e164 ?? null) === user.phoneE164;
    return stays ? [] : [{ user, after: user, dialled, moved: ['phone'] as const, found: true }];
  });
  for (const some of chunksOf(moved)) {
    await writeChangedPeople(inside, { ids: some.map(({ user }) => user.id) });
    await writePeople(write, some, now);
  }
}

interface Written {
  readonly user: User;
  readonly after: Person;
  readonly dialled: Phone | null;
  readonly moved: readonly ('e-mail' | 'phone')[];
  /** Whether a search finds the person by other words from now on. */
  readonly found: boolean;
}

async function writePeople(write: Writes, people: readonly Written[], now: number): Promise<void> {
  const own = new Map(people.map((one) => [one.user.id, one]));
  await write.users.patch([...own.keys()], ({ user: { id }, formerContacts }) => {
    const { user, after, dialled, moved } = own.get(id) as Written;
    const contact = moved.length === 0 ? {} : contactPatch(user, formerContacts, now);
    // Written before this, or overtaken by it: an import that is still being staged finds out and is planned anew.
    const staged = { staged: null, staged_in: null };
    return { ...personPatch(after, dialled), ...contact, ...staged, updated_at: now };
  });
  const found = people.filter((one) => one.found);
  await write.search.replace(
    found.map(({ user, after, dialled }) => userSearchKeys(user.id, { ...after, login: user.login }, dialled)),
  );
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
