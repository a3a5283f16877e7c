/** Are the channel settings valid? Sends nothing and connects to no server. */
import { join } from 'node:path';
import { readDeliveryConfig } from '../../delivery/registry.js';
import type { SetupCheck } from './check.js';

export const checkDelivery: SetupCheck = {
  subject: 'Delivery',
  look: async ({ settings: { file, deskName, dataFolder } }) => {
    const { channels } = readDeliveryConfig(file, deskName);
    const kinds = Object.entries(channels).map(([kind, { settings }]) => ({ kind, channel: settings.channel }));
    const sent = kinds.filter(({ channel }) => channel !== 'file').map(({ kind, channel }) => `${kind} by ${channel}`);
    const written = kinds.filter(({ channel }) => channel === 'file').map(({ kind }) => kind);
    if (written.length > 0) sent.push(`${written.join(', ')} as files in ${join(dataFolder, 'outbox')}`);
    return [{ subject: 'Delivery', state: 'ok', text: sent.join('; ') }];
  },
};
