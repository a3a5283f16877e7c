/** Are the channels set up in a way that can be read? Nothing is sent, and no server is spoken to. */
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
