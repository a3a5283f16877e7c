/** What a migration needs of the keys: those of the store, and those from before stores were bound to them (B86). Part of main's room. */
import type { SealPurpose } from '../crypto/keyring.js';
import { openVault, type SealContext } from '../crypto/vault.js';
import { Refusal } from '../errors.js';
import { accountSearchKeys, userSearchKeys } from '../procedures/directory/directory-rows-of-store.js';
import { verifyAuditLog } from '../procedures/log/verify-audit-log.js';
import { SEALED_COLUMNS, sealedPlace } from '../procedures/upkeep/sealed-columns.js';
import type { Row } from '../store/guard/guarded-tables.js';
import type { AuditReads } from '../store/queries/audit.js';
import type { MigrationKeys } from '../store/store.js';
import type { Custody } from './open-custody.js';
import { formerNotary } from './open-notary.js';
import { openPhones } from './open-phones.js';

/** Values in `meta` that are sealed, by their keys. */
const SEALED_FACTS = ['verifier-keys'];

/** `custody` is bound to the store. */
export function migrationKeys({ keyring, notary, settings }: Custody): MigrationKeys {
  const unbound = keyring.boundTo('');
  const former = formerNotary(unbound, notary.policyHash);
  const [before, vault] = [openVault(unbound), openVault(keyring)];
  return {
    former,
    notary,
    reseal: (table, row, account) => {
      const again = (purpose: SealPurpose, place: SealContext, blob: unknown) =>
        typeof blob === 'string' ? vault.seal(purpose, place, before.open(purpose, place, blob)) : blob;
      const resealed: Record<string, unknown> = {};
      for (const at of SEALED_COLUMNS.filter((one) => one.table === table)) {
        const id = String(row[at.key]);
        const user = at.ofUser ? String(row['user_id']) : null;
        const place = sealedPlace(at, { id, user, account: at.ofUser ? (account ?? '') : null, blob: '' });
        resealed[at.column] = again(at.purpose, place, row[at.column]);
      }
      const fact = table === 'meta' ? String(row['key']) : '';
      if (SEALED_FACTS.includes(fact))
        resealed['value'] = again('seal/check', { table, column: 'value', id: fact }, row['value']);
      return resealed as Row;
    },
    directory: () => directoryKeys(settings.file.country),
    verify: (log) => requireFounded(log, former, keyring.storeId),
  };
}

/** What rows of the directory are found by; a number is read in the country of the desk, because no company has its own yet. */
export async function directoryKeys(country: string | undefined): ReturnType<MigrationKeys['directory']> {
  const read = await openPhones(country);
  const dialled = (row: Row) => read(String(row['phone']), null);
  const found = (row: Row) => ({ id: String(row['id']), name: String(row['name']), login: String(row['login']) });
  return {
    phoneOf: (row) => dialled(row)?.e164 ?? null,
    wordsOf: (table, row) =>
      table === 'users'
        ? userSearchKeys(found(row).id, { ...found(row), phone: String(row['phone']) }, dialled(row))
        : accountSearchKeys(found(row).id, { ...found(row), number: String(row['number']) }),
  };
}

/** The log verifies, and it founded the store under this id. Refusals: audit-broken, store-corrupt. */
async function requireFounded(log: AuditReads, former: ReturnType<typeof formerNotary>, storeId: string) {
  const { size } = await verifyAuditLog(log, { notary: former });
  if (size === 0) return;
  const [founded] = await log.find({ kind: 'desk.founded' }, -1, 1);
  const { detail } = JSON.parse(founded?.body ?? '{}') as { detail?: { store?: string } };
  if (detail?.store === undefined || detail.store === storeId) return;
  throw new Refusal('store-corrupt', `the store says that it is ${storeId}, but its log was begun as ${detail.store}`, {
    hint: 'Someone changed the id of the store. Keep it as it is and restore a backup. Nothing was changed.',
  });
}
