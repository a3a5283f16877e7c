/**
 * What the desk says about its log to others: a signed checkpoint, its short form for a ticket, and a proof that one entry is in the log
 * (RFC 6962, section 2.1.1), which shows no other entry. A proof is the entry, the hashes that lead from it to the root, and a checkpoint with
 * that root. The hashes come from the stored entries, and the proof is checked here before anyone gets it.
 */
import type { Desk } from '../../desk.js';
import { refusal } from '../../errors.js';
import { decodeFrontier, inclusionRanges, rootOf, type TreeHasher, verifyInclusion } from '../../rules/audit-tree.js';
import { type Checkpoint, checkpointText, readCheckpointText, readShortForm } from '../../rules/checkpoint.js';
import { type LogNotary, type LogReader, rootOfRange } from './log-reader.js';

/**
 * The log as its head describes it, if this desk wrote the head: its RFC 6962 tree hash of 32 bytes, and the latest time of any entry, ms (0 for an
 * empty log). Refusal `audit-broken` otherwise.
 */
export async function logState(reader: LogReader, notary: LogNotary & { readonly tree: TreeHasher }) {
  const head = await reader.head();
  if (head === undefined || !notary.headFits(head)) {
    throw refusal('audit-broken', 'log-head-foreign', {}, 'audit-verify');
  }
  const root = rootOf(notary.tree, head.size, decodeFrontier(head.size, head.frontier));
  return { size: head.size, root, latestAt: head.latestAt };
}

export type SignedCheckpoint = Awaited<ReturnType<typeof signCheckpoint>>;

/** With the signed note, to be kept elsewhere, and the verifier key of the desk (C2SP vkey), to be kept apart from the note. */
export async function signCheckpoint(desk: Desk) {
  const signer = await desk.signer();
  const { size, root } = await logState(desk.store.read.audit, desk.notary);
  const checkpoint = { origin: signer.name, size, root };
  return { ...checkpoint, note: signer.sign(checkpointText(checkpoint)), verifierKey: signer.verifierKey() };
}

/** Returns the checkpoint in a note of this desk, or in the line of a ticket (`audit receipt`). Refusal `audit-broken` for a note that was changed or belongs to another desk. */
export async function openCheckpoint(desk: Desk, note: string): Promise<Checkpoint> {
  const signer = await desk.signer();
  const short = readShortForm(note);
  if (short !== undefined) return { ...short, origin: signer.name };
  const checkpoint = readCheckpointText(signer.open(note));
  if (checkpoint.origin === signer.name) return checkpoint;
  const facts = { origin: checkpoint.origin, log: signer.name };
  throw refusal('audit-broken', 'checkpoint-of-other-log', facts, 'name-of-log');
}

export type EntryProof = Awaited<ReturnType<typeof proveOne>>;

/** Refusals: not-found (no such entry), audit-broken (the entries do not lead to the root that the desk has sealed). */
export async function proveEntry(desk: Desk, seq: number): Promise<EntryProof> {
  const [proof] = await proveEntries(desk, [seq], await signCheckpoint(desk));
  return proof as EntryProof;
}

const bytesOf = (hex: string): Uint8Array => Buffer.from(hex, 'hex');

/** Several entries under one checkpoint; what their proofs share is read once. Refusals as above. */
export async function proveEntries(desk: Desk, seqs: readonly number[], checkpoint: SignedCheckpoint) {
  const known = new Map<number, Promise<Uint8Array>>();
  const rootAt = (start: number, end: number) => {
    // Ranges of one tree never overlap in part: start and length name one.
    const name = start * checkpoint.size + (end - start);
    const root = known.get(name) ?? rootOfRange(desk.store.read.audit, desk.notary, start, end).then(bytesOf);
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
  if (seq >= checkpoint.size)
    throw refusal('not-found', 'entry-unknown', { seq, size: checkpoint.size }, 'entry-numbers');
  const [row] = await desk.store.read.audit.batch(seq, 1);
  const hashes: Uint8Array[] = [];
  for (const { start, end } of inclusionRanges(seq, checkpoint.size)) hashes.push(await rootAt(start, end));
  const leafHash = desk.notary.tree.leaf(row?.body ?? '');
  const claim = { leafIndex: seq, treeSize: checkpoint.size, leafHash, proof: hashes, root: checkpoint.root };
  if (row?.seq !== seq || !verifyInclusion(desk.notary.tree, claim)) {
    throw refusal('audit-broken', 'entry-unprovable', { seq }, 'audit-verify');
  }
  return { body: row.body, leafIndex: seq, treeSize: checkpoint.size, leafHash, hashes, checkpoint };
}
