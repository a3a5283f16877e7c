/** Opens the notary, which hashes and tags the log and the guarded rows with the desk's keys. Part of main's room. */
import { canonicalJson } from '../crypto/canonical.js';
import { hexTreeHasher, sha256Hex, treeHasher } from '../crypto/digests.js';
import type { Keyring } from '../crypto/keyring.js';
import { keyOfTag, makeTag, tagFits } from '../crypto/tag.js';
import type { Desk } from '../desk.js';
import { type Policy, policyDocument } from '../rules/policy.js';

export function notaryFor(keyring: Keyring, policy: Policy): Desk['notary'] {
  return {
    tree: treeHasher,
    hexTree: hexTreeHasher,
    canonical: canonicalJson,
    headMac: (size, frontier, latestAt) => makeTag(keyring, 'mac/audit', headText(size, frontier, latestAt)),
    headFits: ({ size, frontier, latestAt, mac }) =>
      tagFits(keyring, 'mac/audit', headText(size, frontier, latestAt), mac),
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
    policyHash: policyHashOf(policy),
  };
}

/** A JSON array, because joined text could be read in two ways. */
const headText = (size: number, frontier: string, latestAt: number): string =>
  JSON.stringify(['head', size, frontier, latestAt]);

/** SHA-256 of the policy in force, hex. */
const policyHashOf = (policy: Policy): string => sha256Hex(canonicalJson(policyDocument(policy)));
