import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mfaStatus } from '../../../src/procedures/codes/mfa-status.js';
import { addAccount, addUser } from '../../../src/procedures/directory/add-to-directory.js';
import { describeAccount, describeUser } from '../../../src/procedures/directory/describe-customer.js';
import { switchAccount, switchUser } from '../../../src/procedures/directory/disable-customer.js';
import { findUser } from '../../../src/procedures/directory/find-account.js';
import { searchAccounts } from '../../../src/procedures/directory/search-directory.js';
import { editAccount } from '../../../src/procedures/exits/edit-account.js';
import { editUser } from '../../../src/procedures/exits/edit-user.js';
import { openMessage } from '../../../src/procedures/messages/queue-message.js';
import { decideApproval, showApproval } from '../../../src/procedures/resets/decide-approval.js';
import { type Customers, customers, entriesOf } from '../../support/directory-desk.js';
import { proven } from '../../support/proven.js';
import { refusalOf as refusal, thrownBy } from '../../support/said.js';
import { signedOperator } from '../../support/signed-operator.js';
import { engines } from '../../support/test-desk.js';

const KEYS = JSON.stringify({ keys: [{ kty: 'EC', crv: 'P-256', x: 'AQAB', y: 'AQAB' }] });
const OPENID = { issuer: 'https://login.example', audience: 'countersign', keys: KEYS };

