/** What argon2 costs comes from the policy of the desk, and a desk may change it in both directions. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openVault } from '../../src/crypto/vault.js';
import type { Desk } from '../../src/desk.js';
import { openCustody } from '../../src/opening/open-custody.js';
import { deskOver, establishDesk, openEngine } from '../../src/opening/open-desk.js';
import { dataFolder, START, testSettings } from '../support/test-desk.js';

const place = { table: 'secrets', column: 'passphrase', id: 'usr_ana', account: 'acc_1', user: 'usr_ana' };
const PHRASE = 'seven green bottles';

describe('a desk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-hashing-'));
  let shipped: Desk;
  let floor: Desk;

  beforeAll(async () => {
    const settings = await testSettings('sqlite', folder);
    const parts = { dataFolder, now: () => START, clockAsGiven: true };
    shipped = (await establishDesk(openCustody({ ...parts, settings }))).desk;
    const custody = openCustody({ ...parts, settings: { ...settings, policyFolder: inject('floorPolicy') } });
    floor = deskOver(custody, await openEngine(settings.store, false));
  });
  afterAll(async () => {
    for (const desk of [shipped, floor]) await desk.store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const sealedBy = (desk: Desk, kind: 'person' | 'code') => desk.secrets.make(kind, 'seal/passphrase', place, PHRASE);
  const costOf = async (desk: Desk, kind: 'person' | 'code') =>
    openVault(desk.keyring)
      .openText('seal/passphrase', place, await sealedBy(desk, kind))
      .split('$')[3];

  it('hashes at the figures of its policy', async () => {
    expect(await costOf(shipped, 'person')).toBe('m=65536,t=3,p=4');
    expect(await costOf(shipped, 'code')).toBe('m=19456,t=2,p=1');
    expect(await costOf(floor, 'person')).toBe('m=19456,t=2,p=1');
  });

  it('still knows what was hashed before its policy changed, and asks for a new hash only where it rose', async () => {
    const check = async (desk: Desk, by: Desk) =>
      desk.secrets.check('person', 'seal/passphrase', place, await sealedBy(by, 'person'), PHRASE);
    expect(await check(shipped, floor)).toEqual({ matches: true, outdated: true });
    expect(await check(floor, shipped)).toEqual({ matches: true, outdated: false });
  });
});
