import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId } from '../../src/crypto/ids.js';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const zeros = () => (n: number) => new Uint8Array(n);

describe('ids', () => {
  it('are a prefix and a UUIDv7 in 26 characters: time, version 7 and variant 2 in their places (RFC 9562)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (now) => {
        const id = newId('usr', now);
        expect(id).toMatch(/^usr_[0-7][0-9a-hjkmnp-tv-z]{25}$/);
        const number = numberOf(id);
        expect(number >> 80n).toBe(BigInt(now));
        expect((number >> 76n) & 15n).toBe(7n);
        expect((number >> 62n) & 3n).toBe(2n);
      }),
    );
  });

  it('sort by the time they were made', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.nat(2 ** 31), (a, b) => {
        fc.pre(a !== b);
        expect(newId('usr', a) < newId('usr', b)).toBe(a < b);
      }),
    );
  });

  it('rise in the order of making and stay apart, 100,000 in one millisecond', () => {
    const ids = Array.from({ length: 100_000 }, () => newId('usr', 1_800_000_000_000));
    expect(ids.every((id, i) => i === 0 || id > (ids[i - 1] ?? ''))).toBe(true);
  });

  it('still rise where the counter starts at its highest', () => {
    const ones = (n: number) => new Uint8Array(n).fill(255);
    const ids = Array.from({ length: 3 }, () => newId('usr', 5, ones));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(3);
  });

  it('stay apart when the clock jumps back and the same millisecond comes again', () => {
    const ids = [5, 6, 5, 6, 5].map((now) => newId('usr', now));
    expect(new Set(ids).size).toBe(5);
  });

  it('come out the same again from the same source of chance', () => {
    const run = (random: (n: number) => Uint8Array) => [newId('acc', 1, random), newId('usr', 1, random)];
    expect(run(zeros())).toEqual(run(zeros()));
    expect(run(zeros())).toEqual(['acc_0000000001e008000000000000', 'usr_0000000001e008000004000000']);
  });

  it.each([
    ['Usr', 1],
    ['u', 1],
    ['a_b', 1],
    ['usr', -1],
    ['usr', 1.5],
    ['usr', 2 ** 48],
    ['usr', Number.NaN],
  ])('of %s at %s are a bug', (prefix, now) => expect(() => newId(prefix, now)).toThrow(RangeError));
});

function numberOf(id: string): bigint {
  return [...id.slice(id.indexOf('_') + 1)].reduce((sum, digit) => sum * 32n + BigInt(ALPHABET.indexOf(digit)), 0n);
}
