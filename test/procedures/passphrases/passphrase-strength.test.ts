/** B21 with the real estimator and the real lists. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openStrength, type Strength } from '../../../src/procedures/passphrases/passphrase-strength.js';
import { judgePassphrase } from '../../../src/rules/passphrase.js';

const blocked = new Set(
  readFileSync(new URL('../../../data/words/blocked.txt', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n'),
);
let strength: Strength;
beforeAll(() => {
  strength = openStrength();
});

function codes(text: string): readonly string[] {
  const limits = {
    minLength: 15,
    maxCodePoints: 256,
    minGuessesLog10: 6,
    context: { words: ['Dana Ruiz', 'Acme Dental', '100234'] },
  };
  const judged = judgePassphrase({ text, ...limits, blocked, guessesLog10: strength.guessesLog10 });
  return judged.ok ? [] : judged.reasons.map(({ code }) => code);
}

describe('B21 the estimator', () => {
  it.each([
    'saffron justify siren ladybug joyous',
    'blue penguin 42 sunflower',
    'my aunt collects green kettles',
    'stone canine freight weight',
    'Fahrradschlüssel im Kühlschrank',
  ])('B21 %j is strong enough', (text) => {
    expect(codes(text)).toEqual([]);
  });

  it.each(['passwordpassword1', 'aaaaaaaaaaaaaaaa', 'abcabcabcabcabcabc', '111111111111111'])(
    'B21 %j is guessable',
    (text) => expect(codes(text)).toContain('guessable'),
  );

  it('B21 the estimator alone is content with a famous phrase; the block list is not', () => {
    expect(strength.guessesLog10('correcthorsebatterystaple', [])).toBeGreaterThan(6);
    expect(codes('correct horse battery staple')).toEqual(['common']);
  });

  it('B21 words on file make a phrase cheaper', () => {
    const alone = strength.guessesLog10('zorblattquimby', []);
    expect(strength.guessesLog10('zorblattquimby', ['zorblatt', 'quimby'])).toBeLessThan(alone);
    expect(strength.guessesLog10('zorblattquimby', [])).toBe(alone);
  });
});
