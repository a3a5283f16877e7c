/** Opens the notary, which hashes and tags the log and the guarded rows with the desk's keys. Part of main's room. */
import { canonicalJson } from '../crypto/canonical.js';
import { hexTreeHasher, randomBytes, sha256Hex, treeHasher } from '../crypto/digests.js';
import type { Keyring } from '../crypto/keyring.js';
import { openSigner, verifySignedNote } from '../crypto/signer.js';
import { keyOfTag, makeTag, sumOfTags, tagFits } from '../crypto/tag.js';
import { openVault, type Vault } from '../crypto/vault.js';
import type { Desk, NoteSigner } from '../desk.js';
import { Refusal } from '../errors.js';
import { olderVerifierKeys } from '../procedures/log/log-checkpoint.js';
import { type Policy, policyDocument } from '../rules/policy.js';
import type { SealedHead } from '../store/head.js';
import type { Store } from '../store/store.js';

export const notaryFor = (keyring: Keyring, policy: Policy): Desk['notary'] =>
  openNotary(keyring, sha256Hex(canonicalJson(policyDocument(policy))));

export function openNotary(keyring: Keyring, policyHash: string): Desk['notary'] {
  const vault = openVault(keyring);
  const { storeId } = keyring;
  const sumsAt = (size: number) => ({ account: storeId, table: 'audit_head', column: 'sums', id: String(size) });
  return {
    tree: treeHasher,
    hexTree: hexTreeHasher,
    canonical: canonicalJson,
    storeId,
    headMac: (head) => makeTag(keyring, 'mac/head', headText(storeId, head)),
    headFits: (head) => tagFits(keyring, 'mac/head', headText(storeId, head), head.mac),
    keyMovedOn: (tag) => {
      const keyId = keyOfTag(tag);
      if (keyId === undefined || !keyring.isNewer(keyId)) return false;
      keyring.adoptNewest();
      return true;
    },
    rows: {
      make: (text) => makeTag(keyring, 'mac/row', text),
      fits: (text, tag) => tagFits(keyring, 'mac/row', text, tag),
    },
    sums: {
      newKey: () => randomBytes(32),
      sumOf: sumOfTags,
      seal: (size, text) => vault.seal('seal/digest', sumsAt(size), text),
      open: (size, sealed) => vault.openText('seal/digest', sumsAt(size), sealed),
    },
    policyHash,
  };
}

/** The notary of a store from before stores were bound to their keys (B86): it can only check. */
export function formerNotary(keyring: Keyring, policyHash: string): Desk['notary'] {
  const text = ({ size, frontier, latestAt }: SealedHead) => JSON.stringify(['head', size, frontier, latestAt]);
  return {
    ...openNotary(keyring, policyHash),
    headFits: (head) => tagFits(keyring, 'mac/audit', text(head), head.mac),
  };
}

/** A JSON array, because joined text could be read in two ways. */
const headText = (storeId: string, { size, frontier, latestAt, sums }: Omit<SealedHead, 'mac'>): string =>
  JSON.stringify(['head', storeId, size, frontier, latestAt, sums]);

/** The signer is named after the store's id. Refusal `store-unreachable` if the setup of the desk was not finished and there is no id. */
export async function openNoteSigner(keyring: Keyring, store: Store, vault: Vault): Promise<NoteSigner> {
  const storeId = await store.read.meta.get('store-id');
  if (storeId === undefined) throw notFinished(store.place);
  const name = `countersign/${storeId}`;
  const { verifierKey, sign } = openSigner(keyring, name);
  const older = await olderVerifierKeys({ store, vault });
  const known = [verifierKey(), ...older.filter((key) => key !== verifierKey())];
  return { name, verifierKey, sign, open: (note) => verifySignedNote(note, known).text };
}

export const notFinished = (place: string): Refusal =>
  new Refusal('store-unreachable', `the setup of the desk in ${place} was not finished`, {
    hint: 'Run: countersign init',
  });
