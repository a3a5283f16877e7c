/** Do codes for customers lie in the outbox folder in clear? Whoever works as this system account could use them. */
import { join } from 'node:path';
import { readDeliveryConfig } from '../../delivery/registry.js';
import type { StoreCheck } from './check.js';

export const checkClearCodes: StoreCheck = {
  subject: 'Codes',
  look: async ({ store, custody: { settings } }) => {
    const { channels } = readDeliveryConfig(settings.file, settings.deskName);
    const written = Object.entries(channels).filter(([, one]) => one.settings.channel === 'file');
    const users = written.length === 0 ? 0 : await store.read.users.count();
    if (users === 0) return [];
    const where = `${written.map(([kind]) => kind).join(', ')} as files in ${join(settings.dataFolder, 'outbox')}`;
    const text = `codes for ${users} logins are written in clear (${where}); that is for a demo only`;
    const mend = 'set up a mail server in the config file: countersign help config';
    return [{ subject: 'Codes', state: 'wrong', text, mend }];
  },
};
