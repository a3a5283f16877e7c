/** Single sign-on with ID tokens of a real OpenID provider on loopback, and with tokens made to deceive (B35, B36). */
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openIdentityKeys } from '../../../src/opening/identity-keys.js';
import { openEngine } from '../../../src/opening/open-desk.js';
import { signInBySso } from '../../../src/procedures/portal/sign-in-by-sso.js';
import { hours, minutes, seconds } from '../../../src/rules/duration.js';
import { type IdentityProvider, identityProvider } from '../../support/identity-provider.js';
import { refusalOf } from '../../support/said.js';
import { engines } from '../../support/test-desk.js';
import { countDone, type PortalPlace, portalPlace } from './portal-place.js';

const XAVI = { sub: 'u-2', preferred_username: 'xavi', email: 'xavi@mail.example', email_verified: true };

describe.each(engines)('single sign-on on %s', (engine) => {
  let provider: IdentityProvider;
  let place: PortalPlace;
  beforeAll(async () => {
    provider = await identityProvider();
  });
  afterAll(() => provider.close());
  beforeEach(async () => {
    place = await portalPlace(engine);
    // The provider keeps real time.
    place.clock.set(Date.now());
    await setUp({ issuer: provider.issuer, audience: provider.audience, jwks: await provider.keys() });
  });
  afterEach(() => place.close());

  const by = { kind: 'system', id: 't', name: 't' } as const;
  const update = (change: Parameters<PortalPlace['desk']['store']['record']>[1]) =>
    place.desk.store.record({ kind: 'test.prepared', outcome: 'done', at: place.desk.now(), by }, change);
  const setUp = ({ issuer, audience, jwks }: { issuer: string; audience: string; jwks: string }) =>
    update(async (write) => {
      const settings = { sso: 'okta', sso_issuer: issuer, sso_audience: audience, sso_jwks: jwks };
      await write.accounts.update('acc_200500', settings);
      await write.users.update('usr_acc_200500_xavi', { sign_in: 'sso' });
    });
  const enter = (idToken: string, more: { login?: string; nonce?: string; account?: string } = {}, desk = place.desk) =>
    signInBySso(desk, { account: '200500', login: undefined, nonce: undefined, ...more, idToken });

  it('B35 a person of the provider is in, and is not asked for a factor, also with MFA on', async () => {
    await place.requireMfa();
    const { idToken } = await provider.tokens(XAVI);
    const opened = await enter(idToken);
    expect(opened.session).toMatchObject({ state: 'done', method: 'sso', userId: 'usr_acc_200500_xavi' });
    expect(await place.auditKinds()).toContain('portal.signed-in');
  });

  it('B35 B36 the same person on the native login: an ordinary one has none, an admin is asked', async () => {
    await update((write) => write.users.update('usr_acc_200500_xena', { sign_in: 'sso' }));
    await place.giveApp('xena');
    await place.requireMfa();
    expect((await refusalOf(place.signIn('xavi'))).code).toBe('forbidden');
    expect((await place.signIn('xena')).session.state).toBe('factor-needed');
    const { idToken } = await provider.tokens({ sub: 'u-1', preferred_username: 'xena' });
    expect((await enter(idToken)).session.state).toBe('done');
  });

  it('B36 who signs in by password cannot go round MFA with a token', async () => {
    await update((write) => write.users.update('usr_acc_200500_xavi', { sign_in: 'native' }));
    expect((await refusalOf(enter((await provider.tokens(XAVI)).idToken))).code).toBe('forbidden');
  });

  it('keys fetched from the provider’s address do as well', async () => {
    await setUp({ issuer: provider.issuer, audience: provider.audience, jwks: provider.keysAddress });
    const resolveHost = async () => ['127.0.0.1'];
    const identityKeys = openIdentityKeys({ fetch, now: place.clock.now, resolveHost, loopback: true });
    const { idToken } = await provider.tokens(XAVI);
    expect((await refusalOf(enter(idToken))).code, 'S27 not on this machine, unless the policy says so').toBe('busy');
    expect((await enter(idToken, {}, { ...place.desk, identityKeys })).session.state).toBe('done');
  });

  it('S27 T20 waits after twenty refusals within a minute, and counts none that the log does not vouch for', async () => {
    await setUp({ issuer: provider.issuer, audience: provider.audience, jwks: provider.keysAddress });
    const identityKeys = openIdentityKeys({
      fetch,
      now: place.clock.now,
      resolveHost: async () => ['127.0.0.1'],
      loopback: true,
    });
    const open = { ...place.desk, identityKeys };
    const refused = {
      kind: 'portal.sign-in-refused',
      outcome: 'refused',
      at: place.desk.now(),
      account: 'acc_200500',
      by,
    } as const;
    const other = await openEngine(place.settings.store, false);
    for (let seq = 900_000; seq < 900_020; seq += 1) {
      const values = sql`(${seq}, ${JSON.stringify({ ...refused, seq })}, ${Buffer.alloc(32)})`;
      await sql`insert into audit_entries (seq, body, leaf) values ${values}`.execute(other.db);
    }
    expect((await enter((await provider.tokens(XAVI)).idToken, {}, open)).session.state).toBe('done');
    // Nor do they stand before those that it vouches for.
    await place.desk.store.record(
      Array.from({ length: 20 }, () => refused),
      async () => undefined,
    );
    const again = await provider.tokens(XAVI, 'n-again');
    expect((await refusalOf(enter(again.idToken, { nonce: 'n-again' }, open))).code).toBe('busy');
    await other.close();
  });

  it('the nonce must come back where one was sent', async () => {
    const { idToken } = await provider.tokens(XAVI, 'n-123');
    expect((await enter(idToken, { nonce: 'n-123' })).session.state).toBe('done');
    expect((await refusalOf(enter(idToken, { nonce: 'n-124' }))).code).toBe('not-signed-in');
    expect((await refusalOf(enter(idToken))).code, 'S25 none was sent').toBe('not-signed-in');
  });

  it('one token opens one session, also when eight bring it at the same time', async () => {
    const { idToken } = await provider.tokens(XAVI);
    expect(await countDone(Array.from({ length: 8 }, () => enter(idToken)))).toBe(1);
    expect(await refusalOf(enter(idToken))).toMatchObject({
      code: 'not-signed-in',
      message: expect.stringContaining('before'),
    });
    const another = await provider.tokens(XAVI, 'n-another');
    expect((await enter(another.idToken, { nonce: 'n-another' })).session.state, 'a new one is as good as ever').toBe(
      'done',
    );
  });

  it('a token that opened nothing is not spent', async () => {
    const { idToken } = await provider.tokens(XAVI);
    expect((await refusalOf(enter(idToken, { login: 'xena' }))).code).toBe('not-signed-in');
    expect((await enter(idToken)).session.state).toBe('done');
  });

  it('found by login, by checked e-mail or by subject; --as must be the same person', async () => {
    const of = async (person: Parameters<IdentityProvider['tokens']>[0]) => (await provider.tokens(person)).idToken;
    const xavi = 'usr_acc_200500_xavi';
    expect((await enter(await of({ sub: 'u-9', email: 'XAVI@mail.example', email_verified: true }))).user.id).toBe(
      xavi,
    );
    await update((write) => write.idTokens.unpin('acc_200500'));
    expect((await enter(await of({ sub: 'xavi' }))).user.id).toBe(xavi);
    await update((write) => write.idTokens.unpin('acc_200500'));
    expect((await enter(await of(XAVI), { login: 'xavi' })).user.id).toBe(xavi);
    expect((await refusalOf(enter(await of(XAVI), { login: 'xena' }))).code).toBe('not-signed-in');
    const unchecked = { sub: 'u-8', email: 'xavi@mail.example', email_verified: false };
    expect((await refusalOf(enter(await of(unchecked)))).code).toBe('not-signed-in');
    for (const email_verified of [undefined, 'true', 'false', 1] as unknown[] as boolean[])
      expect((await refusalOf(enter(await of({ ...unchecked, email_verified })))).code, 'S24').toBe('not-signed-in');
    const two = { sub: 'u-7', preferred_username: 'xavi', email: 'xena@mail.example', email_verified: true };
    expect((await refusalOf(enter(await of(two)))).code).toBe('not-signed-in');
    expect((await refusalOf(enter(await of({ sub: 'xavi', preferred_username: 'xena' })))).code).toBe('not-signed-in');
    expect((await refusalOf(enter(await of({ sub: 'nobody' })))).code).toBe('not-signed-in');
  });

  it('another person of the provider, whose name only looks or folds alike, is not the one the desk knows', async () => {
    const of = async (person: Parameters<IdentityProvider['tokens']>[0]) => (await provider.tokens(person)).idToken;
    for (const stranger of [
      { sub: 'u-5', preferred_username: 'x\u00e1vi' },
      { sub: 'x\u0430vi' },
      { sub: 'xav\u0131' },
      { sub: '\uff58\uff41\uff56\uff49' },
      { sub: 'u-6', email: 'x\u00e1vi@mail.example', email_verified: true },
      { sub: 'u-6', email: 'xavi@ma\u0131l.example', email_verified: true },
    ])
      expect((await refusalOf(enter(await of(stranger)))).code).toBe('not-signed-in');
    expect((await enter(await of({ sub: 'u-2', preferred_username: 'Xavi' }))).session.state).toBe('done');
  });

  it('an access token, a token of another company’s provider and an account without one are refused', async () => {
    const { idToken, accessToken } = await provider.tokens(XAVI);
    expect((await refusalOf(enter(accessToken))).code).toBe('not-signed-in');
    const other = await identityProvider();
    try {
      expect((await refusalOf(enter((await other.tokens(XAVI)).idToken))).code).toBe('not-signed-in');
    } finally {
      await other.close();
    }
    expect((await refusalOf(enter(idToken, { account: '100234' }))).code).toBe('refused-by-policy');
    expect((await refusalOf(enter(idToken, { account: '999' }))).code).toBe('not-signed-in');
  });

  it('expired by our clock, plus what two clocks may differ; a disabled user is out', async () => {
    const { idToken } = await provider.tokens(XAVI);
    place.clock.advance(hours(1) + seconds(31));
    expect(await refusalOf(enter(idToken))).toMatchObject({
      code: 'not-signed-in',
      message: expect.stringContaining('expired'),
    });
    place.clock.set(Date.now());
    await update((write) => write.users.update('usr_acc_200500_xavi', { disabled_at: 1 }));
    expect((await refusalOf(enter((await provider.tokens(XAVI)).idToken))).code).toBe('not-signed-in');
    expect(await place.auditKinds()).toContain('portal.sign-in-refused');
  });

  describe('tokens made to deceive', () => {
    let keys: Awaited<ReturnType<typeof generateKeyPair>>;
    let jwks: string;
    beforeAll(async () => {
      keys = await generateKeyPair('RS256', { extractable: true });
      jwks = JSON.stringify({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'RS256' }] });
    });
    beforeEach(() => setUp({ issuer: 'https://login.example', audience: 'desk', jwks }));

    const claims = (more: JWTPayload = {}): JWTPayload => {
      const now = Math.floor(place.clock.now() / 1000);
      return { iss: 'https://login.example', aud: 'desk', sub: 'xavi', iat: now, exp: now + 300, ...more };
    };
    const signed = (payload: JWTPayload, header: Record<string, string> = {}, key = keys.privateKey) =>
      new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header }).sign(key);
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

    it('a right one is accepted, so that the others fail for their own reason', async () => {
      expect((await enter(await signed(claims()))).session.state).toBe('done');
      expect((await enter(await signed(claims({ aud: ['desk', 'other'], azp: 'desk' })))).session.state).toBe('done');
    });

    it.each<[string, JWTPayload]>([
      ['another issuer', { iss: 'https://login.example.evil' }],
      ['another audience', { aud: 'other' }],
      ['several audiences and none in charge', { aud: ['desk', 'other'] }],
      ['another application in charge', { azp: 'other' }],
      ['no end', { exp: undefined } as unknown as JWTPayload],
      ['no subject', { sub: undefined } as unknown as JWTPayload],
      [
        'S25 issued a day ahead',
        { iat: Math.floor(Date.now() / 1000) + 86_400, exp: Math.floor(Date.now() / 1000) + 90_000 },
      ],
      ['S25 issued two years ago', { iat: Math.floor(Date.now() / 1000) - 2 * 365 * 86_400 }],
      ['S25 good for 95 years', { exp: Math.floor(Date.now() / 1000) + 95 * 365 * 86_400 }],
      ['S25 a nonce that nobody sent', { nonce: 'n-1' }],
      ['S25 a logout token', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }],
      ['S24 an address that is a login', { sub: 'u-3', email: 'xavi', email_verified: true }],
      ['not valid yet', { nbf: Math.floor(Date.now() / 1000) + 3_600 }],
    ])('%s', async (_what, more) => {
      expect((await refusalOf(enter(await signed(claims(more))))).code).toBe('not-signed-in');
    });

    it('a key that is not the provider’s, under the same name or another', async () => {
      const strange = await generateKeyPair('RS256');
      expect((await refusalOf(enter(await signed(claims(), {}, strange.privateKey)))).code).toBe('not-signed-in');
      expect((await refusalOf(enter(await signed(claims(), { kid: 'k2' }, strange.privateKey)))).code).toBe(
        'not-signed-in',
      );
    });

    it('no signature, the public key as a shared secret, a changed payload', async () => {
      const none = `${encoded({ alg: 'none' })}.${encoded(claims())}.`;
      const body = `${encoded({ alg: 'HS256', kid: 'k1' })}.${encoded(claims())}`;
      const shared = `${body}.${createHmac('sha256', jwks).update(body).digest('base64url')}`;
      const [head, , tail] = (await signed(claims())).split('.');
      const changed = `${head}.${encoded(claims({ sub: 'xena' }))}.${tail}`;
      for (const token of [none, shared, changed, '', 'x.y.z', `${'a'.repeat(200_000)}.b.c`]) {
        expect((await refusalOf(enter(token))).code).toBe('not-signed-in');
      }
    });

    it('an access token of the same provider and key', async () => {
      for (const typ of ['logout+jwt', 'secevent+jwt', 'application/logout+jwt'])
        expect((await refusalOf(enter(await signed(claims(), { typ })))).code, typ).toBe('not-signed-in');
      expect((await enter(await signed(claims(), { typ: 'JWT' }))).session.state).toBe('done');
      expect((await refusalOf(enter(await signed(claims(), { typ: 'at+jwt' })))).code).toBe('not-signed-in');
    });

    it('from the future by more than two clocks differ', async () => {
      const soon = Math.floor((place.clock.now() + minutes(10)) / 1000);
      expect((await refusalOf(enter(await signed(claims({ nbf: soon }))))).code).toBe('not-signed-in');
    });

    it('S24 the person of the provider is pinned at the first sign-on: neither login nor subject changes hands', async () => {
      await update((write) => write.users.update('usr_acc_200500_xena', { sign_in: 'sso' }));
      const of = async (sub: string, preferred_username: string) =>
        enter(await signed(claims({ sub, preferred_username })));
      expect((await of('s-1', 'xavi')).session.state).toBe('done');
      expect((await of('s-1', 'Xavi')).session.state).toBe('done');
      expect((await refusalOf(of('s-2', 'xavi'))).message, 'the same login, another subject').toContain(
        'another person',
      );
      expect((await refusalOf(of('s-1', 'xena'))).message, 'the same subject, another login').toContain(
        'another person',
      );
      expect((await of('s-3', 'xena')).session.state).toBe('done');
      await update((write) => write.idTokens.unpin('acc_200500'));
      expect((await of('s-2', 'xavi')).session.state, 'where single sign-on was set anew').toBe('done');
    });

    it('S26 a key that jose cannot use is a fault of the set-up, not of the program', async () => {
      const token = await signed(claims());
      const short = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ format: 'jwk' });
      await setUp({
        issuer: 'https://login.example',
        audience: 'desk',
        jwks: JSON.stringify({ keys: [{ ...short, kid: 'k1' }] }),
      });
      expect((await refusalOf(enter(token))).code).toBe('config');
    });

    it('S27 after twenty refusals in a minute the keys are not fetched for the next', async () => {
      await setUp({ issuer: 'https://login.example', audience: 'desk', jwks: 'https://login.example/jwks' });
      let fetches = 0;
      const identityKeys = async () => {
        fetches += 1;
        return JSON.parse(jwks) as unknown;
      };
      const desk = { ...place.desk, identityKeys };
      for (let n = 0; n < 25; n += 1) await refusalOf(enter(await signed(claims({ aud: 'x', jti: `${n}` })), {}, desk));
      expect(fetches).toBe(20);
      place.clock.advance(minutes(2));
      expect((await enter(await signed(claims()), {}, desk)).session.state).toBe('done');
    });

    it('keys that are no key set, or whose address does not answer, are faults of the set-up', async () => {
      const token = await signed(claims());
      await setUp({ issuer: 'https://login.example', audience: 'desk', jwks: '{"keys":"none"}' });
      expect((await refusalOf(enter(token))).code).toBe('config');
      await setUp({ issuer: 'https://login.example', audience: 'desk', jwks: 'http://127.0.0.1:1/jwks' });
      expect((await refusalOf(enter(token))).code).toBe('busy');
    });
  });
});
