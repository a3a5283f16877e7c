/** The public keys that check older notes of this desk: a new desk key signs with another one (C2SP vkeys). */
import type { Desk, SealContext, Writes } from '../../desk.js';

const PLACE: SealContext = { table: 'meta', column: 'value', id: 'verifier-keys' };

/** Unordered. Sealed, so that someone who has only the store cannot add a key of their own. */
export async function olderVerifierKeys(desk: Pick<Desk, 'store' | 'vault'>): Promise<readonly string[]> {
  const blob = await desk.store.read.meta.get('verifier-keys');
  return blob === undefined ? [] : readKeys(desk, blob);
}

/** Adds keys to those kept before, sealed under the current key. */
export async function keepVerifierKeys(desk: Pick<Desk, 'vault'>, write: Writes, keys: readonly string[]) {
  const blob = await write.meta.get('verifier-keys');
  const all = new Set([...(blob === undefined ? [] : readKeys(desk, blob)), ...keys]);
  await write.meta.put('verifier-keys', desk.vault.seal('seal/check', PLACE, JSON.stringify([...all])));
}

const readKeys = ({ vault }: Pick<Desk, 'vault'>, blob: string): readonly string[] =>
  JSON.parse(vault.openText('seal/check', PLACE, blob)) as string[];
