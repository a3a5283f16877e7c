/**
 * The Merkle tree over the audit log (RFC 6962, section 2.1), as arithmetic on hashes: the hash function is an argument.
 *
 * The frontier stands for a log of any size: the roots of the perfect subtrees it consists of, largest first, one for each 1 in the binary
 * size. Appending a leaf merges as many of them as a binary increment carries, which is one on average; the root is their fold from the right.
 *
 *     size 7 = 111₂        root
 *                         /    \
 *     frontier:        [0,4)   ·
 *                             / \
 *                         [4,6) [6,7)
 *
 * A proof is a list of subtree hashes. Numbers alone decide which subtrees these are (`inclusionRanges`), so a store can read
 * the leaves of each range in a stream and fold them.
 */
import { refusal } from '../errors.js';

/** Leaf = H(0x00 ‖ entry), node = H(0x01 ‖ left ‖ right), empty = H(""); each 32 bytes. */
export interface TreeHasher extends TreeOf<Uint8Array> {
  leaf(entry: Uint8Array | string): Uint8Array;
}

/** Roots of the perfect subtrees of a tree, largest first. Together with the size it determines the root. */
export type Frontier = readonly Uint8Array[];

/** The leaves from `start` up to, not including, `end`, counted from 0. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

const HASH_BYTES = 32;
const HEX = /^[0-9a-f]*$/;

/** The frontier after one more leaf. `size` is the number of leaves before it. */
export function appendLeaf(hasher: TreeHasher, size: number, frontier: Frontier, leafHash: Uint8Array): Frontier {
  assertFits(size, frontier);
  const peaks = [...frontier];
  appendTo(peaks, size, hasher, leafHash);
  return peaks;
}

/** The tree hash of a log with this size and frontier. */
export function rootOf(hasher: TreeHasher, size: number, frontier: Frontier): Uint8Array {
  assertFits(size, frontier);
  return rootOfPeaks(frontier, hasher);
}

/** Lower-case hex of all peaks in order, 64 digits each; empty for an empty log. */
export function encodeFrontier(frontier: Frontier): string {
  return frontier.map((peak) => Buffer.from(peak).toString('hex')).join('');
}

/** The frontier of a log of `size` leaves; Refusal('audit-broken') if the text does not fit. */
export function decodeFrontier(size: number, text: string): Frontier {
  const digits = HASH_BYTES * 2;
  if (!isSize(size) || text.length !== peakCount(size) * digits || !HEX.test(text)) {
    throw refusal('audit-broken', 'log-head-size', {}, 'audit-verify');
  }
  return Array.from({ length: peakCount(size) }, (_, i) =>
    Uint8Array.from(Buffer.from(text.slice(i * digits, (i + 1) * digits), 'hex')),
  );
}

/** The subtrees whose hashes prove that leaf `leafIndex` is in a tree of `treeSize` (PATH in RFC 6962, section 2.1.1). */
export function inclusionRanges(leafIndex: number, treeSize: number): LeafRange[] {
  if (!isSize(leafIndex) || !isSize(treeSize) || leafIndex >= treeSize) {
    throw new RangeError('An inclusion proof is for a leaf inside the tree.');
  }
  const ranges: LeafRange[] = [];
  let [start, end] = [0, treeSize];
  while (end - start > 1) {
    const middle = start + powerWithin(end - start - 1);
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

/** True if the proof shows the leaf at its index in the tree with this root (RFC 9162, section 2.1.3.2). */
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
  if ([leafHash, root, ...proof].some((each) => each.length !== HASH_BYTES)) return false;
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
  return last === 0 && Buffer.from(hash).equals(root);
}

/** How many perfect subtrees make up a tree: the ones in the binary size, counted in two halves of 32 bits. */
const peakCount = (size: number): number => onesIn(size % 2 ** 32) + onesIn(Math.floor(size / 2 ** 32));

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

const isSize = (size: number): boolean => Number.isSafeInteger(size) && size >= 0;

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

/**
 * A tree that grows leaf by leaf, with one list of peaks that changes in place, for hashes of any form. A verifier reads a million leaves: a copy
 * of the frontier for each, or a buffer for each hash, would cost as much as the hashing.
 */
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
