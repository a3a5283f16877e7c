/**
 * Is the policy in force the one that the desk has accepted (B79)? The store keeps `countersign` or the SHA-256 of an own policy in a row
 * with a tag. Part of main's room.
 */
import type { PolicyPin } from '../desk.js';
import { Refusal } from '../errors.js';
import { SHIPPED_POLICY, type Store } from '../store/store.js';
import { loadPolicy } from './load-policy.js';
import { type Custody, openCustody } from './open-custody.js';
import { notaryFor } from './open-notary.js';

/** What `init`, `store migrate` and `policy accept` pin: the policy that the settings name. */
export function offeredPolicy({ settings, notary, policyFolder }: Custody): PolicyPin['offered'] {
  const hash = notary.policyHash;
  return { pinned: settings.policyFolder === null ? SHIPPED_POLICY : hash, hash, source: policyFolder };
}

export async function readPin(custody: Custody, store: Pick<Store, 'read'>): Promise<PolicyPin> {
  const offered = offeredPolicy(custody);
  const pinned = await store.read.policyPin.get();
  return { pinned, offered, accepted: pinned !== undefined && fits(custody, pinned, offered) };
}

function fits(custody: Custody, pinned: string, offered: PolicyPin['offered']): boolean {
  if (pinned === offered.pinned || pinned === offered.hash) return true;
  // A copy of the policy that comes with countersign is as good as the original.
  return pinned === SHIPPED_POLICY && withShippedPolicy(custody).notary.policyHash === offered.hash;
}

/** The same keys, judged by the policy that comes with countersign. */
export function withShippedPolicy(custody: Custody): Custody {
  const { settings, dataFolder, now, hashing, keyring } = custody;
  const parts = { settings: { ...settings, policyFolder: null }, dataFolder, now, ...(hashing && { hashing }) };
  const openers = { loadPolicy, readKeyring: () => keyring, notaryFor };
  return openCustody(parts, openers);
}

export function notAccepted({ pinned, offered }: PolicyPin): Refusal {
  const which =
    offered.pinned === SHIPPED_POLICY ? 'the policy that comes with countersign' : `the policy in ${offered.source}`;
  const why = pinned === undefined ? 'it has accepted no policy' : 'it has accepted another one';
  return new Refusal('config', `the desk has not accepted ${which}: ${why}`, {
    hint: 'An admin looks at it and accepts it with a fresh code: countersign policy accept   Or set `policy` in the config file back to the accepted folder.',
  });
}
