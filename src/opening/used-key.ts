/**
 * A key serves one store: whoever may use the key could otherwise be the admin of a store of their own under it (T18). The anchors beside the
 * key tell which stores it serves. Part of main's room.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Settings } from '../config.js';
import type { Keyring } from '../crypto/keyring.js';
import { Refusal } from '../errors.js';
import { isThere } from '../make-folder.js';
import type { Engine } from '../store/engine.js';
import { unchecked } from '../store/store.js';
import { readAnchor } from './anchor.js';
import { keyPlace, readKeyring } from './master-key.js';
import { notFinished } from './open-notary.js';

/** Refusal `refused-by-policy`; `storeId` is that of a store whose setup was interrupted. */
export function refuseUsedKey(settings: Settings, storeId: string | undefined): void {
  const { key, folders } = settings;
  if ('file' in key && !isThere(key.file)) return;
  const [folder, start] =
    'file' in key ? [dirname(key.file), `${basename(key.file)}.anchor-`] : [folders.state, 'anchor-'];
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(start)) : [];
  if (names.length === 0) return;
  const keyring = readKeyring(settings).boundTo(storeId ?? '');
  if (!names.some((name) => servesAnother(join(folder, name), keyring))) return;
  throw new Refusal('refused-by-policy', `${keyPlace(settings)} is the key of another store`, {
    hint: 'Each store has a key of its own: name another file with --key-file. Nothing was made.',
  });
}

/** An anchor under another key is that key's affair; one that cannot be read is not taken for a yes. */
function servesAnother(path: string, keyring: Keyring): boolean {
  try {
    return readAnchor(readFileSync(path, 'utf8'), keyring) === undefined;
  } catch {
    return true;
  }
}

/** Refusals: store-unreachable for a set-up that was not finished; key-mismatch. */
export async function requireOwnKey(engine: Engine, keyring: Keyring, settings: Settings): Promise<void> {
  const expected = await unchecked(engine, 'key-id');
  if (expected === undefined) throw notFinished(engine.place);
  if (keyring.has(expected)) return;
  throw new Refusal('key-mismatch', `${keyPlace(settings)} is not the key of the store ${engine.place}`, {
    hint: 'Name the right key with --key-file or COUNTERSIGN_KEY_FILE.',
  });
}
