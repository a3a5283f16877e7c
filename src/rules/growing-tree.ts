/**
 * The audit tree while it grows leaf by leaf: the same arithmetic as `appendLeaf`, with one list of peaks that changes in
 * place. A verifier reads a million leaves; a copy of the frontier for each would cost as much as the hashing.
 */
import { type Frontier, rootOf, type TreeHasher } from './audit-tree.js';

export interface GrowingTree {
  size(): number;
  append(leafHash: Uint8Array): void;
  /** The peaks as they are now; a copy. */
  frontier(): Frontier;
  root(): Uint8Array;
}

export function growTree(hasher: TreeHasher): GrowingTree {
  const peaks: Uint8Array[] = [];
  let size = 0;
  return {
    size: () => size,
    append(leafHash) {
      let hash = leafHash;
      for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) hash = hasher.node(peaks.pop() as Uint8Array, hash);
      peaks.push(hash);
      size += 1;
    },
    frontier: () => [...peaks],
    root: () => rootOf(hasher, size, peaks),
  };
}

/** Leaves under each peak of a tree of this size, in order: the powers of two in the number, largest first. */
export function peakRanges(size: number): readonly { readonly start: number; readonly end: number }[] {
  const ranges: { start: number; end: number }[] = [];
  let start = 0;
  let power = 1;
  while (power * 2 <= size) power *= 2;
  for (; start < size; power /= 2) {
    if (start + power > size) continue;
    ranges.push({ start, end: start + power });
    start += power;
  }
  return ranges;
}
