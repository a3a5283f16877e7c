/**
 * Who is told of a reset (B58): the target, at current and former addresses, and the account's admins, with a reference by which they can
 * object. A bulk run writes to each admin once, at its beginning. The messages are made before the transaction that queues them.
 */
import type { Desk, UserContacts } from '../../desk.js';
import type { Worded } from '../../errors.js';
import { adminRoles, hasAdminStatus } from '../../rules/customer-roles.js';
import { foldKey } from '../../rules/directory-keys.js';
import { byId, chunksOf, grouped } from '../../rules/lists.js';
import type { Account, User } from '../../rules/people.js';
import { csvText } from '../directory/export-directory.js';
import { addressesOf, type PreparedMessage, prepareMessage } from '../messages/queue-message.js';
import type { Companies } from './reset-records.js';

/** Placeholders of the notices; see data/messages. `who` did it, and `when`: as text, zone included. */
interface NoticeFacts {
  readonly who: string;
  /** The caller, or the ticket of a scripted run. */
  readonly requestedBy: Worded;
  readonly when: string;
  /** Of the reset or of the run: by it they can object. */
  readonly reference: string;
}

export function noticesToTarget(desk: Desk, account: Account, contacts: UserContacts, facts: NoticeFacts) {
  const { user } = contacts;
  const values = { name: user.name, login: user.login, account: account.name, ...facts };
  return addressesOf(desk, contacts).map((to) =>
    prepareMessage(desk, { template: 'mfa-reset-notice', to, account, user, values }),
  );
}

/** One message to each admin: of one user by name (not to that user), or of several users at once. */
export function noticesToAdmins(
  desk: Desk,
  { account, admins, targets }: { account: Account; admins: readonly User[]; targets: readonly User[] },
  facts: NoticeFacts,
): readonly PreparedMessage[] {
  const [only] = targets;
  if (only === undefined) return [];
  const several = targets.length > 1;
  return admins
    .filter((admin) => several || admin.id !== only.id)
    .map((admin) => {
      const person = { name: admin.name, account: account.name, ...facts };
      const values = several
        ? { ...person, count: String(targets.length), users: someLogins(targets) }
        : { ...person, target: `${only.name} (${only.login})` };
      const template = several ? 'mfa-reset-notice-admins-many' : 'mfa-reset-notice-admins';
      return prepareMessage(desk, { template, to: admin.email, account, user: admin, values });
    });
}

/** One message a run to each admin of these companies, with all of its users in a list; they can object to each by the run's reference. */
export async function noticesOfRun(desk: Desk, companies: Companies, facts: NoticeFacts) {
  const messages: PreparedMessage[] = [];
  for (const numbers of chunksOf([...companies.keys()])) {
    const accounts = await desk.store.read.accounts.byNumbers(numbers.map(foldKey));
    const admins = await adminsOf(desk, accounts);
    for (const account of accounts) {
      const rows = companies.get(account.number) ?? [];
      const text = await csvText(['line', 'login'], [rows], ({ line, login }) => [String(line), login]);
      const attachment = { name: `${facts.reference}.csv`, text };
      const values = { account: account.name, count: String(rows.length), ...facts };
      for (const user of admins.get(account.id) ?? []) {
        const about = { template: 'mfa-reset-notice-admins-job', to: user.email, account, user, attachment };
        messages.push(prepareMessage(desk, { ...about, values: { ...values, name: user.name } }));
      }
    }
  }
  return messages;
}

/** A value of a message is one short line: the first logins, and how many more. */
function someLogins(targets: readonly User[]): Worded {
  const shown: string[] = [];
  let length = 0;
  for (const { login } of targets) {
    length += login.length + 2;
    if (length > 90) break;
    shown.push(login);
  }
  if (shown.length === 0) return ['mail', 'logins', String(targets.length)];
  const more = targets.length - shown.length;
  const logins = shown.join(', ');
  return more === 0 ? logins : ['mail', 'and-more', logins, String(more)];
}

/** Enabled admins with an address, of several accounts at once. */
export async function adminsOf(desk: Desk, accounts: readonly Account[]) {
  const homes = byId(accounts);
  const found = await desk.store.read.users.holders([...homes.keys()], adminRoles(desk.policy));
  const admins = found.flatMap(({ user }) => {
    const account = homes.get(user.accountId);
    const reached = account !== undefined && user.disabledAt === null && user.email !== '';
    return reached && hasAdminStatus(desk.policy, account, user) ? [user] : [];
  });
  return grouped(admins, (admin) => admin.accountId);
}
