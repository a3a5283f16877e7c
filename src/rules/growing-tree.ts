/**
 * The audit tree while it grows leaf by leaf. The arithmetic is that of audit-tree.ts, but with one list of peaks that changes in
 * place, and for hashes of any form. A verifier reads a million leaves: a copy of the frontier for each, or a buffer for each
 * hash, would cost as much as the hashing.
 */

/** How two hashes of some form make one (RFC 6962, section 2.1). */
export interface TreeOf<Hash> {
  node(left: Hash, right: Hash): Hash;
  empty(): Hash;
}

/** For hashes written as lower-case hex; `leaf` hashes the text of an entry. */
export interface HexTreeHasher extends TreeOf<string> {
  leaf(entry: string): string;
}

/** One more leaf for the peaks of a tree of this size, in place: it merges as many as a binary increment carries. */
export function appendTo<Hash>(peaks: Hash[], size: number, hasher: TreeOf<Hash>, leafHash: Hash): void {
  let hash = leafHash;
  for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) hash = hasher.node(peaks.pop() as Hash, hash);
  peaks.push(hash);
}

export const rootOfPeaks = <Hash>(peaks: readonly Hash[], hasher: TreeOf<Hash>): Hash =>
  peaks.length === 0 ? hasher.empty() : peaks.reduceRight((right, left) => hasher.node(left, right));

/** The largest power of two that is not above `size`. */
export function powerWithin(size: number): number {
  let power = 1;
  while (power * 2 <= size) power *= 2;
  return power;
}

export function growTree<Hash>(hasher: TreeOf<Hash>) {
  const peaks: Hash[] = [];
  let size = 0;
  return {
    size: () => size,
    append(leafHash: Hash): void {
      appendTo(peaks, size, hasher, leafHash);
      size += 1;
    },
    /** Roots of the perfect subtrees, largest first; a copy. */
    peaks: (): readonly Hash[] => [...peaks],
    root: () => rootOfPeaks(peaks, hasher),
  };
}

/** Leaves under each peak of a tree of this size, in order: the powers of two in the number, largest first. */
export function peakRanges(size: number): readonly { readonly start: number; readonly end: number }[] {
  const ranges: { start: number; end: number }[] = [];
  let start = 0;
  for (let power = powerWithin(size); start < size; power /= 2) {
    if (start + power > size) continue;
    ranges.push({ start, end: start + power });
    start += power;
  }
  return ranges;
}
