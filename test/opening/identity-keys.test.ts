/** Fetching an identity provider's keys: what comes back, and what is a refusal instead of a hang or a detour. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type KeyEffects, openIdentityKeys } from '../../src/opening/identity-keys.js';

describe('the keys of an identity provider', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  const serving = async (answer: RequestListener): Promise<string> => {
    const server = createServer(answer);
    servers.push(server);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  };
  const opened = (more: Partial<KeyEffects> = {}) =>
    openIdentityKeys({ fetch, now: () => 0, resolveHost: async () => ['93.184.215.14'], loopback: true, ...more });
  const keys = opened();

  it('stand in the settings, or at an address', async () => {
    expect(await keys('{"keys":[]}')).toEqual({ keys: [] });
    expect(await keys(await serving((_request, response) => response.end('{"keys":[1]}')))).toEqual({ keys: [1] });
  });

  it.each<[string, RequestListener]>([
    ['an error', (_request, response) => void response.writeHead(500).end()],
    ['a page', (_request, response) => void response.end('<html>')],
    ['a redirect', (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['more than a key set can be', (_request, response) => void response.end(' '.repeat(300_000))],
    ['a connection that is cut', (request) => void request.socket.destroy()],
  ])('%s is "busy", with what to do meanwhile', async (_what, answer) => {
    const refused = keys(await serving(answer));
    await expect(refused).rejects.toMatchObject({ code: 'busy', hint: expect.stringContaining('portal login') });
  });

  it('a provider that hangs is given up', async () => {
    const hanging = opened({
      fetch: async (_address, init) => {
        const { signal } = init ?? {};
        return new Promise((_answer, fail) => signal?.addEventListener('abort', () => fail(signal.reason as Error)));
      },
    });
    await expect(hanging('https://login.example/jwks')).rejects.toMatchObject({ code: 'busy' });
  });

  /** What an address leads to, without a network: it answers if it is asked at all. */
  const asked = async (address: string, resolved: readonly string[], loopback = false) => {
    let calls = 0;
    const answering = opened({
      fetch: async () => {
        calls += 1;
        return new Response('{"keys":[]}');
      },
      resolveHost: async () => resolved,
      loopback,
    });
    await answering(address).catch((error: unknown) => expect(error).toMatchObject({ code: 'busy' }));
    return calls;
  };

  it('S27 nothing private is asked, whatever its name says', async () => {
    for (const address of [
      'https://10.0.0.1/jwks',
      'https://[fd00::1]/jwks',
      'https://169.254.169.254/latest',
      'http://127.0.0.1:9200/',
      'https://127.0.0.1/',
    ])
      expect(await asked(address, []), address).toBe(0);
    expect(await asked('https://login.example/jwks', ['93.184.215.14', '192.168.1.7'])).toBe(0);
    expect(await asked('https://login.example/jwks', ['127.0.0.1'])).toBe(0);
    expect(await asked('http://login.example/jwks', ['93.184.215.14'])).toBe(0);
    expect(await asked('https://login.example/jwks', [])).toBe(0);
    expect(await asked('https://login.example/jwks', ['93.184.215.14']), 'teeth: a public one is').toBe(1);
    expect(await asked('http://localhost:1/jwks', ['127.0.0.1', '::1'], true), 'where the policy allows it').toBe(1);
  });

  it('S27 one process asks once a minute, however many sign in at the same time', async () => {
    let calls = 0;
    let now = 0;
    const counting = opened({
      fetch: async () => {
        calls += 1;
        return new Response('{"keys":[]}');
      },
      now: () => now,
    });
    await Promise.all(Array.from({ length: 20 }, () => counting('https://login.example/jwks')));
    now = 59_999;
    await counting('https://login.example/jwks');
    expect(calls).toBe(1);
    now = 60_000;
    await counting('https://login.example/jwks');
    expect(calls).toBe(2);
  });
});
