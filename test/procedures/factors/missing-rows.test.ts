/**
 * Whoever can write the store, but has no key, takes rows away: what the log knows to have been there is asked for, and nothing is won by
 * its absence (T8). To hide that as well the log must be changed, which audit verify names.
 */

import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEngine } from '../../../src/opening/open-desk.js';
import { confirmEnrolment } from '../../../src/procedures/factors/confirm-factor.js';
import { removeFactor } from '../../../src/procedures/factors/manage-factors.js';
import { verifyAuditLog } from '../../../src/procedures/log/verify-audit-log.js';
import { currentFreeze, freezeResets, requireNotFrozen, thawResets } from '../../../src/procedures/resets/freeze.js';
import { setUpByCode } from '../../support/first-phrase.js';
import { refusalOf } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';
import { OTHER_PHRASE, PHRASE } from '../northwind.js';
import { begunApp, type PortalPlace, portalPlace } from '../portal/portal-place.js';

describe.each(engines)('rows taken away by another hand on %s', (engine) => {
  let place: PortalPlace;
  beforeEach(async () => {
    place = await portalPlace(engine);
  });
  afterEach(() => place.close());

  /** As with any database tool: no desk, no key, no log. */
  async function byAnotherHand(statement: string): Promise<void> {
    const other = await openEngine(place.settings.store, false);
    await sql.raw(statement).execute(other.db);
    await other.close();
  }
  const wholeLog = () => verifyAuditLog(place.desk.store.read.audit, { notary: place.desk.notary });

  it('T8 B13 a passphrase: no second set-up call', async () => {
    const { account, user } = await place.login('ana');
    const agent = await place.operator('agent');
    await setUpByCode(place, agent, { account, user }, PHRASE);
    await byAnotherHand(`delete from passphrases where user_id = '${user.id}'`);
    const again = setUpByCode(place, agent, { account, user }, OTHER_PHRASE);
    await expect(again).rejects.toMatchObject({
      code: 'store-corrupt',
      because: { reason: 'passphrase-gone', facts: expect.objectContaining({ user: user.id }) },
    });
    await expect(place.verify('ana', OTHER_PHRASE)).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  it('T8 a second factor: the password alone puts no other in its place; one that was removed in the portal can be', async () => {
    const app = await place.giveApp('xavi');
    await byAnotherHand(`delete from factors where user_id = '${(await place.user('xavi')).id}'`);
    const enrol = async () => {
      const begun = await begunApp(place.desk, await place.login('xavi'));
      const given = { kind: 'totp', code: place.code(begun), replaces: undefined } as const;
      return confirmEnrolment(place.desk, await place.login('xavi'), given);
    };
    await expect(enrol()).rejects.toMatchObject({ code: 'store-corrupt' });
    expect(app.id).toMatch(/^fac_/);
    const { id } = await place.giveApp('xena');
    await removeFactor(place.desk, await place.login('xena'), id);
    await place.giveApp('xena');
  });

  it('T20 B63 a freeze is a row that is always there: neither without its entry nor without the row is anything reset', async () => {
    const lead = await place.operator('lead');
    const { read } = place.desk.store;
    const frozen = await freezeResets(place.desk, lead, { reason: 'a drill', until: null });
    expect(await currentFreeze(read, place.clock.now())).toEqual(frozen);
    await expect(requireNotFrozen(read, place.clock.now())).rejects.toMatchObject({ code: 'refused-by-policy' });
    await wholeLog();
    await thawResets(place.desk, lead);
    expect(await currentFreeze(read, place.clock.now())).toBeNull();
    await freezeResets(place.desk, lead, { reason: null, until: place.clock.now() + 60_000 });
    expect(await currentFreeze(read, place.clock.now() + 59_999)).not.toBeNull();
    expect(await currentFreeze(read, place.clock.now() + 60_000)).toBeNull();
    const size = (await read.audit.head())?.size ?? 0;
    await byAnotherHand(`delete from audit_entries where seq = ${size - 1}`);
    expect(await currentFreeze(read, place.clock.now())).not.toBeNull();
    expect((await refusalOf(wholeLog())).message).toContain(`entry ${size - 1} is missing`);
    await byAnotherHand('delete from freezes');
    await expect(requireNotFrozen(read, place.clock.now())).rejects.toMatchObject({ code: 'store-corrupt' });
  });
});
