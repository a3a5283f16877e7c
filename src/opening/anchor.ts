/**
 * The anchor: size, time and frontier of the log, kept beside the key. Someone who restores an older copy of the store does not change it
 * (T8). Part of main's room.
 *
 * The anchor is overwritten after each commit, one block, and not flushed: after a power cut it can be behind the store, never ahead of it,
 * and only a store behind its anchor is refused. A missing anchor (new desk, new machine, deleted file) is not a fault; the next command
 * writes one. It is only as safe as the folder of the key.
 */
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256Hex } from '../crypto/digests.js';
import type { Keyring } from '../crypto/keyring.js';
import { keyOfTag, makeTag, tagFits } from '../crypto/tag.js';
import { Refusal } from '../errors.js';
import { isThere, makeFolder } from '../make-folder.js';
import { appendLeaf, decodeFrontier, encodeFrontier } from '../rules/audit-tree.js';
import { iso } from '../rules/moment.js';
import type { Head, Notary } from '../store/head.js';
import type { Anchor } from '../store/record.js';
import type { Store } from '../store/store.js';
import type { Custody } from './open-custody.js';

/** One block of a disk, written and read in one call. Large enough for the frontier of any log. */
const BLOCK = 4_096;
const BATCH = 1_000;

/** Settings, and the keys of this store: each store and place has an anchor of its own. */
type Own = Pick<Custody, 'settings' | 'keyring'>;

/** The anchor of a store that is about to be used, compared with the present log. */
export async function openAnchor(own: Own, store: Store, notary: Notary): Promise<Anchor> {
  const anchor = new FileAnchor(own, store.place);
  const { head } = await anchor.judge(store, notary);
  if (head !== undefined && anchor.fault === undefined) anchor.keep(head);
  return anchor;
}

/** For `doctor`: where the anchor is, what it knows and what is wrong with it. Changes nothing. */
export async function inspectAnchor(own: Own, store: Store, notary: Notary) {
  const anchor = new FileAnchor(own, store.place);
  const { known } = await anchor.judge(store, notary);
  anchor.close();
  return { path: anchor.path, known, fault: anchor.fault };
}

/**
 * What the anchor recorded, read without opening the store; undefined if there is no anchor. `place`: path or address of the store, without
 * credentials. Refusal `store-corrupt`.
 */
export function anchoredHead(own: Own, place: string): Head | undefined {
  const anchor = new FileAnchor(own, place);
  try {
    return anchor.remembered();
  } finally {
    anchor.close();
  }
}

/** Overwrites the anchor with this head, also an older one: the loss was accepted. */
export function replaceAnchor(own: Own, place: string, head: Head): void {
  const anchor = new FileAnchor(own, place);
  anchor.write(head);
  anchor.close();
}

/** What the tag of an anchor covers. */
const anchorText = (storeId: string, { size, frontier, latestAt }: Head): string =>
  JSON.stringify(['anchor', storeId, size, frontier, latestAt]);

class FileAnchor implements Anchor {
  fault: Refusal | undefined;
  readonly path: string;
  /** How its fault is ended by whoever accepts the loss: pg_restore has restored already. */
  readonly #accept: string;
  readonly #keyring: Keyring;
  readonly #block = Buffer.alloc(BLOCK);
  #handle: number | undefined;
  /** The block as it was last read or written, and what it says. */
  #seen: { readonly block: Buffer; readonly head: Head } | undefined;

  constructor({ settings: { key, folders, engine }, keyring }: Own, place: string) {
    // One for each store and place: a copy that is opened elsewhere becomes another log.
    const name = `anchor-${sha256Hex(JSON.stringify([keyring.storeId, place])).slice(0, 16)}`;
    this.path = 'file' in key ? `${key.file}.${name}` : join(folders.state, name);
    this.#accept =
      engine === 'postgres'
        ? `move the file ${this.path} away, on each machine that has one`
        : 'countersign store restore FILE --accept-rollback';
    this.#keyring = keyring;
  }

