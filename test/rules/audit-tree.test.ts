import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { treeHasher } from '../../src/crypto/digests.js';
import {
  appendLeaf,
  decodeFrontier,
  encodeFrontier,
  type Frontier,
  inclusionRanges,
  rootOf,
  type TreeHasher,
  verifyInclusion,
} from '../../src/rules/audit-tree.js';
import { readVectors } from '../crypto/vectors.js';
import {
  consistencyProof,
  inclusionProof,
  subtreesOf,
  treeHeadOf,
  verifyConsistency,
} from '../support/audit-proofs.js';

type Proof = readonly string[] | null;
interface OutsideVectors {
  inclusion: {
    file: string;
    leafIdx: number;
    treeSize: number;
    root: string;
    leafHash: string;
    proof: Proof;
    wantErr: boolean;
  }[];
  consistency: {
    file: string;
    size1: number;
    size2: number;
    root1: string;
    root2: string;
    proof: Proof;
    wantErr: boolean;
  }[];
}
const vectors = readVectors<OutsideVectors>('rfc6962-proofs.json');
const bytes = (text: string | null) => Buffer.from(text ?? '', 'base64');

/** The definition of RFC 6962, section 2.1, word for word, as an oracle. */
function definedHash(entries: readonly string[]): Buffer {
  if (entries.length === 0) return createHash('sha256').digest();
  if (entries.length === 1)
    return createHash('sha256')
      .update(Buffer.of(0))
      .update(entries[0] ?? '')
      .digest();
  const k = 2 ** Math.floor(Math.log2(entries.length - 1));
  const halves = [definedHash(entries.slice(0, k)), definedHash(entries.slice(k))];
  return createHash('sha256').update(Buffer.of(1)).update(Buffer.concat(halves)).digest();
}

const entriesOf = (size: number) => Array.from({ length: size }, (_, i) => `entry ${i}`);
const leavesOf = (size: number) => entriesOf(size).map((entry) => treeHasher.leaf(entry));
const hex = (hash: Uint8Array) => Buffer.from(hash).toString('hex');

/** The frontiers after 0, 1, 2 … leaves. */
function frontiersOf(leaves: readonly Uint8Array[]): Frontier[] {
  const frontiers: Frontier[] = [[]];
  for (const [size, leaf] of leaves.entries()) {
    frontiers.push(appendLeaf(treeHasher, size, frontiers[size] ?? [], leaf));
  }
  return frontiers;
}

const flipped = (hash: Uint8Array, bit: number) => {
  const changed = Uint8Array.from(hash);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
};

describe('outside vectors (transparency-dev/merkle)', () => {
  it.skipIf(vectors === null)('98 inclusion proofs, good and broken', () => {
    for (const v of vectors?.inclusion ?? []) {
      const [leafHash, root, proof] = [bytes(v.leafHash), bytes(v.root), (v.proof ?? []).map(bytes)];
      const holds = verifyInclusion(treeHasher, { leafIndex: v.leafIdx, treeSize: v.treeSize, leafHash, proof, root });
      expect(holds, v.file).toBe(!v.wantErr);
    }
    expect(vectors?.inclusion).toHaveLength(98);
  });

  it.skipIf(vectors === null)('98 consistency proofs, good and broken', () => {
    for (const v of vectors?.consistency ?? []) {
      const [root1, root2, proof] = [bytes(v.root1), bytes(v.root2), (v.proof ?? []).map(bytes)];
      const holds = verifyConsistency(treeHasher, { size1: v.size1, size2: v.size2, root1, root2, proof });
      expect(holds, v.file).toBe(!v.wantErr);
    }
    expect(vectors?.consistency).toHaveLength(98);
  });

  it('the roots of the first eight trees of the Certificate Transparency tests', () => {
    const entries = [
      '',
      '00',
      '10',
      '2021',
      '3031',
      '40414243',
      '5051525354555657',
      '606162636465666768696a6b6c6d6e6f',
    ];
    const leaves = entries.map((entry) => treeHasher.leaf(Buffer.from(entry, 'hex')));
    const roots = frontiersOf(leaves).map((frontier, size) => hex(rootOf(treeHasher, size, frontier)));
    expect(roots).toEqual([
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ]);
  });
});

