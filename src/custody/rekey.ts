/**
 * `store rekey`: a new master key takes over. Part of main's room, because it writes the key file; the work in the store is
 * procedures/rekey-store.ts. The order is what makes it safe to cut off anywhere:
 *
 *   1. the new key stands first in the key file, the old one second, both on the disk for certain;
 *   2. the store is moved to the new key;
 *   3. only where nothing is left on the old key, it moves out of the key file, into a file of its own: backups made before,
 *      and other stores under the same key, still need it. A person destroys it.
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
  // Asked before the key file is touched; each step in the store asks again.
  await askAuthority(desk, signed, CARE_FOR_STORE);
  const from = (await desk.store.read.meta.get('key-id')) ?? '';
  const { newest, older, made } = newKeyFirst(settings);
  const to = openKeyring(newest).keyId;
  // The ring of this desk looks into the file for a key it does not know.
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

/** Both keys, the newer one first, as they stand in their place from now on. */
function newKeyFirst(settings: Settings): { newest: Buffer; older: Buffer; made: boolean } {
  const [first, second] = readKeys(settings);
  if (second !== undefined) return { newest: first, older: second, made: false };
  if ('command' in settings.key) {
    throw new Refusal('config', 'the key command prints one key, and a change needs two', {
      hint: 'Let it print two lines, the new key first and the key of the store second; then run store rekey again, and take the second one away after it.',
    });
  }
  const newest = newMasterKey();
  replaceKeyText(settings.key.file, bothKeysText(newest, first));
  return { newest, older: first, made: true };
}

/** Where the old key is kept from now on; null where a command keeps the keys. */
function retire(settings: Settings, newest: Buffer, older: Buffer): string | null {
  if ('command' in settings.key) return null;
  const kept = `${settings.key.file}.until-${openKeyring(newest).keyId}`;
  replaceKeyText(kept, singleKeyText(older));
  replaceKeyText(settings.key.file, singleKeyText(newest));
  return kept;
}
