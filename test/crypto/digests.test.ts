import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  equalDigests,
  hmacSha256,
  macHex,
  newToken,
  randomBytes,
  randomInt,
  sha256,
  sha256Hex,
  tokenDigest,
  treeHasher,
} from '../../src/crypto/digests.js';
import { openKeyring } from '../../src/crypto/keyring.js';
import { fromHex, readVectors, type Wycheproof } from './vectors.js';

type MacCase = { key: string; msg: string; tag: string };
const hmacVectors = readVectors<Wycheproof<{ tagSize: number }, MacCase>>('wycheproof-hmac_sha256.json');
const ring = openKeyring(Buffer.alloc(32, 1));

describe('digests', () => {
  it('SHA-256 of text and bytes agree with the published examples (FIPS 180)', () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(sha256('abc').toString('hex')).toBe(abc);
    expect(sha256Hex(Buffer.from('abc'))).toBe(abc);
    expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it.skipIf(hmacVectors === null)('HMAC-SHA-256 agrees with every Wycheproof case', () => {
    let count = 0;
    for (const group of hmacVectors?.testGroups ?? []) {
      for (const test of group.tests) {
        const tag = hmacSha256(fromHex(test.key), fromHex(test.msg)).toString('hex', 0, group.tagSize / 8);
        expect(tag === test.tag, `case ${test.tcId}`).toBe(test.result === 'valid');
        count++;
      }
    }
    expect(count).toBe(174);
  });

  it('equalDigests tells the same from different, at any lengths', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(equalDigests(a, b)).toBe(Buffer.compare(a, b) === 0);
        expect(equalDigests(a, Uint8Array.from(a))).toBe(true);
      }),
    );
    expect(equalDigests('abc', Buffer.from('abc'))).toBe(true);
  });
});

describe('macHex', () => {
  it('gives 64 hex digits that depend on key and purpose', () => {
    const mac = macHex(ring, 'mac/row', 'users', 'usr_1', 'admin');
    expect(mac).toMatch(/^[0-9a-f]{64}$/);
    expect(macHex(ring, 'mac/row', 'users', 'usr_1', 'admin')).toBe(mac);
    expect(macHex(ring, 'mac/audit', 'users', 'usr_1', 'admin')).not.toBe(mac);
    expect(macHex(openKeyring(Buffer.alloc(32, 2)), 'mac/row', 'users', 'usr_1', 'admin')).not.toBe(mac);
  });

  it('differs for lists that differ only in where the parts end; plain joining would not (teeth)', () => {
    const parts = fc.array(fc.constantFrom('', 'a', 'b', 'ab', '\0'), { maxLength: 4 });
    let joinedAlike = 0;
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(macHex(ring, 'mac/row', ...a) === macHex(ring, 'mac/row', ...b)).toBe(
          JSON.stringify(a) === JSON.stringify(b),
        );
        if (JSON.stringify(a) !== JSON.stringify(b) && a.join('') === b.join('')) joinedAlike++;
      }),
      { numRuns: 2000 },
    );
    expect(joinedAlike).toBeGreaterThan(0);
  });
});

describe('tokens and chance', () => {
  it('a token is its prefix and 256 random bits; what is stored is its SHA-256', () => {
    const { token, digest } = newToken('csp');
    expect(token).toMatch(/^csp_[A-Za-z0-9_-]{43}$/);
    expect(digest).toBe(sha256Hex(token));
    expect(tokenDigest(token)).toBe(digest);
    expect(newToken('csp').token).not.toBe(token);
    expect(() => newToken('two words')).toThrow(RangeError);
  });

  it('random numbers stay below their bound and reach every value', () => {
    const seen = new Set(Array.from({ length: 500 }, () => randomInt(10)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(randomBytes(5)).toHaveLength(5);
  });
});

describe('the tree hasher', () => {
  it('hashes leaves, nodes and the empty tree as RFC 6962 says', () => {
    expect(Buffer.from(treeHasher.empty()).toString('hex')).toBe(sha256Hex(''));
    expect(treeHasher.leaf('é')).toEqual(sha256(Buffer.from('\0é')));
    expect(treeHasher.leaf(Buffer.from('é'))).toEqual(treeHasher.leaf('é'));
    const [left, right] = [sha256('l'), sha256('r')];
    expect(treeHasher.node(left, right)).toEqual(sha256(Buffer.concat([Buffer.of(1), left, right])));
  });

  it('takes child hashes of 32 bytes only', () => {
    expect(() => treeHasher.node(Buffer.alloc(31), Buffer.alloc(32))).toThrow(RangeError);
  });
});
