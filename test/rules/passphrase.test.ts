/** B21: weakness is judged on the spoken form, and each reason is said. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgePassphrase, type PassphraseInput, spokenLength, WEAKNESSES } from '../../src/rules/passphrase.js';
import { matchForm } from '../../src/rules/spoken-form.js';

const CONTEXT = [
  'Dana Ruiz',
  'Acme Dental GmbH',
  'dana.ruiz@acme-dental.example',
  '+49 30 5550100',
  '100234',
  'X Series',
  'Jürgen Müller',
];
const BLOCKED = new Set(
  ['correct horse battery staple', 'to be or not to be', 'speak friend and enter'].map((text) => matchForm(text)),
);

function judge(text: string, also: Partial<PassphraseInput> = {}) {
  return judgePassphrase({
    ...{ text, minLength: 15, maxCodePoints: 256, minGuessesLog10: 6, context: { words: CONTEXT }, blocked: BLOCKED },
    guessesLog10: (reading) => reading.length * 0.6,
    ...also,
  });
}

function codes(text: string, also: Partial<PassphraseInput> = {}): readonly string[] {
  const judged = judge(text, also);
  return judged.ok ? [] : judged.reasons.map(({ code }) => code);
}

describe('B21 a passphrase that may be set', () => {
  it.each([
    'saffron justify siren ladybug',
    'BluePenguin-sunflower 42',
    'dana likes purple elephants',
    'stone canine freight weight',
    'Fahrradschlüssel im Kühlschrank',
    'пингвин читает газету утром',
    '青い鳥は朝の海でゆっくり魚を食べます',
  ])('B21 %j is accepted with its form', (text) => {
    expect(judge(text)).toEqual({ ok: true, form: matchForm(text) });
  });
});

describe('B21 length, counted in spoken letters and digits', () => {
  it.each([
    ['12345678', 8],
    ['one two three four', 4],
    ['onetwothreefour', 4],
    ['blue penguin 42', 13],
    ['Blue-Penguin dash 42', 13],
    ['blue penguin four two', 13],
    ['triple one double two', 5],
    ['stone weight', 11],
    ['ß', 2],
    ['…', 0],
    ['a\u0301e\u200bo', 3],
  ])('B21 %j counts %i', (text, length) => expect(spokenLength(text)).toBe(length));

  it('B21 fourteen are too few, fifteen are enough, and the reason says both figures', () => {
    expect(codes('velvet harborq')).toEqual(['too-short']);
    expect(codes('velvet harborqz')).toEqual(['too-short']);
    expect(codes('velvet harborqzk')).toEqual([]);
    expect(judge('velvet harbor')).toMatchObject({
      reasons: [{ message: 'It has 12 letters and digits when spoken; at least 15 are needed.' }],
    });
  });

  it('B21 digits written out, punctuation and invisible characters do not make a phrase longer', () => {
    expect(codes('48151623')).toContain('too-short');
    expect(codes('four eight one five one six two three')).toContain('too-short');
    expect(codes('velvet - . ! dash dot comma underscore')).toContain('too-short');
    expect(codes(`velvet${'\u200b'.repeat(30)}`)).toContain('too-short');
  });

  it('B21 teeth: a count of typed characters would let them through', () => {
    for (const text of ['four eight one five one six two three', 'velvet - . ! dash dot comma underscore']) {
      expect([...text].length).toBeGreaterThanOrEqual(15);
      expect(matchForm(text) === '' || spokenLength(text) < 15).toBe(true);
    }
  });

  it('B21 more than 256 code points are too many, 256 are not', () => {
    const words = 'velvet harbor stone juniper copper lantern '.repeat(8);
    expect(codes(words.slice(0, 257))).toEqual(['too-long']);
    expect(codes(`${words.slice(0, 250)}🐧🐧🐧🐧🐧🐧`)).toEqual([]);
  });

  it('B21 characters that open to many letters do not get round the limit', () => {
    expect(codes('\ufdfa'.repeat(200))).toEqual(['too-long']);
    expect(codes('7'.repeat(256))).not.toContain('too-long');
  });

  it('B21 nothing that can be spoken is refused as empty', () => {
    for (const text of ['', '   ', '!!!???...', '🐧🐧🐧', 'dash dash dash']) expect(codes(text)).toEqual(['empty']);
  });
});

describe('B21 block list, names and patterns', () => {
  it.each([
    'correct horse battery staple',
    'CorrectHorseBatteryStaple',
    'correct-horse dash battery-staple!',
    'correct horse battery staple 2024',
    '1 correct horse battery staple',
    'to be or not to be',
    'Speak, friend, and enter',
  ])('B21 %j is well known', (text) => expect(codes(text)).toContain('common'));

  it.each([
    'Dana Ruiz Acme Dental',
    'danaruiz acmedental 2024',
    'Acme-Dental-100234-1999',
    'dana.ruiz@acme-dental.example',
    'dana ruiz dental my pass',
    '100234 4930 5550100 ok',
    'Juergen Mueller Acme',
    'Jurgen Muller acme 7',
    'x series dana ruiz acme',
  ])('B21 %j is built from what stands on file', (text) => expect(codes(text)).toContain('personal'));

  it.each([
    'passwordpassword',
    'penguinpenguinpen',
    'aaaaaaaaaaaaaaaaaaa',
    'abababababababab',
    'ten ten ten ten ten ten',
  ])('B21 %j is a repeat', (text) => {
    expect(codes(text, { minLength: 1 })).toContain('repeats');
  });

  it.each([
    'qwertyuiopasdfgh',
    'asdfghjklqwertyuiop',
    'zyxwvutsrqponmlkj',
    '1qaz2wsx3edc4rfv',
    '123456789012345',
    'kite 1111111111111',
    'one two three four five six seven eight nine zero',
    'qwertzuiopasdfgh',
  ])('B21 %j is a walk', (text) => {
    expect(codes(text)).toContain('walk');
  });

  it('B21 a phrase said twice is fine when once is long enough', () => {
    expect(codes('saffron justify siren saffron justify siren')).toEqual([]);
  });

  it('B21 all reasons come at once, in a fixed order, and none shows the phrase', () => {
    const judged = judge('Dana Dana', { guessesLog10: () => 2 });
    expect(judged).toMatchObject({ ok: false });
    const reasons = judged.ok ? [] : judged.reasons;
    expect(reasons.map(({ code }) => code)).toEqual(['too-short', 'personal', 'repeats', 'guessable']);
    expect(reasons.map(({ message }) => message.toLowerCase()).some((message) => message.includes('dana'))).toBe(false);
    expect([...reasons].sort((a, b) => WEAKNESSES.indexOf(a.code) - WEAKNESSES.indexOf(b.code))).toEqual(reasons);
  });
});

describe('B21 guesses', () => {
  it('B21 the weakest reading decides, and the estimator is told the folded context', () => {
    const seen: string[] = [];
    let told: readonly string[] = [];
    const weakIfDigits = (reading: string, context: readonly string[]) => {
      seen.push(reading);
      told = context;
      return /[0-9]/.test(reading) ? 3 : 20;
    };
    expect(codes('saffron justify four two', { guessesLog10: weakIfDigits })).toEqual(['guessable']);
    expect(seen).toEqual(['saffronjustifyfourtwo', 'saffronjustify42']);
    expect(told).toEqual(
      expect.arrayContaining(['danaruiz', 'dana', 'ruiz', 'acme', 'muller', 'onezerozerotwothreefour']),
    );
  });

  it('B21 exactly the limit is enough; an estimate that is no number is not', () => {
    expect(codes('saffron justify siren', { guessesLog10: () => 6 })).toEqual([]);
    expect(codes('saffron justify siren', { guessesLog10: () => 5.999 })).toEqual(['guessable']);
    expect(codes('saffron justify siren', { guessesLog10: () => Number.NaN })).toEqual(['guessable']);
  });

  it('B20 B21 phrases that are one when spoken are judged alike', () => {
    const word = fc.constantFrom(
      'velvet',
      'Harbor',
      'Dana',
      'Ruiz',
      '42',
      'stone',
      'qwerty',
      'asdfgh',
      'Müller',
      'acme',
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
        const plain = codes(words.join(' '));
        return codes(words.join('-').toUpperCase()).join() === plain.join();
      }),
    );
  });
});
