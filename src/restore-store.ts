/**
 * `store restore`: puts a backup in the place of the store. Part of main's room. In order, each before anything is changed:
 *
 *   1. the backup is copied beside the store, opened there, and brought up to this version;
 *   2. it is a countersign store under this key, and its whole log checks out;
 *   3. it is a backup of this desk, and not behind it, unless the loss is accepted in so many words.
 *
 * Then what stands there now is kept under another name, the backup is written over the store by SQLite's own backup (one
 * transaction, under its locks, so other processes see the old store or the new one), and the log says so.
 */
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { anchoredHead, replaceAnchor } from './anchor.js';
import { carryLocks, locksOf } from './carry-locks.js';
import type { RestoredStore } from './commands/command.js';
import type { Desk } from './desk.js';
import { isRefusal, Refusal } from './errors.js';
import { loadPolicy } from './load-policy.js';
import { readKeyring } from './master-key.js';
import { type DeskParts, openDesk, openEngine } from './open-desk.js';
import { notaryFor } from './open-notary.js';
import { verifyAuditLog } from './procedures/verify-audit-log.js';
import type { Actor } from './rules/audit-entry.js';
import type { Engine } from './store/engine.js';
import type { Head } from './store/record.js';
import { migrate, openStore, schemaState } from './store/store.js';

export interface RestoreChoice {
  readonly acceptRollback: boolean;
  readonly by: Actor;
}

interface Backup {
  readonly engine: Engine;
  readonly storeId: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly head: Head;
}

/** Refusals: usage (PostgreSQL), invalid-input, store-corrupt, key-mismatch, audit-broken, refused-by-policy, busy. */
export async function restoreStore(parts: DeskParts, file: string, choice: RestoreChoice): Promise<RestoredStore> {
  const { store, engine } = parts.settings;
  if (engine === 'postgres') {
    throw new Refusal('usage', 'a PostgreSQL store is restored by its own tools', {
      hint: 'Run pg_restore or psql with the dump, then: countersign audit verify --checkpoint FILE',
    });
  }
  const copy = `${store}.restoring-${parts.now()}`;
  placeCopy(file, copy);
  try {
    const backup = await openBackup(parts, file, copy);
    try {
      const before = await judgeLoss(parts, backup, choice.acceptRollback);
      const kept = await replace(parts, backup);
      await noteRestore(parts, backup, { file, choice, before, kept });
      return { place: store, logSize: backup.size, logSizeBefore: before, kept };
    } finally {
      await backup.engine.close();
    }
  } finally {
    for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(`${copy}${ending}`, { force: true });
  }
}

function placeCopy(file: string, copy: string): void {
  try {
    mkdirSync(dirname(copy), { recursive: true, mode: 0o700 });
    copyFileSync(file, copy);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new Refusal('invalid-input', `${file} cannot be read (${code})`, { hint: 'Check the path.', cause: error });
  }
}

