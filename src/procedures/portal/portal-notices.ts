/** Notices to a user about their own sign-in methods: whoever changed them, the owner hears of it (B58's reason, in the portal). */
import type { Desk, Writes } from '../../desk.js';
import { deliverOutbox } from '../messages/deliver-outbox.js';
import { inWords, type PreparedMessage, prepareMessage } from '../messages/queue-message.js';
import type { PortalLogin } from './authenticate-user.js';

/** One message, or none where no e-mail is on file. Insert it in the transaction of its cause, send it after. */
export function ownNotice(
  desk: Desk,
  { account, user }: PortalLogin,
  template: 'factor-changed' | 'backup-codes-created',
  values: Readonly<Record<string, string>>,
): readonly PreparedMessage[] {
  if (user.email === '') return [];
  const person = { name: user.name, login: user.login, account: account.name };
  const said = { ...person, who: `${user.name} (in the portal)`, when: inWords(desk.now()), ...values };
  return [prepareMessage(desk, { template, to: user.email, account, user, values: said })];
}

export async function queueNotices(write: Writes, notices: readonly PreparedMessage[]): Promise<void> {
  await write.outbox.insert(notices.map((notice) => notice.row));
}

/** A notice that cannot be sent now waits in the outbox; the change stands either way. */
export async function sendNotices(desk: Desk, notices: readonly PreparedMessage[]): Promise<void> {
  if (notices.length > 0)
    await deliverOutbox(
      desk,
      notices.map((notice) => notice.id),
    );
}
