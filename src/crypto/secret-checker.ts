/**
 * Checking what a person says against what is stored: the hash of it, sealed. The seal is the desk's secret beside the
 * hash, and it can be changed without the person (trap T5): a thief of the store alone has nothing to guess against.
 *
 * A person who is unknown or has nothing set costs the same work as one who is known (B73): the same opening, the same
 * hash, and the answer no.
 */
import { isRefusal, Refusal } from '../errors.js';
import type { Hasher, SecretKind } from './hasher.js';
import type { SealPurpose } from './keyring.js';
import type { SealContext, Vault } from './vault.js';

export interface SecretChecker {
  /** The sealed hash to store at this place. */
  make(kind: SecretKind, purpose: SealPurpose, place: SealContext, secret: string): Promise<string>;
  /**
   * `sealed` is what stands at the place, or null for an unknown person or nothing set, which never matches. `outdated`
   * asks for a new `make` after a match. Throws what the vault throws, and Refusal('store-corrupt') for a bad hash.
   */
  check(
    kind: SecretKind,
    purpose: SealPurpose,
    place: SealContext,
    sealed: string | null,
    secret: string,
  ): Promise<{ matches: boolean; outdated: boolean }>;
}

const NOBODY: SealContext = { table: 'nobody', column: 'decoy', id: 'decoy' };

export function openSecretChecker(hasher: Hasher, vault: Vault): SecretChecker {
  const decoys = new Map<string, string>();

  /** Sealed once per process, from chance instead of a hash: making it costs next to nothing. */
  function decoyFor(kind: SecretKind, purpose: SealPurpose): string {
    const name = `${kind} ${purpose}`;
    const decoy = decoys.get(name) ?? vault.seal(purpose, NOBODY, hasher.decoy(kind));
    decoys.set(name, decoy);
    return decoy;
  }

  return Object.freeze<SecretChecker>({
    async make(kind, purpose, place, secret) {
      return vault.seal(purpose, place, await hasher.hash(kind, secret));
    },
    async check(kind, purpose, place, sealed, secret) {
      const decoy = decoyFor(kind, purpose);
      const phc = sealed === null ? vault.openText(purpose, NOBODY, decoy) : vault.openText(purpose, place, sealed);
      const verdict = await hasher.verify(kind, phc, secret).catch((error) => {
        throw naming(place, error);
      });
      return sealed === null ? { matches: false, outdated: false } : verdict;
    },
  });
}

/** The hasher does not know whose hash it was given; the person reading the message should. */
function naming(place: SealContext, error: unknown): unknown {
  if (!isRefusal(error) || error.code !== 'store-corrupt') return error;
  const message = `The sealed value ${place.table}.${place.column} of ${place.id}: ${error.message}`;
  return new Refusal(error.code, message, error.hint === undefined ? {} : { hint: error.hint });
}
