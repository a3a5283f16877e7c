/** Are messages queued, or did some fail for good? */
import type { Finding } from '../../house.js';
import type { OpenedStore, StoreCheck } from './check.js';

export const checkOutbox: StoreCheck = {
  subject: 'Outbox',
  look: inspectOutbox,
};

async function inspectOutbox({ store }: OpenedStore): Promise<readonly Finding[]> {
  const counts = await store.read.outbox.counts();
  const [queued, lost] = [counts['queued'] ?? 0, counts['given-up'] ?? 0];
  const text = `${queued} queued, ${lost} given up`;
  if (queued + lost === 0) return [{ subject: 'Outbox', state: 'ok', text: 'no message is queued' }];
  const mend = queued > 0 ? 'countersign outbox flush' : 'countersign outbox list --state given-up';
  return [{ subject: 'Outbox', state: 'note', text, mend }];
}
