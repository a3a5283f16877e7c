/** Backup codes: how they are made, and how forgivingly they are read (B41). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeBackupCodes, readBackupCode } from '../../src/factors/backup-codes.js';
import { NO_CODES, quick, typed } from './contract.js';
import { chance } from './reference.js';

describe('making backup codes', () => {
  it('gives ten codes of 80 bits, each with its slot in front', () => {
    const asked: number[] = [];
    const counted = (n: number) => {
      asked.push(n);
      return chance.random(n);
    };
    const codes = makeBackupCodes(counted, 10);
    expect(codes.map((code) => code.slot)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(asked.reduce((sum, n) => sum + n * 8, 0)).toBe(800);
    for (const { slot, text, secret } of codes) {
      expect(text).toMatch(new RegExp(`^${slot}(-[0-9A-HJKMNP-TV-Z]{4}){4}$`));
      expect(text.replaceAll('-', '')).toBe(`${slot}${secret}`);
    }
    expect(new Set(codes.map((code) => code.secret)).size).toBe(10);
  });

  it('loses no bit: every one of the 80 changes the code, and known bytes give the known text', () => {
    const of = (bytes: Uint8Array) => makeBackupCodes(() => bytes, 1)[0]?.secret;
    const seen = new Set([of(new Uint8Array(10))]);
    for (let bit = 0; bit < 80; bit += 1) {
      const bytes = new Uint8Array(10);
      bytes[bit >> 3] = 1 << (bit & 7);
      seen.add(of(bytes));
    }
    expect(seen.size).toBe(81);
    expect(of(new Uint8Array(10))).toBe('0000000000000000');
    expect(of(new Uint8Array(10).fill(255))).toBe('ZZZZZZZZZZZZZZZZ');
    // 0x00443214c7 is 00000 00001 00010 00011 00100 00101 00110 00111; 0x42 54b635cf is 01000 to 01111.
    expect(of(Uint8Array.from([0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf]))).toBe('0123456789ABCDEF');
  });

  it('uses every letter of the alphabet about equally often', () => {
    const counts = new Map<string, number>();
    for (let round = 0; round < 200; round += 1) {
      for (const { secret } of makeBackupCodes(chance.random, 10))
        for (const letter of secret) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    }
    // 32,000 letters, 1,000 of each on average; 200 is more than six standard deviations.
    expect(counts.size).toBe(32);
    for (const [letter, count] of counts) expect(Math.abs(count - 1000), letter).toBeLessThan(200);
  });

  it('throws on a count out of range and where chance gives fewer bytes than asked', () => {
    for (const count of [0, -1, 100, 1.5, Number.NaN])
      expect(() => makeBackupCodes(chance.random, count)).toThrow(RangeError);
    expect(() => makeBackupCodes((n) => new Uint8Array(n - 1), 1)).toThrow(RangeError);
  });
});

describe('reading a backup code', () => {
  const codeBytes = fc.uint8Array({ minLength: 10, maxLength: 10 });

  it('gives back slot and secret of every code as printed', () => {
    for (const { slot, secret, text } of makeBackupCodes(chance.random, 99))
      expect(readBackupCode(text)).toEqual({ slot, secret });
  });

  it('does not mind case, spaces, other dashes, or O and I and L for 0 and 1', () => {
    const spelling = fc.record({
      lower: fc.boolean(),
      dash: fc.constantFrom('-', '', ' ', ' - ', '–', '—', '‑', '−', '\u00a0'),
      one: fc.constantFrom('1', 'I', 'l', 'L', 'i'),
      zero: fc.constantFrom('0', 'O', 'o'),
    });
    fc.assert(
      fc.property(codeBytes, fc.integer({ min: 1, max: 99 }), spelling, (bytes, count, how) => {
        const made = makeBackupCodes(() => bytes, count).at(-1);
        if (made === undefined) throw new Error('no code');
        const text = (how.lower ? made.text.toLowerCase() : made.text)
          .replaceAll('-', how.dash)
          .replaceAll('1', how.one)
          .replaceAll('0', how.zero);
        expect(readBackupCode(`  ${text}\n`)).toEqual({ slot: made.slot, secret: made.secret });
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the slot: the same secret under another number is another code', () => {
    expect(readBackupCode('3-0123-4567-89AB-CDEF')).toEqual({ slot: 3, secret: '0123456789ABCDEF' });
    expect(readBackupCode('4-0123-4567-89AB-CDEF')).toEqual({ slot: 4, secret: '0123456789ABCDEF' });
    expect(readBackupCode('10-0123-4567-89AB-CDEF')).toEqual({ slot: 10, secret: '0123456789ABCDEF' });
  });

  it.each([
    '0123-4567-89AB-CDEF',
    '0-0123-4567-89AB-CDEF',
    '00-0123-4567-89AB-CDEF',
    '100-0123-4567-89AB-CDEF',
    'A-0123-4567-89AB-CDEF',
    '1-0123-4567-89AB-CDE',
    '1-0123-4567-89AB-CDEU',
    '1-0123-4567-89AB-CDE!',
    '1-0123-4567-89AB-CDEſ',
    '1-0123-4567-89AB-CDEı',
    '１-0123-4567-89AB-CDEF',
    '1_0123_4567_89AB_CDEF',
    '123456',
    `1-0123-4567-89AB-CDEF${' '.repeat(100)}`,
  ])('%s is no backup code', (text) => {
    expect(readBackupCode(text)).toBeNull();
  });

  it('answers anything typed without throwing and in bounded time', async () => {
    await fc.assert(
      fc.asyncProperty(typed, async (text) => {
        const read = await quick(() => readBackupCode(text));
        if (read === null) return;
        // What was read must be a code that reads as itself.
        expect(readBackupCode(`${read.slot}-${read.secret}`)).toEqual(read);
      }),
      { numRuns: 1000 },
    );
    for (const text of NO_CODES.filter((each) => !each.startsWith('7-X4T2')))
      expect(await quick(() => readBackupCode(text))).toBeNull();
  });
});
