/**
 * The Merkle tree over the audit log (RFC 6962, section 2.1), as arithmetic on hashes: the hash function is an argument.
 *
 * A log of any size is carried by its frontier, the roots of the perfect subtrees it consists of, largest first: one
 * for each 1 in the binary size. Appending a leaf merges as many of them as a binary increment carries, which is one on
 * average; the root is their fold from the right.
 *
 *     size 7 = 111₂        root
 *                         /    \
 *     frontier:        [0,4)   ·
 *                             / \
 *                         [4,6) [6,7)
 *
 * A proof is a list of subtree hashes. Which subtrees is a matter of numbers alone (`inclusionRanges`,
 * `consistencyRanges`), so a store can read the leaves of each range in a stream and fold them with `treeHeadOf`.
 */
import { Refusal } from '../errors.js';

/** Leaf = H(0x00 ‖ entry), node = H(0x01 ‖ left ‖ right), empty = H(""); each 32 bytes. */
export interface TreeHasher {
  leaf(entry: Uint8Array | string): Uint8Array;
  node(left: Uint8Array, right: Uint8Array): Uint8Array;
  empty(): Uint8Array;
}

/** Roots of the perfect subtrees of a tree, largest first. Together with the size it determines the root. */
export type Frontier = readonly Uint8Array[];

/** The leaves from `start` up to, not including, `end`, counted from 0. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** The tree hash of the leaves from `start` up to, not including, `end`, as if they were a tree of their own. */
export type SubtreeHash = (start: number, end: number) => Uint8Array;

const HASH_BYTES = 32;
const HEX = /^[0-9a-f]*$/;

/** The frontier after one more leaf. `size` is the number of leaves before it. */
export function appendLeaf(hasher: TreeHasher, size: number, frontier: Frontier, leafHash: Uint8Array): Frontier {
  assertFits(size, frontier);
  const peaks = [...frontier];
  let hash = leafHash;
  for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
    hash = hasher.node(peaks.pop() as Uint8Array, hash);
  }
  peaks.push(hash);
  return peaks;
}

/** The tree hash of a log with this size and frontier. */
export function rootOf(hasher: TreeHasher, size: number, frontier: Frontier): Uint8Array {
  assertFits(size, frontier);
  if (frontier.length === 0) return hasher.empty();
  return frontier.reduceRight((right, left) => hasher.node(left, right));
}

/** Lower-case hex of all peaks in order, 64 digits each; empty for an empty log. */
export function encodeFrontier(frontier: Frontier): string {
  return frontier.map((peak) => Buffer.from(peak).toString('hex')).join('');
}

/** The frontier of a log of `size` leaves; Refusal('audit-broken') where the text cannot be that. */
export function decodeFrontier(size: number, text: string): Frontier {
  const digits = HASH_BYTES * 2;
  if (!isSize(size) || text.length !== peakCount(size) * digits || !HEX.test(text)) {
    throw new Refusal('audit-broken', 'The head of the audit log does not fit its size.', {
      hint: 'Run: countersign audit verify',
    });
  }
  return Array.from({ length: peakCount(size) }, (_, i) =>
    Uint8Array.from(Buffer.from(text.slice(i * digits, (i + 1) * digits), 'hex')),
  );
}

/** The tree hash of a list of leaf hashes, read once, with the memory of one frontier. */
export function treeHeadOf(hasher: TreeHasher, leafHashes: Iterable<Uint8Array>): Uint8Array {
  let size = 0;
  let frontier: Frontier = [];
  for (const leafHash of leafHashes) frontier = appendLeaf(hasher, size++, frontier, leafHash);
  return rootOf(hasher, size, frontier);
}

/** Subtree hashes computed from all leaf hashes in memory, for tests and small logs. */
export function subtreesOf(hasher: TreeHasher, leafHashes: readonly Uint8Array[]): SubtreeHash {
  return (start, end) => treeHeadOf(hasher, leafHashes.slice(start, end));
}

/** The subtrees whose hashes prove that leaf `leafIndex` is in a tree of `treeSize` (PATH in RFC 6962, section 2.1.1). */
export function inclusionRanges(leafIndex: number, treeSize: number): LeafRange[] {
  if (!isSize(leafIndex) || !isSize(treeSize) || leafIndex >= treeSize) {
    throw new RangeError('An inclusion proof is for a leaf inside the tree.');
  }
  const ranges: LeafRange[] = [];
  let [start, end] = [0, treeSize];
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (leafIndex < middle) {
      ranges.unshift({ start: middle, end });
      end = middle;
    } else {
      ranges.unshift({ start, end: middle });
      start = middle;
    }
  }
  return ranges;
}

