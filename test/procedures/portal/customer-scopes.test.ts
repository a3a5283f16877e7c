/** Scopes given and taken in the portal (B16), and what falls with them (B08). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../../../src/desk.js';
import { setOwnPassphrase } from '../../../src/procedures/passphrases/passphrase-of-owner.js';
import { grantScope, listTeam, revokeScope } from '../../../src/procedures/portal/customer-scopes.js';
import { resetUnderGrant } from '../../../src/procedures/resets/reset-factors.js';
import { engines } from '../../support/test-desk.js';
import { type Northwind, northwind, PHRASE } from '../northwind.js';

describe.each(engines)('the team on %s', (engine) => {
  let place: Northwind;
  let desk: Desk;
  beforeEach(async () => {
    place = await northwind(engine);
    desk = place.desk;
  });
  afterEach(() => place.close());

  it('B16 the first scope makes a user a secondary admin, who sets a passphrase and may; losing the last ends it', async () => {
    const ana = await place.login('ana');
    expect((await grantScope(desk, ana, 'uma', 'billing:inquiry')).user).toMatchObject({
      role: 'secondary-admin',
      scopes: ['billing:inquiry'],
    });
    await setOwnPassphrase(desk, await place.login('uma'), { phrase: PHRASE, password: null });
    expect((await place.verify('uma', PHRASE, 'billing:inquiry')).outcome).toBe('verified');
    expect((await place.verify('uma', PHRASE, 'billing:change')).reason).toBe('not-privileged');
    expect((await grantScope(desk, ana, 'uma', 'account-info')).user.scopes).toEqual([
      'account-info',
      'billing:inquiry',
    ]);
    expect((await revokeScope(desk, ana, 'uma', 'billing:inquiry')).user.role).toBe('secondary-admin');
    const last = await revokeScope(desk, ana, 'uma', 'account-info');
    expect(last).toMatchObject({
      outcome: 'changed',
      roleBefore: 'secondary-admin',
      user: { role: 'user', scopes: [] },
    });
    for (const action of ['billing:inquiry', 'account-info:view'])
      expect((await place.verify('uma', PHRASE, action)).outcome).toBe('refused');
    await expect(
      setOwnPassphrase(desk, await place.login('uma'), { phrase: PHRASE, password: null }),
    ).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('B08 a scope revoked in the middle of a call kills the live grant', async () => {
    const ana = await place.login('ana');
    await grantScope(desk, ana, 'sue', 'login-security');
    await setOwnPassphrase(desk, await place.login('sue'), { phrase: PHRASE, password: null });
    const { grant } = await place.verify('sue', PHRASE, 'login-security:mfa-reset');
    expect(await revokeScope(desk, ana, 'sue', 'login-security')).toMatchObject({ grantsEnded: 1 });
    const asked = {
      grantId: grant?.id ?? '',
      account: ana.account,
      target: await place.user('uma'),
      reason: undefined,
      ticket: undefined,
    };
    await expect(resetUnderGrant(desk, await place.operator('agent'), asked)).rejects.toMatchObject({
      code: 'no-grant',
    });
  });

  it.each(['sue', 'uma', 'xavi'] as const)('B16 %s assigns nothing and sees no team', async (login) => {
    const whose = await place.login(login);
    await expect(grantScope(desk, whose, 'uma', 'billing')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(revokeScope(desk, whose, 'sue', 'billing')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(listTeam(desk, whose)).rejects.toMatchObject({ code: 'forbidden' });
    expect((await place.user('sue')).scopes).toEqual(['billing']);
  });

  it('B16 nobody changes themselves or another admin', async () => {
    const ana = await place.login('ana');
    for (const login of ['ana', 'ben'])
      await expect(grantScope(desk, ana, login, 'billing')).rejects.toMatchObject({ code: 'forbidden' });
    expect((await place.auditKinds()).filter((kind) => kind === 'scope.change-refused')).toHaveLength(2);
  });

  it('B05 B16 stays inside the own company', async () => {
    const ana = await place.login('ana');
    for (const other of ['xavi', (await place.user('xavi')).id])
      await expect(grantScope(desk, ana, other, 'billing')).rejects.toMatchObject({ code: 'not-found' });
    expect((await listTeam(desk, ana)).map((user) => user.login)).toEqual(['ana', 'ben', 'sue', 'uma']);
  });

  it('B16 in X Series nobody becomes a secondary admin', async () => {
    await expect(grantScope(desk, await place.login('xena'), 'xavi', 'billing')).rejects.toMatchObject({
      code: 'refused-by-policy',
    });
    expect((await place.user('xavi')).role).toBe('user');
  });

  it('B16 knows only scopes of the policy, and nothing to do is an outcome', async () => {
    const ana = await place.login('ana');
    await expect(grantScope(desk, ana, 'uma', 'everything')).rejects.toMatchObject({
      code: 'invalid-input',
      next: [{ step: 'one-of', facts: { known: expect.arrayContaining(['billing:inquiry']) } }],
    });
    await expect(revokeScope(desk, ana, 'uma', 'everything')).rejects.toMatchObject({ code: 'invalid-input' });
    expect(await grantScope(desk, ana, 'sue', 'billing')).toMatchObject({ outcome: 'nothing-to-do' });
    expect(await revokeScope(desk, ana, 'sue', 'phone-system')).toMatchObject({
      outcome: 'nothing-to-do',
      user: { scopes: ['billing'] },
    });
  });

  it('B07 B16 a category takes the place of the only action of it that was held, and gives the rest', async () => {
    const ana = await place.login('ana');
    await setOwnPassphrase(desk, await place.login('sue'), { phrase: PHRASE, password: null });
    await revokeScope(desk, ana, 'sue', 'billing');
    await grantScope(desk, ana, 'sue', 'billing:change');
    expect((await place.verify('sue', PHRASE, 'billing:inquiry')).outcome).toBe('refused');
    expect(await grantScope(desk, ana, 'sue', 'billing')).toMatchObject({
      outcome: 'changed',
      user: { scopes: ['billing'] },
    });
    expect((await place.verify('sue', PHRASE, 'billing:inquiry')).outcome).toBe('verified');
    expect(await grantScope(desk, ana, 'sue', 'billing')).toMatchObject({ outcome: 'nothing-to-do' });
  });

  it('B99 an action inside a held category is refused by name, and the category takes its actions along', async () => {
    const ana = await place.login('ana');
    await expect(revokeScope(desk, ana, 'sue', 'billing:change')).rejects.toMatchObject({
      code: 'refused-by-policy',
      because: { reason: 'scope-inside-category', facts: { scope: 'billing:change', category: 'billing' } },
    });
    expect((await place.user('sue')).scopes).toEqual(['billing']);
    await revokeScope(desk, ana, 'sue', 'billing');
    for (const scope of ['billing:change', 'billing:inquiry', 'phone-system'])
      await grantScope(desk, ana, 'sue', scope);
    expect(await revokeScope(desk, ana, 'sue', 'billing')).toMatchObject({ user: { scopes: ['phone-system'] } });
  });

  it('B99 a user who may not see the team is in the log', async () => {
    const uma = await place.login('uma');
    await expect(listTeam(desk, uma)).rejects.toMatchObject({ code: 'forbidden' });
    const [row] = await desk.store.read.audit.newest({ kind: 'portal.denied' }, 1);
    expect(JSON.parse(row?.body ?? '{}')).toMatchObject({ user: uma.user.id, detail: { lock: 'company:scopes' } });
  });

  it('B08 an admin who lost the role since signing in changes nothing more', async () => {
    const ana = await place.login('ana');
    await desk.store.record(
      { kind: 'test.prepared', outcome: 'done', at: desk.now(), by: { kind: 'system', id: 't', name: 't' } },
      (write) => write.users.update(ana.user.id, { role: 'user' }),
    );
    await expect(grantScope(desk, ana, 'uma', 'billing')).rejects.toMatchObject({ code: 'forbidden' });
  });
});
