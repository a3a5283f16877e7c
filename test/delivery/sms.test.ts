import type { ServerResponse } from 'node:http';

import { describe, expect, it } from 'vitest';

import type { DeliveryEffects } from '../../src/delivery/channel.js';
import { openSmsChannel } from '../../src/delivery/sms.js';
import { attempt, CODE, closedPort, effects, files, message, startHttp } from './servers.js';

function channelAt(origin: string, others: Partial<DeliveryEffects> = {}) {
  const url = `${origin}/2010-04-01/Accounts/{accountSid}/Messages.json`;
  const config = { channel: 'http', url, accountSid: 'AC/1', tokenFile: 'token', from: '+15550199' } as const;
  return openSmsChannel(config, effects({ readFile: files({ token: 'geheim\n' }), ...others }));
}

const json = (status: number, document: object) => (response: ServerResponse) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document));

describe('SMS through an HTTP gateway', () => {
  it('posts To, From and Body with basic authentication and the id as idempotency key', async () => {
    const { url, posts } = await startHttp(json(201, { sid: 'SM123', status: 'queued' }));
    expect(await channelAt(url).send(message('sms'), attempt())).toEqual({ ok: true, reference: 'SM123' });
    const [post] = posts;
    expect(post?.path).toBe('/2010-04-01/Accounts/AC%2F1/Messages.json');
    expect(post?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('AC/1:geheim').toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      'idempotency-key': 'msg_0190',
    });
    const form = Object.fromEntries(new URLSearchParams(post?.body));
    expect(form).toEqual({ To: '+15550100100', From: '+15550199', Body: `${CODE} is your code.` });
  });

  it.each([
    [200, { sid: 'SM9' }, 'SM9'],
    [200, {}, 'HTTP 200'],
    [201, { sid: `has ${CODE}\n` }, 'HTTP 201'],
    [202, [], 'HTTP 202'],
  ])('takes %i with %j as sent, the reference being %s', async (status, document, reference) => {
    const { url } = await startHttp(json(status, document));
    expect(await channelAt(url).send(message('sms'), attempt())).toEqual({ ok: true, reference });
  });

  it.each([
    [400, true],
    [422, true],
    [401, false],
    [403, false],
    [404, false],
    [408, false],
    [410, false],
    [429, false],
    [500, false],
    [503, false],
  ])('answered %i: permanent is %s, and its words are not repeated', async (status, permanent) => {
    const { url } = await startHttp(json(status, { message: `the text was ${CODE}`, code: Number(CODE) }));
    const sent = await channelAt(url).send(message('sms'), attempt());
    expect(sent).toEqual({ ok: false, permanent, why: `the SMS gateway answered ${status}` });
  });

  it.each([200, 400, 502])('a web page with %i is no answer of the gateway: to be tried again', async (status) => {
    const { url } = await startHttp((response) =>
      response.writeHead(status).end('<!DOCTYPE html><title>Sign in</title>'),
    );
    const sent = await channelAt(url).send(message('sms'), attempt());
    expect(sent).toEqual({
      ok: false,
      permanent: false,
      why: `the SMS gateway answered ${status} with a web page`,
    });
    const xml = await startHttp((response) => response.writeHead(201).end('<?xml version="1.0"?><TwilioResponse/>'));
    expect(await channelAt(xml.url).send(message('sms'), attempt())).toMatchObject({ ok: true });
  });

  it.each(['form field', 'second recipient'])('no value adds a %s to the form', async () => {
    const { url, posts } = await startHttp(json(201, {}));
    await channelAt(url).send(message('sms', { body: 'a&To=+15550666&From=x\r\nTo: y' }), attempt());
    const form = [...new URLSearchParams(posts[0]?.body)];
    expect(form.map(([key]) => key)).toEqual(['To', 'From', 'Body']);
  });

  it('a redirect is not followed: the token goes nowhere else', async () => {
    const other = await startHttp();
    const { url, posts } = await startHttp((response) => response.writeHead(302, { location: `${other.url}/` }).end());
    const sent = await channelAt(url).send(message('sms'), attempt());
    expect(sent).toEqual({
      ok: false,
      permanent: false,
      why: 'SMS gateway: it answered with a redirect, which countersign does not follow',
    });
    expect([posts.length, other.posts.length]).toEqual([1, 0]);
  });

  it('a gateway that hangs before or within its answer ends by the time-out', async () => {
    const silent = await startHttp(() => undefined);
    const halfway = await startHttp((response) => response.writeHead(201).write('{"sid":'));
    for (const { url, posts } of [silent, halfway]) {
      const sent = await channelAt(url, { timeoutMs: 60 }).send(message('sms'), attempt());
      expect(sent).toEqual({ ok: false, permanent: false, why: 'SMS gateway: no answer in time' });
      expect(posts).toHaveLength(1);
    }
  });

  it('a gateway that drops the connection, or is not there, is tried again', async () => {
    const { url } = await startHttp((response) => response.destroy());
    expect(await channelAt(url).send(message('sms'), attempt())).toMatchObject({ ok: false, permanent: false });
    const nobody = channelAt(`http://127.0.0.1:${await closedPort()}`);
    expect(await nobody.send(message('sms'), attempt())).toEqual({
      ok: false,
      permanent: false,
      why: 'SMS gateway: the connection failed (ECONNREFUSED)',
    });
  });

  it('an endless answer is cut', async () => {
    const { url } = await startHttp((response) => {
      response.writeHead(201);
      const more = () => void (response.writable && response.write('x'.repeat(65_536), () => setImmediate(more)));
      more();
    });
    expect(await channelAt(url).send(message('sms'), attempt())).toEqual({ ok: true, reference: 'HTTP 201' });
  });

  it('a missing or empty token file is told, and mended later', async () => {
    for (const readFile of [files({}), files({ token: '\n' })]) {
      const sent = await channelAt('http://127.0.0.1:1', { readFile }).send(message('sms'), attempt());
      expect(sent).toMatchObject({ ok: false, permanent: false, why: expect.stringContaining('SMS token file') });
    }
  });

  it.each([
    'n/a',
    '12',
    '089.123456',
    '4989123456',
    '+1 206 555 0100',
    '+1555&To=1',
    '',
    '+1234567890123456',
    '++15550100',
  ])('a number that is not written as it is dialled is refused for good, without a request: %j', async (to) => {
    const { url, posts } = await startHttp();
    const sent = await channelAt(url).send(message('sms', { to }), attempt());
    expect(sent).toMatchObject({ ok: false, permanent: true });
    expect(posts).toEqual([]);
  });
});
