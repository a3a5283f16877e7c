/** Notices to an operator's own address (B80): whatever changes what the operator may do, or how they sign in. */
import type { Desk, Writes } from '../../desk.js';
import type { Worded } from '../../errors.js';
import { maskedAddress } from '../../rules/directory-fields.js';
import { minuteOf } from '../../rules/moment.js';
import { sealedMessage } from '../messages/queue-message.js';

type Values = Readonly<Record<string, Worded>>;

/** Queues a message to an address, in the desk's language if none is given; `kind` is its template. */
export async function mailOperator(
  desk: Desk,
  write: Writes,
  to: string,
  message: { readonly kind: string; readonly values: Values; readonly language?: string | null },
): Promise<{ readonly messageId: string; readonly sentTo: string }> {
  const { kind, values, language = null } = message;
  const row = sealedMessage(desk, { kind, composed: desk.compose(kind, values, language), to });
  await write.outbox.insert([row]);
  return { messageId: row.id, sentTo: maskedAddress(to) };
}

/** Tells the operator in their language, if an address is on file. `when` and the name are filled in. */
export async function tellOperator(
  desk: Desk,
  write: Writes,
  { id, name }: { id: string; name: string },
  message: { readonly kind: string; readonly values: Values; readonly now: number },
): Promise<void> {
  const to = await write.lifeCycle.emailOf(id);
  if (to === null) return;
  const { kind, now } = message;
  const values = { name, when: minuteOf(now), ...message.values };
  await mailOperator(desk, write, to, { kind, values, language: (await write.operators.byId(id))?.language ?? null });
}
