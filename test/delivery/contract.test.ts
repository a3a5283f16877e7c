/**
 * The contract of channel.ts as one suite. A new channel adds one line to CHANNELS and must pass all of it.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';

import { type Channel, MESSAGE_KINDS, type MessageKind } from '../../src/delivery/channel.js';
import { openEventsChannel } from '../../src/delivery/events.js';
import { openFileChannel } from '../../src/delivery/file.js';
import { openSmsChannel } from '../../src/delivery/sms.js';
import { openSmtpChannel } from '../../src/delivery/smtp.js';
import { openWebhookChannel } from '../../src/delivery/webhook.js';
import {
  attempt,
  CODE,
  closedPort,
  effects,
  files,
  message,
  startHttp,
  startSmtp,
  startTcp,
  temporaryFolder,
} from './servers.js';

/** A channel with the other side in some state, and the ids that side has seen, one for each copy it keeps. */
interface Bench {
  readonly channel: Channel;
  readonly ids: () => Promise<readonly string[]>;
}

interface Subject {
  readonly kinds: readonly MessageKind[];
  /** The other side takes everything. */
  working(): Promise<Bench>;
  /** The other side refuses, is silent, or is not there: each an ordinary failure. `silent` never answers. */
  failing(how: 'refuses' | 'silent' | 'absent'): Promise<Channel>;
}

const SENDER = { name: 'Support desk', address: 'desk@example.com' };
const SECRETS = files({ token: 'x', secret: `whsec_${Buffer.alloc(32, 1).toString('base64')}` });
const HURRY = effects({ readFile: SECRETS, timeoutMs: 60 });
const patient = effects({ readFile: SECRETS });

const smtpAt = (port: number, world = HURRY) =>
  openSmtpChannel(
    {
      channel: 'smtp',
      host: '127.0.0.1',
      port,
      security: 'none',
      user: null,
      passwordFile: null,
      caFile: null,
      pool: 5,
    },
    world,
    SENDER,
  );
const smsAt = (url: string, world = HURRY) =>
  openSmsChannel({ channel: 'http', url, accountSid: 'AC1', tokenFile: 'token', from: '+15550199' }, world);
const webhookAt = (url: string, world = HURRY) =>
  openWebhookChannel({ channel: 'http', url, secretFile: 'secret', allowPrivate: true }, world);

const EVENTS = { channel: 'http', issuer: 'https://desk.example', audience: 'siem', tokenFile: null } as const;
const eventsAt = (url: string, world = HURRY) => openEventsChannel({ ...EVENTS, url, allowPrivate: true }, world);

async function failingHttp(how: string): Promise<string> {
  if (how === 'absent') return `http://127.0.0.1:${await closedPort()}`;
  const { url } = await startHttp((response, post) => {
    if (how === 'refuses') response.writeHead(500).end(`bad: ${post.body}`);
  });
  return url;
}

function httpSubject(kind: MessageKind, header: string, open: typeof smsAt): Subject {
  return {
    kinds: [kind],
    async working() {
      const { url, posts } = await startHttp();
      return { channel: open(url, patient), ids: async () => posts.map((post) => post.headers[header] ?? '') };
    },
    failing: async (how) => open(await failingHttp(how)),
  };
}

