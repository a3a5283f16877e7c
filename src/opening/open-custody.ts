/**
 * Keys, policy and notary of one run, and whether the policy is the one that the desk has accepted. Each is opened once, on first use, and
 * passed to the code that opens, restores, migrates or inspects a desk: a key command must not run four times for one `store restore`, and
 * a policy read twice may differ. Part of main's room.
 */
import type { Settings } from '../config.js';
import type { HasherCosts } from '../crypto/hasher.js';
import type { Keyring } from '../crypto/keyring.js';
import type { Desk, PolicyPin } from '../desk.js';
import { Refusal } from '../errors.js';
import type { Policy } from '../rules/policy.js';
import { SHIPPED_POLICY, type Store } from '../store/store.js';
import { loadPolicy } from './load-policy.js';
import { readKeyring } from './master-key.js';
import { notaryFor } from './open-notary.js';

export interface DeskParts {
  readonly settings: Settings;
  readonly dataFolder: string;
  /** This machine's clock. */
  readonly now: () => number;
  /** `now` is moved as somebody likes, in a test or for made-up history: no server is asked, and no leap is refused. */
  readonly clockAsGiven?: boolean;
  /** Cheaper hashing, for tests of other things. */
  readonly hashing?: HasherCosts;
}

/** Refusals on first use: config (policy, or a key that other users can read), key-missing. After a refusal the next use tries again. */
export interface Custody extends DeskParts {
  readonly policy: Policy;
  readonly policyFolder: string;
  readonly keyring: Keyring;
  readonly notary: Desk['notary'];
  /** The same with the keys of this store (T18). */
  boundTo(storeId: string): Custody;
}

const OPENERS = { loadPolicy, readKeyring, notaryFor };

export function openCustody(parts: DeskParts, openers = OPENERS): Custody {
  const policyFolder = parts.settings.policyFolder ?? parts.dataFolder;
  const policy = once(() => openers.loadPolicy(policyFolder));
  const keyring = once(() => openers.readKeyring(parts.settings));
  const notary = once(() => openers.notaryFor(keyring(), policy()));
  const bound = new Map<string, Custody>();
  const bind = (storeId: string): Custody => {
    const readBound = () => keyring().boundTo(storeId);
    const custody =
      bound.get(storeId) ?? openCustody(parts, { ...openers, loadPolicy: policy, readKeyring: readBound });
    bound.set(storeId, custody);
    return custody;
  };
  return {
    ...parts,
    policyFolder,
    boundTo: bind,
    get policy() {
      return policy();
    },
    get keyring() {
      return keyring();
    },
    get notary() {
      return notary();
    },
  };
}

function once<T>(open: () => T): () => T {
  let opened: { readonly value: T } | undefined;
  return () => {
    opened ??= { value: open() };
    return opened.value;
  };
}

/** What `init`, `store migrate` and `policy accept` pin: the policy that the settings name. */
export function offeredPolicy({ settings, notary, policyFolder }: Custody): PolicyPin['offered'] {
  const hash = notary.policyHash;
  return { pinned: settings.policyFolder === null ? SHIPPED_POLICY : hash, hash, source: policyFolder };
}

/** Is the policy in force the one that the desk has accepted (B79)? The store keeps `countersign` or the SHA-256 of an own one, in a row with a tag. */
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
  return openCustody(parts, { ...OPENERS, readKeyring: () => keyring });
}

export function notAccepted({ pinned, offered }: PolicyPin): Refusal {
  const which =
    offered.pinned === SHIPPED_POLICY ? 'the policy that comes with countersign' : `the policy in ${offered.source}`;
  const why = pinned === undefined ? 'it has accepted no policy' : 'it has accepted another one';
  return new Refusal('config', `the desk has not accepted ${which}: ${why}`, {
    hint: 'An admin looks at it and accepts it with a fresh code: countersign policy accept   Or set `policy` in the config file back to the accepted folder.',
  });
}
