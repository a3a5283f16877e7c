/**
 * What an auditor who has all leaves of a log computes: roots and inclusion proofs from memory, and consistency proofs (RFC 6962,
 * section 2.1.2; RFC 9162, section 2.1.4), which countersign neither makes nor checks. The suites compare the tree of
 * rules/audit-tree with them.
 */
import {
  appendLeaf,
  type Frontier,
  inclusionRanges,
  type LeafRange,
  rootOf,
  type TreeHasher,
} from '../../src/rules/audit-tree.js';

/** The tree hash of the leaves from `start` up to, not including, `end`, as if they were a separate tree. */
export type SubtreeHash = (start: number, end: number) => Uint8Array;

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
  // The verifier knows the old tree as a whole; only a part of it must be shown.
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

/**
 * Whether the proof shows that the tree of `size2` begins with the tree of `size1` (RFC 9162, section 2.1.4.2). Every log begins
 * with an empty one, so a proof of that shows nothing and is not accepted.
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
  // If the old tree is perfect, its root is the first step, and the proof leaves it out.
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

const HASH_BYTES = 32;

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}

function isHash(hash: Uint8Array): boolean {
  return hash.length === HASH_BYTES;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
