/**
 * Refuses a store whose schema was rolled back to make the migration re-tag changed rows. Part of main's room.
 *
 * Migration 0004-row-tags gives every row a tag, whatever the row says. Someone who can write to the store but has no key could remove
 * the tags, change a row, and let the next `store migrate` or `store restore` tag it. The log lists the migrations that the store has
 * had, and cannot be changed without the key.
 */
import type { AuditHead } from '../desk.js';
import { Refusal } from '../errors.js';
import { migrationKeys } from '../opening/migration-keys.js';
import type { Custody } from '../opening/open-custody.js';
import { verifyAuditLog } from '../procedures/log/verify-audit-log.js';
import type { Engine } from '../store/engine.js';
import { missingSteps, openStore } from '../store/store.js';

/** Refusals: store-corrupt (a migration is missing that the log lists), audit-broken (the log does not verify). */
export async function refuseDowngradedStore(engine: Engine, custody: Custody): Promise<void> {
  const missing = await missingSteps(engine);
  if (missing.length === 0) return;
  const { notary } = custody;
  const { former } = migrationKeys(custody);
  const { audit } = openStore(engine, notary).read;
  const headFits = (head: AuditHead) => former.headFits(head) || notary.headFits(head);
  await verifyAuditLog(audit, { notary: { ...notary, headFits } });
  const told: string[] = [];
  for (const kind of ['desk.founded', 'store.migrated']) {
    for (const { body } of await audit.newest({ kind }, 1_000)) told.push(...stepsIn(body));
  }
  const newest = told.toSorted().at(-1) ?? '';
  const undone = missing.filter((name) => name <= newest);
  if (undone.length === 0) return;
  throw new Refusal('store-corrupt', `the store lacks ${undone.join(', ')}, but its log says that this was applied`, {
    hint: 'Someone made the store look older than it is. Do not trust its rows. Keep it as evidence and restore a backup.',
  });
}

/** Names of migrations sort in the order in which they were added. */
function stepsIn(body: string): readonly string[] {
  const { detail } = JSON.parse(body) as { detail?: { schema?: string; applied?: readonly string[] } };
  return [...(detail?.schema === undefined ? [] : [detail.schema]), ...(detail?.applied ?? [])];
}