describe('the frontier', () => {
  it('gives the root of the definition at every size up to 130', () => {
    frontiersOf(leavesOf(130)).forEach((frontier, size) => {
      expect(hex(rootOf(treeHasher, size, frontier))).toBe(definedHash(entriesOf(size)).toString('hex'));
    });
  });

  it('leaves the one it grew from as it was', () => {
    const [before, leaf] = [frontiersOf(leavesOf(7))[7] ?? [], treeHasher.leaf('next')];
    const text = encodeFrontier(before);
    appendLeaf(treeHasher, 7, before, leaf);
    expect(encodeFrontier(before)).toBe(text);
  });

  it('goes through its text and back', () => {
    frontiersOf(leavesOf(20)).forEach((frontier, size) => {
      const back = decodeFrontier(size, encodeFrontier(frontier));
      expect(back.map(hex)).toEqual(frontier.map(hex));
      expect(encodeFrontier(back)).toBe(encodeFrontier(frontier));
    });
  });

  it('is refused as audit-broken where its text does not fit the size', () => {
    const text = encodeFrontier(frontiersOf(leavesOf(5))[5] ?? []);
    for (const [size, other] of [
      [4, text],
      [7, text],
      [5, text.slice(2)],
      [5, text.toUpperCase()],
      [5, `${text.slice(1)}g`],
      [-1, text],
      [1.5, text],
      [2 ** 60, text],
    ] as const) {
      expect(() => decodeFrontier(size, other)).toThrow(expect.objectContaining({ code: 'audit-broken' }));
    }
  });

  it('of another size is a bug', () => {
    expect(() => appendLeaf(treeHasher, 6, [], treeHasher.leaf('x'))).toThrow(RangeError);
    expect(() => rootOf(treeHasher, 0, [treeHasher.leaf('x')])).toThrow(RangeError);
  });

  it('needs one hash per leaf besides the leaf itself: 100,000 leaves, fewer than 100,000 node hashes', () => {
    let nodes = 0;
    const counting: TreeHasher = { ...treeHasher, node: (l, r) => (nodes++, treeHasher.node(l, r)) };
    let frontier: Frontier = [];
    const leaf = treeHasher.leaf('x');
    for (let size = 0; size < 100_000; size++) frontier = appendLeaf(counting, size, frontier, leaf);
    expect(nodes).toBeLessThan(100_000);
  });

  it('has one peak for each 1 in the binary size, up to the largest exact number', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (size) => {
        const ones = size.toString(2).replaceAll('0', '').length;
        expect(decodeFrontier(size, '00'.repeat(32 * ones))).toHaveLength(ones);
        expect(() => decodeFrontier(size, '00'.repeat(32 * (ones + 1)))).toThrow();
      }),
    );
  });

  it('works beyond 32 bits', () => {
    const size = 2 ** 40 + 1;
    const peaks = [treeHasher.leaf('left'), treeHasher.leaf('right')];
    expect(appendLeaf(treeHasher, size, peaks, treeHasher.leaf('x'))).toHaveLength(2);
    expect(decodeFrontier(size, encodeFrontier(peaks))).toHaveLength(2);
  });
});

