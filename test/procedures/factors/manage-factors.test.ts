/** A user's own methods and backup codes, and the company-wide switch (B30, B32, B37, B40, B41). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listFactors, newBackupCodes, removeFactor } from '../../../src/procedures/factors/manage-factors.js';
import { requireMfa } from '../../../src/procedures/factors/require-mfa.js';
import { refusalOf } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';
import { begunApp, countDone, type PortalPlace, portalPlace } from '../portal/portal-place.js';

describe.each(engines)('own sign-in methods on %s', (engine) => {
  let place: PortalPlace;
  beforeEach(async () => {
    place = await portalPlace(engine);
  });
  afterEach(() => place.close());

  const by = { kind: 'system', id: 't', name: 't' } as const;
  const update = (change: Parameters<PortalPlace['desk']['store']['record']>[1]) =>
    place.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by }, change);

  describe('removing', () => {
    it('B40 with MFA on the last one stays, whatever else there is; with MFA off it may go', async () => {
      const app = await place.giveApp('xavi');
      await place.giveBackupCodes('xavi');
      await place.requireMfa();
      const open = await place.enter('xavi', app);
      expect((await refusalOf(removeFactor(place.desk, open, app.id))).code).toBe('refused-by-policy');
      await update((write) => write.accounts.update('acc_200500', { mfa_required_at: null }));
      expect((await removeFactor(place.desk, open, app.id)).kind).toBe('totp');
      expect((await listFactors(place.desk, open)).factors).toEqual([]);
      expect(await place.notices()).toEqual(expect.arrayContaining(['factor-changed xavi']));
    });

    it('B40 two parallel removals with MFA on: one method stays', async () => {
      const app = await place.giveApp('xavi');
      const sent = await place.giveSent('xavi', 'email');
      await place.requireMfa();
      const open = await place.enter('xavi', app);
      expect(await countDone([app.id, sent].map((id) => removeFactor(place.desk, open, id)))).toBe(1);
      expect((await listFactors(place.desk, open)).factors).toHaveLength(1);
    });

    it('B40 teeth: counted first and removed later, both would be gone', async () => {
      const ids = [(await place.giveApp('xavi')).id, await place.giveSent('xavi', 'email')];
      const { factors } = place.desk.store.read;
      const counts = await Promise.all(ids.map(async () => (await factors.ofUser('usr_acc_200500_xavi')).length));
      for (const [at, id] of ids.entries())
        if ((counts[at] ?? 0) > 1) await update((write) => write.factors.delete(id));
      expect(await factors.ofUser('usr_acc_200500_xavi')).toEqual([]);
    });

    it('somebody else’s is not found; a half-done one may always go', async () => {
      const others = await place.giveApp('xena');
      const app = await place.giveApp('xavi');
      await place.requireMfa();
      const open = await place.enter('xavi', app);
      expect((await refusalOf(removeFactor(place.desk, open, others.id))).code).toBe('not-found');
      const half = await begunApp(place.desk, open);
      await removeFactor(place.desk, open, half.id);
      expect((await listFactors(place.desk, open)).factors).toHaveLength(1);
    });

    it('takes a finished login', async () => {
      const app = await place.giveApp('xavi');
      await place.requireMfa();
      expect((await refusalOf(removeFactor(place.desk, await place.signIn('xavi'), app.id))).code).toBe(
        'factor-needed',
      );
    });
  });

  describe('backup codes', () => {
    it('B41 are ten, shown once, stored as sealed hashes, and told of', async () => {
      await place.giveApp('xavi');
      const open = await place.login('xavi');
      const { codes, onlyMethod } = await newBackupCodes(place.desk, open);
      expect(codes).toHaveLength(10);
      expect(onlyMethod).toBe(false);
      const rows = await place.desk.store.read.factors.backupCodes(open.user.id);
      const stored = JSON.stringify(rows);
      for (const code of codes) expect(stored).not.toContain(code.slice(2).replace(/-/g, ''));
      expect(await listFactors(place.desk, open)).toMatchObject({ backupCodesLeft: 10, backupCodesMade: 10 });
      expect(await place.notices()).toContain('backup-codes-created xavi');
    });

    it('B41 new ones end the earlier ones', async () => {
      await place.giveApp('xavi');
      const [old = ''] = await place.giveBackupCodes('xavi');
      expect(await newBackupCodes(place.desk, await place.login('xavi'))).toMatchObject({ earlierDied: 10 });
      await place.requireMfa();
      expect((await refusalOf(place.answer(await place.signIn('xavi'), 'backup', old))).code).toBe('not-signed-in');
    });

    it('B41 are allowed as the only method, which is said', async () => {
      expect(await newBackupCodes(place.desk, await place.login('xavi'))).toMatchObject({ onlyMethod: true });
      const on = await requireMfa(place.desk, await place.login('xena'), true);
      expect(on.withoutFactor, 'xena, who has none; xavi has').toBe(1);
      expect((await place.signIn('xavi')).session.state).toBe('factor-needed');
    });
  });

  describe('required of the whole company', () => {
    it('B32 is off by default, and switched by an admin of an x-series company alone', async () => {
      const [xena, xavi] = [await place.login('xena'), await place.login('xavi')];
      expect(xena.account.mfaRequiredAt).toBeNull();
      expect((await refusalOf(requireMfa(place.desk, xavi, true))).code).toBe('forbidden');
      expect(await requireMfa(place.desk, xena, true)).toMatchObject({
        required: true,
        unchanged: false,
        withoutFactor: 2,
      });
      expect(await requireMfa(place.desk, xena, true)).toMatchObject({ unchanged: true });
      expect((await place.signIn('xavi')).session.state).toBe('enrolment-needed');
      expect(await requireMfa(place.desk, xena, false)).toMatchObject({ required: false, unchanged: false });
      expect((await place.signIn('xavi')).session.state).toBe('done');
    });

    it('B30 is refused in a classic company, with that reason', async () => {
      const refused = await refusalOf(requireMfa(place.desk, await place.login('ana'), true));
      expect(refused).toMatchObject({ code: 'refused-by-policy', message: expect.stringContaining('X Series') });
    });

    it('B37 with single sign-on comes the advice to consider whether both are needed', async () => {
      expect((await requireMfa(place.desk, await place.login('xena'), true)).warnings).toEqual([]);
      await update((write) => write.accounts.update('acc_200500', { sso: 'okta' }));
      expect((await requireMfa(place.desk, await place.login('xena'), true)).warnings).toEqual(['sso-and-mfa']);
    });

    it('takes a finished login', async () => {
      await place.requireMfa();
      expect((await refusalOf(requireMfa(place.desk, await place.signIn('xena'), false))).code).toBe(
        'enrolment-needed',
      );
    });
  });
});