  /**
   * Sets `fault` if the log does not begin with the log of the anchor. Reads the anchor first and the head second: other processes write
   * meanwhile, and in the other order their newest entry would look like one that this store has lost.
   */
  async judge(store: Store, notary: Notary): Promise<{ readonly known?: Head; readonly head?: Head }> {
    try {
      const known = this.remembered();
      const head = await store.read.audit.head();
      // The write door refuses a head that this desk did not write, and audit verify reports it; do not anchor it.
      if (head === undefined || !notary.headFits(head)) return {};
      if (known === undefined) return { head };
      this.#compare(known, head);
      if (!(await goesOn(known, head, store, notary))) throw forked(this.#accept);
      return { known, head };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.fault = error;
      return {};
    }
  }

  /** Called inside the write door, where no other process can write, so a good anchor is never ahead of this head. */
  check(head: Head): void {
    if (this.fault !== undefined) throw this.fault;
    const known = this.remembered();
    if (known !== undefined) this.#compare(known, head);
  }

  #compare(known: Head, head: Head): void {
    if (head.size > known.size) return;
    if (head.size < known.size) throw behind(known, head, this.#accept);
    if (head.frontier !== known.frontier) throw forked(this.#accept);
  }

  keep(head: Head): void {
    try {
      const known = this.remembered();
      // Write the same head again too: its tag may be by an older key.
      if (known === undefined || known.size <= head.size) this.write(head);
    } catch {
      // This is no fault of the log; `doctor` reports that the anchor cannot be written.
    }
  }

  /** Undefined if there is no anchor. Refusal `store-corrupt` for an anchor that this desk did not write. */
  remembered(): Head | undefined {
    // Another process may be writing the block while it is read; the next try reads it whole.
    for (let look = 0; look < 3; look += 1) {
      const block = this.#read();
      if (block === undefined) return undefined;
      if (this.#seen?.block.equals(block) === true) return this.#seen.head;
      const head = readAnchor(block.toString('utf8').trimEnd(), this.#keyring);
      if (head === 'other key') return undefined;
      if (head === undefined) continue;
      this.#seen = { block: Buffer.from(block), head };
      return head;
    }
    const message = `the anchor of the log is damaged, or countersign did not write it: ${this.path}`;
    throw new Refusal('store-corrupt', message, {
      hint: 'Check the log with a checkpoint kept elsewhere: countersign audit verify --checkpoint FILE   If it verifies, delete the anchor; the next command writes a new one.',
    });
  }

  write(head: Head): void {
    const tag = makeTag(this.#keyring, 'mac/audit', anchorText(this.#keyring.storeId, head));
    const block = Buffer.alloc(BLOCK, ' ');
    block.write(JSON.stringify({ size: head.size, latestAt: head.latestAt, frontier: head.frontier, tag }));
    block.write('\n', BLOCK - 1);
    const handle = this.#open(true);
    if (handle === undefined) return;
    for (let done = 0; done < BLOCK; ) done += writeSync(handle, block, done, BLOCK - done, done);
    this.#seen = { block, head };
  }

  close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }

  #read(): Buffer | undefined {
    const handle = this.#open(false);
    if (handle === undefined) return undefined;
    return this.#block.subarray(0, readSync(handle, this.#block, 0, BLOCK, 0));
  }

  #open(make: boolean): number | undefined {
    if (this.#handle !== undefined) return this.#handle;
    if (!make && !isThere(this.path)) return undefined;
    if (make) makeFolder(dirname(this.path));
    try {
      this.#handle = openSync(this.path, constants.O_RDWR | (make ? constants.O_CREAT : 0), 0o600);
    } catch (error) {
      // An operator who can only read this folder still learns that the store is behind.
      if (make) throw error;
      this.#handle = openSync(this.path, constants.O_RDONLY);
    }
    return this.#handle;
  }
}

/**
 * What an anchor of this store says; undefined if it is not one. An anchor under a key that was replaced on another machine cannot be checked
 * here; it is overwritten.
 */
export function readAnchor(text: string, keyring: Keyring): Head | 'other key' | undefined {
  try {
    const { size, frontier, latestAt, tag } = JSON.parse(text) as Head & { tag: string };
    const head = { size, frontier, latestAt };
    const keyId = keyOfTag(tag);
    if (keyId !== undefined && !keyring.has(keyId)) return 'other key';
    return tagFits(keyring, 'mac/audit', anchorText(keyring.storeId, head), tag) ? head : undefined;
  } catch {
    return undefined;
  }
}

function behind(known: Head, head: Head, accept: string): Refusal {
  const what = known.size - head.size === 1 ? `entry ${head.size} is` : `entries ${head.size} to ${known.size - 1} are`;
  return readOnly(`the store is an older copy: ${what} missing from its log, up to ${iso(known.latestAt)}`, accept);
}

const forked = (accept: string): Refusal =>
  readOnly('the log of the store is not the log that this desk wrote', accept);

const readOnly = (what: string, accept: string): Refusal =>
  new Refusal('store-corrupt', `${what}; the desk is read-only`, {
    hint: `Someone restored an older copy or replaced the store. Keep it as it is and tell your lead. Put the right store back, or, if you accept the loss: ${accept}`,
  });

/** Whether the log of `head` begins with the log of `known`: the entries between lead from one frontier to the other. */
async function goesOn(known: Head, head: Head, store: Store, notary: Notary): Promise<boolean> {
  let frontier = decodeFrontier(known.size, known.frontier);
  for (let size = known.size; size < head.size; ) {
    const rows = await store.read.audit.batch(size, Math.min(BATCH, head.size - size));
    if (rows.length === 0) return false;
    for (const row of rows) {
      frontier = appendLeaf(notary.tree, size, frontier, Buffer.from(row.leaf, 'hex'));
      size += 1;
    }
  }
  return encodeFrontier(frontier) === head.frontier;
}
