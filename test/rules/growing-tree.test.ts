import { describe, expect, it } from 'vitest';
import { hexTreeHasher, treeHasher } from '../../src/crypto/digests.js';
import { appendLeaf, type Frontier, growTree, peakRanges, rootOf } from '../../src/rules/audit-tree.js';

describe('the tree that grows in place', () => {
  it('has the peaks and roots of the whole tree at every size, over bytes and over hex', () => {
    const [bytes, hex] = [growTree(treeHasher), growTree(hexTreeHasher)];
    let frontier: Frontier = [];
    for (let size = 0; size < 300; size += 1) {
      const root = Buffer.from(rootOf(treeHasher, size, frontier)).toString('hex');
      expect(Buffer.from(bytes.root()).toString('hex')).toBe(root);
      expect(hex.root()).toBe(root);
      expect(hex.peaks()).toEqual(frontier.map((peak) => Buffer.from(peak).toString('hex')));
      expect(hex.size()).toBe(size);
      const leaf = treeHasher.leaf(`entry ${size} ü`);
      expect(hexTreeHasher.leaf(`entry ${size} ü`)).toBe(Buffer.from(leaf).toString('hex'));
      frontier = appendLeaf(treeHasher, size, frontier, leaf);
      bytes.append(leaf);
      hex.append(hexTreeHasher.leaf(`entry ${size} ü`));
    }
  });

  it('knows which leaves stand under each peak', () => {
    expect(peakRanges(0)).toEqual([]);
    expect(peakRanges(7)).toEqual([
      { start: 0, end: 4 },
      { start: 4, end: 6 },
      { start: 6, end: 7 },
    ]);
    expect(peakRanges(8)).toEqual([{ start: 0, end: 8 }]);
    expect(peakRanges(2 ** 40 + 1)).toHaveLength(2);
  });

  it.each(['', 'ab', 'z'.repeat(64), 'a'.repeat(63)])('refuses a hash that is none: %j', (text) => {
    expect(() => hexTreeHasher.node(text, 'a'.repeat(64))).toThrow(RangeError);
    expect(() => hexTreeHasher.node('a'.repeat(64), text)).toThrow(RangeError);
  });
});
