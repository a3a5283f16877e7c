/**
 * What the desk says about its log to others: a signed checkpoint, its short form for a ticket, and a proof that one entry is in the log
 * (RFC 6962, section 2.1.1), which shows no other entry. A proof is the entry, the hashes that lead from it to the root, and a checkpoint with
 * that root. The hashes come from the stored entries, and the proof is checked here before anyone gets it.
 */
import type { Desk, SealContext, Writes } from '../../desk.js';
import { refusal } from '../../errors.js';
import { decodeFrontier, inclusionRanges, rootOf, type TreeHasher, verifyInclusion } from '../../rules/audit-tree.js';
import {
  asWritten,
  type Checkpoint,
  checkpointText,
  readCheckpointText,
  readShortForm,
} from '../../rules/checkpoint.js';
import { type LogNotary, type LogReader, rootsOf } from '../log-reader.js';

/**
 * The log as its head describes it, if this desk wrote the head: its RFC 6962 tree hash of 32 bytes, and the latest time of any entry, ms (0 for an
 * empty log). Refusal `audit-broken` otherwise.
 */
export async function logState(reader: LogReader, notary: LogNotary & { readonly tree: TreeHasher }) {
  const head = await reader.head();
  if (head === undefined || !notary.headFits(head))
    throw refusal('audit-broken', 'log-head-foreign', {}, 'audit-verify');
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
  const checkpoint = readCheckpointText(signer.open(asWritten(note)));
  if (checkpoint.origin === signer.name) return checkpoint;
  const facts = { origin: checkpoint.origin, log: signer.name };
  throw refusal('audit-broken', 'checkpoint-of-other-log', facts, 'name-of-log');
}

export type EntryProof = Awaited<ReturnType<typeof proveEntries>>[number];

/** Refusals: not-found (no such entry), audit-broken (the entries do not lead to the root that the desk has sealed). */
export async function proveEntry(desk: Desk, seq: number): Promise<EntryProof> {
  const [proof] = await proveEntries(desk, [seq], await signCheckpoint(desk));
  return proof as EntryProof;
}

/**
 * Several entries under one checkpoint, each exactly as it was hashed: leaf = SHA-256(0x00 ‖ body), and the sibling hashes from the leaf up to
 * the root. What their proofs share is read once. Refusals as above.
 */
export async function proveEntries({ store, notary }: Desk, seqs: readonly number[], checkpoint: SignedCheckpoint) {
  const { audit } = store.read;
  const { size: treeSize, root } = checkpoint;
  const rootAt = rootsOf(audit, notary);
  const proofs = [];
  for (const leafIndex of seqs) {
    if (leafIndex >= treeSize)
      throw refusal('not-found', 'entry-unknown', { seq: leafIndex, size: treeSize }, 'entry-numbers');
    const [row] = await audit.batch(leafIndex, 1);
    const hashes: Uint8Array[] = [];
    for (const { start, end } of inclusionRanges(leafIndex, treeSize))
      hashes.push(Buffer.from(await rootAt(start, end), 'hex'));
    const leafHash = notary.tree.leaf(row?.body ?? '');
    if (row?.seq !== leafIndex || !verifyInclusion(notary.tree, { leafIndex, treeSize, leafHash, proof: hashes, root }))
      throw refusal('audit-broken', 'entry-unprovable', { seq: leafIndex }, 'audit-verify');
    proofs.push({ body: row.body, leafIndex, treeSize, leafHash, hashes, checkpoint });
  }
  return proofs;
}

/** Of the public keys that check older notes: a new desk key signs with another one (C2SP vkeys). */
const PLACE: SealContext = { table: 'meta', column: 'value', id: 'verifier-keys' };

/** Unordered. Sealed, so that someone who has only the store cannot add a key of their own. */
export async function olderVerifierKeys(desk: Pick<Desk, 'store' | 'vault'>): Promise<readonly string[]> {
  return keysIn(desk, await desk.store.read.meta.get('verifier-keys'));
}

/** Adds keys to those kept before, sealed under the current key. */
export async function keepVerifierKeys(desk: Pick<Desk, 'vault'>, write: Writes, keys: readonly string[]) {
  const all = new Set([...keysIn(desk, await write.meta.get('verifier-keys')), ...keys]);
  await write.meta.put('verifier-keys', desk.vault.seal('seal/check', PLACE, JSON.stringify([...all])));
}

const keysIn = ({ vault }: Pick<Desk, 'vault'>, blob: string | undefined): readonly string[] =>
  blob === undefined ? [] : (JSON.parse(vault.openText('seal/check', PLACE, blob)) as string[]);
