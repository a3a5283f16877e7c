/** Are the channel settings valid? Sends nothing and connects to no server. */
import { readDeliveryConfig } from '../../delivery/registry.js';
import type { SetupCheck } from './check.js';

export const checkDelivery: SetupCheck = {
  subject: 'Delivery',
  look: async ({ settings: { file, deskName } }) => {
    const { channels } = readDeliveryConfig(file, deskName);
    const text = Object.entries(channels).map(([kind, { settings }]) => `${kind} by ${settings.channel}`);
    return [{ subject: 'Delivery', state: 'ok', text: text.join(', ') }];
  },
};
