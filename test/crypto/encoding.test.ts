import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, decodeUtf8, encodeUtf8, isWellFormed } from '../../src/crypto/encoding.js';

describe('encoding', () => {
  it('takes text there and back unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(decodeUtf8(encodeUtf8(text))).toBe(text);
      }),
    );
  });

  it('tells half a character pair from a whole one', () => {
    expect(isWellFormed('😀')).toBe(true);
    for (const text of ['\ud83d', '\ude00', '\ude00\ud83d', 'a\ud83db']) {
      expect(isWellFormed(text)).toBe(false);
      expect(() => encodeUtf8(text)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
    }
  });

  it('teeth: encoding without the check makes one secret of two', () => {
    expect(Buffer.from('a\ud83d')).toEqual(Buffer.from('a\ud83e'));
  });

  it('reads base64 in its canonical spelling only', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom('base64' as const, 'base64url' as const), (bytes, alphabet) => {
        expect(decodeBase64(Buffer.from(bytes).toString(alphabet), alphabet)).toEqual(Buffer.from(bytes));
      }),
    );
    for (const text of ['AB', 'AA==', 'A', 'AA A', 'A+', 'AA\n']) expect(decodeBase64(text, 'base64url')).toBeNull();
    for (const text of ['AA', 'AB==', 'A-==', 'AA==\n']) expect(decodeBase64(text, 'base64')).toBeNull();
  });
});
