/** Which passwords may be set (B21, B80), with the real block list and the real estimator. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStrength } from '../../src/procedures/passphrases/passphrase-strength.js';
import { judgePassword, leastLength } from '../../src/rules/passphrase.js';
import { repositoryRoot } from '../support/test-desk.js';

const blocked = new Set(
  readFileSync(join(repositoryRoot, 'data/words/blocked.txt'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')),
);
const words = ['Maria Anders', 'maria.anders', 'maria@alfki.example', '030-0074321', 'Alfreds Futterkiste', '100234'];
const codes = (text: string) =>
  judgePassword({
    text,
    minGuessesLog10: 6,
    blocked,
    guessesLog10: openStrength().guessesLog10,
    context: { words },
  }).map(({ code }) => code);

describe('a password (B21, B80)', () => {
  it.each([
    'password',
    '12345678',
    'password1234',
    'Passw0rd1!',
    'qwertyuiop12345',
    'aaaaaaaaaaaaaaaa',
    'abcabcabcabcabcabc',
    '!!!!!!!!!!!!!!!!',
    'Alfreds100234',
    'maria.anders.2026',
    'iloveyou12',
    'abcdefghijklmnop',
    'Helpdesk-4711',
  ])('%s is refused', (text) => {
    expect(codes(text)).not.toEqual([]);
  });

  it.each([
    'glacier moth lantern 19',
    'correct horse battery 77',
    'K7$x!9qP',
    'Über-Nacht im Zug nach Wien',
    '紫色の海象が土星を回る夜',
    'a!b@c#d$e%f^',
  ])('%s may be set', (text) => {
    expect(codes(text)).toEqual([]);
  });

  it('needs 15 characters where nothing else protects the login, whatever the policy says of the other length', () => {
    const rules = { minLength: 8, aloneMinLength: 15, maxCodePoints: 256, minGuessesLog10: 6 };
    expect([leastLength(rules, true), leastLength(rules, false)]).toEqual([15, 8]);
    expect(leastLength({ ...rules, minLength: 20 }, true)).toBe(20);
  });
});
