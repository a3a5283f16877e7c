/** `store migrate`: brings an older store up to this version, and records it in the log. Part of main's room. */

import { Refusal } from '../errors.js';
import { migrationKeys } from '../opening/migration-keys.js';
import type { Custody } from '../opening/open-custody.js';
import { openEngine } from '../opening/open-desk.js';
import { offeredPolicy } from '../opening/pinned-policy.js';
import { SYSTEM } from '../rules/audit-entry.js';
import { migrate, openStore, requireCurrent, schemaState, unchecked } from '../store/store.js';
import { refuseDowngradedStore } from './refuse-downgraded-store.js';

/**
 * Nobody can sign in to a store that is too old, so anyone who has store and key may do this. Refusals as for opening a
 * desk; `config` for a store of a newer version.
 */
export async function migrateStore(unbound: Custody): Promise<{ place: string; applied: readonly string[] }> {
  // Reads the policy, so that a policy with faults is refused before anything is opened.
  unbound.policy;
  const engine = await openEngine(unbound.settings.store, false);
  try {
    if ((await schemaState(engine)) !== 'old') {
      await requireCurrent(engine);
      return { place: engine.place, applied: [] };
    }
    const [storeId, keyId] = [await unchecked(engine, 'store-id'), await unchecked(engine, 'key-id')];
    if (keyId === undefined || !unbound.keyring.has(keyId)) {
      throw new Refusal('key-mismatch', `the store ${engine.place} uses another key than the one given`, {
        hint: 'Name the right key with --key-file or COUNTERSIGN_KEY_FILE. Nothing was changed.',
      });
    }
    const custody = unbound.boundTo(storeId ?? '');
    await refuseDowngradedStore(engine, custody);
    const applied = await migrate(engine, migrationKeys(custody), offeredPolicy(custody).pinned);
    const entry = {
      kind: 'store.migrated',
      outcome: 'done',
      at: custody.now(),
      by: SYSTEM,
      detail: { applied },
    } as const;
    await openStore(engine, custody.notary).record(entry, async () => undefined);
    return { place: engine.place, applied };
  } finally {
    await engine.close();
  }
}
