/**
 * What the desk tells other systems: its own events (rules/desk-events) as webhooks, and what they should know of credentials and
 * sessions (rules/security-events). The write door queues them in the transaction of their cause; `desk.sendQueued` sends them
 * with the other messages.
 */
import type { Composed, Desk } from '../../desk.js';
import { factorKind } from '../../factors/registry.js';
import type { AuditEntry } from '../../rules/audit-entry.js';
import { eventsOf } from '../../rules/desk-events.js';
import { securityEventsOf } from '../../rules/security-events.js';
import { type PreparedMessage, sealedMessage } from './queue-message.js';

type Sealing = Pick<Desk, 'newId' | 'now' | 'vault'>;
type Row = PreparedMessage['row'];

/** The messages for these entries, of the kinds that are wanted. They go to the configured address, so the row has none. */
export function eventMessages(
  desk: Sealing,
  wanted: Desk['channels']['wanted'],
  entries: readonly AuditEntry[],
): readonly Row[] {
  return [
    ...(wanted.includes('webhook') ? webhooks(desk, entries) : []),
    ...(wanted.includes('event') ? securityEvents(desk, entries) : []),
  ];
}

function webhooks(desk: Sealing, entries: readonly AuditEntry[]): readonly Row[] {
  return eventsOf(entries).map(({ type, items }) => {
    const composed: Composed = { kind: 'webhook', subject: type, body: JSON.stringify({ items }) };
    const [only] = items.length === 1 ? items : [];
    const named = (name: string) => (typeof only?.[name] === 'string' ? (only[name] as string) : null);
    const about = { account: named('account'), user: named('user') };
    return sealedMessage(desk, { kind: type, composed, to: '', about }).row;
  });
}

function securityEvents(desk: Sealing, entries: readonly AuditEntry[]): readonly Row[] {
  return securityEventsOf(entries, (kind) => factorKind(kind).credential).map((event) => {
    const composed: Composed = { kind: 'event', subject: event.type, body: JSON.stringify(event) };
    return sealedMessage(desk, { kind: event.type, composed, to: '', about: event.about }).row;
  });
}
