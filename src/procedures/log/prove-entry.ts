/**
 * Proves to a third party that one entry is in the log (RFC 6962, section 2.1.1) without showing any other entry. The
 * proof is the entry, the hashes that lead from it to the root, and a checkpoint with that root. The hashes come from
 * the stored entries, and the proof is checked here before anyone gets it.
 */
import type { Desk } from '../../desk.js';
import { refusal } from '../../errors.js';
import { inclusionRanges, verifyInclusion } from '../../rules/audit-tree.js';
import { growTree } from '../../rules/growing-tree.js';
import { type SignedCheckpoint, signCheckpoint } from './log-checkpoint.js';
import { BATCH, type LogNotary, type LogReader } from './log-reader.js';

export type EntryProof = Awaited<ReturnType<typeof proveOne>>;

/** Refusals: not-found (no such entry), audit-broken (the entries do not lead to the root that the desk has sealed). */
export async function proveEntry(desk: Desk, seq: number): Promise<EntryProof> {
  const [proof] = await proveEntries(desk, [seq], await signCheckpoint(desk));
  return proof as EntryProof;
}

/** Several entries under one checkpoint; what their proofs share is read once. Refusals as above. */
export async function proveEntries(desk: Desk, seqs: readonly number[], checkpoint: SignedCheckpoint) {
  const known = new Map<number, Promise<Uint8Array>>();
  const rootAt = (start: number, end: number) => {
    // Ranges of one tree never overlap in part: start and length name one.
    const name = start * checkpoint.size + (end - start);
    const root = known.get(name) ?? rootOfRange(desk.store.read.audit, desk.notary, start, end);
    known.set(name, root);
    return root;
  };
  const proofs: EntryProof[] = [];
  for (const seq of seqs) proofs.push(await proveOne(desk, seq, checkpoint, rootAt));
  return proofs;
}

/** The entry exactly as it was hashed: leaf = SHA-256(0x00 ‖ body), and the sibling hashes from the leaf up to the root. */
async function proveOne(
  desk: Desk,
  seq: number,
  checkpoint: SignedCheckpoint,
  rootAt: (start: number, end: number) => Promise<Uint8Array>,
) {
  const reader: LogReader = desk.store.read.audit;
  if (seq >= checkpoint.size) {
    throw refusal('not-found', 'entry-unknown', { seq, size: checkpoint.size }, 'entry-numbers');
  }
  const [row] = await reader.batch(seq, 1);
  const hashes: Uint8Array[] = [];
  for (const { start, end } of inclusionRanges(seq, checkpoint.size)) {
    hashes.push(await rootAt(start, end));
  }
  const leafHash = desk.notary.tree.leaf(row?.body ?? '');
  const claim = { leafIndex: seq, treeSize: checkpoint.size, leafHash, proof: hashes, root: checkpoint.root };
  if (row?.seq !== seq || !verifyInclusion(desk.notary.tree, claim)) {
    throw refusal('audit-broken', 'entry-unprovable', { seq }, 'audit-verify');
  }
  return { body: row.body, leafIndex: seq, treeSize: checkpoint.size, leafHash, hashes, checkpoint };
}

/** Tree hash of the entries from `start` up to, not including, `end`, read in batches. */
async function rootOfRange(reader: LogReader, notary: LogNotary, start: number, end: number): Promise<Uint8Array> {
  const tree = growTree(notary.hexTree);
  for (let from = start; from < end; from += BATCH) {
    const rows = await reader.batch(from, Math.min(BATCH, end - from));
    for (const row of rows) tree.append(row.leaf);
  }
  return Buffer.from(tree.root(), 'hex');
}
