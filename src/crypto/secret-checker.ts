/**
 * Checks a secret that a person says or types against the stored value: a sealed hash. Because of the seal, a thief of the store alone has
 * nothing to guess against, and the desk can change its key without the person (trap T5).
 *
 * A check of an unknown person, or of a person without this secret, costs the same work as any other (B73): it opens a decoy, hashes, and
 * answers no.
 */
import { isRefusal, Refusal } from '../errors.js';
import type { Hasher, SecretKind } from './hasher.js';
import type { SealPurpose } from './keyring.js';
import { NOBODY, type SealContext, type Vault } from './vault.js';

export type SecretChecker = ReturnType<typeof openSecretChecker>;

export function openSecretChecker(hasher: Hasher, vault: Vault) {
  const decoys = new Map<string, string>();

  /** Random bytes sealed once per process instead of a hash, because that costs almost nothing. */
  function decoyFor(kind: SecretKind, purpose: SealPurpose): string {
    const name = `${kind} ${purpose}`;
    const decoy = decoys.get(name) ?? vault.seal(purpose, NOBODY, hasher.decoy(kind));
    decoys.set(name, decoy);
    return decoy;
  }

  return Object.freeze({
    /** The sealed hash to store at this place. */
    async make(kind: SecretKind, purpose: SealPurpose, place: SealContext, secret: string): Promise<string> {
      return vault.seal(purpose, place, await hasher.hash(kind, secret));
    },
    /**
     * `sealed` is the value stored at the place, or null for an unknown person or no secret, which never matches. `outdated`
     * asks for a new `make` after a match. Throws what the vault throws, and Refusal('store-corrupt') for a bad hash.
     */
    async check(kind: SecretKind, purpose: SealPurpose, place: SealContext, sealed: string | null, secret: string) {
      const decoy = decoyFor(kind, purpose);
      const phc = vault.openText(purpose, sealed === null ? NOBODY : place, sealed ?? decoy);
      const verdict = await hasher.verify(kind, phc, secret).catch((error) => {
        throw naming(place, error);
      });
      return sealed === null ? { matches: false, outdated: false } : verdict;
    },
  });
}

/** Adds the place of the hash to the message, which the hasher does not know. */
function naming(place: SealContext, error: unknown): unknown {
  if (!isRefusal(error) || error.code !== 'store-corrupt') return error;
  const message = `the sealed value ${place.table}.${place.column} of ${place.id}: ${error.message}`;
  return new Refusal(error.code, message, { hint: error.hint });
}
