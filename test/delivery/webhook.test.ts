import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { DeliveryEffects } from '../../src/delivery/channel.js';
import { openWebhookChannel, type WebhookConfig } from '../../src/delivery/webhook.js';
import { attempt, CODE, closedPort, effects, files, message, NOW, startHttp } from './servers.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OLD_SECRET = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;

function channelAt(url: string, changes: Partial<WebhookConfig> = {}, others: Partial<DeliveryEffects> = {}) {
  const config: WebhookConfig = { channel: 'http', url, secretFile: 'secret', allowPrivate: true, ...changes };
  return openWebhookChannel(config, effects({ readFile: files({ secret: `${SECRET}\n` }), ...others }));
}

/** A fetch that counts its calls and always says 200. */
function countedFetch() {
  const calls: string[] = [];
  const fetcher: typeof fetch = async (target) => {
    calls.push(String(target));
    return new Response('');
  };
  return { calls, fetcher };
}

describe('a webhook', () => {
  // The receiver's library reads the real clock; only Date is set, timers stay real.
  beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: NOW }));
  afterEach(() => vi.useRealTimers());

  it('is signed so that an independent Standard Webhooks library accepts it, and only unchanged', async () => {
    const { url, posts } = await startHttp();
    expect(await channelAt(`${url}/hook`).send(message('webhook'), attempt())).toEqual({
      ok: true,
      reference: 'HTTP 200',
    });
    const { headers = {}, body = '' } = posts[0] ?? {};
    const receiver = new Webhook(SECRET);
    expect(receiver.verify(body, headers)).toEqual({
      type: 'mfa.reset',
      timestamp: '2026-11-22T10:00:00.000Z',
      data: { user: 'usr_1', secret: CODE },
    });
    expect(headers['content-type']).toBe('application/json');
    expect(() => receiver.verify(body.replace('usr_1', 'usr_2'), headers)).toThrow(WebhookVerificationError);
    expect(() => receiver.verify(body, { ...headers, 'webhook-id': 'msg_other' })).toThrow(WebhookVerificationError);
    expect(() => new Webhook(OLD_SECRET).verify(body, headers)).toThrow(WebhookVerificationError);
  });

  it('keeps its id and its bytes over retries and takes a new timestamp for each', async () => {
    const { url, posts } = await startHttp();
    const channel = channelAt(url);
    await channel.send(message('webhook'), attempt());
    await channel.send(message('webhook'), attempt({ attempt: 2, now: NOW + 5_000 }));
    expect(posts.map(({ headers }) => headers['webhook-id'])).toEqual(['msg_0190', 'msg_0190']);
    expect(posts.map(({ headers }) => Number(headers['webhook-timestamp']))).toEqual([NOW / 1000, NOW / 1000 + 5]);
    expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
    expect(new Set(posts.map(({ headers }) => headers['webhook-signature'])).size).toBe(2);
  });

  it('is signed with every secret of the file, so that a secret can be rotated', async () => {
    const { url, posts } = await startHttp();
    const readFile = files({ secret: `${SECRET}\n${OLD_SECRET}\n` });
    await channelAt(url, {}, { readFile }).send(message('webhook'), attempt());
    const { headers = {}, body = '' } = posts[0] ?? {};
    for (const secret of [SECRET, OLD_SECRET]) expect(new Webhook(secret).verify(body, headers)).toBeDefined();
  });

  it.each([
    ['missing', {}],
    ['empty', { secret: '\n' }],
    ['without whsec_', { secret: 'a'.repeat(44) }],
    ['short', { secret: `whsec_${Buffer.alloc(23).toString('base64')}` }],
    ['long', { secret: `whsec_${Buffer.alloc(65).toString('base64')}` }],
    ['half broken', { secret: `${SECRET}\nwhsec_$$$` }],
  ])('is not sent with a secret file that is %s', async (_, contents) => {
    const { calls, fetcher } = countedFetch();
    const channel = channelAt('http://127.0.0.1/', {}, { fetch: fetcher, readFile: files(contents) });
    expect(await channel.send(message('webhook'), attempt())).toMatchObject({
      ok: false,
      permanent: false,
      why: expect.stringContaining('secret file'),
    });
    expect(calls).toEqual([]);
  });

  it('is at most 20 kB', async () => {
    const { calls, fetcher } = countedFetch();
    const channel = channelAt('http://127.0.0.1/', {}, { fetch: fetcher });
    const withText = (size: number) => message('webhook', { body: JSON.stringify({ text: 'ü'.repeat(size / 2) }) });
    expect(await channel.send(withText(20_000), attempt())).toMatchObject({ ok: false, permanent: true });
    expect(calls).toEqual([]);
    expect((await channel.send(withText(19_800), attempt())).ok).toBe(true);
  });

  it('whose data is no JSON object is a bug of the caller', async () => {
    for (const body of ['plain', '[]', 'null', '"x"']) {
      await expect(channelAt('http://127.0.0.1/').send(message('webhook', { body }), attempt())).rejects.toThrow();
    }
  });
});

