/**
 * What the desk tells other systems: its own events (rules/desk-events) as webhooks, and what they should know of credentials and
 * sessions (rules/security-events). The write door queues them in the transaction of their cause; `desk.sendQueued` sends them
 * with the other messages.
 */
import type { Composed, Desk, Reads } from '../../desk.js';
import { factorKind } from '../../factors/registry.js';
import type { EntryFacts } from '../../rules/audit-entry.js';
import { eventsOf, type ToldEntry } from '../../rules/desk-events.js';
import { securityEventsOf } from '../../rules/security-events.js';
import { type PreparedMessage, sealedMessage } from './queue-message.js';

type Sealing = Pick<Desk, 'newId' | 'now' | 'vault'>;

/** The entries with what only the log and the directory know: their numbers, and who a person is at another system (B93). */
export async function toldOf(
  desk: Pick<Desk, 'connectors'>,
  reads: Pick<Reads, 'users'>,
  entries: readonly EntryFacts[],
  firstSeq: number,
): Promise<readonly ToldEntry[]> {
  const ids = desk.connectors.names().length === 0 ? [] : [...new Set(entries.flatMap(({ user }) => user ?? []))];
  const external = new Map((await reads.users.byIds(ids)).map((user) => [user.id, user.external]));
  return entries.map((entry, index) => ({
    ...entry,
    seq: firstSeq + index,
    external: external.get(entry.user ?? '') ?? null,
  }));
}

/** The messages for these entries, of the kinds that are wanted. They go to the configured address, so the row has none. */
export function eventMessages(desk: Sealing, wanted: Desk['channels']['wanted'], entries: readonly ToldEntry[]) {
  return [
    ...(wanted.includes('webhook') ? webhooks(desk, entries) : []),
    ...(wanted.includes('event') ? securityEvents(desk, entries) : []),
  ];
}

function webhooks(desk: Sealing, entries: readonly ToldEntry[]): readonly PreparedMessage[] {
  return eventsOf(entries).map(({ type, items }) => {
    const composed: Composed = { kind: 'webhook', subject: type, body: JSON.stringify({ items }) };
    const [only] = items.length === 1 ? items : [];
    const named = (name: string) => (typeof only?.[name] === 'string' ? (only[name] as string) : null);
    const about = { account: named('account'), user: named('user') };
    return sealedMessage(desk, { kind: type, composed, to: '', about });
  });
}

function securityEvents(desk: Sealing, entries: readonly ToldEntry[]): readonly PreparedMessage[] {
  return securityEventsOf(entries, (kind) => factorKind(kind).credential).map((event) => {
    const composed: Composed = { kind: 'event', subject: event.type, body: JSON.stringify(event) };
    return sealedMessage(desk, { kind: event.type, composed, to: '', about: event.about });
  });
}
