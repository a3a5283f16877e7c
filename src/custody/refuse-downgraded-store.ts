/**
 * Refuses a store whose schema was rolled back to make the migration re-tag changed rows, and one from before the first release, for which
 * there are no steps any more. Part of main's room.
 *
 * Migration 0011-sums gives a tag to rows that had none, whatever they say. Someone who can write to the store but has no key could remove
 * the tags, change a row, and let the next `store migrate` or `store restore` tag it. The log lists the migrations that the store has
 * had, and cannot be changed without the key.
 */
import type { AuditHead } from '../desk.js';
import { Refusal } from '../errors.js';
import { migrationKeys } from '../opening/migration-keys.js';
import type { Custody } from '../opening/open-custody.js';
import { verifyAuditLog } from '../procedures/log/verify-audit-log.js';
import type { Engine } from '../store/engine.js';
import { missingSteps, openStore, RELEASE } from '../store/store.js';

/** Refusals: store-corrupt (a migration is missing that the log lists), audit-broken (the log does not verify), config (too old). */
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
  if (undone.length === 0) return requireRelease(engine, missing);
  throw new Refusal('store-corrupt', `the store lacks ${undone.join(', ')}, but its log says that this was applied`, {
    hint: 'Someone made the store look older than it is. Do not trust its rows. Keep it as evidence and restore a backup.',
  });
}

function requireRelease({ place }: Engine, missing: readonly string[]): void {
  if (!missing.includes(RELEASE)) return;
  const message = `the store ${place} is too old for this countersign; bring it up to date with the release of 2026-10 first`;
  throw new Refusal('config', message, { hint: 'Nothing was changed.' });
}

/** Names of migrations sort in the order in which they were added. */
function stepsIn(body: string): readonly string[] {
  const { detail } = JSON.parse(body) as { detail?: { schema?: string; applied?: readonly string[] } };
  return [...(detail?.schema === undefined ? [] : [detail.schema]), ...(detail?.applied ?? [])];
}
