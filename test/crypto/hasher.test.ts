import * as argon2 from 'argon2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cost, formatPhc, LEAST, MOST, openHasher, parsePhc } from '../../src/crypto/hasher.js';
import { readPolicy } from '../../src/rules/policy.js';
import { filesWith } from '../rules/shipped-policy.js';

const cheap: Cost = { m: 8, t: 1, p: 1 };
const hasher = openHasher({ person: cheap, code: { m: 16, t: 1, p: 1 } });
const corrupt = expect.objectContaining({ code: 'store-corrupt' });

describe('the hasher', () => {
  it('matches the secret it hashed and no other, with a fresh salt each time', async () => {
    const phc = await hasher.hash('person', 'long black train');
    expect(await hasher.verify('person', phc, 'long black train')).toEqual({ matches: true, outdated: false });
    expect(await hasher.verify('person', phc, 'long black trains')).toEqual({ matches: false, outdated: false });
    expect(await hasher.hash('person', 'long black train')).not.toBe(phc);
  });

  it('hashes people at 64 MiB, 3 passes, 4 lanes and codes at 19 MiB, 2 passes, 1 lane, as libargon2 writes it', async () => {
    const form = (cost: string) => new RegExp(`^\\$argon2id\\$v=19\\$${cost}\\$[A-Za-z0-9+/]{22}\\$[A-Za-z0-9+/]{43}$`);
    expect(await openHasher().hash('person', 'x')).toMatch(form('m=65536,t=3,p=4'));
    expect(await openHasher().hash('code', 'x')).toMatch(form('m=19456,t=2,p=1'));
  });

  it('verifies hashes of other implementations: argon2-cffi (its manual) and the Rust argon2 crate', async () => {
    const cffi = '$argon2id$v=19$m=65536,t=3,p=4$MIIRqgvgQbgj220jfp0MPA$YfwJSVjtjSU0zzV/P3S9nnQ/USre2wvJMjfCIjrTQbg';
    const rust = '$argon2id$v=19$m=19456,t=2,p=1$QUKK7UVINt+ORMFA+7egeQ$iWQBzhaWH5NupuTSJA5jzxC20y/SH8j53rdz5YTema4';
    const ours = openHasher();
    expect(await ours.verify('person', cffi, 'correct horse battery staple')).toEqual({
      matches: true,
      outdated: false,
    });
    expect(await ours.verify('person', cffi, 'Tr0ub4dor&3')).toEqual({ matches: false, outdated: false });
    expect(await ours.verify('code', rust, 'AdminPassword01')).toEqual({ matches: true, outdated: false });
  });

  it.each([
    ['more memory', { m: 20_000, t: 2, p: 1 }, true],
    ['another pass', { m: 19_456, t: 3, p: 1 }, true],
    ['more lanes only', { m: 19_456, t: 2, p: 2 }, false],
    ['less than before', cheap, false],
  ])('calls a hash outdated where the setting rises, and no other: %s', async (_, setting, outdated) => {
    const phc = await openHasher().hash('code', 'x');
    expect(await openHasher({ code: setting }).verify('code', phc, 'x')).toEqual({ matches: true, outdated });
  });

  it('reads each cost that a policy can set, and a policy can set no other', () => {
    const withCost = ({ m, t, p }: Cost) =>
      readPolicy(filesWith('limits', ['hashing'], { memoryKiB: m, passes: t, lanes: p }), 'data');
    const oneFault = expect.objectContaining({
      because: { reason: 'policy-wrong', facts: { source: 'data', faults: 1 } },
    });
    for (const cost of [LEAST, MOST]) expect(withCost(cost).limits.hashing.memoryKiB).toBe(cost.m);
    for (const figure of ['m', 't', 'p'] as const) {
      expect(() => withCost({ ...LEAST, [figure]: LEAST[figure] - 1 })).toThrow(oneFault);
      expect(() => withCost({ ...MOST, [figure]: MOST[figure] + 1 })).toThrow(oneFault);
    }
  });

  it('refuses half a character pair, which UTF-8 would turn into another secret', async () => {
    await expect(hasher.hash('person', 'a\ud83d')).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('has a decoy that looks like a hash of the current cost and matches nothing (B73)', async () => {
    const decoy = hasher.decoy('person');
    expect(parsePhc(decoy)?.cost).toEqual(cheap);
    expect(await hasher.verify('person', decoy, '')).toEqual({ matches: false, outdated: false });
    expect(hasher.decoy('person')).not.toBe(decoy);
  });
});

describe('a tampered hash (T3)', () => {
  const salt = 'MIIRqgvgQbgj220jfp0MPA';
  const tag = 'YfwJSVjtjSU0zzV/P3S9nnQ/USre2wvJMjfCIjrTQbg';

  it.each([
    ['2 GiB of memory', `$argon2id$v=19$m=2097152,t=3,p=4$${salt}$${tag}`],
    ['99 passes', `$argon2id$v=19$m=65536,t=99,p=4$${salt}$${tag}`],
    ['a cost too low', `$argon2id$v=19$m=8,t=1,p=1$${salt}$${tag}`],
    ['less memory than a policy can ask for', `$argon2id$v=19$m=19455,t=3,p=4$${salt}$${tag}`],
    ['more memory than a policy can ask for', `$argon2id$v=19$m=262145,t=3,p=4$${salt}$${tag}`],
    ['one pass', `$argon2id$v=19$m=65536,t=1,p=4$${salt}$${tag}`],
    ['17 lanes', `$argon2id$v=19$m=65536,t=3,p=17$${salt}$${tag}`],
    ['argon2i', `$argon2i$v=19$m=65536,t=3,p=4$${salt}$${tag}`],
    ['an older argon2', `$argon2id$v=16$m=65536,t=3,p=4$${salt}$${tag}`],
    ['no version', `$argon2id$m=65536,t=3,p=4$${salt}$${tag}`],
    ['the order m, p, t (T2)', `$argon2id$v=19$m=65536,p=4,t=3$${salt}$${tag}`],
    ['associated data', `$argon2id$v=19$m=65536,t=3,p=4,data=AAAA$${salt}$${tag}`],
    ['a leading zero', `$argon2id$v=19$m=065536,t=3,p=4$${salt}$${tag}`],
    ['a short tag', `$argon2id$v=19$m=65536,t=3,p=4$${salt}$${tag.slice(0, 6)}`],
    ['stray bits', `$argon2id$v=19$m=65536,t=3,p=4$${salt}$${tag.slice(0, -1)}h`],
    ['a line after it', `$argon2id$v=19$m=65536,t=3,p=4$${salt}$${tag}\n`],
    ['nothing in it', ''],
  ])('with %s is refused before any work', async (_, phc) => {
    await expect(openHasher().verify('person', phc, 'x')).rejects.toThrow(corrupt);
  });

  it('teeth: the package itself would follow the cost in the string', async () => {
    const weak = await hasher.hash('person', 'x');
    expect(await argon2.verify(weak, 'x')).toBe(true);
    await expect(openHasher().verify('person', weak, 'x')).rejects.toThrow(corrupt);
  });

  it('is read only in the form that would be written', () => {
    const phcs = fc.record({
      cost: fc.record({ m: fc.integer({ min: 1, max: 99 }), t: fc.integer({ min: 1, max: 9 }), p: fc.constant(4) }),
      salt: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
      tag: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(phcs, (phc) => {
        expect(parsePhc(formatPhc(phc))).toEqual(phc);
      }),
    );
    const edits = fc.tuple(phcs, fc.nat(100), fc.string({ maxLength: 2 })).map(([phc, at, text]) => {
      const good = formatPhc(phc);
      return good.slice(0, at) + text + good.slice(at + 1);
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), edits), (text) => {
        const phc = parsePhc(text);
        expect(phc === null ? text : formatPhc(phc)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the argon2 package that is installed', () => {
  it('gives the test vector of RFC 9106, section 5.3', async () => {
    const tag = await argon2.hash(Buffer.alloc(32, 1), {
      raw: true,
      type: argon2.argon2id,
      version: 0x13,
      memoryCost: 32,
      timeCost: 3,
      parallelism: 4,
      salt: Buffer.alloc(16, 2),
      secret: Buffer.alloc(8, 3),
      associatedData: Buffer.alloc(12, 4),
      hashLength: 32,
    });
    expect(tag.toString('hex')).toBe('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659');
  });
});
