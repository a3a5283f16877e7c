/** Tells the owner that the passphrase was set, changed or shown, so that nobody can do it unseen (B17). */
import type { Desk } from '../../desk.js';
import type { Worded } from '../../errors.js';
import { minuteOf } from '../../rules/moment.js';
import type { Account, User } from '../../rules/people.js';
import { type PreparedMessage, prepareMessage } from '../messages/queue-message.js';

/** One message, or none if no e-mail address is on file. `who` did it, in words. */
export function passphraseNotice(
  desk: Desk,
  template: 'passphrase-changed' | 'passphrase-viewed',
  { account, user }: { account: Account; user: User },
  who: Worded,
): readonly PreparedMessage[] {
  if (user.email === '') return [];
  const values = { name: user.name, login: user.login, account: account.name, when: minuteOf(desk.now()), who };
  return [prepareMessage(desk, { template, to: user.email, account, user, values })];
}
