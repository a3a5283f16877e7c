/** Is a channel switched off, because its receiver asked for no more? */
import type { Finding } from '../../house.js';
import type { OpenedStore, StoreCheck } from './check.js';

export const checkChannels: StoreCheck = {
  subject: 'Channels',
  look: inspectChannels,
};

/** A receiver that answered 410 (procedures/messages/channel-switch). */
async function inspectChannels({ store }: OpenedStore): Promise<readonly Finding[]> {
  const text = await store.read.meta.get('channels-off');
  if (text === undefined) return [];
  const kinds = Object.keys(JSON.parse(text) as object).join(', ');
  const mend = 'look at the receiver, then: countersign outbox flush --again';
  return [{ subject: 'Channels', state: 'note', text: `the ${kinds} is off: its receiver asked for no more`, mend }];
}
