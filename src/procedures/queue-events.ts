/**
 * The desk's own events (rules/desk-events) as webhook messages, queued by the write door in the transaction of their cause. They
 * go out with the messages that the procedure sends after it, or by `tellEvents`.
 */
import type { Composed, Desk } from '../desk.js';
import type { AuditEntry } from '../rules/audit-entry.js';
import { eventsOf } from '../rules/desk-events.js';
import { deliverOutbox } from './deliver-outbox.js';
import { type PreparedMessage, sealedMessage } from './queue-message.js';

/** What follows from these entries; a webhook goes to the configured address, so the row has none. */
export function eventMessages(
  desk: Pick<Desk, 'newId' | 'now' | 'vault'>,
  entries: readonly AuditEntry[],
): readonly PreparedMessage['row'][] {
  return eventsOf(entries).map(({ type, items }) => {
    const composed: Composed = { kind: 'webhook', subject: type, body: JSON.stringify({ items }) };
    const [only] = items.length === 1 ? items : [];
    const named = (name: string) => (typeof only?.[name] === 'string' ? (only[name] as string) : null);
    const about = { account: named('account'), user: named('user') };
    return sealedMessage(desk, { kind: type, composed, to: '', about }).row;
  });
}

/** Sends them after a step that sends nothing else. They stay queued where that fails. */
export async function tellEvents(desk: Desk): Promise<void> {
  if (desk.channels.events) await deliverOutbox(desk, []);
}
