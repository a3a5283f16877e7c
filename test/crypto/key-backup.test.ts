import { describe, expect, it } from 'vitest';
import { openHasher } from '../../src/crypto/hasher.js';
import { openKeyBackup, sealKeyBackup } from '../../src/crypto/key-backup.js';
import { openKeyring } from '../../src/crypto/keyring.js';

const hasher = openHasher({ person: { m: 64, t: 1, p: 1 } });
const [key, older] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const phrase = 'seven green bottles on a wall';

describe('a backup of the key', () => {
  it('opens with its passphrase, and says which key is in it', async () => {
    const { text, keyId } = await sealKeyBackup(hasher, [key], phrase);
    expect(keyId).toBe(openKeyring(key).keyId);
    expect(text).toMatch(/^# .*\n# .*\ncountersign-key-backup-v1\.[0-9a-f]{16}\.64-1-1\.\S+\n$/);
    expect(text).not.toContain(key.toString('base64url').slice(0, 20));
    expect(await openKeyBackup(hasher, text, phrase)).toEqual({ keyId, keys: [key] });
    expect(await openKeyBackup(hasher, text.replaceAll('\n', '\r\n'), phrase)).toEqual({ keyId, keys: [key] });
  });

  it('holds both keys while one takes over from the other', async () => {
    const { text } = await sealKeyBackup(hasher, [key, older], phrase);
    expect((await openKeyBackup(hasher, text, phrase)).keys).toEqual([key, older]);
  });

  it('does not open with another passphrase, nor with any character changed', async () => {
    const { text } = await sealKeyBackup(hasher, [key], phrase);
    await expect(openKeyBackup(hasher, text, `${phrase} `)).rejects.toMatchObject({ code: 'not-verified' });
    const start = text.indexOf('countersign-key-backup');
    for (let at = start; at < text.length - 1; at += 1) {
      const other = text[at] === 'A' ? 'B' : 'A';
      const changed = text.slice(0, at) + other + text.slice(at + 1);
      const code = await openKeyBackup(hasher, changed, phrase).then(
        () => 'opened',
        (error: { code: string }) => error.code,
      );
      expect(['invalid-input', 'not-verified', 'store-corrupt'], `character ${at}`).toContain(code);
    }
  });

  it('T3 refuses a cost that was not chosen here before any work is done', async () => {
    const { text } = await sealKeyBackup(hasher, [key], phrase);
    const dear = text.replace('.64-1-1.', '.2097152-9-1.');
    await expect(openKeyBackup(hasher, dear, phrase)).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it.each(['', 'x', '# only a comment', 'countersign-key-v1:AAAA'])('%j is no backup', async (text) => {
    await expect(openKeyBackup(hasher, text, phrase)).rejects.toMatchObject({ code: 'invalid-input' });
  });
});
