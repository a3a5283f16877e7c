/** B93: each thing that can go wrong at the other system has its own outcome, and none of them quotes a token or a body. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ResetOutcome } from '../../src/connectors/connector.js';
import { type ContractServer, contractServer, hasContract } from '../support/contract-server.mjs';
import { type FaultProxy, faultProxy } from '../support/fault-proxy.mjs';
import { connectorsAt, person, rootOf, TOKEN, testEffects } from './places.js';

const BODY = 'CANARY-of-the-body';

describe('B93: what goes wrong there', () => {
  let server: ContractServer;
  let proxy: FaultProxy;
  let elsewhere: Server;
  let followed = 0;

  beforeAll(async () => {
    elsewhere = createServer((_, response) => {
      followed += 1;
      response.end('{}');
    });
    await new Promise<void>((ready) => elsewhere.listen(0, '127.0.0.1', ready));
  });
  afterAll(() => elsewhere.close());
  beforeEach(async () => {
    const people = { ana: { factors: [{ type: 'otp', label: BODY }] } };
    server = await contractServer({ kind: 'keycloak', people, token: TOKEN, realm: 'desk' });
    proxy = await faultProxy({ target: new URL(server.url).origin });
  });
  afterEach(async () => {
    await proxy.stop();
    await server.stop();
  });

  const reset = async (own: Parameters<typeof testEffects>[0] = {}, table: object = {}): Promise<ResetOutcome> => {
    const effects = testEffects({ timeoutMs: 300, ...own });
    const outcome = await connectorsAt('keycloak', { url: proxy.url, effects, table }).reset('x', person('ana'));
    expect(JSON.stringify(outcome)).not.toMatch(/CANARY/);
    return outcome;
  };
  const untouched = () => expect(server.people['ana']?.factors).toHaveLength(1);

  it('a wrong token', async () => {
    expect(await reset({ readFile: async () => 'old' })).toMatchObject({ state: 'refused', why: 'wrong-token' });
    untouched();
  });

  it('a token that was rotated while it was held', async () => {
    const tokens = ['old', TOKEN];
    expect(await reset({ readFile: async () => tokens.shift() ?? '' })).toMatchObject({ state: 'reset' });
  });

  it('a token that ran out while the system had asked to wait', async () => {
    const tokens = ['old', TOKEN];
    const busy = [new Response('', { status: 429 })];
    const wire = (async (url: string, init: RequestInit) => busy.pop() ?? fetch(url, init)) as typeof fetch;
    expect(await reset({ readFile: async () => tokens.shift() ?? '', fetch: wire })).toMatchObject({ state: 'reset' });
  });

  it.each([
    ['no file', () => Promise.reject(new Error(`no ${TOKEN}`))],
    ['two words', async () => 'two words'],
    ['a line that would end the header', async () => '\u0000x'],
  ])('a token that cannot be read: %s', async (_, readFile) => {
    expect(await reset({ readFile })).toMatchObject({ state: 'refused', why: 'token-unreadable' });
  });

  it.each([
    [403, 'refused', 'forbidden'],
    [404, 'refused', 'not-found'],
    [400, 'refused', 'refused'],
    [500, 'unreachable', 'server-error'],
    [429, 'unreachable', 'rate-limited'],
  ] as const)('the status %i for the list of factors', async (status, state, why) => {
    server.set({ fail: { status, times: -1, match: /credentials/ } });
    expect(await reset()).toMatchObject({ state, why, removed: [] });
    untouched();
  });

  it.each([
    ['garbage', 'garbage'],
    ['html', 'garbage'],
    ['cut', 'garbage'],
    ['huge:10', 'too-large'],
    ['stall', 'time-out'],
    ['slow:100', 'time-out'],
    ['lost', 'unreachable'],
    ['redirect', 'redirect'],
  ])('an answer that is no answer: %s', async (fault, why) => {
    const { port } = elsewhere.address() as AddressInfo;
    proxy.set({ script: Array(9).fill(fault), ...{ elsewhere: `http://127.0.0.1:${port}/` } });
    expect(await reset()).toMatchObject({ state: 'unreachable', why, removed: [] });
    expect(followed).toBe(0);
    untouched();
  });

  it.each(['okta', 'entra', 'keycloak', 'lemonldap'] as const)(
    'a web server that is not the system, at %s: its page 404 does not say that nobody is there',
    async (kind) => {
      const page = () => new Response('<h1>Not found</h1>', { status: 404, headers: { 'content-type': 'text/html' } });
      const connectors = connectorsAt(kind, { url: proxy.url, effects: testEffects({ fetch: async () => page() }) });
      expect(await connectors.reset('x', person('ana'))).toMatchObject({ state: 'unreachable', why: 'garbage' });
      expect(await (await connectors.pick('x')).check()).toMatchObject({ reachable: false, why: 'garbage' });
    },
  );

  it('a realm that is not there is no missing person', async () => {
    expect(await reset({}, { realm: 'dessk' })).toMatchObject({ state: 'refused', why: 'not-found', id: null });
    untouched();
  });

  it.runIf(hasContract('okta'))('503 after the effect: whoever is suspended by it is known to be so', async () => {
    const okta = await contractServer({ kind: 'okta', people: { ana: { factors: [{ type: 'push' }] } }, token: TOKEN });
    const faults = ['upstream connect error'];
    const wire = (async (url: string, init: RequestInit) => {
      const answer = await fetch(url, init);
      const fault = url.endsWith('/suspend') ? faults.pop() : undefined;
      return fault === undefined ? answer : new Response(fault, { status: 503 });
    }) as typeof fetch;
    const place = { url: new URL(okta.url).origin, gate: 'suspend', effects: testEffects({ fetch: wire }) } as const;
    const outcome = await connectorsAt('okta', place).reset('x', person('ana@example.test'));
    expect(outcome).toMatchObject({ state: 'reset', gate: { kind: 'suspend', lift: true } });
    expect(okta.people['ana']).toMatchObject({ status: 'SUSPENDED', factors: [] });
    await okta.stop();
  });

  it('the system is not there', async () => {
    await proxy.stop();
    expect(await reset()).toMatchObject({ state: 'unreachable', why: 'unreachable' });
    proxy = await faultProxy({ target: new URL(server.url).origin });
  });

  it('no sessions can be ended: the factor is gone, and the reset is partial', async () => {
    server.set({ fail: { status: 403, times: -1, match: /logout/ } });
    const outcome = await reset();
    expect(outcome).toMatchObject({ state: 'partial', why: 'forbidden', left: [], sessions: 'unknown' });
  });

  it('no gate, no reset', async () => {
    server.set({ fail: { status: 403, times: -1, match: /execute-actions/ } });
    expect(await reset({}, { gate: 'link' })).toMatchObject({ state: 'refused', why: 'forbidden', gate: null });
    untouched();
  });

  it('who stops it is answered at once', async () => {
    const stop = new AbortController();
    const connectors = connectorsAt('keycloak', { url: proxy.url });
    proxy.set({ script: ['stall'] });
    const outcome = connectors.reset('x', person('ana'), { signal: stop.signal });
    stop.abort();
    expect(await outcome).toMatchObject({ state: 'unreachable', why: 'stopped' });
    untouched();
  });

  it.each([
    ['this machine', 'https://id.example.com', ['127.0.0.1'], 'private-address'],
    [
      'one private address among public ones',
      'https://id.example.com',
      ['93.184.216.34', '10.0.0.1'],
      'private-address',
    ],
    ["a cloud's metadata, also where private is allowed", 'http://169.254.169.254', [], 'private-address'],
    ['plain http to a public address', 'http://id.example.com', ['93.184.216.34'], 'no-https'],
    ['no address', 'https://id.example.com', [], 'unreachable'],
  ])('%s', async (what, url, addresses, why) => {
    const fetched: string[] = [];
    const effects = testEffects({
      resolveHost: async () => addresses,
      fetch: (async (to: string) => {
        fetched.push(to);
        throw new TypeError('never');
      }) as unknown as typeof fetch,
    });
    const table = { allowPrivate: url.startsWith('http:') || what === 'no address' };
    const outcome = await connectorsAt('keycloak', { url, effects, table }).reset('x', person('ana'));
    expect(outcome).toMatchObject({ state: 'unreachable', why });
    expect(fetched).toEqual([]);
  });
});

describe('B93: settings', () => {
  const faultsOf = async (table: object) => {
    const { openConnectors } = await import('../../src/connectors/registry.js');
    const error: unknown = await openConnectors({ x: table }, testEffects())
      .settings('x')
      .catch((refusal: unknown) => refusal);
    return (error as { problems?: readonly { message: string }[] }).problems?.map(({ message }) => message) ?? [];
  };
  it.each([
    ['an unknown key', { kind: 'lemonldap', url: 'https://a.example', pasword: 'x' }, 'pasword is not a known'],
    ['an unknown kind', { kind: 'oktta' }, 'kind must be one of'],
    ['no kind', { url: 'https://a.example' }, 'kind is missing'],
    ['a gate that the kind has not', { kind: 'keycloak', gate: 'suspend' }, 'gate must be one of link, none'],
    ['plain http', { kind: 'okta', url: 'http://a.example' }, 'must begin with https'],
    ['a login in the address', { kind: 'okta', url: 'https://a:b@a.example' }, 'user name or password'],
    ['a path of the API', { kind: 'entra', url: 'https://graph.microsoft.com/v1.0' }, 'url must be the root'],
    ['a query in the address', { kind: 'keycloak', url: 'https://a.example/auth?x=1' }, 'url must be the root'],
    ['no token', { kind: 'okta', url: 'https://a.example' }, 'tokenFile or tokenCommand is missing'],
    ['two tokens', { kind: 'entra', tokenFile: '/a', tokenCommand: 'b' }, 'cannot stand beside tokenFile'],
    ['no realm', { kind: 'keycloak', url: 'https://a.example', tokenFile: '/a' }, 'realm is missing'],
    ['codes without an authenticator', { kind: 'okta', gate: 'temporary-code' }, 'authenticator is missing'],
    ['a token for a command', { kind: 'command', command: 'x', tokenFile: '/a' }, 'tokenFile is not a known'],
  ])('%s is a fault', async (_, table, sentence) => {
    expect((await faultsOf(table)).join('\n')).toContain(sentence);
  });

  it('a connector without a name of its own, and a name with capitals, are one clear fault', async () => {
    const { openConnectors } = await import('../../src/connectors/registry.js');
    const problemsOf = async (name: string, table: unknown) => {
      const asked = openConnectors({ [name]: table }, testEffects()).settings(name);
      const error = await asked.then(
        () => ({ problems: [] }),
        (refusal: { problems: object[] }) => refusal,
      );
      return error.problems;
    };
    expect(await problemsOf('kind', 'okta')).toEqual([{ message: '[connectors.kind] must be a table' }]);
    expect(await problemsOf('Okta', { kind: 'command', command: 'x' })).toEqual([
      { message: '[connectors.Okta] must have a name of small letters, digits, - and _' },
    ]);
    expect(
      await problemsOf('kc', { kind: 'keycloak', url: 'https://a.example/auth', tokenFile: '/a', realm: 'r' }),
    ).toEqual([]);
  });

  it('a name that the file does not have is refused with those that it has', async () => {
    const connectors = connectorsAt('lemonldap', { url: rootOf('https://a.example') });
    await expect(connectors.pick('y')).rejects.toThrow('[connectors.y]');
    await expect(connectors.pick('constructor')).rejects.toThrow('[connectors.constructor]');
  });
});
