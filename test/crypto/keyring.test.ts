import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hkdfSha256,
  type KeyPurpose,
  newMasterKey,
  openKeyring,
  parseMasterKeys,
  singleKeyText,
} from '../../src/crypto/keyring.js';
import { isRefusal } from '../../src/errors.js';
import { fromHex, readVectors, type Wycheproof } from './vectors.js';

type HkdfCase = { ikm: string; salt: string; info: string; size: number; okm: string };
const hkdfVectors = readVectors<Wycheproof<object, HkdfCase>>('wycheproof-hkdf_sha256.json');
const keyA = Buffer.alloc(32, 1);
const keyB = Buffer.alloc(32, 2);

describe('the master key file', () => {
  it('is one comment line and one key line, and reads back as the same 32 bytes', () => {
    const text = singleKeyText(Buffer.alloc(32, 7));
    expect(text.split('\n')).toHaveLength(3);
    expect(text).toMatch(/^# countersign master key.* lost.*\ncountersign-key-v1:[A-Za-z0-9_-]{43}\n$/);
    expect(parseMasterKeys(text, 'a test')).toEqual([Buffer.alloc(32, 7)]);
  });

  it('is a new one each time', () => {
    expect(newMasterKey().equals(newMasterKey())).toBe(false);
  });

  it('may have CRLF, blank lines, further comments, spaces around the key and a byte order mark', () => {
    const [comment, key] = singleKeyText(Buffer.alloc(32, 7)).split('\n');
    expect(parseMasterKeys(`\uFEFF${comment}\r\n\r\n# ours\r\n  ${key} \r\n`, 'a test')).toEqual([Buffer.alloc(32, 7)]);
  });

  const good = Buffer.alloc(32, 7).toString('base64url');
  it.each([
    ['nothing', ''],
    ['comments only', '# countersign-key-v1:x\n'],
    ['the same key twice', `countersign-key-v1:${good}\ncountersign-key-v1:${good}\n`],
    ['another version', `countersign-key-v2:${good}`],
    ['a short key', `countersign-key-v1:${good.slice(0, -1)}`],
    ['a long key', `countersign-key-v1:${good}AA`],
    ['padding', `countersign-key-v1:${good}=`],
    ['stray bits in the last character', `countersign-key-v1:${good.slice(0, -1)}d`],
  ])('with %s is refused as config, naming the source and no key', (_, text) => {
    const error = caught(() => parseMasterKeys(text, '/etc/desk.key'));
    expect(error).toMatchObject({ code: 'config', hint: expect.any(String) });
    expect(String(error)).toContain('/etc/desk.key');
    expect(String(error)).not.toContain(good.slice(0, 12));
  });

  it('whatever it holds, gives 32 bytes or a refusal', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((s) => `countersign-key-v1:${s}`),
        ),
        (text) => {
          const outcome = caught(() => parseMasterKeys(text, 'x'));
          expect(outcome === undefined || isRefusal(outcome)).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('the keyring', () => {
  it('derives one key per purpose and master key, the same each time', () => {
    const ring = openKeyring(keyA);
    const purposes: KeyPurpose[] = ['seal/passphrase', 'seal/factor', 'mac/row', 'sign/audit'];
    const keys = purposes.map((purpose) => ring.derive(purpose).toString('hex'));
    expect(new Set(keys).size).toBe(purposes.length);
    expect(openKeyring(keyA).derive('mac/row').toString('hex')).toBe(keys[2]);
    expect(openKeyring(keyB).derive('mac/row').toString('hex')).not.toBe(keys[2]);
    expect(ring.derive('mac/row')).toHaveLength(32);
  });

  it('derives by HKDF with the purpose as info, as written in the contract', () => {
    const expected = hkdfSha256(keyA, Buffer.alloc(0), 'countersign/seal/factor', 32);
    expect(openKeyring(keyA).derive('seal/factor')).toEqual(expected);
  });

  it('keeps older master keys for what they sealed', () => {
    const ring = openKeyring(keyB, [keyA]);
    const oldId = openKeyring(keyA).keyId;
    expect(ring.keyId).toBe(openKeyring(keyB).keyId);
    expect(ring.has(oldId)).toBe(true);
    expect(ring.derive('seal/factor', oldId)).toEqual(openKeyring(keyA).derive('seal/factor'));
  });

  it('refuses a key it does not hold as a mismatch', () => {
    expect(openKeyring(keyA).has('0123456789abcdef')).toBe(false);
    expect(() => openKeyring(keyA).derive('mac/row', '0123456789abcdef')).toThrow(
      expect.objectContaining({ code: 'key-mismatch' }),
    );
  });

  it('has an id of 16 hex digits, and shows no key when printed', () => {
    const ring = openKeyring(Buffer.alloc(32, 0x5a));
    ring.derive('mac/row');
    expect(ring.keyId).toMatch(/^[0-9a-f]{16}$/);
    const shown = inspect(ring, { depth: 9, showHidden: true }) + JSON.stringify(ring);
    expect(shown).not.toMatch(/5a5a|5a 5a|90,\s*90/);
  });

  it('does not change when the caller wipes the buffer it was given', () => {
    const key = Buffer.alloc(32, 9);
    const ring = openKeyring(key);
    key.fill(0);
    expect(ring.derive('mac/row')).toEqual(openKeyring(Buffer.alloc(32, 9)).derive('mac/row'));
  });
});

describe('HKDF-SHA-256', () => {
  it.skipIf(hkdfVectors === null)('agrees with every Wycheproof case, and refuses what is too long', () => {
    let valid = 0;
    for (const test of hkdfVectors?.testGroups.flatMap((group) => group.tests) ?? []) {
      const derive = () => hkdfSha256(fromHex(test.ikm), fromHex(test.salt), fromHex(test.info), test.size);
      if (test.result === 'invalid') expect(derive, `case ${test.tcId}`).toThrow();
      else expect(derive().toString('hex'), `case ${test.tcId}`).toBe(test.okm);
      valid += test.result === 'valid' ? 1 : 0;
    }
    expect(valid).toBe(83);
  });
});

function caught(action: () => unknown): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return error;
  }
}
