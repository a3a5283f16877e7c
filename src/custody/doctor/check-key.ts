/** Does the master key exist, and can only its owner read it? */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Finding } from '../../house.js';
import { keyPlace } from '../../opening/master-key.js';
import type { Custody } from '../../opening/open-custody.js';
import { faultOf, type SetupCheck } from './check.js';

export const checkKey: SetupCheck = {
  subject: 'Master key',
  look: async (custody) => {
    const subject = 'Master key';
    const { settings } = custody;
    try {
      const found = { subject, state: 'ok', text: `${keyPlace(settings)} (key ${custody.keyring.keyId})` } as const;
      return [found, ...oldKeys(custody)];
    } catch (error) {
      const missing = 'file' in settings.key && !existsSync(settings.key.file);
      if (missing && settings.engine === 'sqlite' && !existsSync(settings.store))
        return [{ subject, state: 'missing', text: `no key file at ${keyPlace(settings)}`, mend: 'countersign init' }];
      return [faultOf(subject, error, missing ? 'missing' : 'wrong')];
    }
  },
};

/** Keys that a rekey has replaced, with the days that they lie there: each still opens the older backups. */
function oldKeys({ settings: { key }, now }: Custody): readonly Finding[] {
  if (!('file' in key)) return [];
  const folder = dirname(key.file);
  const names = readdirSync(folder).filter((name) => name.startsWith(`${basename(key.file)}.until-`));
  return names.map((name) => {
    const days = Math.max(0, Math.floor((now() - statSync(join(folder, name)).mtimeMs) / 86_400_000));
    const text = `${join(folder, name)} opens older backups, and lies there since ${days === 1 ? '1 day' : `${days} days`}`;
    return {
      subject: 'Old key',
      state: 'note',
      text,
      mend: 'keep it with those backups, away from here; or delete both',
    };
  });
}
