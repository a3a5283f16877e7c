import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { MessageKind } from '../../src/delivery/channel.js';
import { openChannels, readDeliveryConfig } from '../../src/delivery/registry.js';
import { isRefusal } from '../../src/errors.js';
import { attempt, effects, files, message, startHttp, startSmtp, temporaryFolder } from './servers.js';

function faultsOf(settings: unknown): string[] {
  try {
    readDeliveryConfig(settings, 'Example Support');
  } catch (error) {
    if (isRefusal(error) && error.code === 'config') return error.problems.map((each) => each.message);
    throw error;
  }
  return [];
}

const SMTP = { channel: 'smtp', host: 'mail.example.com', from: 'desk@example.com' };
const SMS = { channel: 'http', accountSid: 'AC1', tokenFile: '/t', from: '+15550199' };
const HOOK = { url: 'https://hooks.example/x', secretFile: '/s' };
const settingsOf = (settings: unknown, kind: MessageKind) =>
  readDeliveryConfig(settings, 'Example Support').channels[kind].settings;

describe('the delivery settings', () => {
  it.each([undefined, {}, { mail: {}, sms: {}, webhook: {} }, { mail: { channel: 'file' }, store: 'x' }])(
    'default to files for every kind: %j',
    (settings) => {
      const { channels, sender } = readDeliveryConfig(settings, 'Example Support');
      expect(Object.values(channels).map((each) => each.settings.channel)).toEqual(['file', 'file', 'file', 'file']);
      expect(sender).toEqual({ name: 'Example Support', address: 'desk@countersign.invalid' });
    },
  );

  it('fill in what is usual', () => {
    expect(settingsOf({ mail: SMTP }, 'email')).toMatchObject({ port: 587, security: 'starttls', user: null, pool: 5 });
    expect(settingsOf({ mail: { ...SMTP, security: 'tls' } }, 'email')).toMatchObject({ port: 465 });
    expect(settingsOf({ mail: { ...SMTP, host: 'localhost' } }, 'email')).toMatchObject({ security: 'none' });
    expect(settingsOf({ sms: SMS }, 'sms')).toMatchObject({ url: expect.stringMatching(/^https:.*\{accountSid\}/) });
    expect(settingsOf({ webhook: HOOK }, 'webhook')).toMatchObject({ channel: 'http', allowPrivate: false });
  });

  it.each([
    [{ mail: 'smtp' }, '[mail] must be a table'],
    [{ mail: { host: 'mail.example.com' } }, 'mail.channel must be set beside'],
    [{ sms: { accountSid: 'AC1' } }, 'sms.channel must be set beside'],
    [{ mail: { channel: 'pigeon' } }, 'mail.channel must be one of file, smtp'],
    [{ mail: { channel: 'constructor' } }, 'mail.channel must be one of file, smtp'],
    [{ mail: { ...SMTP, host: '' } }, 'mail.host must be one line'],
    [{ mail: { channel: 'smtp', from: 'desk@example.com' } }, 'mail.host is missing'],
    [{ mail: { channel: 'smtp', host: 'mail.example.com' } }, 'mail.from is missing'],
    [{ mail: { ...SMTP, from: 'Desk <desk@example.com>' } }, 'mail.from must be one plain e-mail address'],
    [{ mail: { ...SMTP, fromName: 'x\r\nBcc: y' } }, 'mail.fromName must be one line'],
    [{ mail: { ...SMTP, security: 'none' } }, 'mail.security may be "none" only'],
    [{ mail: { ...SMTP, host: 'localhost.evil.example', security: 'none' } }, 'mail.security may be "none" only'],
    [{ mail: { ...SMTP, port: 70_000 } }, 'mail.port must be a whole number'],
    [{ mail: { ...SMTP, pool: 21 } }, 'mail.pool must be a whole number from 1 to 20'],
    [{ mail: { ...SMTP, user: 'desk' } }, 'must be set together'],
    [{ mail: { ...SMTP, password: 'hunter2' } }, 'mail.password is not a known setting'],
    [{ sms: { ...SMS, url: 'http://gateway.example/' } }, 'sms.url must begin with https'],
    [{ sms: { ...SMS, url: 'https://a:b@gateway.example/' } }, 'must not contain a user name'],
    [{ sms: { channel: 'http' } }, 'sms.tokenFile is missing'],
    [{ events: { url: 'http://siem.example/', issuer: 'x', audience: 'y' } }, 'events.url must begin with https'],
    [{ events: { url: 'https://siem.example/' } }, 'events.issuer is missing'],
    [{ webhook: { ...HOOK, url: 'http://hooks.example/' } }, 'webhook.url must begin with https'],
    [{ webhook: { ...HOOK, url: 'file:///etc/passwd', allowPrivate: true } }, 'webhook.url must begin with https'],
    [{ webhook: { ...HOOK, url: 'nowhere' } }, 'webhook.url must be a web address'],
    [{ webhook: { ...HOOK, allowPrivate: 'yes' } }, 'webhook.allowPrivate must be true or false'],
    [{ webhook: { url: 'https://hooks.example/' } }, 'webhook.secretFile is missing'],
  ])('refuse %j', (settings, words) => {
    expect(faultsOf(settings).join('\n')).toContain(words);
  });

  it('name every fault in one go and quote no value', () => {
    const faults = faultsOf({
      mail: { channel: 'smtp', password: 'hunter2' },
      sms: { channel: 'http' },
      webhook: { colour: 'red' },
    });
    expect(faults).toHaveLength(7);
    expect(faults.join('\n')).not.toContain('hunter2');
  });
});

describe('the channels opened by settings', () => {
  it('carry what they were picked for: SMTP, gateway and webhook on loopback', async () => {
    const smtp = await startSmtp();
    const http = await startHttp((response) => response.writeHead(201).end('{"sid":"SM1"}'));
    const settings = {
      mail: {
        channel: 'smtp',
        host: '127.0.0.1',
        port: smtp.port,
        from: 'desk@example.com',
        fromName: 'Northwind Desk',
      },
      sms: { ...SMS, url: `${http.url}/sms` },
      webhook: { url: `${http.url}/hook`, secretFile: '/s', allowPrivate: true },
    };
    const config = readDeliveryConfig(settings, 'Example Support');
    expect(config.sender.name).toBe('Northwind Desk');
    const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    const channels = openChannels(config, effects({ readFile: files({ '/t': 'x', '/s': secret }) }));
    for (const kind of ['email', 'sms', 'webhook'] as const) {
      expect(channels.pick(kind).carries).toContain(kind);
      expect((await channels.pick(kind).send(message(kind), attempt())).ok).toBe(true);
    }
    expect(smtp.mails[0]?.raw).toContain('From: Northwind Desk <desk@example.com>');
    expect(http.posts.map((post) => post.path)).toEqual(['/sms', '/hook']);
  });

  it('by default need no network and no account (B77)', async () => {
    const dataFolder = temporaryFolder();
    const noNetwork = async () => Promise.reject(new Error('the network was used'));
    const channels = openChannels(
      readDeliveryConfig(undefined, 'Example Support'),
      effects({ dataFolder, fetch: noNetwork, resolveHost: noNetwork }),
    );
    for (const kind of ['email', 'sms', 'webhook'] as const) {
      const sent = await channels.pick(kind).send(message(kind), attempt());
      expect(sent.ok && readFileSync(join(dataFolder, 'outbox', sent.reference), 'utf8').length).toBeGreaterThan(10);
    }
  });
});
