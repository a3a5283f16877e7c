/** Events of the log again, for a receiver that lost some (B93). */
import type { Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import { act, askAuthority } from '../authorise.js';
import { foreignEntries } from '../log/log-reader.js';
import { parseEntry, requireGenuine } from '../log/read-audit-log.js';
import { eventMessages, toldOf } from '../messages/queue-events.js';

const RESENDING = { permission: 'outbox:flush', sendLater: true } as const;
const PAGE = 500;

/** Queues the events of all entries from this number on again, for a receiver that lost some: they have the same `seq`. Refusal config. */
export async function resendEvents(desk: Desk, signed: SignedOperator, since: number): Promise<number> {
  await askAuthority(desk, signed, RESENDING);
  const { wanted } = desk.channels;
  if (wanted.length === 0) throw refusal('config', 'no-receiver', {}, 'name-receiver');
  const { audit } = desk.store.read;
  const end = (await audit.head())?.size ?? 0;
  let count = 0;
  for (let after = since - 1; after < end - 1; ) {
    const page = (await audit.find({}, after, PAGE)).filter(({ seq }) => seq < end);
    const [first] = page;
    if (first === undefined) break;
    requireGenuine({ foreign: await foreignEntries(audit, desk.notary, page) });
    const rows = eventMessages(desk, wanted, await toldOf(desk, desk.store.read, page.map(parseEntry), first.seq));
    const to = page.at(-1)?.seq ?? after;
    const detail = { since: first.seq, to, events: rows.length };
    await act(desk, signed, RESENDING, {
      entry: () => ({ kind: 'delivery.resent', detail }),
      change: ({ write }) => write.outbox.insert(rows),
    });
    desk.store.takeQueued();
    count += rows.length;
    after = to;
  }
  return count;
}
