/** Signs and checks notes about the log under the name `countersign/<store id>` (C2SP signed-note). Part of main's room. */
import type { Keyring } from '../crypto/keyring.js';
import { openSigner, verifySignedNote } from '../crypto/signer.js';
import type { Vault } from '../crypto/vault.js';
import type { NoteSigner } from '../desk.js';
import { Refusal } from '../errors.js';
import { olderVerifierKeys } from '../procedures/log/verifier-keys.js';
import type { Store } from '../store/store.js';

/** The signer is named after the store's id. Refusal `store-unreachable` if the setup of the desk was not finished and there is no id. */
export async function openNoteSigner(keyring: Keyring, store: Store, vault: Vault): Promise<NoteSigner> {
  const storeId = await store.read.meta.get('store-id');
  if (storeId === undefined) {
    throw new Refusal('store-unreachable', `the setup of the desk in ${store.place} was not finished`, {
      hint: 'Run: countersign init',
    });
  }
  const name = `countersign/${storeId}`;
  const { verifierKey, sign } = openSigner(keyring, name);
  const older = await olderVerifierKeys({ store, vault });
  const known = [verifierKey(), ...older.filter((key) => key !== verifierKey())];
  return { name, verifierKey, sign, open: (note) => verifySignedNote(note, known).text };
}
