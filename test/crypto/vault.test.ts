import { createDecipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openKeyring, type SealPurpose } from '../../src/crypto/keyring.js';
import { aesGcmOpen, aesGcmSeal, openVault, type SealContext } from '../../src/crypto/vault.js';
import { isRefusal } from '../../src/errors.js';
import { fromHex, readVectors, type Wycheproof } from './vectors.js';

type GcmCase = { key: string; iv: string; aad: string; msg: string; ct: string; tag: string };
const gcmVectors = readVectors<Wycheproof<{ ivSize: number; keySize: number }, GcmCase>>('wycheproof-aes_gcm.json');

const oldKey = Buffer.alloc(32, 1);
const vault = openVault(openKeyring(oldKey));
const place: SealContext = { table: 'secrets', column: 'sealed', id: 'usr_1', account: 'acc_1', user: 'usr_1' };
const none = Buffer.alloc(0);

const purposes: SealPurpose[] = ['seal/passphrase', 'seal/application-password', 'seal/factor', 'seal/owner-copy'];
const word = fc.constantFrom('', 'a', 'b', '","', 'ab');
const anyPlace: fc.Arbitrary<SealContext> = fc.record(
  { table: word, column: word, id: word, account: word, user: word },
  { requiredKeys: ['table', 'column', 'id'] },
);
const anySlot = fc.record({ purpose: fc.constantFrom(...purposes), place: anyPlace });
const slotName = ({ purpose, place: p }: { purpose: SealPurpose; place: SealContext }) =>
  JSON.stringify([purpose, p.table, p.column, p.id, p.account ?? '', p.user ?? '']);

