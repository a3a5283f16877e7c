import { describe, expect, it } from 'vitest';
import { type Hasher, openHasher } from '../../src/crypto/hasher.js';
import { openKeyring } from '../../src/crypto/keyring.js';
import { openSecretChecker } from '../../src/crypto/secret-checker.js';
import { openVault, type SealContext, type Vault } from '../../src/crypto/vault.js';

const realHasher = openHasher({ person: { m: 8, t: 1, p: 1 }, code: { m: 8, t: 1, p: 1 } });
const realVault = openVault(openKeyring(Buffer.alloc(32, 1)));
const ana: SealContext = { table: 'secrets', column: 'passphrase', id: 'usr_ana', account: 'acc_1', user: 'usr_ana' };
const ben: SealContext = { table: 'secrets', column: 'passphrase', id: 'usr_ben', account: 'acc_1', user: 'usr_ben' };

/** The real hasher and vault, writing down each piece of work. */
function observed() {
  const work: string[] = [];
  const hasher: Hasher = {
    ...realHasher,
    hash: (kind, secret) => (work.push(`hash ${kind}`), realHasher.hash(kind, secret)),
    verify: (kind, phc, secret) => (work.push(`verify ${kind} ${costIn(phc)}`), realHasher.verify(kind, phc, secret)),
  };
  const vault: Vault = {
    ...realVault,
    openText: (purpose, place, blob) => (
      work.push(`open ${purpose} ${blob.length}`), realVault.openText(purpose, place, blob)
    ),
  };
  return { work, verifier: openSecretChecker(hasher, vault) };
}

describe('the verifier', () => {
  const verifier = openSecretChecker(realHasher, realVault);

  it('stores a sealed hash and matches the right secret only', async () => {
    const sealed = await verifier.make('person', 'seal/passphrase', ana, 'seven green bottles');
    expect(sealed).not.toContain('argon2');
    const check = (secret: string) => verifier.check('person', 'seal/passphrase', ana, sealed, secret);
    expect(await check('seven green bottles')).toEqual({ matches: true, outdated: false });
    expect(await check('seven green bottle')).toEqual({ matches: false, outdated: false });
  });

  it('refuses the sealed hash of another person put in this place', async () => {
    const bens = await verifier.make('person', 'seal/passphrase', ben, 'mine all mine');
    await expect(verifier.check('person', 'seal/passphrase', ana, bens, 'mine all mine')).rejects.toMatchObject({
      code: 'store-corrupt',
      message: expect.stringContaining('secrets.passphrase of usr_ana'),
    });
  });

  it('names the place of a hash that asks for a cost of its own (T3)', async () => {
    const sealed = realVault.seal('seal/passphrase', ana, (await openHasher().hash('code', 'x')).replace('t=2', 't=9'));
    await expect(verifier.check('person', 'seal/passphrase', ana, sealed, 'x')).rejects.toMatchObject({
      code: 'store-corrupt',
      message: expect.stringContaining('secrets.passphrase of usr_ana'),
    });
  });

  it('passes on that a hash is outdated', async () => {
    const sealed = realVault.seal('seal/backup-code', ana, await openHasher().hash('code', 'x'));
    const risen = openSecretChecker(openHasher({ code: { m: 19_456, t: 3, p: 1 } }), realVault);
    const verdict = await risen.check('code', 'seal/backup-code', ana, sealed, 'x');
    expect(verdict).toEqual({ matches: true, outdated: true });
  });

  it('never matches where nothing is set, whatever is said (B12)', async () => {
    for (const secret of ['', 'anything', 'decoy', 'null']) {
      const verdict = await verifier.check('person', 'seal/passphrase', ana, null, secret);
      expect(verdict).toEqual({ matches: false, outdated: false });
    }
  });

  it('would not match even if the hash of the decoy did (B12)', async () => {
    const agreeing: Hasher = { ...realHasher, verify: async () => ({ matches: true, outdated: true }) };
    const verdict = await openSecretChecker(agreeing, realVault).check('person', 'seal/passphrase', ana, null, 'x');
    expect(verdict).toEqual({ matches: false, outdated: false });
  });

  it('does the same work for unknown and known people: one opening of one size, one hash of one cost (B73)', async () => {
    const { work, verifier: watched } = observed();
    const sealed = await watched.make('person', 'seal/passphrase', ana, 'seven green bottles');
    const during = async (stored: string | null) => {
      work.length = 0;
      await watched.check('person', 'seal/passphrase', ana, stored, 'wrong');
      return [...work];
    };
    const known = await during(sealed);
    expect(known).toHaveLength(2);
    expect(await during(null)).toEqual(known);
    expect(await during(null)).toEqual(known);
  });
});

function costIn(phc: string): string | undefined {
  return phc.split('$')[3];
}
