/**
 * Single sign-on by the built command, with a real OpenID provider on loopback: who is asked for a code and who is not (B35–B37), and
 * what becomes of tokens that are not good. Exit codes are those of `help exit-codes`. Both engines: test/procedures/portal/sign-in-by-sso.test.ts.
 */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type BuiltDesk, builtDesk, requireBuilt } from '../../support/built-desk.js';
import { type IdentityProvider, identityProvider } from '../../support/identity-provider.js';
import { newestCode } from '../../support/outbox-code.js';

const PASSWORD = 'copper and nineteen herons';
const BOB = { sub: 'u-2', preferred_username: 'bob' };
const who = (login: string): readonly string[] => ['--account', '200500', '--as', login];

describe('single sign-on by the built command', () => {
  let provider: IdentityProvider;
  /** Made once; each test works in a copy. */
  let prepared: BuiltDesk;
  let desk: BuiltDesk;
  let env: Record<string, string>;
  beforeAll(async () => {
    requireBuilt();
    provider = await identityProvider();
    prepared = await builtDesk('sqlite');
    desk = prepared;
    env = {};
    env['COUNTERSIGN_TOKEN'] = String((await desk.must(['init', '--token', '--json']))['token']);
    await must('account', 'add', 'Contoso', '--number', '200500', '--edition', 'x-series');
    await openId('--sso-jwks', provider.keysAddress);
    for (const [login, role] of [
      ['ana', 'admin'],
      ['bob', 'user'],
    ] as const) {
      const contact = ['--name', login, '--email', `${login}@contoso.example`, '--phone', '+44 20 7946 0011'];
      await must('user', 'add', login, '--account', '200500', ...contact, '--role', role, '--sign-in', 'sso');
    }
  }, 300_000);
  afterAll(() => {
    prepared.close();
    return provider.close();
  });
  beforeEach(async () => {
    desk = await builtDesk('sqlite');
    onTestFinished(() => desk.close());
    cpSync(prepared.home, desk.home, { recursive: true });
  });

  const must = (...args: string[]) => desk.must(args, '', env);
  const run = (args: readonly string[], stdin = '') => desk.run(args, stdin, env);
  const openId = (...more: string[]) =>
    must('account', 'edit', '200500', '--sso-issuer', provider.issuer, '--sso-audience', provider.audience, ...more);
  const enter = (login: string, token: string, ...more: string[]) =>
    run(['portal', 'login', '--sso', '--id-token-stdin', ...who(login), ...more], token);
  const password = (login: string) => run(['portal', 'login', ...who(login), '--password-stdin', '--json'], PASSWORD);

  it('B35 B36 B37 nobody is asked on single sign-on; on the native login the admin is, the others have none', {
    timeout: 180_000,
  }, async () => {
    await must('user', 'invite', 'ana', '--account', '200500');
    const code = (await newestCode(join(desk.folders.data, 'outbox'), 'ana@contoso.example')) ?? '';
    await desk.must(['portal', 'activate', ...who('ana'), '--code', code, '--password-stdin'], PASSWORD, env);
    expect((await password('ana')).code).toBe(0);
    const on = await run(['portal', 'mfa', 'require', 'on', ...who('ana'), '--json']);
    expect(JSON.parse(on.stdout)).toMatchObject({ mfa: { required: true }, warnings: [{ code: 'sso-and-mfa' }] });

    for (const person of [BOB, { sub: 'u-1', preferred_username: 'ana' }]) {
      const { idToken } = await provider.tokens(person);
      const entered = await enter(person.preferred_username, idToken);
      expect(entered, entered.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('Signed in as') });
      const profile = await run(['portal', 'profile', ...who(person.preferred_username)]);
      expect(profile.code, profile.stderr).toBe(0);
    }
    const admin = await password('ana');
    expect(admin.code).toBe(5);
    expect(JSON.parse(admin.stdout)).toMatchObject({ error: { code: 'enrolment-needed' } });
    expect((await run(['user', 'invite', 'bob', '--account', '200500'])).code).not.toBe(0);
    expect((await password('bob')).code).toBe(3);
  });

  it('a token used before, for another person, request or application: exit 3, and no session', {
    timeout: 180_000,
  }, async () => {
    const { idToken, accessToken } = await provider.tokens(BOB, 'n-1');
    const refused = async (login: string, token: string, ...more: string[]) => {
      const ended = await enter(login, token, '--json', ...more);
      expect(ended.code, ended.stdout).toBe(3);
      expect(`${ended.stdout}${ended.stderr}`).not.toContain(token.slice(0, 40));
      return (JSON.parse(ended.stdout) as { error: { code: string; message: string } }).error;
    };
    expect(await refused('bob', idToken, '--nonce', 'n-2')).toMatchObject({ message: /another sign-on request/ });
    expect(await refused('ana', idToken)).toMatchObject({ code: 'not-signed-in' });
    expect(await refused('bob', accessToken)).toMatchObject({ code: 'not-signed-in' });
    expect((await run(['portal', 'profile', ...who('bob')])).code).toBe(3);
    expect((await enter('bob', idToken, '--nonce', 'n-1')).code).toBe(0);
    expect(await refused('bob', idToken)).toMatchObject({ message: /opened a session before/ });
  });

  it('an unknown signer and a token out of date: exit 3; keys from a file do as well, and keys out of reach are exit 6', {
    timeout: 180_000,
  }, async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const token = (expires: string) =>
      new SignJWT({ preferred_username: 'bob' })
        .setProtectedHeader({ alg: 'ES256', kid: 'of-the-test' })
        .setIssuer(provider.issuer)
        .setAudience(provider.audience)
        .setSubject('u-2')
        .setIssuedAt('-2h')
        .setExpirationTime(expires)
        .sign(privateKey);
    const stranger = await enter('bob', await token('1h'));
    expect(stranger).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/signed with a key that your identity provider does not publish/),
    });

    const file = join(desk.home, 'keys.json');
    const key = { ...(await exportJWK(publicKey)), kid: 'of-the-test', alg: 'ES256', use: 'sig' };
    writeFileSync(file, JSON.stringify({ keys: [key] }));
    await openId('--sso-jwks', file);
    const expired = await enter('bob', await token('-1h'));
    expect(expired).toMatchObject({ code: 3, stderr: expect.stringMatching(/it has expired/) });
    expect((await enter('bob', await token('1h'))).code).toBe(0);

    await openId('--sso-jwks', 'http://127.0.0.1:1/jwks');
    expect((await enter('bob', await token('1h'))).code).toBe(6);
  });
});
