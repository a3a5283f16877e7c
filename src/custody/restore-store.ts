/**
 * `store restore`: replaces the store with a backup. Part of main's room. Before it changes anything, it
 *
 *   1. copies the backup beside the store, opens the copy, and brings it up to this version;
 *   2. checks that it is a countersign store under this key, and verifies its whole log;
 *   3. checks that it is a backup of this desk that loses nothing, unless the operator and a second one accept the loss.
 *
 * Then it checks the operator's authority again in the present store, because waiting for the second operator takes time. It keeps the
 * present store under another name, and SQLite's own backup writes the backup over it (one transaction, under its locks, so other
 * processes see the old store or the new one). Last it records the restore in the log.
 */
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Desk } from '../desk.js';
import { isRefusal, Refusal } from '../errors.js';
import type { RestoreChoice, RestoredStore } from '../house.js';
import { isThere, makeFolder } from '../make-folder.js';
import { replaceAnchor } from '../opening/anchor.js';
import { migrationKeys } from '../opening/migration-keys.js';
import type { Custody } from '../opening/open-custody.js';
import { openDesk, openEngine } from '../opening/open-desk.js';
import { askAuthority, provenBySignIn } from '../procedures/authorise.js';
import { verifyAuditLog } from '../procedures/log/verify-audit-log.js';
import { notSignedIn } from '../procedures/operators/standing.js';
import { CARE_FOR_STORE } from '../procedures/upkeep/care-for-store.js';
import { SYSTEM } from '../rules/audit-entry.js';
import { migrate, openStore, schemaState, unchecked } from '../store/store.js';
import { carryLocks, locksOf } from './carry-locks.js';
import { refuseDowngradedStore } from './migrate-store.js';
import { type Backup, type Before, judgeLoss, presentDesk } from './restore-loss.js';

/** Refusals: usage (PostgreSQL), invalid-input, store-corrupt, key-mismatch, audit-broken, refused-by-policy, busy. */
export async function restoreStore(unbound: Custody, file: string, choice: RestoreChoice): Promise<RestoredStore> {
  const { store, engine } = unbound.settings;
  if (engine === 'postgres') {
    throw new Refusal('usage', 'countersign cannot restore a PostgreSQL store: PostgreSQL has its own tools', {
      hint: 'Run pg_restore or psql with the dump, then: countersign audit verify --checkpoint FILE',
    });
  }
  const copy = `${store}.restoring-${unbound.now()}`;
  placeCopy(file, copy);
  try {
    const backup = await openBackup(unbound, file, copy);
    const custody = unbound.boundTo(backup.storeId);
    try {
      const before = await judgeLoss(custody, backup, choice);
      const kept = await replace(custody, backup, choice, before);
      await noteRestore(custody, backup, { file, choice, before, kept });
      return { place: store, logSize: backup.size, logSizeBefore: before.size, kept };
    } finally {
      await backup.engine.close();
    }
  } finally {
    for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(`${copy}${ending}`, { force: true });
  }
}

function placeCopy(file: string, copy: string): void {
  try {
    makeFolder(dirname(copy));
    copyFileSync(file, copy);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new Refusal('invalid-input', `${file} cannot be read (${code})`, { hint: 'Check the path.', cause: error });
  }
}

