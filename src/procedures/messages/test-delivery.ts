/** One message that says nothing, to see whether the mail server takes it. It goes through the outbox, as every other does. */
import type { Desk, SignedOperator } from '../../desk.js';
import { refusal } from '../../errors.js';
import { faultOfEmail } from '../../rules/directory-fields.js';
import { minuteOf } from '../../rules/moment.js';
import { act, askAuthority } from '../authorise.js';
import { sealedMessage } from './queue-message.js';
import { sentState } from './read-outbox.js';

const TESTING = { permission: 'outbox:flush', logsRefusals: true } as const;

/** Refusals: invalid-input for what is not one plain address. */
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
