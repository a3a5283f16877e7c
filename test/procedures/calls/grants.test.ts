/** Grants: short, for one operator, one caller and one action, and looked at again when used (B08, B54). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listGrants, revokeGrant } from '../../../src/procedures/calls/grants.js';
import { setOwnPassphrase } from '../../../src/procedures/passphrases/passphrase-of-owner.js';
import { revokeScope } from '../../../src/procedures/portal/customer-scopes.js';
import { minutes } from '../../../src/rules/duration.js';
import { engines } from '../../support/test-desk.js';
import { OTHER_PHRASE } from '../northwind.js';
import { type PhoneDesk, phoneDesk, unlimited } from '../phone-desk.js';

const RESET = 'login-security:mfa-reset';

describe.each(engines)('grants on %s', (engine) => {
  let place: PhoneDesk;
  beforeAll(async () => {
    place = await phoneDesk(engine);
    await place.givePhrase('ana');
  });
  afterAll(() => place.close());
  beforeEach(async () => {
    await place.givePhrase('sue');
    const { id } = await place.user('sue');
    await place.write((write) =>
      write.users.update(id, { role: 'secondary-admin', scopes: 'billing login-security', disabled_at: null }),
    );
  });

  const grantOf = async (caller = 'sue', action = RESET): Promise<string> => {
    const { grant } = await place.call({ caller, action, desk: unlimited(place.desk) });
    if (grant === null) throw new Error('no grant');
    return grant.id;
  };
  const dead = async (id: string, why: RegExp, by = place.agent, action = RESET) => {
    const refusal = await place.refusal(place.useGrant(id, by, action));
    expect(refusal.code).toBe('no-grant');
    expect(refusal.message).toMatch(why);
  };

  it('holds for what it was given for, once', async () => {
    const id = await grantOf();
    expect(await place.useGrant(id)).toMatchObject({ caller: { login: 'sue' }, account: { number: '100234' } });
    await dead(id, /used already/);
  });

  it('is of no use to another operator, for another action, or under another id', async () => {
    const id = await grantOf();
    await dead(id, /no grant with this id/, await place.operator('lead'));
    await dead(id, /no grant with this id/, await place.operator('admin'));
    await dead(id, /yours is for login-security:mfa-reset/, place.agent, 'billing:change');
    await dead('gr_00000000-0000-7000-8000-000000000000', /no grant with this id/);
    await dead(await grantOf('sue', 'billing:change'), /is for billing:change/);
  });

  it('ends after fifteen minutes, to the millisecond', async () => {
    const [first, second] = [await grantOf(), await grantOf()];
    place.clock.advance(minutes(15) - 1);
    await place.useGrant(first);
    place.clock.advance(1);
    await dead(second, /expired/);
  });

  it('stays over when the clock is set back after others have worked on', async () => {
    const id = await grantOf();
    place.clock.advance(minutes(16));
    await place.write(async () => undefined);
    place.clock.advance(-minutes(16));
    await dead(id, /expired/);
    place.clock.advance(minutes(16));
  });

  it('B08 dies when the scope is taken away in the portal during the call', async () => {
    const id = await grantOf();
    const ana = await place.login('ana');
    await revokeScope(place.desk, ana, 'sue', 'login-security');
    await dead(id, /revoked|changed since/);
  });

  it('B08 dies when only the version of the authority has moved: scope given back, role changed and changed back', async () => {
    const id = await grantOf();
    const sue = await place.user('sue');
    await place.write((write) => write.users.bumpAuthority(sue.id));
    await dead(id, /changed since/);
  });

  it('B08 is refused for a privilege that is gone, also where nothing marked the change', async () => {
    const id = await grantOf();
    const { id: sue } = await place.user('sue');
    await place.write((write) => write.users.update(sue, { scopes: 'billing' }));
    await dead(id, /no longer holds the privilege/);
    await place.write((write) => write.users.update(sue, { scopes: 'login-security', role: 'user' }));
    await dead(id, /no longer holds the privilege/);
  });

  it('B08 B18 dies when the owner changes the passphrase', async () => {
    const id = await grantOf();
    await place.givePassword('sue', 'a password of hers 1');
    await setOwnPassphrase(place.desk, await place.login('sue'), { phrase: OTHER_PHRASE, password: null });
    await dead(id, /revoked|changed since/);
  });

  it('is refused for a caller or an account that was disabled since', async () => {
    const id = await grantOf();
    const sue = await place.user('sue');
    await place.write((write) => write.users.update(sue.id, { disabled_at: 1 }));
    await dead(id, /disabled/);
    await place.write((write) => write.users.update(sue.id, { disabled_at: null }));
    await place.write((write) => write.accounts.update(sue.accountId, { disabled_at: 1 }));
    await dead(id, /disabled/);
    await place.write((write) => write.accounts.update(sue.accountId, { disabled_at: null }));
  });

  it('two who use one grant at the same moment: one', async () => {
    const id = await grantOf();
    const both = await Promise.allSettled([place.useGrant(id), place.useGrant(id)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('is listed while it lives, with operator, account and caller, and without a secret', async () => {
    place.clock.advance(minutes(20));
    const id = await grantOf();
    const [only, ...others] = await listGrants(place.desk);
    expect(others).toEqual([]);
    expect(only).toMatchObject({
      id,
      action: RESET,
      caller: { login: 'sue' },
      operator: { name: place.agent.operator.name },
    });
    await place.useGrant(id);
    expect(await listGrants(place.desk)).toEqual([]);
  });

  it('is ended by its operator or with grant:revoke; a try of others is refused like an unknown one, and logged', async () => {
    const [mine, leads] = [await grantOf(), await grantOf()];
    const verifier = await place.operator('verifier');
    const refusal = await place.refusal(revokeGrant(place.desk, verifier, mine));
    const unknown = await place.refusal(revokeGrant(place.desk, verifier, 'gr_x'));
    expect([refusal.code, unknown.code]).toEqual(['not-found', 'not-found']);
    expect(refusal.message.replace(mine, 'gr_x')).toBe(unknown.message);
    expect(await place.entries('grant.revoke-refused')).toMatchObject([
      { outcome: 'refused', by: { id: verifier.operator.id } },
    ]);
    expect(await revokeGrant(place.desk, place.agent, mine)).toBe(true);
    await dead(mine, /was revoked/);
    expect(await revokeGrant(place.desk, await place.operator('lead'), leads)).toBe(true);
    await dead(leads, /was revoked/);
  });

  it('ending one that is used or over says so and changes nothing', async () => {
    const [used, over] = [await grantOf(), await grantOf()];
    await place.useGrant(used);
    expect(await revokeGrant(place.desk, place.agent, used)).toBe(false);
    place.clock.advance(minutes(15));
    expect(await revokeGrant(place.desk, place.agent, over)).toBe(false);
    expect((await place.desk.store.read.grants.byId(over))?.revoked_at).toBeNull();
  });
});
