/**
 * What every registered factor kind must do, whoever wrote it (src/factors/factor.ts). `registry.test.ts` runs this over
 * the registry, so a new kind is tested by being listed.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChallengedFactor, FactorKind, GeneratedFactor, SentFactor } from '../../src/factors/factor.js';
import { chance, checking, settings } from './reference.js';

const NOW = Date.UTC(2026, 10, 23, 9, 30, 7);
const SLOW_MS = 100;

/** Texts that are no code of six digits, each wrong in its own way; two of them in digits of another script. */
export const NO_CODES = [
  '',
  ' ',
  '-',
  '12345',
  '1234567',
  '000000000000',
  'abcdef',
  '12345a',
  '0x1234',
  '1e5000',
  '+12345',
  '12.345',
  '١٢٣٤٥٦',
  '１２３４５６',
  '12345\u0663',
  '12345²',
  '123456\0',
  '\u202e123456',
  '123456\u200b',
  '\ud800',
  '💥'.repeat(6),
  '7-X4T2-9KQM-0HVB-ZC3R',
  `123456${' '.repeat(100)}`,
  '9'.repeat(1_000_000),
  ' '.repeat(1_000_000),
  `${'1 '.repeat(500_000)}x`,
];

/** Anything a person, a paste or an attacker may type where a code belongs. */
export const typed = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: fc.constantFrom(...'0123456789 -'), maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 2000 }),
  fc.constantFrom(...NO_CODES),
);

/** Fails where the work is slow each of three times; once may be the machine's doing. */
export async function quick<T>(work: () => T | Promise<T>): Promise<T> {
  for (let left = 2; ; left -= 1) {
    const start = performance.now();
    const result = await work();
    const took = performance.now() - start;
    if (took <= SLOW_MS) return result;
    if (left === 0) throw new Error(`took ${took} ms`);
  }
}

export function factorContract(kind: FactorKind): void {
  describe(`factor kind ${kind.id}`, () => {
    it('has an id that can be stored and typed, and a title that can be read', () => {
      expect(kind.id).toMatch(/^[a-z][a-z0-9-]{1,15}$/);
      expect(kind.id).not.toBe('backup');
      expect(kind.title).toMatch(/^\p{Lu}[\p{L}\p{N} ()-]{2,30}$/u);
    });
    it('has a question that asks for its code, and a word that other systems know it by', () => {
      expect(kind.question).toMatch(/^\p{Lu}[\p{L}\p{N} ()-]{2,40}$/u);
      expect(kind.credential).toMatch(/^[a-z][a-z0-9-]+$/);
    });
    if (kind.family === 'sent') sentContract(kind);
    else if (kind.family === 'challenged') challengedContract(kind);
    else generatedContract(kind);
  });
}

function challengedContract(kind: ChallengedFactor): void {
  const site = { origin: 'https://desk.example', host: 'desk.example' };
  const owner = { issuer: 'Desk', login: 'ana', handle: chance.random(32) };
  const about = { site, minutes: 10, known: [] };

  it('asks for the challenge that it was given, at this site, from somebody who proves who they are', async () => {
    const challenge = chance.random(32);
    const [making, signing] = [
      await kind.ask({ ...about, challenge, owner }),
      await kind.ask({ ...about, challenge, owner: null }),
    ].map((text) => JSON.parse(text));
    for (const asked of [making, signing]) expect(asked.challenge).toBe(Buffer.from(challenge).toString('base64url'));
    expect([making.rp.id, signing.rpId]).toEqual([site.host, site.host]);
    expect([making.authenticatorSelection.userVerification, signing.userVerification]).toEqual([
      'required',
      'required',
    ]);
  });

  it('answers whatever a browser says with ok:false and a reason without what was said, never by throwing', async () => {
    const proof = { site, isChallenge: () => true };
    for (const answer of [...NO_CODES, '{}', '[]', 'null', '{"id":"x","response":{"clientDataJSON":"e30"}}']) {
      const made = await kind.register({ ...proof, answer, known: [] });
      expect(made.ok, answer.slice(0, 20)).toBe(false);
      if (!made.ok) expect(made.why.length).toBeLessThan(90);
    }
  });
}