describe("the webhook's receiver", () => {
  it.each([300, 304, 400, 401, 404, 429, 500, 503])('answering %i is tried again', async (status) => {
    const { url } = await startHttp((response) =>
      response.writeHead(status).end(status === 304 ? '' : `you sent ${CODE}`),
    );
    const sent = await channelAt(url).send(message('webhook'), attempt());
    expect(sent).toEqual({ ok: false, permanent: false, why: `the webhook's receiver answered ${status}` });
  });

  it('answering 410 is never called again, and the caller is told to stop', async () => {
    const { url, posts } = await startHttp((response) => response.writeHead(410).end());
    const channel = channelAt(url);
    const gone = {
      ok: false,
      permanent: true,
      disable: true,
      why: "the webhook's receiver answered 410: it wants no more events",
    };
    expect(await channel.send(message('webhook'), attempt())).toEqual(gone);
    expect(await channel.send(message('webhook', { id: 'msg_0191' }), attempt())).toEqual(gone);
    expect(posts).toHaveLength(1);
  });

  it('hanging, dropping the connection or not being there is tried again', async () => {
    const silent = await startHttp(() => undefined);
    expect(await channelAt(silent.url, {}, { timeoutMs: 60 }).send(message('webhook'), attempt())).toEqual({
      ok: false,
      permanent: false,
      why: 'webhook: no answer in time',
    });
    const dropping = await startHttp((response) => response.destroy());
    expect(await channelAt(dropping.url).send(message('webhook'), attempt())).toMatchObject({
      ok: false,
      permanent: false,
    });
    const nobody = channelAt(`http://127.0.0.1:${await closedPort()}`);
    expect(await nobody.send(message('webhook'), attempt())).toMatchObject({ ok: false, permanent: false });
  });

  it('whose name server hangs is given up in time', async () => {
    const channel = channelAt(
      'https://hooks.example/',
      {},
      { timeoutMs: 20, resolveHost: () => new Promise(() => undefined) },
    );
    expect(await channel.send(message('webhook'), attempt())).toMatchObject({
      ok: false,
      permanent: false,
      why: 'webhook: no answer in time',
    });
  });
});

describe('a webhook into one’s own network (SSRF)', () => {
  it.each([
    'https://127.0.0.1/',
    'https://10.1.2.3/',
    'https://192.168.0.1/',
    'https://172.16.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://0.0.0.0/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://[64:ff9b::169.254.169.254]/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://[::]/',
  ])('by the address %s makes no request', async (url) => {
    const { calls, fetcher } = countedFetch();
    const sent = await channelAt(url, { allowPrivate: false }, { fetch: fetcher }).send(message('webhook'), attempt());
    expect(sent).toMatchObject({ ok: false, permanent: false });
    expect(calls).toEqual([]);
  });

  it.each([
    [['127.0.0.1']],
    [['93.184.216.34', '10.0.0.1']],
    [['93.184.216.34', '::ffff:127.0.0.1']],
    [['2606:4700::1', 'fe80::1%eth0']],
    [['169.254.169.254']],
    [['0.0.0.0']],
    [[]],
    [['not an address']],
  ])('by a name that means %j makes no request: every address counts', async (addresses) => {
    const { calls, fetcher } = countedFetch();
    const others = { fetch: fetcher, resolveHost: async () => addresses };
    const sent = await channelAt('https://hooks.example/', { allowPrivate: false }, others).send(
      message('webhook'),
      attempt(),
    );
    expect(sent).toMatchObject({ ok: false, permanent: false });
    expect(calls).toEqual([]);
  });

  it('is looked up again for every attempt', async () => {
    const answers = [['93.184.216.34'], ['10.0.0.1']];
    const { calls, fetcher } = countedFetch();
    const others = { fetch: fetcher, resolveHost: async () => answers.shift() ?? [] };
    const channel = channelAt('https://hooks.example/', { allowPrivate: false }, others);
    expect((await channel.send(message('webhook'), attempt())).ok).toBe(true);
    expect((await channel.send(message('webhook'), attempt({ attempt: 2 }))).ok).toBe(false);
    expect(calls).toEqual(['https://hooks.example/']);
  });

  it('through a redirect is not followed', async () => {
    const inside = await startHttp();
    const { url, posts } = await startHttp((response) =>
      response.writeHead(302, { location: `${inside.url}/admin` }).end(),
    );
    const sent = await channelAt(url).send(message('webhook'), attempt());
    expect(sent).toMatchObject({
      ok: false,
      permanent: false,
      why: 'webhook: it answered with a redirect, which countersign does not follow',
    });
    expect([posts.length, inside.posts.length]).toEqual([1, 0]);
    // Teeth: a plain fetch, which follows, does reach the inside.
    await fetch(url, { method: 'POST', body: '{}' });
    expect(inside.posts).toHaveLength(1);
  });

  it('is possible where the option allows it, but never to a metadata service', async () => {
    const { calls, fetcher } = countedFetch();
    for (const url of ['http://127.0.0.1/', 'https://10.1.2.3/', 'http://[::1]/']) {
      expect((await channelAt(url, {}, { fetch: fetcher }).send(message('webhook'), attempt())).ok).toBe(true);
    }
    for (const url of ['http://169.254.169.254/', 'http://0.0.0.0/', 'http://[::ffff:169.254.169.254]/']) {
      expect((await channelAt(url, {}, { fetch: fetcher }).send(message('webhook'), attempt())).ok).toBe(false);
    }
    expect(calls).toHaveLength(3);
  });

  it('allowed or not, plain http never leaves the own network', async () => {
    const { calls, fetcher } = countedFetch();
    const others = { fetch: fetcher, resolveHost: async () => ['93.184.216.34'] };
    expect(await channelAt('http://hooks.example/', {}, others).send(message('webhook'), attempt())).toMatchObject({
      ok: false,
    });
    expect(calls).toEqual([]);
  });
});
