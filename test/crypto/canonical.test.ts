import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/crypto/canonical.js';
import { readVectors } from './vectors.js';

const vectors = readVectors<Record<string, { input: string; output: string }>>('rfc8785.json');

describe('canonical JSON (RFC 8785)', () => {
  it.skipIf(vectors === null)('agrees with all six published pairs', () => {
    const pairs = Object.entries(vectors ?? {});
    for (const [name, { input, output }] of pairs) expect(canonicalJson(JSON.parse(input)), name).toBe(output);
    expect(pairs).toHaveLength(6);
  });

  it('is valid JSON of the same value, and the same whatever the order of members', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
    );
  });

  it.each([
    ['a lone surrogate', { name: 'a\ud83d' }, '$.name'],
    ['a lone surrogate in a member name', { inner: { '\udc00': 1 } }, '$.inner'],
  ])('refuses %s as invalid input, saying where', (_, value, where) => {
    expect(() => canonicalJson(value)).toThrow(
      expect.objectContaining({ code: 'invalid-input', message: expect.stringContaining(where) }),
    );
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);
  it.each([
    ['undefined', undefined],
    ['an undefined member', { a: undefined }],
    ['a hole', new Array(1)],
    ['NaN', { a: [Number.NaN] }],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a function', () => 1],
    ['a bigint', 1n],
    ['a symbol', Symbol('s')],
    ['a symbol member', { [Symbol('s')]: 1 }],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['bytes', Buffer.of(1)],
    ['an object with a class', new (class Thing {})()],
    ['toJSON', { toJSON: () => 'other' }],
    ['a cycle', cycle],
  ])('treats %s as a bug', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });

  it('teeth: the package alone drops, bends or prints what is no JSON', () => {
    expect(canonicalize({ a: undefined })).toBe('{}');
    expect(canonicalize({ a: () => 1 })).toBe('{"a":undefined}');
    expect(canonicalize({ toJSON: () => 'other' })).toBe('"other"');
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}
