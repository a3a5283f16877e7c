/** Is there a config file, and what does it set? */
import { join } from 'node:path';
import type { Finding } from '../../house.js';
import type { SetupCheck } from './check.js';

export const checkConfig: SetupCheck = {
  subject: 'Config file',
  look: async ({ settings }) => {
    const path = join(settings.folders.config, 'config.toml');
    const used = Object.keys(settings.file).length > 0;
    const text = used
      ? `sets ${Object.keys(settings.file).join(', ')}`
      : `no settings in ${path}; the defaults are used`;
    if (settings.lockedBy !== undefined) return [locked(settings.lockedBy, text)];
    return [{ subject: 'Config file', state: 'ok', text }];
  },
};

const locked = (path: string, text: string): Finding => ({
  subject: 'Config file',
  state: 'ok',
  text: `${path} locks the settings of this machine; it ${text}`,
});