describe.each(engines)('the directory by hand on %s', (engine) => {
  let place: Customers;
  beforeEach(async () => {
    place = await customers(engine);
  });
  afterEach(() => place.close());

  /** An admin whose last code is six minutes old. */
  const stale = async () => {
    const signed = await signedOperator(place.desk, 'admin', place.desk.newId('op'));
    const code_at = place.clock.now() - 6 * 60_000;
    const by = proven(place.admin.actor);
    await place.desk.store.record({ kind: 'test.session', outcome: 'done', at: 1, by }, (write) =>
      write.operators.updateSession(signed.sessionId ?? '', { code_at }),
    );
    return signed;
  };

  /** Asks, has it approved by another operator, and acts. */
  async function approved<T>(attempt: (reason: string) => Promise<T>): Promise<T> {
    const { also } = await refusal(attempt('moved'));
    const { id } = also['approval'] as { id: string };
    await decideApproval(place.desk, await place.operator('lead'), { id, approve: true, reason: null });
    return attempt('moved');
  }

  /** A plain user. */
  async function withTom() {
    const tom = { account: '100241', login: 'tom', name: 'Tom', email: '', phone: '', role: 'user', scopes: [] };
    return addUser(place.desk, place.admin, { ...tom, signIn: 'native' });
  }

  it.each(['', 'clasic', 'X', 'undefined'])('refuses the edition %j, and adds no account (B01)', async (edition) => {
    expect((await refusal(addAccount(place.desk, place.admin, { number: '7', name: 'Seven', edition }))).code).toBe(
      'invalid-input',
    );
    expect(await place.desk.store.read.accounts.byNumber('7')).toBeUndefined();
  });

  it('refuses a number that is taken, however it is written', async () => {
    await addAccount(place.desk, place.admin, { number: 'Ab-1', name: 'One', edition: 'classic' });
    expect(
      (await refusal(addAccount(place.desk, place.admin, { number: 'aB-1', name: 'Two', edition: 'classic' }))).message,
    ).toMatch(/is taken/);
  });

  it.each([
    ['a login that is taken', { login: 'MARIA' }, /already/],
    ['a role of the other edition', { role: 'admin' }, /--role: .*classic/],
    ['a scope nobody knows', { role: 'secondary-admin', scopes: ['biling'] }, /--scope: .*billing/],
    ['a scope for a plain user', { scopes: ['billing'] }, /--scope: a user holds no scopes/],
    ['a scope for an admin', { role: 'primary-admin', scopes: ['billing'] }, /holds everything already/],
    ['a phone without digits', { phone: 'France' }, /--phone/],
  ])('refuses %s', async (_what, wrong, message) => {
    const good = {
      account: '100234',
      login: 'zoe',
      name: 'Zoë',
      email: '',
      phone: '',
      role: 'user',
      scopes: [],
      signIn: 'native',
    };
    const refused = await refusal(addUser(place.desk, place.admin, { ...good, ...wrong }));
    expect(refused.code).toBe('invalid-input');
    expect(refused.message).toMatch(message);
    expect((await place.desk.store.read.users.ofAccount(place.classic.id)).map((user) => user.login)).toEqual([
      'maria',
      'nancy',
    ]);
  });

  it.each(['shop:E1', 'shop:e1', ' shop:E1 '])(
    'B55 an id at another system is one person’s, in every company and with any capitals: %j is refused, and free again once it is given up',
    async (external) => {
      const { desk, admin } = place;
      const person = (account: typeof place.classic, user: typeof place.nancy) => ({ account, user });
      const [nancy, maria, ana] = [
        person(place.classic, place.nancy),
        person(place.classic, place.maria),
        person(place.series, place.ana),
      ];
      await editUser(desk, admin, nancy, { external: 'shop:E1' });
      for (const other of [maria, ana]) {
        const refused = await refusal(editUser(desk, admin, other, { external }));
        expect(refused.code).toBe('invalid-input');
        expect(refused.message).toContain('100234/nancy');
      }
      // Her own again is no conflict, and neither is the id of that name at another system.
      await editUser(desk, admin, nancy, { external });
      await editUser(desk, admin, maria, { external: 'okta:E1' });
      await approved((reason) => editUser(desk, admin, nancy, { external: '', reason }));
      await editUser(desk, admin, ana, { external });
      expect((await desk.store.read.users.byId(place.ana.id))?.external).toBe(external.trim());
    },
  );

  it.each([
    ['is removed', ''],
    ['is replaced', 'shop:bogus'],
  ])('B55 an id of an admin that %s needs a second operator, so that no user gets it by one alone', async (_, to) => {
    const { desk, admin } = place;
    const maria = { account: place.classic, user: place.maria };
    const external = async () => (await findUser(desk, '100234/maria')).user.external;
    // A first id needs none.
    await editUser(desk, admin, maria, { external: 'shop:E1' });
    const tom = await withTom();
    const take = (edit: Parameters<typeof editUser>[3]) => editUser(desk, admin, maria, { external: to, ...edit });
    expect((await thrownBy(take({}))).because?.reason).toBe('reason-missing');
    expect((await thrownBy(take({ reason: ' ' }))).because?.reason).toBe('reason-missing');
    expect(await thrownBy(take({ reason: 'moved', email: 'm@evil.example' }))).toMatchObject({
      code: 'usage',
      because: { reason: 'change-alone', facts: { option: '--external' } },
    });
    const asked = await refusal(take({ reason: 'moved' }));
    expect([asked.code, await external()]).toEqual(['approval-needed', 'shop:E1']);
    expect((await refusal(editUser(desk, admin, tom, { external: 'shop:E1' }))).message).toContain(
      "100234/maria; an id at another system is one person's; an admin's changes only with a second operator",
    );
    const { id } = asked.also['approval'] as { id: string };
    expect((await showApproval(desk, id)).subject).toMatchObject({
      change: `100234: maria: shop:E1 -> ${to || '–'}`,
      users: [place.maria.id],
    });
    // Nobody approves their own, and a yes is for this id alone.
    await expect(decideApproval(desk, admin, { id, approve: true, reason: null })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await decideApproval(desk, await place.operator('lead'), { id, approve: true, reason: null });
    expect((await refusal(take({ external: 'shop:E2', reason: 'moved' }))).code).toBe('approval-needed');
    expect((await take({ reason: 'moved' })).fields).toEqual(['external']);
    expect((await entriesOf(place, 'user.edited')).at(-1)).toMatchObject({
      reason: 'moved',
      account: place.classic.id,
    });
    expect((await editUser(desk, admin, tom, { external: 'shop:E1' })).user.external).toBe('shop:E1');
    // A plain user's goes without.
    expect((await editUser(desk, admin, tom, { external: '' })).user.external).toBeNull();
  });

  it('B55 an admin who came to have an id since the login was looked up keeps it all the same', async () => {
    const { desk, admin } = place;
    const maria = { account: place.classic, user: place.maria };
    await editUser(desk, admin, maria, { external: 'shop:E1' });
    expect(maria.user.external).toBeNull();
    const late = editUser(desk, admin, maria, { external: 'shop:E2', reason: 'moved' });
    expect((await refusal(late)).code).toBe('approval-needed');
    // Other capitals of it are no other id; and a changed name needs nobody.
    const edited = await editUser(desk, admin, maria, { external: 'shop:e1', name: 'Maria B.' });
    expect(edited.fields).toEqual(['name', 'external']);
  });

  it('refuses a connector that the settings do not name, and says which there are (B93)', async () => {
    const { desk, admin, series } = place;
    const connectors = { ...desk.connectors, names: () => ['okta', 'shop'] };
    const edit = (connector: string) => editAccount({ ...desk, connectors }, admin, series, { connector });
    const refused = await refusal(edit('nope'));
    expect(refused.code).toBe('invalid-input');
    expect(refused.message).toMatch(/"nope".*okta, shop/);
    expect((await edit('shop')).account.connector).toBe('shop');
  });

  it.each([
    ['removed', ''],
    ['replaced', 'okta'],
  ])('B55 a connector that is %s needs a second operator: its admins would be known there to nobody', async (_, to) => {
    const { admin } = place;
    const connectors = { ...place.desk.connectors, names: () => ['okta', 'shop'] };
    const desk = { ...place.desk, connectors };
    const now = async () => (await desk.store.read.accounts.byId(place.series.id)) ?? place.series;
    const edit = async (connector: string, more: Parameters<typeof editAccount>[3] = {}, by = admin) =>
      editAccount(desk, by, await now(), { connector, ...more });
    // A first one needs none, and the same again is no change.
    expect((await edit('shop')).fields).toEqual(['connector']);
    expect((await edit('shop')).fields).toEqual([]);
    expect((await thrownBy(edit(to))).because?.reason).toBe('reason-missing');
    expect((await refusal(edit(to, { reason: 'moved' }, await stale()))).code).toBe('factor-needed');
    expect(await thrownBy(edit(to, { reason: 'moved', name: 'Ana & Co' }))).toMatchObject({
      code: 'usage',
      because: { reason: 'change-alone', facts: { option: '--connector' } },
    });
    const asked = await refusal(edit(to, { reason: 'moved' }));
    expect([asked.code, (await now()).connector]).toEqual(['approval-needed', 'shop']);
    // Also for whoever has looked at the company before it had one.
    const late = editAccount(desk, admin, place.series, { connector: to, reason: 'moved' });
    expect((await refusal(late)).also).toEqual(asked.also);
    const { id } = asked.also['approval'] as { id: string };
    expect((await showApproval(desk, id)).subject.change).toBe(`100241: shop -> ${to || '–'}`);
    await decideApproval(desk, await place.operator('lead'), { id, approve: true, reason: null });
    expect((await edit(to, { reason: 'moved' })).account.connector).toBe(to || null);
    expect((await entriesOf(place, 'account.edited')).at(-1)).toMatchObject({
      account: place.series.id,
      reason: 'moved',
      detail: { fields: ['connector'], connector: to },
    });
  });

  it('keeps the same login of two accounts apart (B05)', async () => {
    await addUser(place.desk, place.admin, {
      account: '100241',
      login: 'maria',
      name: 'Another',
      email: '',
      phone: '',
      role: 'user',
      scopes: [],
      signIn: 'sso',
    });
    expect((await findUser(place.desk, '100241/maria')).user.name).toBe('Another');
    expect((await refusal(findUser(place.desk, place.maria.id, place.series))).code).toBe('not-found');
  });

  it('a changed contact restarts its waiting time, is remembered, and is told to both addresses (B57, B58)', async () => {
    place.clock.advance(60_000);
    const found = await findUser(place.desk, '100234/maria');
    const unsent = { ...place.desk, sendQueued: async () => undefined };
    const edited = await editUser(unsent, place.admin, found, { email: 'maria@new.example', phone: '030-99999' });
    expect(edited).toMatchObject({ fields: ['email', 'phone'], contacts: ['e-mail', 'phone'] });
    expect(edited.user.contactChangedAt).toBe(place.clock.now());
    const [contacts] = await place.desk.store.read.users.contacts([found.user.id]);
    expect(contacts?.formerContacts).toEqual([
      { email: 'maria@alfki.example', phone: '030-0074321', phoneE164: null, replacedAt: place.clock.now() },
    ]);
    const rows = await Promise.all(edited.notices.map((id) => place.desk.store.read.outbox.byId(id)));
    const mails = rows.map((row) =>
      openMessage(place.desk, { id: row?.id ?? '', address: row?.address ?? '', content: row?.content ?? '' }),
    );
    expect(mails.map((mail) => mail.to)).toEqual(['maria@alfki.example', 'maria@new.example']);
    expect(mails[0]?.body).toContain('e-mail and phone');
    expect(mails.map((mail) => mail.body).join()).not.toContain('new.example');
    expect(await entriesOf(place, 'user.edited')).toMatchObject([
      { user: found.user.id, detail: { fields: ['email', 'phone'], contacts: ['e-mail', 'phone'] } },
    ]);
    await place.desk.sendQueued();
    const sent = (await place.desk.store.read.outbox.list(10)).filter(({ kind }) => kind === 'contact-changed');
    expect(sent.map(({ state }) => state)).toEqual(['delivered', 'delivered']);
  });

  it('another spelling of a contact, or a name, is stored and not announced', async () => {
    place.clock.advance(60_000);
    const edited = await editUser(place.desk, place.admin, await findUser(place.desk, '100234/maria'), {
      email: 'Maria@alfki.example',
      phone: '030 0074321',
      name: 'Maria A.',
    });
    expect(edited).toMatchObject({
      contacts: [],
      notices: [],
      user: { name: 'Maria A.', phone: '030 0074321', contactChangedAt: place.maria.contactChangedAt },
    });
    expect((await editUser(place.desk, place.admin, await findUser(place.desk, '100234/maria'), {})).fields).toEqual(
      [],
    );
  });

  it('an edit of a user changes neither role nor scopes nor authority (B16)', async () => {
    const edited = await editUser(place.desk, place.admin, await findUser(place.desk, '100234/nancy'), {
      name: 'N',
      ...{ role: 'primary-admin', scopes: ['login-security'] },
    });
    expect(edited.user).toMatchObject({
      role: 'secondary-admin',
      scopes: ['billing'],
      authorityVersion: place.nancy.authorityVersion,
    });
  });

  it('switching a login off ends its grants, sessions and codes; switching on brings none back (B08)', async () => {
    const found = await findUser(place.desk, '100234/nancy');
    await place.desk.store.record(
      { kind: 'test.session', outcome: 'done', at: 1, by: proven(place.admin.actor) },
      (write) =>
        write.portalSessions.insert({
          id: 'ses_1',
          user_id: found.user.id,
          person: place.desk.person,
          digest: 'd',
          state: 'done',
          method: 'password',
          created_at: 1,
          last_seen_at: 1,
          password_at: 1,
        }),
    );
    expect(await switchUser(place.desk, place.admin, found, { on: false, reason: 'left' })).toBe(true);
    expect(await switchUser(place.desk, place.admin, found, { on: false, reason: 'left' })).toBe(false);
    const off = (await findUser(place.desk, '100234/nancy')).user;
    expect(off.disabledAt).toBe(place.clock.now());
    expect(off.authorityVersion).toBeGreaterThan(found.user.authorityVersion);
    expect(await switchUser(place.desk, place.admin, found, { on: true, reason: undefined })).toBe(true);
    expect(await place.desk.store.read.portalSessions.ofUser(found.user.id)).toEqual([]);
    expect(await entriesOf(place, 'user.disabled')).toMatchObject([
      { reason: 'left', detail: { changed: true } },
      { detail: { changed: false } },
    ]);
  });

  it('switching an account off ends what is live in it, and in no other', async () => {
    await switchAccount(place.desk, place.admin, place.classic, { on: false, reason: undefined });
    expect((await findUser(place.desk, '100234/maria')).user.authorityVersion).toBeGreaterThan(
      place.maria.authorityVersion,
    );
    expect((await findUser(place.desk, '100241/ana')).user.authorityVersion).toBe(place.ana.authorityVersion);
    expect((await findUser(place.desk, '100234/maria')).account.disabledAt).not.toBeNull();
  });

  it('a ban on resets by phone is lifted by an admin with a reason alone (B63)', async () => {
    const banned = (await editAccount(place.desk, place.admin, place.classic, { forbidPhoneResets: true })).account;
    expect(banned.phoneResetForbidden).toBe(true);
    const lift = (signed: typeof place.admin, reason?: string) =>
      editAccount(place.desk, signed, banned, { forbidPhoneResets: false, reason });
    expect((await refusal(lift(await place.operator('lead'), 'they asked'))).code).toBe('forbidden');
    expect((await refusal(lift(place.admin))).code).toBe('missing-option');
    expect((await refusal(lift(place.admin, '  '))).code).toBe('missing-option');
    expect((await refusal(lift(await stale(), 'letter'))).code).toBe('factor-needed');
    expect((await lift(place.admin, 'letter of 3 May')).account.phoneResetForbidden).toBe(false);
    expect((await entriesOf(place, 'account.edited')).at(-1)).toMatchObject({
      reason: 'letter of 3 May',
      detail: { fields: ['phone-resets'] },
    });
  });

  it('OpenID settings come as a whole, hold public keys only, and go with their provider', async () => {
    const edit = (change: Parameters<typeof editAccount>[3]) =>
      editAccount(place.desk, place.admin, place.series, change);
    const { ssoSettings } = place.desk.store.read.accounts;
    expect((await refusal(edit({ issuer: OPENID.issuer }))).message).toMatch(/--sso-audience, --sso-jwks/);
    expect((await refusal(edit({ ...OPENID, issuer: 'http://login.example' }))).code).toBe('invalid-input');
    expect(
      (await refusal(edit({ ...OPENID, keys: '{"keys":[{"kty":"RSA","n":"x","e":"y","d":"secret"}]}' }))).message,
    ).toMatch(/private/);
    expect((await refusal(edit({ ...OPENID, keys: '{"keys":[{"kty":"oct","k":"secret"}]}' }))).message).toMatch(
      /private/,
    );
    expect((await refusal(edit({ ...OPENID, keys: 'nonsense' }))).code).toBe('invalid-input');
    const rsa = (modulusLength: number, publicExponent = 65_537) =>
      generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' });
    for (const weak of [
      rsa(1_024),
      { ...rsa(2_048), e: 'AQ' },
      { kty: 'RSA' },
      { ...rsa(1_024), n: `AAAA${'A'.repeat(300)}` },
    ])
      expect((await refusal(edit({ ...OPENID, keys: JSON.stringify({ keys: [weak] }) }))).message, 'S26').toMatch(
        /broken/,
      );
    expect((await edit({ ...OPENID, keys: JSON.stringify({ keys: [rsa(2_048), rsa(2_048, 3)] }) })).fields).toContain(
      'sso-settings',
    );
    await edit({ sso: null });
    for (const change of [OPENID, { sso: null }, { issuer: OPENID.issuer }, { keys: KEYS }, { audience: 'x' }])
      expect((await refusal(editAccount(place.desk, await stale(), place.series, change))).code).toBe('factor-needed');
    expect((await editAccount(place.desk, await stale(), place.series, { name: 'Ana' })).fields).toEqual(['name']);
    expect((await refusal(edit({ ...OPENID, sso: null }))).code).toBe('usage');
    for (const issuer of [
      'http://127.0.0.1.example',
      'http://localhost.example',
      'http://10.0.0.1',
      'ftp://localhost',
    ]) {
      expect((await refusal(edit({ ...OPENID, issuer }))).code, issuer).toBe('invalid-input');
    }
    await edit(OPENID);
    expect(await ssoSettings(place.series.id)).toEqual({ issuer: OPENID.issuer, audience: 'countersign', jwks: KEYS });
    await edit({ keys: 'https://login.example/keys' });
    expect(await ssoSettings(place.series.id)).toMatchObject({
      issuer: OPENID.issuer,
      jwks: 'https://login.example/keys',
    });
    // Another name of the provider alone leaves its keys, and who was let in with them.
    const by = proven(place.admin.actor);
    const pin = (userId: string) =>
      place.desk.store.record({ kind: 'test.pinned', outcome: 'done', at: 1, by }, (write) =>
        write.idTokens.pin({ userId, accountId: place.series.id, issuer: OPENID.issuer, subject: 's-1', at: 1 }),
      );
    expect(await pin('usr_sam')).toBe(true);
    expect((await edit({ sso: 'Entra' })).fields).toEqual(['sso']);
    expect(await pin('usr_other')).toBe(false);
    expect(await ssoSettings(place.series.id)).toMatchObject({ issuer: OPENID.issuer, audience: 'countersign' });
    await addUser(place.desk, place.admin, {
      account: '100241',
      login: 'sam',
      name: 'Sam',
      email: '',
      phone: '',
      role: 'user',
      scopes: [],
      signIn: 'sso',
    });
    expect(await edit({ sso: null })).toMatchObject({ stranded: 1, account: { sso: null } });
    expect(await ssoSettings(place.series.id)).toEqual({ issuer: null, audience: null, jwks: null });
  });

  it('a provider without a name is called after its host; on this machine it may speak plain http', async () => {
    const first = await editAccount(place.desk, place.admin, place.classic, OPENID);
    expect(first).toMatchObject({ account: { sso: new URL(OPENID.issuer).hostname }, fields: ['sso', 'sso-settings'] });
    for (const issuer of ['http://127.0.0.1:4000', 'http://localhost:4000', 'http://[::1]:4000']) {
      const there = editAccount(place.desk, place.admin, place.classic, { ...OPENID, issuer, keys: `${issuer}/jwks` });
      expect((await refusal(there)).code, 'S27 its keys are not fetched from there').toBe('invalid-input');
      const keys = KEYS;
      const edited = await editAccount(place.desk, place.admin, place.classic, { ...OPENID, issuer, keys });
      expect(edited, issuer).toMatchObject({ account: { sso: first.account.sso }, fields: ['sso-settings'] });
      expect(await place.desk.store.read.accounts.ssoSettings(place.classic.id)).toMatchObject({ issuer, jwks: keys });
    }
  });

  it('a renamed account is found by its new name and no longer by its old', async () => {
    await editAccount(place.desk, place.admin, place.classic, { name: 'Çelik Makina' });
    expect((await searchAccounts(place.desk, 'celik', { limit: 5 })).found).toHaveLength(1);
    expect((await searchAccounts(place.desk, 'futterkiste', { limit: 5 })).found).toHaveLength(0);
  });

  it('shows counts of an account and states of a user, with whom contacts are shared (B09)', async () => {
    expect(await describeAccount(place.desk, place.classic)).toMatchObject({
      users: 2,
      disabled: 0,
      sso: 0,
      enrolled: 0,
      roles: { 'primary-admin': 1, 'secondary-admin': 1 },
    });
    await addUser(place.desk, place.admin, {
      account: '100241',
      login: 'office',
      name: 'Office',
      email: 'MARIA@alfki.example',
      phone: '030 0074321',
      role: 'user',
      scopes: [],
      signIn: 'native',
    });
    const found = await findUser(place.desk, '100234/maria');
    const shown = await describeUser(place.desk, found);
    expect(shown).toMatchObject({
      passphrase: null,
      applicationPassword: null,
      locks: [],
    });
    expect(await mfaStatus(place.desk, found.account, found.user)).toMatchObject({
      factors: [],
      backupCodesLeft: 0,
      devices: 0,
    });
    expect(shown.sharing.map(({ account, user }) => `${account.number}/${user.login}`)).toEqual(['100241/office']);
  });
});
