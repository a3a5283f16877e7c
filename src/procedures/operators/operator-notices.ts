/** Notices to an operator's own address (B80): whatever changes what the operator may do, or how they sign in. */
import type { Desk, Writes } from '../../desk.js';
import type { Worded } from '../../errors.js';
import { maskedAddress } from '../../rules/directory-fields.js';
import { minuteOf } from '../../rules/moment.js';
import { sealedMessage } from '../messages/queue-message.js';

/** `kind`: its template. In the desk's language if none is given. */
interface Message {
  readonly kind: string;
  readonly values: Readonly<Record<string, Worded>>;
  readonly language?: string | null;
}

/** Queues a message to an address. */
export async function mailOperator(desk: Desk, write: Writes, to: string, message: Message) {
  const { kind, values, language = null } = message;
  const row = sealedMessage(desk, { kind, composed: desk.compose(kind, values, language), to });
  await write.outbox.insert([row]);
  return { messageId: row.id, sentTo: maskedAddress(to) };
}

type Told = { readonly id: string; readonly name: string };

/** Tells the operator in their language, if an address is on file. `when` and the name are filled in. */
export async function tellOperator(desk: Desk, write: Writes, whom: Told, message: Message & { now: number }) {
  const { id, name } = whom;
  const to = await write.lifeCycle.emailOf(id);
  if (to === null) return;
  const { kind, now } = message;
  const values = { name, when: minuteOf(now), ...message.values };
  await mailOperator(desk, write, to, { kind, values, language: (await write.operators.byId(id))?.language ?? null });
}
