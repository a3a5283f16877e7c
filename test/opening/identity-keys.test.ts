/** Fetching an identity provider's keys: what comes back, and what is a refusal instead of a hang or a detour. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openIdentityKeys } from '../../src/opening/identity-keys.js';

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
  const keys = openIdentityKeys(fetch);

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
    const hanging = openIdentityKeys(async (_address, init) => {
      const { signal } = init ?? {};
      return new Promise((_answer, fail) => signal?.addEventListener('abort', () => fail(signal.reason as Error)));
    });
    await expect(hanging('https://login.example/jwks')).rejects.toMatchObject({ code: 'busy' });
  });
});
