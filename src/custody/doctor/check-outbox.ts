/** Does anything wait to be sent, or was anything given up? */
import type { Finding } from '../../house.js';
import type { OpenedStore, StoreCheck } from './check.js';

export const checkOutbox: StoreCheck = {
  subject: 'Outbox',
  look: inspectOutbox,
};

async function inspectOutbox({ store }: OpenedStore): Promise<readonly Finding[]> {
  const counts = await store.read.outbox.counts();
  const [queued, lost] = [counts['queued'] ?? 0, counts['given-up'] ?? 0];
  const text = `${queued} waiting, ${lost} given up`;
  if (queued + lost === 0) return [{ subject: 'Outbox', state: 'ok', text: 'nothing waits' }];
  const mend = queued > 0 ? 'countersign outbox flush' : 'countersign outbox list --state given-up';
  return [{ subject: 'Outbox', state: 'note', text, mend }];
}
