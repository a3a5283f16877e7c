/** Is the master key there, and readable by its owner alone? */
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
        return [{ subject, state: 'missing', text: `none at ${keyPlace(settings)}`, mend: 'countersign init' }];
      return [faultOf(subject, error, missing ? 'missing' : 'wrong')];
    }
  },
};
