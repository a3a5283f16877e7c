/**
 * Finds what a restore would lose. The operator who restores and a second one, present in person, must accept the loss (T8). Part of
 * main's room; restore-store.ts does the restore.
 */

import type { Desk } from '../desk.js';
import { isRefusal, Refusal } from '../errors.js';
import type { RestoreChoice } from '../house.js';
import { anchoredHead } from '../opening/anchor.js';
import type { Custody } from '../opening/open-custody.js';
import { deskOver, openDesk } from '../opening/open-desk.js';
import { verifyAuditLog } from '../procedures/log/verify-audit-log.js';
import { notTwoPersons } from '../procedures/operators/second-operator.js';
import type { Actor } from '../rules/audit-entry.js';
import type { Engine } from '../store/engine.js';
import type { Head } from '../store/head.js';
import { openStore } from '../store/store.js';

/** A backup, opened beside the store. */
export interface Backup {
  readonly engine: Engine;
  readonly storeId: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly head: Head;
}

/** The store that is replaced, and the second operator who accepted the loss. */
export type Before = Awaited<ReturnType<typeof judgeLoss>>;

/** Refuses a restore that loses entries, unless two operators accept the loss. `size`: entries of its log; null if it cannot be read. */
export async function judgeLoss(custody: Custody, backup: Backup, choice: RestoreChoice) {
  const present = await presentDesk(custody);
  try {
    const size = present === undefined ? null : ((await present.store.read.audit.head())?.size ?? 0);
    const loss = await lossOf(custody, backup, present);
    if (loss === null) return { size, approver: null };
    if (!choice.acceptRollback) throw behind(loss);
    return { size, approver: await approverOf(custody, backup, present, choice) };
  } finally {
    await present?.store.close();
  }
}

/** What the backup lacks, in words; null if it lacks nothing. */
async function lossOf(custody: Custody, backup: Backup, present: Desk | undefined): Promise<string | null> {
  if (present === undefined) return 'the present store cannot be read, so what was written after the backup is unknown';
  if ((await present.store.read.meta.get('store-id')) !== backup.storeId) {
    throw new Refusal('refused-by-policy', 'the file is a backup of another desk', {
      hint: 'To open it as a desk of its own, name a new place with --store. Nothing was changed.',
    });
  }
  const size = (await present.store.read.audit.head())?.size ?? 0;
  if (size > backup.size) return `the backup lacks what was written after it: ${entriesFrom(backup.size, size)}`;
  if (!(await beginsWith(present, backup))) return 'the logs of the store and of the backup differ';
  const known = anchoredHead(custody, custody.settings.store);
  // The present store can itself be an older copy: then only the anchor knows of the newer entries.
  if (known === undefined || known.size <= backup.size) return null;
  return `the anchor of the log shows that the backup lacks ${entriesFrom(backup.size, known.size)}`;
}

/**
 * The second operator signs in to the present store, which counts the attempts. If it is read-only, the operator signs in against the
 * backup, and must still hold the role in the present store.
 */
async function approverOf(
  custody: Custody,
  backup: Backup,
  present: Desk | undefined,
  { approve, signed }: RestoreChoice,
): Promise<Actor> {
  if (present !== undefined && present.store.readOnly === undefined) return approve(present);
  const inBackup = deskOver(custody, backup.engine);
  const approver = await approve(inBackup);
  const then = await inBackup.store.read.operators.byId(approver.id);
  const now = await present?.store.read.operators.byId(approver.id);
  if (present !== undefined && signed !== null) {
    const asking = { policy: present.policy, reads: present.store.read, now: present.now() };
    const refused = await notTwoPersons(asking, signed.operator.id, approver.id);
    if (refused !== null) throw refused;
  }
  if (now === undefined || (now.disabled_at === null && now.role === then?.role)) return approver;
  const message = `${approver.name} may not approve this: the operator is disabled in the present store, or has another role`;
  throw new Refusal('forbidden', message, { hint: 'Ask another lead or admin.' });
}

const entriesFrom = (start: number, end: number): string =>
  end - start === 1 ? `one entry of the log, number ${start}` : `${end - start} entries of the log, from ${start} on`;

export async function presentDesk(custody: Custody): Promise<Desk | undefined> {
  try {
    const desk = await openDesk(custody);
    try {
      // Nobody can sign in where the tables do not fit their sums (B86).
      await desk.store.requireWatched();
      return desk;
    } catch (error) {
      await desk.store.close();
      throw error;
    }
  } catch (error) {
    if (isRefusal(error) && ['store-unreachable', 'store-corrupt'].includes(error.code)) return undefined;
    throw error;
  }
}

/** Whether the backup contains the whole log of the desk, which is not longer. */
async function beginsWith(desk: Desk, backup: Backup): Promise<boolean> {
  try {
    const now = await verifyAuditLog(desk.store.read.audit, { notary: desk.notary });
    const checkpoint = { origin: '', size: now.size, root: Buffer.from(now.root, 'hex') };
    const { read } = openStore(backup.engine, desk.notary);
    await verifyAuditLog(read.audit, { notary: desk.notary, checkpoint });
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

const behind = (what: string): Refusal =>
  new Refusal('refused-by-policy', `the store was not restored: ${what}`, {
    hint: 'If you accept this loss: countersign store restore FILE --accept-rollback',
  });
