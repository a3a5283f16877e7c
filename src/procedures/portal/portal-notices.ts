/** Notices to users about their own sign-in methods: the owner hears of every change, by anyone (B58's reason, in the portal). */
import type { Desk, Writes } from '../../desk.js';
import type { Worded } from '../../errors.js';
import { minuteOf } from '../../rules/moment.js';
import { type PreparedMessage, prepareMessage } from '../messages/queue-message.js';
import type { Owner } from './customer-login.js';

/** One message, or none if no e-mail is on file. Queue it in the transaction of its cause; it is sent after the commit. */
export function ownNotice(
  desk: Desk,
  { account, user }: Owner,
  template: 'factor-changed' | 'backup-codes-created',
  values: Readonly<Record<string, Worded>>,
): readonly PreparedMessage[] {
  return toOwner(desk, { account, user }, template, { who: ['mail', 'in-portal', user.name], ...values });
}

/** For what somebody else may have done with the owner's password. */
export const ownWarning = (desk: Desk, owner: Owner, template: 'enrolment-code-wrong'): readonly PreparedMessage[] =>
  toOwner(desk, owner, template, {});

function toOwner(desk: Desk, { account, user }: Owner, template: string, values: Readonly<Record<string, Worded>>) {
  if (user.email === '') return [];
  const person = { name: user.name, login: user.login, account: account.name };
  const said = { ...person, when: minuteOf(desk.now()), ...values };
  return [prepareMessage(desk, { template, to: user.email, account, user, values: said })];
}

export async function queueNotices(write: Writes, notices: readonly PreparedMessage[]): Promise<void> {
  await write.outbox.insert(notices);
}