/** The subtrees whose hashes prove that a tree of `size2` begins with one of `size1` (PROOF in RFC 6962, section 2.1.2). */
export function consistencyRanges(size1: number, size2: number): LeafRange[] {
  if (!isSize(size1) || !isSize(size2) || size1 < 1 || size1 > size2) {
    throw new RangeError('A consistency proof leads from a log that is not empty to one that is not shorter.');
  }
  const ranges: LeafRange[] = [];
  let [start, end] = [0, size2];
  while (end !== size1) {
    const middle = start + splitPoint(end - start);
    if (size1 <= middle) {
      ranges.unshift({ start: middle, end });
      end = middle;
    } else {
      ranges.unshift({ start, end: middle });
      start = middle;
    }
  }
  // The old tree as a whole is known to whoever checks; only a part of it must be shown.
  return start === 0 ? ranges : [{ start, end }, ...ranges];
}

/** Proof that leaf `leafIndex` is in the tree of the first `treeSize` leaves, in the order `verifyInclusion` takes. */
export function inclusionProof(subtree: SubtreeHash, leafIndex: number, treeSize: number): Uint8Array[] {
  return inclusionRanges(leafIndex, treeSize).map(({ start, end }) => subtree(start, end));
}

/** Proof that the first `size2` leaves begin with the first `size1`, in the order `verifyConsistency` takes. */
export function consistencyProof(subtree: SubtreeHash, size1: number, size2: number): Uint8Array[] {
  return consistencyRanges(size1, size2).map(({ start, end }) => subtree(start, end));
}

/** Whether the proof shows the leaf at its index in the tree with this root (RFC 9162, section 2.1.3.2). */
export function verifyInclusion(
  hasher: TreeHasher,
  claim: {
    readonly leafIndex: number;
    readonly treeSize: number;
    readonly leafHash: Uint8Array;
    readonly proof: readonly Uint8Array[];
    readonly root: Uint8Array;
  },
): boolean {
  const { leafIndex, treeSize, leafHash, proof, root } = claim;
  if (!isSize(leafIndex) || !isSize(treeSize) || leafIndex >= treeSize) return false;
  if (![leafHash, root, ...proof].every(isHash)) return false;
  let index = leafIndex;
  let last = treeSize - 1;
  let hash = leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (index % 2 === 1 || index === last) {
      hash = hasher.node(sibling, hash);
      while (index % 2 === 0 && index !== 0) [index, last] = [index / 2, Math.floor(last / 2)];
    } else {
      hash = hasher.node(hash, sibling);
    }
    [index, last] = [Math.floor(index / 2), Math.floor(last / 2)];
  }
  return last === 0 && sameBytes(hash, root);
}

/**
 * Whether the proof shows that the tree of `size2` begins with the tree of `size1` (RFC 9162, section 2.1.4.2). Nothing
 * is shown by a step from an empty log: anything begins with it, so no proof of that is accepted.
 */
export function verifyConsistency(
  hasher: TreeHasher,
  claim: {
    readonly size1: number;
    readonly size2: number;
    readonly root1: Uint8Array;
    readonly root2: Uint8Array;
    readonly proof: readonly Uint8Array[];
  },
): boolean {
  const { size1, size2, root1, root2, proof } = claim;
  if (!isSize(size1) || !isSize(size2) || size1 < 1 || size1 > size2) return false;
  if (size1 === size2) return proof.length === 0 && sameBytes(root1, root2);
  if (![root1, root2, ...proof].every(isHash)) return false;
  let [first, last] = [size1 - 1, size2 - 1];
  while (first % 2 === 1) [first, last] = [Math.floor(first / 2), Math.floor(last / 2)];
  // Where the old tree is perfect its root is the first step, and the proof leaves it out.
  const [seed, ...steps] = first === 0 ? [root1, ...proof] : proof;
  if (seed === undefined) return false;
  let [old, grown] = [seed, seed];
  for (const step of steps) {
    if (last === 0) return false;
    if (first % 2 === 1 || first === last) {
      [old, grown] = [hasher.node(step, old), hasher.node(step, grown)];
      while (first % 2 === 0 && first !== 0) [first, last] = [first / 2, Math.floor(last / 2)];
    } else {
      grown = hasher.node(grown, step);
    }
    [first, last] = [Math.floor(first / 2), Math.floor(last / 2)];
  }
  return last === 0 && sameBytes(old, root1) && sameBytes(grown, root2);
}

/** The largest power of two below `size`. */
function splitPoint(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** How many perfect subtrees make up a tree: the ones in the binary size, counted in two halves of 32 bits. */
function peakCount(size: number): number {
  return onesIn(size % 2 ** 32) + onesIn(Math.floor(size / 2 ** 32));
}

/** The ones in a 32-bit number, added up in parallel: a loop here would cost as much as the hashing of a leaf. */
function onesIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const nibbles = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

function assertFits(size: number, frontier: Frontier): void {
  if (!isSize(size) || frontier.length !== peakCount(size))
    throw new RangeError('A frontier that is not of this size.');
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}

function isHash(hash: Uint8Array): boolean {
  return hash.length === HASH_BYTES;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