describe('the vault', () => {
  it('gives back exactly what was sealed, bytes or text, and never the same blob twice', () => {
    fc.assert(
      fc.property(anySlot, fc.string({ unit: 'binary' }), fc.uint8Array(), (slot, text, bytes) => {
        const blob = vault.seal(slot.purpose, slot.place, text);
        expect(vault.openText(slot.purpose, slot.place, blob)).toBe(text);
        expect(vault.seal(slot.purpose, slot.place, text)).not.toBe(blob);
        const raw = vault.seal(slot.purpose, slot.place, bytes);
        expect(vault.open(slot.purpose, slot.place, raw)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('keeps a byte order mark at the beginning of a text', () => {
    expect(vault.openText('seal/factor', place, vault.seal('seal/factor', place, '\uFEFFx'))).toBe('\uFEFFx');
  });

  it('refuses to seal half a character pair instead of changing it', () => {
    expect(() => vault.seal('seal/factor', place, 'a\ud83d')).toThrow(
      expect.objectContaining({ code: 'invalid-input' }),
    );
  });

  it('writes cs1.<key id>.<nonce, ciphertext and tag in base64url>', () => {
    const blob = vault.seal('seal/factor', place, 'four');
    expect(blob).toMatch(new RegExp(`^cs1\\.${openKeyring(oldKey).keyId}\\.[A-Za-z0-9_-]+$`));
    expect(Buffer.from(blob.split('.')[2] ?? '', 'base64url')).toHaveLength(12 + 4 + 16);
  });

  it('opens a blob at its own place only: purpose, account, user, table, column, id', () => {
    fc.assert(
      fc.property(anySlot, anySlot, (sealed, tried) => {
        fc.pre(slotName(sealed) !== slotName(tried));
        const blob = vault.seal(sealed.purpose, sealed.place, 'secret');
        expect(() => vault.open(tried.purpose, tried.place, blob)).toThrow(
          expect.objectContaining({ code: 'store-corrupt' }),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('teeth: a vault that bound nothing would open the swapped blob', () => {
    const key = openKeyring(oldKey).derive('seal/factor');
    const box = aesGcmSeal(key, Buffer.alloc(12), none, Buffer.from('of user 1'));
    expect(aesGcmOpen(key, box)?.toString()).toBe('of user 1');
    expect(aesGcmOpen(key, { ...box, aad: Buffer.from('user 2') })).toBeNull();
  });

  it('refuses a blob with any one bit changed, and names the place but no value', () => {
    const blob = vault.seal('seal/passphrase', place, 'canary phrase');
    const [format, keyId, text = ''] = blob.split('.');
    const body = Buffer.from(text, 'base64url');
    for (let bit = 0; bit < body.length * 8; bit++) {
      const changed = Buffer.from(body);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const error = caught(() =>
        vault.open('seal/passphrase', place, `${format}.${keyId}.${changed.toString('base64url')}`),
      );
      expect(error).toMatchObject({ code: 'store-corrupt' });
      expect(String(error)).toContain('secrets.sealed of usr_1');
      expect(JSON.stringify(error) + String(error)).not.toMatch(/canary/);
    }
  });

  it('refuses every other spelling of the same bytes', () => {
    const blob = vault.seal('seal/factor', place, 'xx');
    const last = blob.slice(-1);
    const sibling = String.fromCharCode(last.charCodeAt(0) + 1);
    for (const other of [
      `${blob}=`,
      `${blob}\n`,
      ` ${blob}`,
      `${blob}A`,
      blob.slice(0, -1) + sibling,
      blob.toUpperCase(),
    ]) {
      expect(() => vault.open('seal/factor', place, other)).toThrow(expect.objectContaining({ code: 'store-corrupt' }));
    }
  });

  it('answers any text with a refusal', () => {
    const body = fc.base64String().map((text) => `cs1.${openKeyring(oldKey).keyId}.${text}`);
    fc.assert(
      fc.property(fc.oneof(fc.string(), body), (blob) => {
        expect(isRefusal(caught(() => vault.open('seal/factor', place, blob)))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('opens blobs of an older key still in the ring and seals under the new one', () => {
    const blob = vault.seal('seal/factor', place, 'seed');
    const rotated = openVault(openKeyring(Buffer.alloc(32, 2), [oldKey]));
    expect(rotated.openText('seal/factor', place, blob)).toBe('seed');
    expect(rotated.seal('seal/factor', place, 'seed').split('.')[1]).toBe(openKeyring(Buffer.alloc(32, 2)).keyId);
  });

  it('says key-mismatch, not corrupt, where the key is another', () => {
    const blob = vault.seal('seal/factor', place, 'seed');
    expect(() => openVault(openKeyring(Buffer.alloc(32, 2))).open('seal/factor', place, blob)).toThrow(
      expect.objectContaining({ code: 'key-mismatch', message: expect.stringContaining('secrets.sealed of usr_1') }),
    );
  });

  it('refuses bytes that are not text when asked for text', () => {
    const blob = vault.seal('seal/factor', place, Buffer.of(0xff, 0xfe));
    expect(() => vault.openText('seal/factor', place, blob)).toThrow(
      expect.objectContaining({ code: 'store-corrupt' }),
    );
  });
});

describe('AES-256-GCM', () => {
  const key = Buffer.alloc(32, 3);
  const box = aesGcmSeal(key, Buffer.alloc(12, 4), Buffer.from('aad'), Buffer.from('plaintext'));

  it('takes a tag of exactly 16 bytes; 0 to 15 and 17 are refused (T4)', () => {
    expect(aesGcmOpen(key, box)?.toString()).toBe('plaintext');
    for (let length = 0; length < 16; length++) {
      expect(aesGcmOpen(key, { ...box, tag: box.tag.subarray(0, length) })).toBeNull();
    }
    expect(aesGcmOpen(key, { ...box, tag: Buffer.concat([box.tag, Buffer.of(0)]) })).toBeNull();
  });

  it('teeth: taking the tag length from the data would accept 4 bytes', () => {
    const tag = box.tag.subarray(0, 4);
    const naive = createDecipheriv('aes-256-gcm', key, box.nonce, { authTagLength: tag.length });
    naive.setAAD(box.aad);
    naive.setAuthTag(tag);
    expect(naive.update(box.ciphertext, undefined, 'utf8') + naive.final('utf8')).toBe('plaintext');
  });

  it.skipIf(gcmVectors === null)('agrees with every Wycheproof case of a 256-bit key and a 96-bit nonce', () => {
    const groups = gcmVectors?.testGroups.filter((group) => group.ivSize === 96 && group.keySize === 256) ?? [];
    const tests = groups.flatMap((group) => group.tests);
    for (const test of tests) {
      const [keyBytes, nonce, aad] = [fromHex(test.key), fromHex(test.iv), fromHex(test.aad)];
      const opened = aesGcmOpen(keyBytes, { nonce, aad, ciphertext: fromHex(test.ct), tag: fromHex(test.tag) });
      expect(opened?.toString('hex') ?? null, `case ${test.tcId}`).toBe(test.result === 'valid' ? test.msg : null);
      if (test.result !== 'valid') continue;
      const sealed = aesGcmSeal(keyBytes, nonce, aad, fromHex(test.msg));
      expect(Buffer.concat([sealed.ciphertext, sealed.tag]).toString('hex')).toBe(test.ct + test.tag);
    }
    expect(tests).toHaveLength(66);
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
