/** B17: the owner's copy opens for the owner's password and for nothing else that is stored or kept. */
import { describe, expect, it } from 'vitest';
import { type Hasher, openHasher } from '../../src/crypto/hasher.js';
import { hkdfSha256, openKeyring } from '../../src/crypto/keyring.js';
import { openOwnerView } from '../../src/crypto/owner-view.js';
import { closeBox, newBoxKey, openBox, publicHalf } from '../../src/crypto/sealed-box.js';
import { openVault, type SealContext, type Vault } from '../../src/crypto/vault.js';

const cheap = { person: { m: 8, t: 1, p: 1 } };
const hasher = openHasher(cheap);
const keyring = openKeyring(Buffer.alloc(32, 1));
const vault = openVault(keyring);
const view = openOwnerView(hasher, vault);

const placesOf = (user: string): { password: SealContext; copy: SealContext } => ({
  password: { table: 'application_passwords', column: 'verifier', id: user, account: 'acc_1', user },
  copy: { table: 'passphrases', column: 'owner_copy', id: user, account: 'acc_1', user },
});
const ana = placesOf('usr_ana');
const ben = placesOf('usr_ben');
const PASSWORD = 'lantern & 7 herons';
const PHRASE = 'Vélo “bleu”, pas rouge — 42!';
const corrupt = expect.objectContaining({ code: 'store-corrupt' });

async function made() {
  const { verifier, viewKey } = await view.make(ana.password, PASSWORD);
  return { verifier, viewKey, copy: view.sealCopy(ana.password, verifier, ana.copy, PHRASE) };
}

describe("the owner's view", () => {
  it('B17 gives back the exact text to who has the password, and to nobody else', async () => {
    const { verifier, copy } = await made();
    const right = await view.check(ana.password, verifier, PASSWORD);
    expect(right).toMatchObject({ matches: true, outdated: false });
    expect(view.openCopy(ana.copy, right.viewKey ?? newBoxKey(), copy)).toBe(PHRASE);
    const wrong = await view.check(ana.password, verifier, `${PASSWORD}.`);
    expect(wrong).toEqual({ matches: false, outdated: false, viewKey: null });
  });

  it('B17 a phrase set later, without the password, is readable with it', async () => {
    const { verifier, viewKey } = await made();
    const later = view.sealCopy(ana.password, verifier, ana.copy, 'another one altogether');
    expect(view.openCopy(ana.copy, viewKey, later)).toBe('another one altogether');
  });

  it('B17 a change of password keeps the copy readable, by the new password alone', async () => {
    const { verifier, viewKey, copy } = await made();
    const changed = await view.make(ana.password, 'a new password', viewKey);
    expect((await view.check(ana.password, changed.verifier, PASSWORD)).matches).toBe(false);
    const proven = await view.check(ana.password, changed.verifier, 'a new password');
    expect(view.openCopy(ana.copy, proven.viewKey ?? newBoxKey(), copy)).toBe(PHRASE);
    expect(verifier).not.toBe(changed.verifier);
  });

  it('B17 a password set without the old one opens nothing of before', async () => {
    const { copy } = await made();
    const { viewKey } = await view.make(ana.password, PASSWORD);
    expect(view.openCopy(ana.copy, viewKey, copy)).toBeNull();
  });

  it('B17 a copy moved to another person opens for neither', async () => {
    const { viewKey, copy } = await made();
    expect(() => view.openCopy(ben.copy, viewKey, copy)).toThrow(corrupt);
    const bens = await view.make(ben.password, 'the password of ben');
    expect(view.openCopy(ana.copy, bens.viewKey, copy)).toBeNull();
  });

  it('B17 the size of a copy does not tell how long the phrase is', async () => {
    const { verifier } = await made();
    const sizes = ['short', 'x'.repeat(256)].map(
      (text) => view.sealCopy(ana.password, verifier, ana.copy, text).length,
    );
    expect(new Set(sizes).size).toBe(1);
    const long = 'é'.repeat(900);
    const { viewKey } = await view.check(ana.password, verifier, PASSWORD);
    const copy = view.sealCopy(ana.password, verifier, ana.copy, long);
    expect(view.openCopy(ana.copy, viewKey ?? newBoxKey(), copy)).toBe(long);
  });
});