/** The backup as a store, its whole log verified. */
async function openBackup(parts: DeskParts, file: string, copy: string): Promise<Backup> {
  const keyring = readKeyring(parts.settings);
  const notary = notaryFor(keyring, loadPolicy(parts.settings.policyFolder ?? parts.dataFolder));
  const engine = await namingFile(file, copy, () => openEngine(copy, false));
  try {
    if ((await namingFile(file, copy, () => schemaState(engine))) === 'none') throw noBackup(file);
    await namingFile(file, copy, () => migrate(engine, notary.rows));
    const { read } = openStore(engine, notary);
    const [storeId, keyId] = [await read.meta.get('store-id'), await read.meta.get('key-id')];
    if (storeId === undefined || keyId === undefined) throw noBackup(file);
    if (!keyring.has(keyId)) {
      throw new Refusal('key-mismatch', `${file} was made under another key than the one in use`, {
        hint: 'Name the key of the backup with --key-file; nothing was changed.',
      });
    }
    const { size, root } = await verifyAuditLog(read.audit, { notary });
    const head = await read.audit.head();
    if (head === undefined) throw noBackup(file);
    return { engine, storeId, size, root: Buffer.from(root, 'hex'), head };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Refusals about the copy speak of the file that was named. */
async function namingFile<T>(file: string, copy: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new Refusal(error.code, error.message.replaceAll(copy, file), { hint: 'Nothing was changed.', cause: error });
  }
}

const noBackup = (file: string): Refusal =>
  new Refusal('store-corrupt', `${file} is no backup of a countersign store`, { hint: 'Nothing was changed.' });

/** Entries of the store that stands there now, or null where it cannot be read. Refuses what would be lost. */
async function judgeLoss(parts: DeskParts, backup: Backup, accepted: boolean): Promise<number | null> {
  const desk = await presentDesk(parts);
  if (desk === undefined) {
    if (accepted) return null;
    throw behind('the store that should be there cannot be read, so nobody can tell what was written after the backup');
  }
  try {
    if ((await desk.store.read.meta.get('store-id')) !== backup.storeId) {
      throw new Refusal('refused-by-policy', 'the file is a backup of another desk', {
        hint: 'Name a new place with --store to open it there; nothing was changed.',
      });
    }
    const size = (await desk.store.read.audit.head())?.size ?? 0;
    if (!accepted && size > backup.size) {
      throw behind(`the backup lacks what was written since: ${entriesFrom(backup.size, size)}`);
    }
    if (!accepted && !(await beginsWith(desk, backup))) throw behind('store and backup have gone different ways');
    if (!accepted) requireAnchored(parts, backup);
    return size;
  } finally {
    await desk.store.close();
  }
}

/** What was written since may be known beside the key alone: the store that stands there can itself be an older copy. */
function requireAnchored(parts: DeskParts, { storeId, size }: Backup): void {
  const { settings } = parts;
  const known = anchoredHead(settings, readKeyring(settings), { storeId, place: settings.store });
  if (known !== undefined && known.size > size) {
    throw behind(`the backup lacks what the anchor of the log knows of: ${entriesFrom(size, known.size)}`);
  }
}

const entriesFrom = (start: number, end: number): string =>
  end - start === 1 ? `one entry of the log, number ${start}` : `${end - start} entries of the log, from ${start} on`;

async function presentDesk(parts: DeskParts): Promise<Desk | undefined> {
  try {
    return await openDesk(parts);
  } catch (error) {
    if (isRefusal(error) && ['store-unreachable', 'store-corrupt'].includes(error.code)) return undefined;
    throw error;
  }
}

/** Whether the backup holds the whole log of the desk, which is not longer. */
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
    hint: 'Where the loss is known and accepted: countersign store restore FILE --accept-rollback',
  });

/** Keeps what stands there, then puts the backup in its place. */
async function replace(parts: DeskParts, backup: Backup): Promise<string | null> {
  const { store } = parts.settings;
  if (!existsSync(store)) {
    await backup.engine.backup(store);
    return null;
  }
  const kept = `${store}.before-${new Date(parts.now()).toISOString().replace(/[-:]|\.\d+/g, '')}`;
  const desk = await presentDesk(parts);
  if (desk === undefined) {
    for (const ending of ['', '-wal', '-shm']) {
      if (existsSync(`${store}${ending}`)) renameSync(`${store}${ending}`, `${kept}${ending}`);
    }
  } else {
    await desk.store.backup(kept);
    await desk.store.close();
  }
  await backup.engine.backup(store);
  return kept;
}

async function noteRestore(
  parts: DeskParts,
  backup: Backup,
  { file, choice, before, kept }: { file: string; choice: RestoreChoice; before: number | null; kept: string | null },
): Promise<void> {
  if (choice.acceptRollback) acceptRollback(parts, backup);
  const desk = await openDesk(parts);
  try {
    // SQLite's backup answers a locked target as if all were done; the log tells whether it was.
    const head = await desk.store.read.audit.head();
    const there = await openStore(backup.engine, desk.notary).read.audit.head();
    if (head === undefined || head.mac !== there?.mac) {
      throw new Refusal('busy', 'the store was in use and was not restored', {
        hint: 'Stop other work and try again.',
      });
    }
    const detail = { file, entries: backup.size, entriesBefore: before, acceptedRollback: choice.acceptRollback };
    await desk.store.record(
      { kind: 'store.restored', outcome: 'done', at: parts.now(), by: choice.by, detail },
      async (write, { latestAt }) => {
        if (!choice.acceptRollback) return;
        await carryLocks(desk, write, { before: await locksOf(kept, desk.notary), seen: latestAt });
      },
    );
  } finally {
    await desk.store.close();
  }
}

/** The anchor remembers the backup's log from here on. */
function acceptRollback({ settings }: DeskParts, { storeId, head }: Backup): void {
  replaceAnchor(settings, readKeyring(settings), { storeId, place: settings.store }, head);
}
