/** Is a webhook switched off, because its receiver asked for no more messages? */
import type { Finding } from '../../house.js';
import type { OpenedStore, StoreCheck } from './check.js';

export const checkChannels: StoreCheck = {
  subject: 'Channels',
  look: inspectChannels,
};

/** A receiver that answers 410 is switched off (procedures/messages/channel-switch). */
async function inspectChannels({ store }: OpenedStore): Promise<readonly Finding[]> {
  const stored = await store.read.meta.get('channels-off');
  if (stored === undefined) return [];
  const kinds = Object.keys(JSON.parse(stored) as object).join(', ');
  const mend = 'check the receiver, then send again: countersign outbox flush --again';
  const text = `switched off: ${kinds}; the receiver asked for no more messages (HTTP 410)`;
  return [{ subject: 'Channels', state: 'note', text, mend }];
}