function sentContract(kind: SentFactor): void {
  it('draws every code of the asked length, leading zeros kept, evenly from its whole range', () => {
    for (const digits of [6, 7, 8]) {
      const asked: number[] = [];
      const give = (value: number) => (max: number) => {
        asked.push(max);
        return value;
      };
      expect(kind.newCode(give(0), digits)).toBe('0'.repeat(digits));
      expect(kind.newCode(give(42), digits)).toBe('42'.padStart(digits, '0'));
      expect(kind.newCode(give(10 ** digits - 1), digits)).toBe('9'.repeat(digits));
      expect(new Set(asked)).toEqual(new Set([10 ** digits]));
    }
    expect(new Set(Array.from({ length: 50 }, () => kind.newCode(chance.randomInt, 6))).size).toBeGreaterThan(45);
  });

  it('refuses to draw a code of fewer than six digits', () => {
    for (const digits of [0, 1, 5, 6.5, Number.NaN, 15])
      expect(() => kind.newCode(chance.randomInt, digits)).toThrow(RangeError);
  });

  it('reads back its own code as typed and as grouped, and no other text', async () => {
    expect(kind.readCode('012345', 6)).toBe('012345');
    expect(kind.readCode(' 012 345\n', 6)).toBe('012345');
    expect(kind.readCode('012-345', 6)).toBe('012345');
    for (const text of NO_CODES)
      expect(await quick(() => kind.readCode(text, 6)), JSON.stringify(text.slice(0, 20))).toBeNull();
  });

  it('answers anything typed without throwing, in bounded time, with six ASCII digits or nothing', async () => {
    await fc.assert(
      fc.asyncProperty(typed, async (text) => {
        const code = await quick(() => kind.readCode(text, 6));
        expect(code === null || (/^[0-9]{6}$/.test(code) && text.replace(/[\s-]/g, '') === code)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('goes to a contact on file', () => {
    expect(['email', 'phone']).toContain(kind.contact);
  });
}

function generatedContract(kind: GeneratedFactor): void {
  const begin = (random = chance.random) =>
    kind.begin({ random, issuer: 'Desk', accountName: 'Contoso', login: 'ana', settings });

  it('makes a fresh secret each time, from the chance it is given and nothing else', async () => {
    const [one, two] = [await begin(), await begin()];
    expect(one.secret).not.toBe(two.secret);
    const fixed = (n: number) => new Uint8Array(n).fill(7);
    expect(await begin(fixed)).toEqual(await begin(fixed));
    expect(one.secretBase32.replaceAll(' ', '')).toBe(one.secret);
    expect(new URL(one.uri).searchParams.get('secret')).toBe(one.secret);
  });

  it('throws where chance gives fewer bytes than asked, rather than make a weak secret', async () => {
    await expect(begin((n) => new Uint8Array(n - 1))).rejects.toThrow(RangeError);
    await expect(begin(() => new Uint8Array(0))).rejects.toThrow(RangeError);
  });

  it('throws where the stored secret does not decode: that is a fault of the store, not an answer', async () => {
    for (const secret of ['', '!!!!', 'AAAA']) {
      await expect(kind.check({ ...checking, secret, code: '000000', now: NOW })).rejects.toThrow();
    }
  });

  it('answers what is no code with ok:false, never by throwing, never slowly', async () => {
    const { secret } = await begin();
    for (const code of NO_CODES) {
      const result = await quick(() => kind.check({ ...checking, secret, code, now: NOW }));
      expect(result, JSON.stringify(code.slice(0, 20))).toEqual({ ok: false });
    }
  });

  it('answers anything typed, at any time, after any step, without throwing and in bounded time', async () => {
    const { secret } = await begin();
    const time = fc.oneof(
      fc.integer({ min: -1e13, max: 1e13 }),
      fc.constantFrom(0, -1, 1, 29_999, Number.NaN, Number.NEGATIVE_INFINITY),
    );
    const step = fc.oneof(fc.constant(null), fc.nat(), fc.constantFrom(0, Number.MAX_SAFE_INTEGER));
    await fc.assert(
      fc.asyncProperty(typed, time, step, async (code, now, lastStep) => {
        const result = await quick(() => kind.check({ ...checking, secret, code, now, lastStep }));
        expect(typeof result.ok).toBe('boolean');
        if (result.ok) expect(result.step).toBeGreaterThan(lastStep ?? -1);
      }),
      { numRuns: 1000 },
    );
  });
}
