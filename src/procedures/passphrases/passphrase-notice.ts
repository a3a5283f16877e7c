/** Tells the owner that the passphrase was set, changed or shown, and the log what was refused, so that nobody can do it unseen (B17). */
import type { Desk } from '../../desk.js';
import { isRefusal, type Worded } from '../../errors.js';
import type { Denial } from '../../rules/audit-entry.js';
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

/** Logs refusals with these codes as this entry, for the reason of their code (B74, B99). */
export async function loggingAs<T>(
  desk: Desk,
  entry: Omit<Denial, 'outcome' | 'reason'>,
  codes: RegExp,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isRefusal(error) && codes.test(error.code))
      await desk.store.record({ ...entry, outcome: 'refused', reason: error.code }, async () => undefined);
    throw error;
  }
}
