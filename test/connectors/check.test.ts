/** B93: a check names what a token lacks, and what it may do beside a reset. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectorKind, Gate } from '../../src/connectors/connector.js';
import { type ContractServer, contractServer, hasContract } from '../support/contract-server.mjs';
import { connectorAt, rootOf, testEffects } from './places.js';

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (claims: object) => `${part({ alg: 'none' })}.${part(claims)}.c2ln`;

const ENTRA = ['UserAuthenticationMethod.ReadWrite.All', 'User.Read.All', 'User.RevokeSessions.All'];
const realm = (...roles: readonly string[]) => jwt({ resource_access: { 'realm-management': { roles } } });

const RIGHT = { reachable: true, why: null, missing: [], tooMany: [], notes: [] };

describe('B93: permissions', () => {
  let server: ContractServer | undefined;
  afterEach(async () => {
    expect(server?.violations() ?? []).toEqual([]);
    await server?.stop();
    server = undefined;
  });

  const check = async (kind: 'okta' | 'entra' | 'keycloak', token: string, gate: Gate = 'none') => {
    server = await contractServer({ kind, people: { ana: {} }, realm: 'desk' });
    const effects = testEffects({ readFile: async () => token });
    return (await connectorAt(kind as ConnectorKind, { url: rootOf(server.url), gate, effects })).check();
  };

  it.each([
    ['just what it needs', jwt({ roles: ENTRA }), 'none', {}],
    ['on behalf of somebody', jwt({ scp: `openid ${ENTRA.join(' ')}` }), 'none', {}],
    ['no right to suspend', jwt({ roles: ENTRA }), 'suspend', { missing: ['User.EnableDisableAccount.All'] }],
    [
      'one too many',
      jwt({ roles: [...ENTRA, 'Directory.ReadWrite.All'] }),
      'none',
      { tooMany: ['Directory.ReadWrite.All'] },
    ],
    ['a token that says nothing', 'opaque', 'none', { notes: ['permissions-not-shown'] }],
    ['a token that is over', jwt({ roles: ENTRA, exp: 1_000 }), 'none', { notes: ['token-expired'] }],
  ] as const)('entra: %s', async (_, token, gate, said) => {
    expect(await check('entra', token, gate)).toEqual({ ...RIGHT, ...said });
  });

  it.each([
    ['just what it needs', realm('manage-users'), {}],
    ['with what is part of it', realm('manage-users', 'view-users', 'query-users'), {}],
    ['an admin of the realm', realm('manage-users', 'realm-admin'), { tooMany: ['realm-admin'] }],
    ['only reading', realm('view-users'), { missing: ['manage-users'] }],
    ['an account of the realm master', jwt({ resource_access: { 'desk-realm': { roles: ['manage-users'] } } }), {}],
    ['no roles in it', jwt({}), { notes: ['permissions-not-shown'] }],
  ])('keycloak: %s', async (_, token, said) => {
    expect(await check('keycloak', token)).toEqual({ ...RIGHT, ...said });
  });

  it.runIf(hasContract('okta')).each([
    ['an app with one scope', jwt({ scp: ['okta.users.manage'] }), {}],
    ['an app with two', jwt({ scp: ['okta.users.manage', 'okta.apps.manage'] }), { tooMany: ['okta.apps.manage'] }],
    ['a token of an admin', '00abcCANARY', { notes: ['permissions-not-shown'] }],
  ])('okta: %s', async (_, token, said) => {
    expect(await check('okta', token)).toEqual({ ...RIGHT, ...said });
  });

  it('what is in the way is said, and a no is no distance', async () => {
    server = await contractServer({ kind: 'entra', people: { ana: {} }, token: 'right' });
    const url = rootOf(server.url);
    const wrong = await connectorAt('entra', { url, effects: testEffects({ readFile: async () => 'wrong' }) });
    expect(await wrong.check()).toEqual({ ...RIGHT, why: 'wrong-token' });
    await server.stop();
    expect(await wrong.check()).toEqual({ ...RIGHT, reachable: false, why: 'unreachable' });
    server = undefined;
  });
});
