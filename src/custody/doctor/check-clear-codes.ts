/** Do codes for customers lie in the outbox folder in clear? Whoever works as this system account could use them. */
import { join } from 'node:path';
import type { Settings } from '../../config.js';
import { readDeliveryConfig } from '../../delivery/registry.js';
import { isRefusal } from '../../errors.js';
import type { StoreCheck } from './check.js';

export const checkClearCodes: StoreCheck = {
  subject: 'Codes',
  look: async ({ store, custody: { settings } }) => {
    const written = Object.entries(channelsOf(settings) ?? {}).filter(([, one]) => one.settings.channel === 'file');
    const users = written.length === 0 ? 0 : await store.read.users.count();
    if (users === 0) return [];
    const where = `${written.map(([kind]) => kind).join(', ')} as files in ${join(settings.dataFolder, 'outbox')}`;
    const text = `codes for ${users} logins are written in clear (${where}); that is for a demo only`;
    const mend = 'set up a mail server in the config file: countersign help config';
    return [{ subject: 'Codes', state: 'wrong', text, mend }];
  },
};

/** Settings with a fault are named by another check. */
function channelsOf({ file, deskName }: Settings) {
  try {
    return readDeliveryConfig(file, deskName).channels;
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}