/** The backup as a store, its whole log verified. */
async function openBackup(unbound: Custody, file: string, copy: string): Promise<Backup> {
  const engine = await namingFile(file, copy, () => openEngine(copy, false));
  try {
    if ((await namingFile(file, copy, () => schemaState(engine))) === 'none') throw noBackup(file);
    const [storeId, keyId] = [await unchecked(engine, 'store-id'), await unchecked(engine, 'key-id')];
    if (storeId === undefined || keyId === undefined) throw noBackup(file);
    if (!unbound.keyring.has(keyId)) {
      throw new Refusal('key-mismatch', `the backup ${file} uses another key than the one given`, {
        hint: 'Name the key of the backup with --key-file. Nothing was changed.',
      });
    }
    const custody = unbound.boundTo(storeId);
    const { notary } = custody;
    await namingFile(file, copy, () => refuseDowngradedStore(engine, custody));
    await namingFile(file, copy, () => migrate(engine, migrationKeys(custody)));
    const { read } = openStore(engine, notary);
    const { size, root } = await verifyAuditLog(read.audit, { notary });
    const head = await read.audit.head();
    if (head === undefined) throw noBackup(file);
    return { engine, storeId, size, root: Buffer.from(root, 'hex'), head };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Refusals about the copy name the file that the operator typed. */
async function namingFile<T>(file: string, copy: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { code, message, because } = error;
    const next = [{ step: 'nothing-changed', facts: {} }] as const;
    throw new Refusal(code, message.replaceAll(copy, file), { because, next, cause: error });
  }
}

const noBackup = (file: string): Refusal =>
  new Refusal('store-corrupt', `${file} is not a backup of a countersign store`, { hint: 'Nothing was changed.' });

/** Keeps the present store under another name, then writes the backup in its place. */
async function replace(custody: Custody, backup: Backup, { signed }: RestoreChoice, before: Before) {
  const { store } = custody.settings;
  if (!isThere(store)) {
    await backup.engine.backup(store);
    return null;
  }
  const kept = `${store}.before-${new Date(custody.now()).toISOString().replace(/[-:]|\.\d+/g, '')}`;
  const desk = await presentDesk(custody);
  if (desk === undefined) {
    for (const ending of ['', '-wal', '-shm']) {
      if (existsSync(`${store}${ending}`)) renameSync(`${store}${ending}`, `${kept}${ending}`);
    }
  } else {
    try {
      // A store that can be opened has operators, and only one of them may replace it.
      if (signed === null) throw notSignedIn('store-appeared', {});
      await askAuthority(desk, signed, CARE_FOR_STORE);
      await desk.store.backup(kept);
      // What others write from here on stops the restore; what they wrote since the judgement does too, unless two accepted the loss.
      const head = await desk.store.read.audit.head();
      const judged = head !== undefined && (before.approver !== null || head.size === before.size);
      const took = judged ? await takeRows(desk, backup, head.mac) : 'not';
      if (took === 'all') return kept;
      if (took === 'not') {
        rmSync(kept, { force: true });
        throw inUse();
      }
    } finally {
      await desk.store.close();
    }
  }
  await backup.engine.backup(store);
  return kept;
}

/** `damaged`: rows cannot be taken out one by one where pages are damaged, and the whole file is overwritten. */
async function takeRows(desk: Desk, { engine }: Backup, head: string): Promise<'all' | 'not' | 'damaged'> {
  try {
    return (await desk.store.replaceBy(engine.place, head)) ? 'all' : 'not';
  } catch (error) {
    if (isRefusal(error) && error.code === 'store-corrupt') return 'damaged';
    throw error;
  }
}

const inUse = (): Refusal =>
  new Refusal('busy', 'the store was not restored: another process was using it', {
    hint: 'Stop the other countersign commands of this desk, then try again.',
  });

/**
 * The operator's authority was checked in the replaced store, right before it was replaced. The restored store cannot check it: it has no
 * session of today, and may not have the operator at all.
 */
async function noteRestore(
  custody: Custody,
  backup: Backup,
  { file, choice, before, kept }: { file: string; choice: RestoreChoice; before: Before; kept: string | null },
): Promise<void> {
  const lossy = before.approver !== null;
  if (lossy) replaceAnchor(custody, custody.settings.store, backup.head);
  // The backup may have accepted another policy than the one in force. It is restored all the same; the next command says so.
  const desk = await openDesk(custody, { unaccepted: 'shipped policy', unvouched: 'open' });
  try {
    // SQLite's backup reports success even if the target was locked; the log shows whether it was replaced.
    const head = await desk.store.read.audit.head();
    const there = await openStore(backup.engine, desk.notary).read.audit.head();
    if (head === undefined || head.mac !== there?.mac) throw inUse();
    // The backup may be older than a desk is ever silent; who restores it was proven a moment ago.
    desk.clock.mend();
    const { size: entriesBefore, approver } = before;
    const { signed } = choice;
    const detail = {
      file,
      entries: backup.size,
      entriesBefore,
      acceptedRollback: lossy,
      ...(approver === null ? {} : { approvedBy: approver.id }),
    };
    const by = signed === null ? SYSTEM : provenBySignIn(signed.actor);
    const entry = { kind: 'store.restored', outcome: 'done', at: desk.now(), by, detail } as const;
    await desk.store.record(entry, async (write, { latestAt }) => {
      if (lossy) await carryLocks(desk, write, { before: await locksOf(kept, desk.notary), seen: latestAt });
    });
  } finally {
    await desk.store.close();
  }
}
