/**
 * The outbox at the desk's own wish: a test mail, a flush, which also queues what a killed import has left with its last step (B90), and
 * events of the log again, for a receiver that lost some (B93).
 */
import type { Desk, SignedOperator } from '../../desk.js';
import { isRefusal, type Refusal, refusal } from '../../errors.js';
import { faultOfEmail } from '../../rules/directory-fields.js';
import { minuteOf } from '../../rules/moment.js';
import type { DeliveryReport } from '../../rules/outbox-run.js';
import { act, askAuthority } from '../authorise.js';
import { finishImports } from '../directory/finish-imports.js';
import { entriesAfter } from '../log/read-audit-log.js';
import { deliverDue, type Watched } from '../messages/deliver-outbox.js';
import { eventMessages, toldOf } from '../messages/queue-events.js';
import { sealedMessage } from '../messages/queue-message.js';
import { sentState } from '../messages/read-outbox.js';

/** What is due waits no longer for it; the next flush goes on. */
const AT_MOST_MS = 5_000;

/** As `deliverDue`. Refusal `store-corrupt` where a row that an import changes was changed by others; everything else is sent first. */
export async function flushOutbox(desk: Desk, watched: Watched): Promise<DeliveryReport> {
  const enough = AbortSignal.any([watched.signal, AbortSignal.timeout(AT_MOST_MS)]);
  const unwritten = await finishImports(desk, enough).then(() => undefined, refusalOf);
  const report = await deliverDue(desk, watched);
  if (unwritten?.code === 'store-corrupt') throw unwritten;
  return report;
}

function refusalOf(error: unknown): Refusal {
  if (isRefusal(error)) return error;
  throw error;
}

const RESENDING = { permission: 'outbox:flush', sendLater: true } as const;

/** Queues the events of all entries from this number on again, for a receiver that lost some: they have the same `seq`. Refusal config. */
export async function resendEvents(desk: Desk, signed: SignedOperator, since: number): Promise<number> {
  await askAuthority(desk, signed, RESENDING);
  const { wanted } = desk.channels;
  if (wanted.length === 0) throw refusal('config', 'no-receiver', {}, 'name-receiver');
  let count = 0;
  for await (const page of entriesAfter(desk, {}, since - 1)) {
    const [from = 0, to = from] = [page[0]?.seq, page.at(-1)?.seq];
    const rows = eventMessages(desk, wanted, await toldOf(desk, desk.store.read, page, from));
    const detail = { since: from, to, events: rows.length };
    await act(desk, signed, RESENDING, {
      entry: () => ({ kind: 'delivery.resent', detail }),
      change: ({ write }) => write.outbox.insert(rows),
    });
    desk.store.takeQueued();
    count += rows.length;
  }
  return count;
}

const TESTING = { permission: 'outbox:flush', logsRefusals: true } as const;

/**
 * One message that says nothing, to see whether the mail server takes it. It goes through the outbox, as every other does. Refusal
 * `invalid-input` for what is not one plain address.
 */
export async function testDelivery(desk: Desk, signed: SignedOperator, address: string) {
  await askAuthority(desk, signed, TESTING);
  if (faultOfEmail(address) !== undefined) throw refusal('invalid-input', 'address-form', { text: address });
  const composed = desk.compose('delivery-test', { who: signed.operator.name, when: minuteOf(desk.now()) });
  const row = sealedMessage(desk, { kind: 'delivery-test', composed, to: address });
  await act(desk, signed, TESTING, {
    entry: () => ({ kind: 'delivery.tested', detail: { message: row.id } }),
    change: ({ write }) => write.outbox.insert([row]),
  });
  return { id: row.id, ...(await sentState(desk, row.id)) };
}