describe('proofs', () => {
  const leaves = leavesOf(65);
  const subtree = subtreesOf(treeHasher, leaves);
  const rootAt = (size: number) => treeHeadOf(treeHasher, leaves.slice(0, size));

  it('of inclusion hold for every leaf of every size up to 65, and for no other index', () => {
    for (let treeSize = 1; treeSize <= 65; treeSize++) {
      const root = rootAt(treeSize);
      leaves.slice(0, treeSize).forEach((leafHash, leafIndex) => {
        const claim = { leafIndex, treeSize, leafHash, proof: inclusionProof(subtree, leafIndex, treeSize), root };
        expect(verifyInclusion(treeHasher, claim)).toBe(true);
        expect(verifyInclusion(treeHasher, { ...claim, leafIndex: leafIndex + 1 })).toBe(false);
        expect(verifyInclusion(treeHasher, { ...claim, leafIndex: leafIndex - 1 })).toBe(false);
      });
    }
  });

  it('of consistency hold for every pair of sizes up to 65', () => {
    for (let size2 = 1; size2 <= 65; size2++) {
      for (let size1 = 1; size1 <= size2; size1++) {
        const claim = {
          size1,
          size2,
          root1: rootAt(size1),
          root2: rootAt(size2),
          proof: consistencyProof(subtree, size1, size2),
        };
        expect(verifyConsistency(treeHasher, claim), `${size1} to ${size2}`).toBe(true);
        expect(verifyConsistency(treeHasher, { ...claim, root1: rootAt(size1 - 1) })).toBe(false);
      }
    }
  });

  it('fail with any one bit changed, any step left out, doubled or added', () => {
    const anyCase = fc
      .integer({ min: 2, max: 65 })
      .chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1), fc.nat(1000), fc.nat(255)));
    fc.assert(
      fc.property(anyCase, ([size, index, at, bit]) => {
        const inclusion = inclusionProof(subtree, index, size);
        const consistency = consistencyProof(subtree, index + 1, size);
        const included = (proof: readonly Uint8Array[], leafHash = leaves[index] ?? treeHasher.empty()) =>
          verifyInclusion(treeHasher, { leafIndex: index, treeSize: size, leafHash, proof, root: rootAt(size) });
        const consistent = (proof: readonly Uint8Array[]) =>
          verifyConsistency(treeHasher, {
            size1: index + 1,
            size2: size,
            root1: rootAt(index + 1),
            root2: rootAt(size),
            proof,
          });
        expect(included(inclusion, flipped(leaves[index] ?? treeHasher.empty(), bit))).toBe(false);
        for (const broken of brokenProofs(inclusion, at, bit)) expect(included(broken)).toBe(false);
        for (const broken of brokenProofs(consistency, at, bit)) expect(consistent(broken)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('read each leaf at most once: the ranges of an inclusion proof and the leaf make up the tree', () => {
    const covered = inclusionRanges(37, 65).flatMap(({ start, end }) =>
      Array.from({ length: end - start }, (_, i) => start + i),
    );
    expect([...covered, 37].sort((a, b) => a - b)).toEqual(entriesOf(65).map((_, i) => i));
  });

  it('are asked for only where they exist', () => {
    for (const [index, size] of [
      [0, 0],
      [5, 5],
      [-1, 5],
      [0.5, 5],
      [0, 2 ** 54],
    ] as const) {
      expect(() => inclusionProof(subtree, index, size)).toThrow(RangeError);
    }
    for (const [size1, size2] of [
      [0, 5],
      [6, 5],
      [0, 0],
    ] as const) {
      expect(() => consistencyProof(subtree, size1, size2)).toThrow(RangeError);
    }
  });

  it('are refused for sizes and indexes beyond exact numbers', () => {
    const leafHash = leaves[0] ?? treeHasher.empty();
    const claim = { leafHash, proof: [], root: leafHash };
    expect(verifyInclusion(treeHasher, { ...claim, leafIndex: 2 ** 53, treeSize: 2 ** 53 + 2 })).toBe(false);
    expect(verifyInclusion(treeHasher, { ...claim, leafIndex: 0, treeSize: 1 })).toBe(true);
  });

  it('do not take an inner node for a leaf; a hash without prefixes would (teeth)', () => {
    const plain: TreeHasher = {
      leaf: (entry) => createHash('sha256').update(entry).digest(),
      node: (l, r) => createHash('sha256').update(l).update(r).digest(),
      empty: () => createHash('sha256').digest(),
    };
    const passes = (hasher: TreeHasher) => {
      const [a, b, c] = ['a', 'b', 'c'].map((entry) => hasher.leaf(entry)) as [Uint8Array, Uint8Array, Uint8Array];
      const root = hasher.node(hasher.node(a, b), c);
      const forged = hasher.leaf(Buffer.concat([a, b]));
      return verifyInclusion(hasher, { leafIndex: 0, treeSize: 2, leafHash: forged, proof: [c], root });
    };
    expect(passes(treeHasher)).toBe(false);
    expect(passes(plain)).toBe(true);
  });
});

/** The proof with one bit changed, one step left out, one doubled, and one added at the end. */
function brokenProofs(proof: readonly Uint8Array[], at: number, bit: number): (readonly Uint8Array[])[] {
  const extra = [...proof, treeHasher.leaf('extra')];
  if (proof.length === 0) return [extra];
  const i = at % proof.length;
  const step = proof[i] ?? treeHasher.empty();
  return [extra, proof.with(i, flipped(step, bit)), proof.toSpliced(i, 1), proof.toSpliced(i, 0, step)];
}
