/** An admin of the company takes a reset back in the portal, and sees who had which (B61, B91). */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEngine } from '../../../src/opening/open-desk.js';
import { companyPeople } from '../../../src/procedures/factors/company-people.js';
import { removeFactor } from '../../../src/procedures/factors/manage-factors.js';
import type { PortalLogin } from '../../../src/procedures/portal/customer-login.js';
import { resetInPortal } from '../../../src/procedures/resets/reset-in-portal.js';
import { resetsOfUser, undoInPortal } from '../../../src/procedures/resets/undo-reset.js';
import { days, hours } from '../../../src/rules/duration.js';
import { refusalOf } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';
import { countDone, type PortalPlace, portalPlace } from '../portal/portal-place.js';

const XAVI = 'usr_acc_200500_xavi';

describe.each(engines)('taking a reset back in the portal on %s (B61, B91)', (engine) => {
  let place: PortalPlace;
  let xena: PortalLogin;
  beforeEach(async () => {
    place = await portalPlace(engine);
    await place.giveApp('xavi');
    await place.giveBackupCodes('xavi');
    xena = await place.login('xena');
    await resetInPortal(place.desk, xena, { references: ['xavi'], reason: 'lost', confirmed: 1 });
  });
  afterEach(() => place.close());

  /** As with any database tool: no desk, no key, no log. */
  const byAnotherHand = async (statement: string) => {
    const other = await openEngine(place.settings.store, false);
    await sql.raw(statement).execute(other.db);
    await other.close();
  };
  const last = async () => {
    const [newest] = (await resetsOfUser(place.desk, xena, XAVI)).past;
    if (newest === undefined) throw new Error('no reset');
    return { ...newest, id: newest.reset.id };
  };
  const listed = async (notEnrolled = false) => {
    const { people } = await companyPeople(place.desk, xena, { search: '', notEnrolled, from: 0, most: 9 });
    return people.map(({ user, kinds, backupCodesLeft, pending }) => [user.login, kinds, backupCodesLeft > 0, pending]);
  };

  it('methods and backup codes work again; of two at once one does it', async () => {
    expect(await listed()).toEqual([
      ['xavi', [], false, true],
      ['xena', [], false, false],
    ]);
    const { id, by, undo } = await last();
    expect([by?.login, undo]).toEqual(['xena', 'possible']);
    const both = [1, 2].map(() => undoInPortal(place.desk, xena, id, 'found'));
    expect(await countDone(both)).toBe(1);
    expect(await listed()).toEqual([
      ['xavi', ['totp'], true, false],
      ['xena', [], false, false],
    ]);
    expect(await listed(true)).toEqual([['xena', [], false, false]]);
    expect((await last()).undo).toBe('undone-before');
  });

  it('not after the days of the policy; not by an admin whose power is still held, nor by a user', async () => {
    const { id } = await last();
    const code = async (login: PortalLogin) => (await refusalOf(undoInPortal(place.desk, login, id, 'found'))).code;
    expect(await code(await place.login('xavi'))).toBe('forbidden');
    expect(await code(await place.login('ana'))).toBe('not-found');
    const by = { kind: 'system', id: 'test', name: 'test' } as const;
    const prepared = { kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by } as const;
    await place.desk.store.record(prepared, async (write) => {
      await write.users.update('usr_acc_200500_xena', { power_held_until: place.desk.now() + hours(1) });
    });
    expect(await code(await place.login('xena'))).toBe('forbidden');
    place.clock.advance(days(place.desk.policy.limits.reset.undoDays));
    xena = await place.login('xena');
    expect([await code(xena), (await last()).undo]).toEqual(['refused-by-policy', 'too-late']);
    expect((await place.desk.store.read.resets.byId(id))?.state).toBe('open');
  });

  it('B61 whoever changes which reset a row says it was suspended by changes nothing: all comes back', async () => {
    const { id } = await last();
    for (const table of ['factors', 'backup_codes'])
      await byAnotherHand(`update ${table} set suspended_by = 'rst_none' where state = 'suspended'`);
    await undoInPortal(place.desk, xena, id, 'found');
    expect(await listed()).toContainEqual(['xavi', ['totp'], true, false]);
  });

  it.each(['factors', 'backup_codes'])(
    'B61 B86 what is missing of the suspended %s is no undo, and nothing changes',
    async (table) => {
      const { id } = await last();
      await byAnotherHand(`delete from ${table} where id = (select min(id) from ${table} where state = 'suspended')`);
      expect(await refusalOf(undoInPortal(place.desk, xena, id, 'found'))).toMatchObject({
        code: 'store-corrupt',
        message: expect.stringContaining(id),
      });
      expect((await place.desk.store.read.resets.byId(id))?.state).toBe('open');
      expect(await listed()).toContainEqual(['xavi', [], false, true]);
    },
  );

  it('B61 a reset that follows another before anybody enrolled brings back what the first has suspended', async () => {
    await place.desk.store.record(
      {
        kind: 'test.prepared',
        outcome: 'done',
        at: place.desk.now(),
        by: { kind: 'system', id: 'test', name: 'test' } as const,
      },
      (write) => write.resets.spoilEnrolmentCodes(XAVI, place.desk.now()),
    );
    await resetInPortal(place.desk, xena, { references: ['xavi'], reason: 'again', confirmed: 1 });
    const { id, reset } = await last();
    expect([reset.factors, reset.backup_codes]).toEqual([0, 0]);
    await undoInPortal(place.desk, xena, id, 'found');
    expect(await listed()).toContainEqual(['xavi', ['totp'], true, false]);
  });

  it('B61 the user cannot remove what a reset has suspended', async () => {
    const [factor] = await place.desk.store.read.factors.ofUser(XAVI);
    const removed = removeFactor(place.desk, await place.login('xavi'), factor?.id ?? '');
    expect((await refusalOf(removed)).code).toBe('not-found');
  });
});
