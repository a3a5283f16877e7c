/** What only main can do with the master key: change it, seal a copy, open a copy. Part of main's room. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Settings } from '../config.js';
import { openHasher } from '../crypto/hasher.js';
import { openKeyBackup, sealKeyBackup } from '../crypto/key-backup.js';
import { bothKeysText, openKeyring, singleKeyText } from '../crypto/keyring.js';
import type { Desk } from '../desk.js';
import { Refusal } from '../errors.js';
import type { House, OpenedKey } from '../house.js';
import { makeFolder } from '../make-folder.js';
import { readKeys, replaceKeyText } from '../opening/master-key.js';
import { readIfPossible } from '../opening/open-desk.js';
import { requireCurrent, unchecked } from '../store/store.js';
import { type RekeyWork, rekey } from './rekey.js';

interface KeyCareParts extends Omit<RekeyWork, 'signed'> {
  readonly settings: () => Promise<Settings>;
  readonly desk: () => Promise<Desk>;
}

export function openKeyCare(parts: KeyCareParts): Pick<House, 'rekeyStore' | 'sealKey' | 'openKeyBackup'> {
  const { settings, desk, progress, signal } = parts;
  return {
    rekeyStore: async (signed) => rekey(await settings(), await desk(), { signed, progress, signal }),
    // At the default cost, whatever the policy says: a backup leaves the desk, and is opened where no policy is.
    sealKey: async (passphrase) => sealKeyBackup(openHasher(), readKeys(await settings()), passphrase),
    openKeyBackup: async (text, passphrase, check) => openBackup(await settings(), { text, passphrase, check }),
  };
}

async function openBackup(
  settings: Settings,
  { text, passphrase, check }: { text: string; passphrase: string; check: boolean },
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
  if (!existsSync(key.file)) return;
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
