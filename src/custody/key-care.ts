/** What only main can do with copies of the master key: seal one, open one. Part of main's room. */
import { dirname } from 'node:path';
import type { Settings } from '../config.js';
import { openHasher } from '../crypto/hasher.js';
import { openKeyBackup, sealKeyBackup } from '../crypto/key-backup.js';
import { bothKeysText, openKeyring, singleKeyText } from '../crypto/keyring.js';
import { Refusal } from '../errors.js';
import type { House, OpenedKey } from '../house.js';
import { isThere, makeFolder } from '../make-folder.js';
import { readKeys, replaceKeyText } from '../opening/master-key.js';
import { readIfPossible } from '../opening/open-desk.js';
import { requireCurrent, unchecked } from '../store/store.js';

/** At the default cost, whatever the policy says: a backup leaves the desk, and is opened where no policy is. */
export const sealKey = (settings: Settings, passphrase: string) =>
  sealKeyBackup(openHasher(), readKeys(settings), passphrase);

/** With `check` it writes no key file. */
export async function openBackup(
  settings: Settings,
  ...[text, passphrase, check]: Parameters<House['openKeyBackup']>
): Promise<OpenedKey> {
  if (!check) requireNoKey(settings);
  const { keyId, keys } = await openKeyBackup(openHasher(), text, passphrase);
  const [newest, older] = keys;
  const ring = openKeyring(newest, older === undefined ? [] : [older]);
  const expected = await keyOfStore(settings);
  const fitsStore = expected === null ? null : ring.has(expected);
  if (check || 'command' in settings.key) return { keyId, place: null, fitsStore };
  const { file } = settings.key;
  makeFolder(dirname(file));
  replaceKeyText(file, older === undefined ? singleKeyText(newest) : bothKeysText(newest, older));
  return { keyId, place: file, fitsStore };
}

/** Never overwrites a key file: it may be the only key of another store. */
function requireNoKey({ key }: Settings): void {
  if ('command' in key) {
    throw new Refusal('config', 'the key was not restored: the settings read the key from a command, not from a file', {
      hint: 'Test the backup with --check, or name a key file with --key-file.',
    });
  }
  if (!isThere(key.file)) return;
  throw new Refusal('refused-by-policy', `the key was not restored: the file ${key.file} already exists`, {
    hint: 'Name another file with --key-file, or test the backup with --check.',
  });
}

/** The id of the key that the store uses; null if no store can be read. */
async function keyOfStore({ store }: Settings): Promise<string | null> {
  const read = readIfPossible(store, async (engine) => {
    await requireCurrent(engine);
    return unchecked(engine, 'key-id');
  });
  return (await read) ?? null;
}
