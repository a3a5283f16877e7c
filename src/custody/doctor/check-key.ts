/** Does the master key exist, and can only its owner read it? */
import { existsSync } from 'node:fs';
import { keyPlace } from '../../opening/master-key.js';
import { faultOf, type SetupCheck } from './check.js';

export const checkKey: SetupCheck = {
  subject: 'Master key',
  look: async (custody) => {
    const subject = 'Master key';
    const { settings } = custody;
    try {
      return [{ subject, state: 'ok', text: `${keyPlace(settings)} (key ${custody.keyring.keyId})` }];
    } catch (error) {
      const missing = 'file' in settings.key && !existsSync(settings.key.file);
      if (missing && settings.engine === 'sqlite' && !existsSync(settings.store))
        return [{ subject, state: 'missing', text: `no key file at ${keyPlace(settings)}`, mend: 'countersign init' }];
      return [faultOf(subject, error, missing ? 'missing' : 'wrong')];
    }
  },
};