const CHANNELS: Record<string, Subject> = {
  file: {
    kinds: ['email', 'sms', 'webhook', 'event'],
    async working() {
      const dataFolder = temporaryFolder();
      const names = async () =>
        readdirSync(join(dataFolder, 'outbox'))
          .filter((name) => name !== '.writing')
          .map((name) => name.replace(/\.\w+$/, ''));
      return { channel: openFileChannel({ dataFolder, sender: SENDER }), ids: names };
    },
    async failing() {
      const dataFolder = temporaryFolder();
      writeFileSync(join(dataFolder, 'outbox'), '');
      return openFileChannel({ dataFolder, sender: SENDER });
    },
  },
  smtp: {
    kinds: ['email'],
    async working() {
      const { port, mails } = await startSmtp();
      const idOf = async (raw: string) => (await PostalMime.parse(raw)).messageId?.replace(/^<|@.*$/g, '') ?? '';
      return { channel: smtpAt(port, patient), ids: async () => Promise.all(mails.map(({ raw }) => idOf(raw))) };
    },
    async failing(how) {
      if (how === 'absent') return smtpAt(await closedPort());
      if (how === 'silent') return smtpAt((await startTcp(() => undefined, '')).port);
      const refused = Object.assign(new Error(`bad: ${CODE}`), { responseCode: 451 });
      return smtpAt((await startSmtp({ onRcptTo: (_, __, done) => done(refused) })).port);
    },
  },
  sms: httpSubject('sms', 'idempotency-key', smsAt),
  webhook: httpSubject('webhook', 'webhook-id', webhookAt),
  events: {
    kinds: ['event'],
    async working() {
      const { url, posts } = await startHttp((response) => response.writeHead(202).end());
      const ids = async () => posts.map(({ body }) => (JSON.parse(atob(body)) as { jti: string }).jti);
      return { channel: eventsAt(url, patient), ids };
    },
    failing: async (how) => eventsAt(await failingHttp(how)),
  },
};

it('every channel of the registry is under this contract', () => {
  const registry = readFileSync(join(import.meta.dirname, '../../src/delivery/registry.ts'), 'utf8');
  const opened = new Set([...registry.matchAll(/open(\w+)Channel\b/g)].map((match) => (match[1] ?? '').toLowerCase()));
  expect([...opened].sort()).toEqual(Object.keys(CHANNELS).sort());
});

describe.each(Object.entries(CHANNELS))('the channel %s', (_, subject) => {
  it('carries what it says and takes it, with a reference that holds no text', async () => {
    const { channel, ids } = await subject.working();
    expect(channel.carries).toEqual(subject.kinds);
    for (const kind of subject.kinds) {
      const sent = await channel.send(message(kind), attempt());
      expect(sent).toMatchObject({ ok: true, reference: expect.stringMatching(/^.{1,120}$/) });
      expect(JSON.stringify(sent)).not.toContain(CODE);
    }
    expect(await ids()).toHaveLength(subject.kinds.length);
  });

  it('shows one id for one message, however often it is sent', async () => {
    const { channel, ids } = await subject.working();
    const [kind = 'email'] = subject.kinds;
    for (const id of ['msg_a', 'msg_a', 'msg_b']) await channel.send(message(kind, { id }), attempt());
    expect(new Set(await ids())).toEqual(new Set(['msg_a', 'msg_b']));
  });

  it.each(['refuses', 'silent', 'absent'] as const)(
    'resolves when the other side %s: temporary, and repeats no text',
    async (how) => {
      const channel = await subject.failing(how);
      for (const kind of subject.kinds) {
        const sent = await channel.send(message(kind), attempt());
        expect(sent).toMatchObject({ ok: false, permanent: false, why: expect.stringMatching(/^[\x20-\x7e]{5,120}$/) });
        expect(JSON.stringify(sent)).not.toContain(CODE);
      }
    },
  );

  it('resolves when it is stopped, before or in the middle', async () => {
    const channel = await subject.failing('silent');
    const [kind = 'email'] = subject.kinds;
    const controller = new AbortController();
    const running = channel.send(message(kind), attempt({ signal: controller.signal }));
    setImmediate(() => controller.abort());
    expect(await running).toMatchObject({ ok: false, permanent: false });
    expect(await channel.send(message(kind), attempt({ signal: controller.signal }))).toMatchObject({
      ok: false,
      permanent: false,
    });
  });

  it('throws only for bugs of the caller: a foreign kind, a malformed id', async () => {
    const { channel } = await subject.working();
    const [kind = 'email'] = subject.kinds;
    await expect(channel.send(message(kind, { id: '../../etc/passwd' }), attempt())).rejects.toThrow(TypeError);
    await expect(channel.send(message(kind, { id: 'msg_1\r\nX: y' }), attempt())).rejects.toThrow(TypeError);
    const foreign = MESSAGE_KINDS.filter((each) => !subject.kinds.includes(each));
    for (const each of foreign) await expect(channel.send(message(each), attempt())).rejects.toThrow(TypeError);
  });
});
