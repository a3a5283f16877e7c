/** Notices to users about their own secrets and sign-in methods: the owner hears of every change, by anyone (B17, B58's reason). */
import type { Desk } from '../../desk.js';
import type { Worded } from '../../errors.js';
import { minuteOf } from '../../rules/moment.js';
import type { Owner } from '../../rules/people.js';
import { prepareMessage } from '../messages/queue-message.js';

type Template =
  | 'factor-changed'
  | 'backup-codes-created'
  | 'enrolment-code-wrong'
  | `passphrase-${'changed' | 'viewed'}`;

/** One message, or none if no e-mail is on file. Queue it in the transaction of its cause; it is sent after the commit. */
export function ownNotice(desk: Desk, { account, user }: Owner, template: Template, values: Record<string, Worded>) {
  if (user.email === '') return [];
  const person = { name: user.name, login: user.login, account: account.name, when: minuteOf(desk.now()) };
  return [prepareMessage(desk, { template, to: user.email, account, user, values: { ...person, ...values } })];
}

/** Who did it, where owners do it themselves. */
export const inPortal = ({ user }: Owner): Worded => ['mail', 'in-portal', user.name];
