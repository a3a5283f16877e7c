/** The owner's passphrase in the portal (B10, B14–B18), and who else may not have any of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../../../src/desk.js';
import { setOwnPassphrase, viewOwnPassphrase } from '../../../src/procedures/passphrases/passphrase-of-owner.js';
import {
  changeApplicationPassword,
  checkApplicationPassword,
  judgeApplicationPassword,
  prepareApplicationPassword,
} from '../../../src/procedures/portal/application-password.js';
import { destroyOwnerCopy } from '../../../src/procedures/portal/owner-copy.js';
import { resetUnderGrant } from '../../../src/procedures/resets/reset-factors.js';
import { ownerCopyContext } from '../../../src/procedures/seal-contexts.js';
import { minutes } from '../../../src/rules/duration.js';
import type { LoginMethod } from '../../../src/rules/mfa-login.js';
import { engines } from '../../support/test-desk.js';
import { type Northwind, northwind, OTHER_PHRASE, PHRASE } from '../northwind.js';

const PASSWORD = 'lantern & 7 herons';

describe.each(engines)("the owner's passphrase on %s", (engine) => {
  let place: Northwind;
  let desk: Desk;
  let viewKey: Uint8Array;
  beforeEach(async () => {
    place = await northwind(engine);
    desk = place.desk;
    viewKey = await place.givePassword('ana', PASSWORD);
  });
  afterEach(() => place.close());

  const set = async (phrase = PHRASE, password: string | null = null) =>
    setOwnPassphrase(desk, await place.login('ana'), { phrase, password });
  const view = async (more: Parameters<Northwind['login']>[1] = {}, key = viewKey, on = desk) =>
    viewOwnPassphrase(on, await place.login('ana', more), key);

  describe('set and changed', () => {
    it('B12 B18 verifies at once when set; the old one stops at once when changed', async () => {
      expect((await place.verify('ana', PHRASE)).reason).toBe('no-passphrase');
      expect(await set()).toEqual({ first: true, readable: true, grantsEnded: 0 });
      expect((await place.verify('ana', PHRASE)).outcome).toBe('verified');
      expect(await set(OTHER_PHRASE)).toMatchObject({ first: false, grantsEnded: 1 });
      expect((await place.verify('ana', PHRASE)).reason).toBe('not-verified');
      expect((await place.verify('ana', OTHER_PHRASE)).outcome).toBe('verified');
    });

    it('B08 B18 a grant of before ends with the change', async () => {
      await set();
      const { grant } = await place.verify('ana', PHRASE, 'login-security:mfa-reset');
      await set(OTHER_PHRASE);
      const [account, target] = [(await place.login('ana')).account, await place.user('uma')];
      const agent = await place.operator('agent');
      const reset = resetUnderGrant(desk, agent, {
        grantId: grant?.id ?? '',
        account,
        target,
        reason: undefined,
        ticket: undefined,
      });
      await expect(reset).rejects.toMatchObject({ code: 'no-grant' });
    });

    it('B21 a weak one is refused with reasons and an alternative that would do, and nothing changes', async () => {
      await set();
      const refused = await set('Ana Northwind 2026').catch((error) => error);
      expect(refused).toMatchObject({
        code: 'invalid-input',
        also: { alternative: expect.stringMatching(/^([a-z]+ ){4}[a-z]+$/) },
      });
      expect(JSON.stringify([refused.message, refused.hint, refused.problems, refused.also])).not.toContain('2026');
      expect((await place.verify('ana', PHRASE)).outcome).toBe('verified');
      expect(await set(refused.also.alternative)).toMatchObject({ first: false });
    });

    it('B10 is not the application password: as typed, and as spoken where the password is at hand', async () => {
      await place.givePassword('ana', OTHER_PHRASE);
      await expect(set(OTHER_PHRASE)).rejects.toMatchObject({
        code: 'invalid-input',
        problems: [{ message: expect.stringContaining('application password') }],
      });
      await expect(
        set('Copper, walrus. Under 19 violins!', 'copper walrus under one nine violins'),
      ).rejects.toMatchObject({ code: 'invalid-input' });
      expect((await place.verify('ana', OTHER_PHRASE)).reason).toBe('no-passphrase');
    });

    it('B10 nor the other way round: a new application password is not the passphrase, however it is written', async () => {
      await set();
      const [ana, { account }] = [await place.user('ana'), await place.login('ana')];
      for (const password of [PHRASE, 'velo bleu saffron ladybug justify seven']) {
        await expect(judgeApplicationPassword(desk, ana, account, password)).rejects.toMatchObject({
          code: 'invalid-input',
        });
      }
      await expect(judgeApplicationPassword(desk, ana, account, 'seven herons, one lantern')).resolves.toBeUndefined();
      for (const password of ['short', 'x'.repeat(257), 'ana@mail.example', 'ANA@mail.example']) {
        await expect(judgeApplicationPassword(desk, ana, account, password)).rejects.toMatchObject({
          code: 'invalid-input',
        });
      }
    });

    it('B10 neither opens the other, and changing one leaves the other', async () => {
      await set();
      const ana = await place.user('ana');
      expect((await checkApplicationPassword(desk, ana, PHRASE)).matches).toBe(false);
      expect((await place.verify('ana', PASSWORD)).reason).toBe('not-verified');
      await set(OTHER_PHRASE);
      expect((await checkApplicationPassword(desk, ana, PASSWORD)).matches).toBe(true);
      await changeApplicationPassword(desk, await place.login('ana'), { viewKey, next: 'copper horse cellar 9' });
      expect((await place.verify('ana', OTHER_PHRASE)).outcome).toBe('verified');
    });

    it("B15 a secondary admin sets their own; the primary's does not verify them", async () => {
      await set();
      expect((await place.verify('sue', PHRASE)).reason).toBe('no-passphrase');
      await setOwnPassphrase(desk, await place.login('sue'), { phrase: OTHER_PHRASE, password: null });
      expect((await place.verify('sue', PHRASE)).reason).toBe('not-verified');
      expect((await place.verify('sue', OTHER_PHRASE)).outcome).toBe('verified');
    });

    it.each(['uma', 'xavi'] as const)('B17 %s, a plain user, neither sets nor views one', async (login) => {
      const whose = await place.login(login);
      await expect(setOwnPassphrase(desk, whose, { phrase: PHRASE, password: null })).rejects.toMatchObject({
        code: 'forbidden',
      });
      await expect(viewOwnPassphrase(desk, whose, viewKey)).rejects.toMatchObject({ code: 'forbidden' });
    });

    it('B74 is in the log with its notice, and the phrase is in neither', async () => {
      await set();
      await set(OTHER_PHRASE);
      await set('password').catch(() => undefined);
      expect((await place.auditKinds()).filter((kind) => kind.startsWith('passphrase.'))).toEqual([
        'passphrase.set',
        'passphrase.changed',
        'passphrase.set-refused',
      ]);
      expect(await place.notices()).toEqual(['passphrase-changed ana', 'passphrase-changed ana']);
    });
  });

  describe('viewed', () => {
    it('B17 the exact text, audited without it and notified', async () => {
      await set();
      expect(await view()).toBe(PHRASE);
      expect((await place.auditKinds()).filter((kind) => kind === 'passphrase.viewed')).toHaveLength(1);
      expect(await place.notices()).toEqual(['passphrase-changed ana', 'passphrase-viewed ana']);
      const bodies = await desk.store.read.audit.newest({}, 200);
      expect(bodies.filter((row) => /saffron|ladybug/i.test(row.body))).toEqual([]);
    });

    it('B17 needs the password within the last minutes, and a set as well', async () => {
      await set();
      const fresh = minutes(desk.policy.limits.portalSession.freshPasswordMinutes);
      await expect(view({ passwordAt: desk.now() - fresh })).rejects.toMatchObject({ code: 'not-signed-in' });
      expect(await view({ passwordAt: desk.now() - fresh + 1 })).toBe(PHRASE);
      const stale = await place.login('ana', { passwordAt: desk.now() - fresh });
      await expect(setOwnPassphrase(desk, stale, { phrase: OTHER_PHRASE, password: null })).rejects.toMatchObject({
        code: 'not-signed-in',
      });
      expect(await view()).toBe(PHRASE);
    });

    it('B17 a clock set back makes no password fresh again', async () => {
      await set();
      const earlier = await place.login('ana');
      place.clock.advance(minutes(20));
      await set();
      place.clock.advance(minutes(-19));
      await expect(viewOwnPassphrase(desk, earlier, viewKey)).rejects.toMatchObject({ code: 'not-signed-in' });
    });

    it('B17 with MFA on a factor of this login is needed; a remembered device is none', async () => {
      const key = await place.givePassword('xena', PASSWORD);
      const at = desk.now();
      await desk.store.record(
        { kind: 'test.prepared', outcome: 'done', at, by: { kind: 'system', id: 't', name: 't' } },
        (write) => write.accounts.update('acc_200500', { mfa_required_at: at }),
      );
      const login = (method: LoginMethod) => place.login('xena', { method });
      await setOwnPassphrase(desk, await login('password+totp'), { phrase: PHRASE, password: null });
      for (const method of ['password', 'password+device', 'sso'] as const) {
        await expect(viewOwnPassphrase(desk, await login(method), key)).rejects.toMatchObject({
          code: 'factor-needed',
        });
      }
      for (const method of ['password+totp', 'password+backup', 'password+enrolment'] as const) {
        expect(await viewOwnPassphrase(desk, await login(method), key)).toBe(PHRASE);
      }
      const old = (age: number) => place.login('xena', { method: 'password+totp', openedAt: desk.now() - age });
      await expect(viewOwnPassphrase(desk, await old(minutes(5)), key), 'one of an hour ago').rejects.toMatchObject({
        code: 'factor-needed',
      });
      expect(await viewOwnPassphrase(desk, await old(minutes(5) - 1), key)).toBe(PHRASE);
    });

    it.each(['factor-needed', 'enrolment-needed'] as const)(
      'B33 a login that is only %s shows nothing',
      async (state) => {
        await set();
        await expect(view({ state })).rejects.toMatchObject({ code: state });
      },
    );

    it('B17 an ended session shows nothing', async () => {
      await set();
      const ended = await place.login('ana');
      await desk.store.record(
        { kind: 'test.prepared', outcome: 'done', at: desk.now(), by: { kind: 'system', id: 't', name: 't' } },
        (write) => write.trust.end([ended.user.id]),
      );
      await expect(viewOwnPassphrase(desk, ended, viewKey)).rejects.toMatchObject({ code: 'not-signed-in' });
    });

    it('B17 another admin of the same company sees nothing: not with their session, not with their key, not with both names', async () => {
      await set();
      const bensKey = await place.givePassword('ben', 'the password of ben');
      await expect(viewOwnPassphrase(desk, await place.login('ben'), bensKey)).rejects.toMatchObject({
        code: 'not-found',
      });
      await expect(view({}, bensKey)).rejects.toMatchObject({ code: 'forbidden' });
      const mixed = { ...(await place.login('ben')), user: await place.user('ana') };
      await expect(viewOwnPassphrase(desk, mixed, viewKey)).rejects.toMatchObject({ code: 'not-signed-in' });
    });

    it('B12 says so where none is set', async () => {
      await expect(view()).rejects.toMatchObject({ code: 'not-found' });
    });

    it('does not show a copy that is not the passphrase in force', async () => {
      await set();
      const ana = await place.user('ana');
      const row = await desk.store.read.secrets.applicationPassword(ana.id);
      const passwordPlace = { ...ownerCopyContext(ana), table: 'application_passwords', column: 'verifier' };
      const forged = desk.ownerView.sealCopy(passwordPlace, row?.verifier ?? '', ownerCopyContext(ana), OTHER_PHRASE);
      await desk.store.record(
        { kind: 'test.prepared', outcome: 'done', at: desk.now(), by: { kind: 'system', id: 't', name: 't' } },
        (write) => write.secrets.updatePassphrase(ana.id, { owner_copy: forged }),
      );
      await expect(view()).rejects.toMatchObject({ code: 'store-corrupt' });
      expect(await place.auditKinds()).not.toContain('passphrase.viewed');
    });
  });

  describe('the application password', () => {
    it('B17 a change keeps the copy readable, by the new password alone, and ends other sessions', async () => {
      await set();
      const own = await place.login('ana');
      const before = (await desk.store.read.portalSessions.ofUser(own.user.id)).length;
      const { sessionsEnded } = await changeApplicationPassword(desk, own, { viewKey, next: 'copper horse cellar 9' });
      expect(sessionsEnded).toBe(before - 1);
      const ana = await place.user('ana');
      expect((await checkApplicationPassword(desk, ana, PASSWORD)).matches).toBe(false);
      const checked = await checkApplicationPassword(desk, ana, 'copper horse cellar 9');
      expect(await viewOwnPassphrase(desk, own, checked.viewKey ?? viewKey)).toBe(PHRASE);
    });

    it('B17 a reset without the old one leaves nothing to read; the phrase still verifies', async () => {
      await set();
      const ana = await place.user('ana');
      const { verifier, viewKey: newKey } = await prepareApplicationPassword(desk, ana, 'set anew by invitation');
      const destroyed = await desk.store.record(
        { kind: 'test.prepared', outcome: 'done', at: desk.now(), by: { kind: 'system', id: 't', name: 't' } },
        async (write) => {
          await write.secrets.putApplicationPassword({ user_id: ana.id, verifier, changed_at: desk.now() });
          return destroyOwnerCopy(write, ana.id);
        },
      );
      expect(destroyed).toBe(true);
      for (const key of [newKey, viewKey])
        await expect(view({}, key)).rejects.toMatchObject({
          code: 'forbidden',
          because: { reason: 'not-readable', facts: { because: 'lost' } },
        });
      expect((await place.verify('ana', PHRASE)).outcome).toBe('verified');
    });

    it('B17 a reset that forgot to destroy the copy still leaves it closed', async () => {
      await set();
      const newKey = await place.givePassword('ana', 'set anew by invitation');
      await expect(view({}, newKey)).rejects.toMatchObject({ code: 'forbidden' });
    });
  });

  describe('thieves', () => {
    it('B17 nothing the desk can do with store and key opens the copy', async () => {
      await set();
      const ana = await place.user('ana');
      const { owner_copy: copy } = (await desk.store.read.secrets.passphrase(ana.id)) ?? { owner_copy: null };
      const inner = desk.vault.open('seal/owner-copy', ownerCopyContext(ana), copy ?? '');
      expect(inner.toString('latin1')).not.toContain('saffron');
      expect(
        desk.ownerView.openCopy(ownerCopyContext(ana), desk.keyring.derive('seal/owner-copy'), copy ?? ''),
      ).toBeNull();
    });

    it('teeth: a copy under the desk key alone is read by the same steps', async () => {
      const ana = await place.user('ana');
      const copy = desk.vault.seal('seal/owner-copy', ownerCopyContext(ana), PHRASE);
      expect(desk.vault.open('seal/owner-copy', ownerCopyContext(ana), copy).toString('utf8')).toContain('saffron');
    });

    it.skipIf(engine !== 'sqlite')('B11 no byte of the store or its WAL has the phrase or the password', async () => {
      await set();
      await view();
      const files = ['desk.db', 'desk.db-wal'].map((name) => {
        try {
          return readFileSync(join(place.folder, name)).toString('latin1');
        } catch {
          return '';
        }
      });
      expect(files.join('').length).toBeGreaterThan(10_000);
      expect(files.join('')).toContain('ana@mail.example');
      for (const secret of ['saffron', 'velobleu', 'lantern']) expect(files.join('')).not.toContain(secret);
    });
  });

  describe('ownerView: false in the policy', () => {
    const off = (): Desk => ({
      ...desk,
      policy: {
        ...desk.policy,
        limits: { ...desk.policy.limits, passphrase: { ...desk.policy.limits.passphrase, ownerView: false } },
      },
    });

    it('B17 says so, keeps no copy, and destroys one of earlier days', async () => {
      await set();
      await expect(view({}, viewKey, off())).rejects.toMatchObject({ code: 'refused-by-policy' });
      expect((await desk.store.read.secrets.passphrase((await place.user('ana')).id))?.owner_copy).toBeNull();
      expect((await place.auditKinds()).slice(-2)).toEqual(['passphrase.copy-destroyed', 'passphrase.view-refused']);
      expect(
        await setOwnPassphrase(off(), await place.login('ana'), { phrase: OTHER_PHRASE, password: null }),
      ).toMatchObject({ readable: false });
      await expect(view()).rejects.toMatchObject({ code: 'forbidden' });
      expect((await place.verify('ana', OTHER_PHRASE)).outcome).toBe('verified');
    });
  });
});
