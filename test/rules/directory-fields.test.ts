import { describe, expect, it } from 'vitest';
import { isPlainAddress } from '../../src/delivery/mail.js';
import {
  faultOfEmail,
  faultOfLogin,
  faultOfName,
  faultOfNumber,
  faultOfPhone,
  maskedAddress,
  tidy,
} from '../../src/rules/directory-fields.js';

describe('a field of the directory', () => {
  it.each(['Ana Trujillo', "Pat O'Brien", '山田 雪', 'علی\u200cرضا', '👩\u200d🔧 Fix', 'X'.repeat(200)])(
    'a name may be %j',
    (text) => {
      expect(faultOfName(text)).toBeUndefined();
    },
  );

  it.each([
    '',
    ' ',
    '\u0301',
    'a\u0000b',
    'a\u001b[2J',
    'a\nb',
    '\u202eevil',
    'a\u200bb',
    '\ud800',
    'x\u2028y',
    'X'.repeat(201),
  ])('a name may not be %j', (text) => {
    expect(faultOfName(tidy(text))).toBeTypeOf('string');
  });

  it.each(['100234', 'A-17', 'ACME_1.2', 'Ünal7'])('a number may be %j', (text) =>
    expect(faultOfNumber(text)).toBeUndefined(),
  );
  it.each(['', '10 234', '100/234', '-1', "'1", '=1', 'a,b', '1'.repeat(41), '1\u200d2'])(
    'a number may not be %j',
    (text) => {
      expect(faultOfNumber(text)).toBeTypeOf('string');
    },
  );

  it.each(['ana', 'nancy.davolio', 'ana@alfki.example', "o'brien", '50%off', 'zoë', 'ева@mail.example'])(
    'a login may be %j',
    (text) => expect(faultOfLogin(text)).toBeUndefined(),
  );
  it.each(['', 'a b', 'a/b', '-rf', 'usr_1', 'a"b', 'a\u200db', 'a\u200bb', 'a;b', '\u0435va.k', 'j\u03bfe'])(
    'a login may not be %j',
    (text) => {
      expect(faultOfLogin(text)).toBeTypeOf('string');
    },
  );

  it.each([
    '',
    '030-0074321',
    '(206) 555-9857',
    '+55 11 3012-4433',
    '30.59.84.10',
    '0621-08460 ext. 12',
    '（０３）1234',
    '03−1234−5678',
    '０３ー１２３４ー５６７８',
    '[030] 1234567~8',
  ])('a phone may be %j', (text) => {
    expect(faultOfPhone(text)).toBeUndefined();
  });
  it.each(['12', 'none', '555\n1234', '1'.repeat(21), '+', 'call 5551234 now'])('a phone may not be %j', (text) => {
    expect(faultOfPhone(text)).toBeTypeOf('string');
  });

  const GOOD = ['ana@alfki.example', 'a.b+c@x.y.example', 'ö@müller.example'];
  const BAD = [
    'ana',
    '@x.example',
    'a@b',
    'a@b..c',
    'a@x.example,b@x.example',
    'Ana <a@x.example>',
    'a b@x.example',
    'a@x.example\nBcc: b@y.example',
    `a@${'x'.repeat(250)}.example`,
    '"a"@x.example',
  ];
  it.each(GOOD)('an e-mail may be %j', (text) => expect(faultOfEmail(text)).toBeUndefined());
  it.each(BAD)('an e-mail may not be %j', (text) => expect(faultOfEmail(text)).toBeTypeOf('string'));
  it('every e-mail that is taken can also be written to', () => {
    for (const text of [...GOOD, ...BAD])
      if (faultOfEmail(text) === undefined) expect(isPlainAddress(text), text).toBe(true);
  });

  it('keeps no space that looks like another', () => expect(tidy('\u00a0Tom\u00a0Berg\u202f')).toBe('Tom Berg'));

  it('shows an address so that its owner knows it and others do not', () => {
    expect(maskedAddress('nancy@alfki.example')).toBe('n…@alfki.example');
    expect(maskedAddress('🤡x@alfki.example')).toBe('🤡…@alfki.example');
    expect(maskedAddress('nonsense')).toBe('…');
  });
});
