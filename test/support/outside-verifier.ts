/**
 * What a third party would write to check a proof of `audit prove`, from the specifications only (RFC 6962 section 2.1, C2SP
 * signed-note and tlog-checkpoint) and node:crypto. It shares no code with src: it works from the root down, where ours works
 * from the leaf up.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';

export interface ProofDocument {
  readonly body: string;
  readonly leafIndex: number;
  readonly treeSize: number;
  readonly hashes: readonly string[];
  readonly checkpoint: string;
}

const sha256 = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

/** Root of a tree of `size` with the leaf at `index`; uses up the path from its end (the sibling nearest the root). */
function rootFrom(leaf: Buffer, index: number, size: number, path: Buffer[]): Buffer {
  if (size === 1) {
    if (path.length > 0) throw new Error('the path is too long');
    return leaf;
  }
  const sibling = path.pop();
  if (sibling === undefined) throw new Error('the path is too short');
  const left = 2 ** Math.ceil(Math.log2(size) - 1);
  return index < left
    ? sha256(Buffer.of(1), rootFrom(leaf, index, left, path), sibling)
    : sha256(Buffer.of(1), sibling, rootFrom(leaf, index - left, size - left, path));
}

/** The three lines of a checkpoint whose signature fits the verifier key of the desk. Throws otherwise. */
export function openNote(note: string, verifierKey: string): { origin: string; size: number; root: Buffer } {
  const [name = '', , encoded = ''] = verifierKey.split('+', 2).concat(verifierKey.split('+').slice(2).join('+'));
  const publicKey = Buffer.from(encoded, 'base64').subarray(1);
  const split = note.indexOf('\n\n');
  const text = note.slice(0, split + 1);
  const line = note.slice(split + 2).trimEnd();
  if (!line.startsWith(`— ${name} `)) throw new Error('not signed by this desk');
  const signature = Buffer.from(line.slice(`— ${name} `.length), 'base64').subarray(4);
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') },
    format: 'jwk',
  });
  if (!verify(null, Buffer.from(text), key, signature)) throw new Error('the signature does not fit');
  const [origin = '', size = '', root = ''] = text.split('\n');
  return { origin, size: Number(size), root: Buffer.from(root, 'base64') };
}

/** Throws unless the proof shows that its entry is in the log of the desk with this key. */
export function checkProof(proof: ProofDocument, verifierKey: string): void {
  const checkpoint = openNote(proof.checkpoint, verifierKey);
  if (checkpoint.size !== proof.treeSize) throw new Error('the checkpoint is of another size');
  if (proof.leafIndex < 0 || proof.leafIndex >= proof.treeSize) throw new Error('no such leaf');
  const leaf = sha256(Buffer.of(0), Buffer.from(proof.body, 'utf8'));
  const path = proof.hashes.map((hash) => Buffer.from(hash, 'base64'));
  const root = rootFrom(leaf, proof.leafIndex, proof.treeSize, path);
  if (!root.equals(checkpoint.root)) throw new Error('the hashes do not lead to the root');
}