describe('thieves', () => {
  /** All that can be tried by who has the store and the desk's key, but not the password. */
  function openedWithDeskKey(copy: string, verifier: string, vaultOfDesk: Vault): boolean {
    const layer = vaultOfDesk.open('seal/owner-copy', ana.copy, copy);
    const stored = vaultOfDesk.openText('seal/application-password', ana.password, verifier);
    const found = [layer, ...stored.split(/[.$]/).map((part) => Buffer.from(part, 'base64url'))];
    const keys = found.flatMap((bytes) => [bytes.subarray(0, 32), bytes.subarray(-32)]).filter((k) => k.length === 32);
    const derived = keys.flatMap((key) =>
      ['auth', 'view'].map((use) => hkdfSha256(key, Buffer.of(), `countersign/owner-view/${use}`, 32)),
    );
    if (layer.includes(PHRASE)) return true;
    return [...keys, ...derived, keyring.derive('seal/owner-copy')].some(
      (key) => view.openCopy(ana.copy, key, copy) !== null,
    );
  }

  it('B17 the store without the desk key opens nothing', async () => {
    const { verifier, copy, viewKey } = await made();
    const elsewhere = openOwnerView(hasher, openVault(openKeyring(Buffer.alloc(32, 2))));
    await expect(elsewhere.check(ana.password, verifier, PASSWORD)).rejects.toMatchObject({ code: 'key-mismatch' });
    expect(() => elsewhere.openCopy(ana.copy, viewKey, copy)).toThrow(
      expect.objectContaining({ code: 'key-mismatch' }),
    );
  });

  it('B17 store and desk key together, without the password, open nothing', async () => {
    const { verifier, copy } = await made();
    expect(openedWithDeskKey(copy, verifier, vault)).toBe(false);
  });

  it('teeth: a copy sealed only under the desk key is opened by the same attempt', async () => {
    const { verifier } = await made();
    expect(openedWithDeskKey(vault.seal('seal/owner-copy', ana.copy, PHRASE), verifier, vault)).toBe(true);
  });

  it('teeth: a view key stored beside the proof is found by the same attempt', async () => {
    const { copy, viewKey, verifier } = await made();
    const careless = vault.openText('seal/application-password', ana.password, verifier);
    const leaking = vault.seal(
      'seal/application-password',
      ana.password,
      `${Buffer.from(viewKey).toString('base64url')}.${careless}`,
    );
    expect(openedWithDeskKey(copy, leaking, vault)).toBe(true);
  });
});

describe('what is stored', () => {
  it('asks for a cost of its own in vain (T3)', async () => {
    const { verifier } = await made();
    const text = vault.openText('seal/application-password', ana.password, verifier);
    for (const changed of [
      text.replace('m=8,', 'm=2097152,'),
      text.replace('ov1.', 'ov2.'),
      `${text}x`,
      '',
      '$argon2id$',
    ]) {
      const sealed = vault.seal('seal/application-password', ana.password, changed);
      await expect(view.check(ana.password, sealed, PASSWORD)).rejects.toMatchObject({ code: 'store-corrupt' });
    }
  });

  it('is reported as outdated when the setting rises, and renewed with the same view key', async () => {
    const { verifier } = await made();
    const risen = openOwnerView(openHasher({ person: { m: 19_456, t: 3, p: 1 } }), vault);
    await expect(risen.check(ana.password, verifier, PASSWORD)).rejects.toMatchObject({ code: 'store-corrupt' });
    const before = openOwnerView(openHasher({ person: { m: 19_456, t: 2, p: 1 } }), vault);
    const old = await before.make(ana.password, PASSWORD);
    const checked = await risen.check(ana.password, old.verifier, PASSWORD);
    expect(checked).toMatchObject({ matches: true, outdated: true });
    const renewed = await risen.make(ana.password, PASSWORD, checked.viewKey ?? newBoxKey());
    expect(await risen.check(ana.password, renewed.verifier, PASSWORD)).toMatchObject({
      matches: true,
      outdated: false,
      viewKey: checked.viewKey,
    });
  });

  it('B73 nobody and nothing set: one opening of one size, one run of one cost, never a match', async () => {
    const work: string[] = [];
    const watched = openOwnerView(
      {
        ...hasher,
        stretch: (kind, secret, stored) => (
          work.push(`stretch ${JSON.stringify(stored?.cost)}`), hasher.stretch(kind, secret, stored)
        ),
      } satisfies Hasher,
      {
        ...vault,
        openText: (purpose, place, blob) => (work.push(`open ${blob.length}`), vault.openText(purpose, place, blob)),
      },
    );
    const { verifier } = await made();
    const during = async (sealed: string | null) => {
      work.length = 0;
      const answer = await watched.check(ana.password, sealed, 'wrong');
      return { answer, work: [...work] };
    };
    const known = await during(verifier);
    expect(known.work).toHaveLength(2);
    expect(await during(null)).toEqual(known);
    expect((await watched.check(ana.password, null, '')).matches).toBe(false);
  });
});

describe('the sealed box', () => {
  it('agrees with X25519 of RFC 7748, section 5.2: the first round of its iteration', () => {
    const nine = Buffer.alloc(32);
    nine[0] = 9;
    expect(publicHalf(nine).toString('hex')).toBe('422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079');
  });

  it('opens for the one key and binding, is different each time, and never throws on what is no box', () => {
    const key = newBoxKey();
    const binding = Buffer.from('here');
    const box = closeBox(publicHalf(key), binding, Buffer.from('hello'));
    expect(openBox(key, binding, box)?.toString()).toBe('hello');
    expect(closeBox(publicHalf(key), binding, Buffer.from('hello'))).not.toEqual(box);
    expect(openBox(newBoxKey(), binding, box)).toBeNull();
    expect(openBox(key, Buffer.from('there'), box)).toBeNull();
    for (let at = 0; at < box.length; at += 1) {
      const changed = Buffer.from(box);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(openBox(key, binding, changed)).toBeNull();
    }
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(47), Buffer.alloc(48), Buffer.alloc(200)])
      expect(openBox(key, binding, bytes)).toBeNull();
  });
});
