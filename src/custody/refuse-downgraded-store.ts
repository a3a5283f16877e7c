/**
 * Whether a store is as old as it says, before it is brought up to this version. Part of main's room.
 *
 * The step that brings tags vouches for the rows as they stand (store/migrations/0004-row-tags.ts). Whoever can write to a store, and
 * has no key, could take the tags away, change a row, and let the next `store migrate` or `store restore` vouch for it. The log says
 * which steps the store had at its founding and since, and cannot be changed without the key.
 */
import type { Desk } from '../desk.js';
import { Refusal } from '../errors.js';
import { verifyAuditLog } from '../procedures/log/verify-audit-log.js';
import type { Engine } from '../store/engine.js';
import { missingSteps, openStore } from '../store/store.js';

/** Refusals: store-corrupt (a step is missing that the log knows of), audit-broken (the log says nothing that can be believed). */
export async function refuseDowngradedStore(engine: Engine, notary: Desk['notary']): Promise<void> {
  const missing = await missingSteps(engine);
  if (missing.length === 0) return;
  const { audit } = openStore(engine, notary).read;
  await verifyAuditLog(audit, { notary });
  const told: string[] = [];
  for (const kind of ['desk.founded', 'store.migrated']) {
    for (const { body } of await audit.newest({ kind }, 1_000)) told.push(...stepsIn(body));
  }
  const newest = told.toSorted().at(-1) ?? '';
  const undone = missing.filter((name) => name <= newest);
  if (undone.length === 0) return;
  throw new Refusal('store-corrupt', `the store lacks ${undone.join(', ')}, which its log says it had`, {
    hint: 'It was made to look older than it is, and its rows are not to be believed. Keep it as it is, and restore a backup.',
  });
}

/** Names sort as they were added. */
function stepsIn(body: string): readonly string[] {
  const { detail } = JSON.parse(body) as { detail?: { schema?: string; applied?: readonly string[] } };
  return [...(detail?.schema === undefined ? [] : [detail.schema]), ...(detail?.applied ?? [])];
}
