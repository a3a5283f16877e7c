/** Single sign-on with ID tokens of a real OpenID provider on loopback, and with tokens made to deceive (B35, B36). */
import { createHmac } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
  const enter = (idToken: string, more: { login?: string; nonce?: string; account?: string } = {}) =>
    signInBySso(place.desk, { account: '200500', login: undefined, nonce: undefined, ...more, idToken });

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
    expect((await enter((await provider.tokens(XAVI)).idToken)).session.state).toBe('done');
  });

  it('the nonce must come back where one was sent', async () => {
    const { idToken } = await provider.tokens(XAVI, 'n-123');
    expect((await enter(idToken, { nonce: 'n-123' })).session.state).toBe('done');
    expect((await refusalOf(enter(idToken, { nonce: 'n-124' }))).code).toBe('not-signed-in');
  });

  it('one token opens one session, also when eight bring it at the same time', async () => {
    const { idToken } = await provider.tokens(XAVI);
    expect(await countDone(Array.from({ length: 8 }, () => enter(idToken)))).toBe(1);
    expect(await refusalOf(enter(idToken))).toMatchObject({
      code: 'not-signed-in',
      message: expect.stringContaining('before'),
    });
    const another = await provider.tokens(XAVI, 'n-another');
    expect((await enter(another.idToken)).session.state, 'a new one is as good as ever').toBe('done');
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
    expect((await enter(await of({ sub: 'xavi' }))).user.id).toBe(xavi);
    expect((await enter(await of(XAVI), { login: 'xavi' })).user.id).toBe(xavi);
    expect((await refusalOf(enter(await of(XAVI), { login: 'xena' }))).code).toBe('not-signed-in');
    const unchecked = { sub: 'u-8', email: 'xavi@mail.example', email_verified: false };
    expect((await refusalOf(enter(await of(unchecked)))).code).toBe('not-signed-in');
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
      expect((await refusalOf(enter(await signed(claims(), { typ: 'at+jwt' })))).code).toBe('not-signed-in');
    });

    it('from the future by more than two clocks differ', async () => {
      const soon = Math.floor((place.clock.now() + minutes(10)) / 1000);
      expect((await refusalOf(enter(await signed(claims({ nbf: soon }))))).code).toBe('not-signed-in');
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
