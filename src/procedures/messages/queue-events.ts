/**
 * What the desk tells other systems: its own events (rules/desk-events) as webhooks, and what they should know of credentials and sessions
 * (rules/security-events). The write door queues them in the transaction of their cause; `desk.sendQueued` sends them with the other messages.
 */
import type { Desk, Reads } from '../../desk.js';
import { factorKind } from '../../factors/registry.js';
import type { EntryFacts } from '../../rules/audit-entry.js';
import { eventsOf, type ToldEntry } from '../../rules/desk-events.js';
import { securityEventsOf } from '../../rules/security-events.js';
import { sealedMessage } from './queue-message.js';

type Sealing = Pick<Desk, 'newId' | 'now' | 'vault'>;
type About = NonNullable<Parameters<typeof sealedMessage>[1]['about']>;

/** The entries with what only the log and the directory know: their numbers, and who a person is at another system (B93). */
export async function toldOf(
  desk: Pick<Desk, 'connectors'>,
  reads: Pick<Reads, 'users'>,
  entries: readonly EntryFacts[],
  firstSeq: number,
): Promise<readonly ToldEntry[]> {
  const ids = desk.connectors.names().length === 0 ? [] : [...new Set(entries.flatMap(({ user }) => user ?? []))];
  const external = new Map((await reads.users.byIds(ids)).map((user) => [user.id, user.external]));
  return entries.map((entry, n) => ({ ...entry, seq: firstSeq + n, external: external.get(entry.user ?? '') ?? null }));
}

/** The messages for these entries, of the kinds that are wanted. They go to the configured address, so the row has none. */
export function eventMessages(desk: Sealing, wanted: Desk['channels']['wanted'], entries: readonly ToldEntry[]) {
  const sealed = (kind: 'webhook' | 'event', type: string, said: object, about: About) =>
    sealedMessage(desk, { kind: type, composed: { kind, subject: type, body: JSON.stringify(said) }, to: '', about });
  const webhooks = wanted.includes('webhook') ? eventsOf(entries) : [];
  const events = wanted.includes('event') ? securityEventsOf(entries, (kind) => factorKind(kind).credential) : [];
  return [
    ...webhooks.map(({ type, items }) => {
      const [only] = items.length === 1 ? items : [];
      const named = (name: string) => (typeof only?.[name] === 'string' ? (only[name] as string) : null);
      return sealed('webhook', type, { items }, { account: named('account'), user: named('user') });
    }),
    ...events.map((event) => sealed('event', event.type, event, event.about)),
  ];
}
