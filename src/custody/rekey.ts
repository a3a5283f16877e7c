/**
 * `store rekey`: replaces the master key. Part of main's room, because it writes the key file; procedures/upkeep/rekey-store.ts does the
 * work in the store. The order makes it safe to stop at any point:
 *
 *   1. write the new key as the first of the key file and the old one as the second, and flush both to disk;
 *   2. move the store to the new key;
 *   3. when nothing uses the old key, move it from the key file to a file of its own. Older backups and other stores may still need it,
 *      so only a person destroys it.
 */

import type { Settings } from '../config.js';
import { bothKeysText, newMasterKey, openKeyring, singleKeyText } from '../crypto/keyring.js';
import { openSigner } from '../crypto/signer.js';
import type { Desk, SignedOperator } from '../desk.js';
import { Refusal } from '../errors.js';
import type { RekeyedStore } from '../house.js';
import { keyPlace, readKeys, replaceKeyText } from '../opening/master-key.js';
import { askAuthority } from '../procedures/authorise.js';
import { CARE_FOR_STORE } from '../procedures/upkeep/care-for-store.js';
import { countToRekey, rekeyStore } from '../procedures/upkeep/rekey-store.js';

export interface RekeyWork {
  readonly signed: SignedOperator;
  readonly progress: (total: number) => { step(count: number): void; done(): void };
  readonly signal: AbortSignal;
}

/** Refusals: those of authority, config (a key command gives one key only), cancelled, busy, store-corrupt. */
export async function rekey(settings: Settings, desk: Desk, work: RekeyWork): Promise<RekeyedStore> {
  const { signed, signal } = work;
  // Checked before the key file is changed; each step in the store checks again.
  await askAuthority(desk, signed, CARE_FOR_STORE);
  const from = (await desk.store.read.meta.get('key-id')) ?? '';
  const { newest, older, made } = newKeyFirst(settings);
  const to = openKeyring(newest).keyId;
  // The keyring of this desk reads the key file again for a key that it does not know.
  if (!desk.keyring.has(to)) throw new Error('the new key is not where it was put');
  desk.keyring.adoptNewest();
  const signer = await desk.signer();
  const verifierKeys = [openSigner(openKeyring(older), signer.name).verifierKey()];
  const progress = work.progress(await countToRekey(desk));
  try {
    const done = await rekeyStore(desk, signed, { from, verifierKeys, onProgress: progress.step, signal });
    await desk.store.forgetDeleted();
    const oldKey = retire(settings, newest, older);
    return { place: keyPlace(settings), from: openKeyring(older).keyId, to, oldKey, resumed: !made, ...done };
  } finally {
    progress.done();
  }
}

/** Writes both keys to the key file, the newer one first, and returns them. */
function newKeyFirst(settings: Settings): { newest: Buffer; older: Buffer; made: boolean } {
  const [first, second] = readKeys(settings);
  if (second !== undefined) return { newest: first, older: second, made: false };
  if ('command' in settings.key) {
    throw new Refusal('config', 'the key was not changed: the key command prints one key, and a change needs two', {
      hint: 'Make it print two lines: the new key, then the key of the store. Run store rekey again, then remove the second line.',
    });
  }
  const newest = newMasterKey();
  replaceKeyText(settings.key.file, bothKeysText(newest, first));
  return { newest, older: first, made: true };
}

/** Moves the old key to a file of its own and returns its path; null if a command provides the keys. */
function retire(settings: Settings, newest: Buffer, older: Buffer): string | null {
  if ('command' in settings.key) return null;
  const kept = `${settings.key.file}.until-${openKeyring(newest).keyId}`;
  replaceKeyText(kept, singleKeyText(older));
  replaceKeyText(settings.key.file, singleKeyText(newest));
  return kept;
}
