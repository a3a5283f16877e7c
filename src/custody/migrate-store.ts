/** `store migrate`: brings an older store up to this version, and says so in its log. Part of main's room. */

import { Refusal } from '../errors.js';
import { loadPolicy } from '../opening/load-policy.js';
import { readKeyring } from '../opening/master-key.js';
import { type DeskParts, openEngine } from '../opening/open-desk.js';
import { notaryFor } from '../opening/open-notary.js';
import { SYSTEM } from '../rules/audit-entry.js';
import { migrate, openStore, requireCurrent, schemaState } from '../store/store.js';
import { refuseDowngradedStore } from './refuse-downgraded-store.js';

/**
 * Nobody can sign in to a store that is too old, so whoever holds store and key may do this. Refusals as for opening a
 * desk; `config` for a store of a newer version.
 */
export async function migrateStore(parts: DeskParts): Promise<{ place: string; applied: readonly string[] }> {
  const policy = loadPolicy(parts.settings.policyFolder ?? parts.dataFolder);
  const engine = await openEngine(parts.settings.store, false);
  try {
    if ((await schemaState(engine)) !== 'old') {
      await requireCurrent(engine);
      return { place: engine.place, applied: [] };
    }
    const keyring = readKeyring(parts.settings);
    const notary = notaryFor(keyring, policy);
    const store = openStore(engine, notary);
    const keyId = await store.read.meta.get('key-id');
    if (keyId === undefined || !keyring.has(keyId)) {
      throw new Refusal('key-mismatch', `this is not the key of the store ${engine.place}`, {
        hint: 'Name the right key with --key-file or COUNTERSIGN_KEY_FILE; nothing was changed.',
      });
    }
    await refuseDowngradedStore(engine, notary);
    const applied = await migrate(engine, notary.rows);
    const entry = {
      kind: 'store.migrated',
      outcome: 'done',
      at: parts.now(),
      by: SYSTEM,
      detail: { applied },
    } as const;
    await store.record(entry, async () => undefined);
    return { place: engine.place, applied };
  } finally {
    await engine.close();
  }
}
