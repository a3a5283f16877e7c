import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/rules/nearest.js';

const WORDS = ['billing:inquiry', 'billing:change', 'verify', 'report'];

describe('the nearest known word', () => {
  it.each([
    ['verfiy', 'verify'],
    ['VERIFY', 'verify'],
    [' reprot ', 'report'],
    ['billing:chang', 'billing:change'],
    ['billing:enquiry', 'billing:inquiry'],
    ['weather', undefined],
    ['v', undefined],
    ['', undefined],
    ['x'.repeat(65), undefined],
  ])('%j is nearest to %j', (typed, expected) => {
    expect(nearest(typed, WORDS)).toBe(expected);
  });

  it('has no answer where there are no words', () => {
    expect(nearest('verify', [])).toBeUndefined();
  });

  it('finds every word by itself and after one letter was lost', () => {
    fc.assert(
      fc.property(fc.constantFrom(...WORDS), fc.nat(20), (word, place) => {
        expect(nearest(word, WORDS)).toBe(word);
        const lost = place % word.length;
        expect(nearest(word.slice(0, lost) + word.slice(lost + 1), WORDS)).toBe(word);
      }),
    );
  });
});
