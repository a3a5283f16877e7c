import { describe, expect, it } from 'vitest';
import { openKeyring } from '../../src/crypto/keyring.js';
import { keyOfTag, makeTag, tagFits } from '../../src/crypto/tag.js';

const older = Buffer.alloc(32, 1);
const newer = Buffer.alloc(32, 2);
const ring = openKeyring(newer, [older]);

describe('a tag', () => {
  it('fits its text and purpose, and names its key', () => {
    const tag = makeTag(ring, 'mac/row', 'text');
    expect(tag).toMatch(/^[0-9a-f]{16}\.[A-Za-z0-9_-]{22}$/);
    expect(keyOfTag(tag)).toBe(ring.keyId);
    expect(tagFits(ring, 'mac/row', 'text', tag)).toBe(true);
    expect(tagFits(ring, 'mac/row', 'texts', tag)).toBe(false);
    expect(tagFits(ring, 'mac/audit', 'text', tag)).toBe(false);
  });

  it('made under the key before still fits while that key is in the ring', () => {
    const tag = makeTag(openKeyring(older), 'mac/row', 'text');
    expect(tagFits(ring, 'mac/row', 'text', tag)).toBe(true);
    expect(tagFits(openKeyring(newer), 'mac/row', 'text', tag)).toBe(false);
  });

  it('has one spelling: no other character in any place fits, nor more or less of them', () => {
    const tag = makeTag(ring, 'mac/row', 'text');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=';
    for (let at = 0; at < tag.length; at += 1) {
      const others = [...alphabet].map((letter) => tag.slice(0, at) + letter + tag.slice(at + 1));
      expect(others.filter((other) => other !== tag && tagFits(ring, 'mac/row', 'text', other))).toEqual([]);
    }
    for (const other of ['', `${tag}A`, tag.slice(0, -1), ` ${tag}`])
      expect(tagFits(ring, 'mac/row', 'text', other)).toBe(false);
  });
});
