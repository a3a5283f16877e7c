/** B21 with the real estimator and the real lists. */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openStrength, type Strength } from '../../../src/procedures/passphrases/passphrase-strength.js';
import { judgePassphrase } from '../../../src/rules/passphrase.js';
import { generatePassphrase } from '../../../src/rules/passphrase-words.js';
import { JUDGED_VERSION, matchForm } from '../../../src/rules/spoken-form.js';

const blocked = new Set(
  readFileSync(new URL('../../../data/words/blocked.txt', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n'),
);
let strength: Strength;
beforeAll(() => {
  strength = openStrength();
});

const words = readFileSync(new URL('../../../data/words/passphrase-words.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

function codes(text: string, person = ['Dana Ruiz']): readonly string[] {
  const limits = {
    minLength: 15,
    maxCodePoints: 256,
    minGuessesLog10: 6,
    context: { words: [...person, 'Acme Dental', '100234'] },
  };
  const judged = judgePassphrase({ text, ...limits, blocked, guessesLog10: strength.guessesLog10 });
  return judged.ok ? [] : judged.reasons.map(({ code }) => code);
}

const ANA = ['Ana Trujillo', 'ana', 'Eva Kranz'];

describe('B21 what anybody would guess', () => {
  it.each([
    'hello my name is ana',
    'hellomynameisana',
    'What is my passphrase?',
    'companyname passphrase',
    'iloveyou forever and ever',
    'we are the champions my friend',
    'my voice is my passport',
    'mein name ist eva kranz',
    'guten Tag, ich heiße Eva Kranz',
    'das ist mein passwort',
    'Wie lautet mein Kennwort?',
    'bitte das Passwort zurücksetzen',
    'please reset my password',
    'the password is swordfish',
    'sesam öffne dich jetzt',
    'alle meine entchen schwimmen',
    'champions my friends 2026',
    '8x8 support desk one',
  ])('B21 %j is refused', (text) => expect(codes(text, ANA).join()).toMatch(/common|personal/));

  it.each([
    'lantern seven herons and four two',
    'ana trujillo rides yellow camels',
    'my first car was a red beetle',
    'the cat sleeps on the piano',
    'banana lantern kite moose',
    'meine Tante sammelt grüne Kessel',
    'Der Hund frisst gern Melonen',
    'please remember purple elephants',
  ])('B21 %j has enough beside that, and is accepted', (text) => expect(codes(text, ANA)).toEqual([]));

  it('B21 B22 no drawn phrase is refused, whoever it is for', () => {
    expect(words.filter((word) => blocked.has(matchForm(word, JUDGED_VERSION)))).toEqual([]);
    const refused = Array.from({ length: 300 }, () => generatePassphrase(words, 5, (below) => randomInt(below)).text)
      .map((text) => [text, ...codes(text, ANA)])
      .filter(([, ...reasons]) => reasons.length > 0);
    expect(refused).toEqual([]);
  });
});

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
