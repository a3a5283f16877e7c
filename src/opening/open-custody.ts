/**
 * Keys, policy and notary of one run. Each is opened once, on first use, and passed to the code that opens, restores, migrates or inspects a
 * desk: a key command must not run four times for one `store restore`, and a policy read twice may differ. Part of main's room.
 */
import type { Settings } from '../config.js';
import type { HasherCosts } from '../crypto/hasher.js';
import type { Keyring } from '../crypto/keyring.js';
import type { Desk } from '../desk.js';
import type { Policy } from '../rules/policy.js';
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
