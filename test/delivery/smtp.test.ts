import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import PostalMime from 'postal-mime';
import type { SMTPServerOptions } from 'smtp-server';
import { describe, expect, it } from 'vitest';

import type { DeliveryEffects } from '../../src/delivery/channel.js';
import { openSmtpChannel, type SmtpConfig } from '../../src/delivery/smtp.js';
import {
  attempt,
  CODE,
  closedPort,
  effects,
  files,
  message,
  NOW,
  startSmtp,
  startTcp,
  temporaryFolder,
} from './servers.js';

const SENDER = { name: 'Support desk', address: 'desk@example.com' };
const REFUSED_TEXT = `refused, your text was ${CODE}`;

function channelAt(port: number, changes: Partial<SmtpConfig> = {}, others: Partial<DeliveryEffects> = {}) {
  const config: SmtpConfig = {
    channel: 'smtp',
    host: '127.0.0.1',
    port,
    security: 'none',
    user: null,
    passwordFile: null,
    caFile: null,
    pool: 5,
    ...changes,
  };
  return openSmtpChannel(config, effects(others), SENDER);
}

/** An error as smtp-server sends it to the client. */
const answer = (responseCode: number) => Object.assign(new Error(REFUSED_TEXT), { responseCode });

describe('e-mail through a real SMTP server', () => {
  it('arrives once, addressed and worded as queued, with the id as Message-ID', async () => {
    const { port, mails } = await startSmtp();
    const body = `Grüße\n.\n..\nFrom here\n${'long '.repeat(300)}\n${CODE}`;
    const sent = await channelAt(port).send(message('email', { subject: 'Prüfung – ✓', body }), attempt());
    expect(sent).toEqual({ ok: true, reference: '<msg_0190@example.com>' });
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({ from: 'desk@example.com', to: ['ana@northwind.example'] });
    const mail = await PostalMime.parse(mails[0]?.raw ?? '');
    expect(mail).toMatchObject({
      from: SENDER,
      to: [{ address: 'ana@northwind.example' }],
      subject: 'Prüfung – ✓',
      messageId: '<msg_0190@example.com>',
      date: new Date(NOW).toISOString(),
    });
    expect(mail.text?.trimEnd()).toBe(body);
    expect(mail.headers).toContainEqual(expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }));
  });

  it('over as many connections at a time as the settings allow', async () => {
    const seen = { open: 0, most: 0 };
    const { port, mails } = await startSmtp({
      onConnect: (_, done) => {
        seen.open += 1;
        seen.most = Math.max(seen.most, seen.open);
        done();
      },
      onClose: () => {
        seen.open -= 1;
      },
    });
    const channel = channelAt(port, { pool: 2 });
    const ids = ['msg_1', 'msg_2', 'msg_3', 'msg_4', 'msg_5', 'msg_6'];
    await Promise.all(ids.map((id) => channel.send(message('email', { id }), attempt())));
    expect([mails.length, seen.most]).toEqual([6, 2]);
  });

  it('carries the same Message-ID on every attempt, so that a receiver can drop the second', async () => {
    const { port, mails } = await startSmtp();
    const channel = channelAt(port);
    await channel.send(message('email'), attempt());
    await channel.send(message('email'), attempt({ attempt: 2, now: NOW + 5_000 }));
    const ids = await Promise.all(mails.map(async ({ raw }) => (await PostalMime.parse(raw)).messageId));
    expect(ids).toEqual(['<msg_0190@example.com>', '<msg_0190@example.com>']);
  });

  it('logs in with the password of the file', async () => {
    const { port, mails } = await startSmtp({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (auth, _, done) =>
        auth.password === 'correct horse' ? done(null, { user: auth.username ?? '' }) : done(answer(535)),
    });
    const login = { user: 'desk', passwordFile: 'pw' };
    const good = channelAt(port, login, { readFile: files({ pw: 'correct horse\n' }) });
    expect((await good.send(message('email'), attempt())).ok).toBe(true);
    expect(mails.map((mail) => mail.user)).toEqual(['desk']);
    const bad = channelAt(port, login, { readFile: files({ pw: 'wrong' }) });
    expect(await bad.send(message('email'), attempt())).toEqual({
      ok: false,
      permanent: false,
      why: 'the mail server answered 535 to the login',
    });
    const none = channelAt(port, login, { readFile: files({}) });
    expect(await none.send(message('email'), attempt())).toMatchObject({
      permanent: false,
      why: 'the mail password file could not be read',
    });
    // The server asks for a login we were not told of: about us, so the message waits.
    expect(await channelAt(port).send(message('email'), attempt())).toMatchObject({
      permanent: false,
      why: 'the mail server answered 530',
    });
    expect(mails).toHaveLength(1);
  });
});

describe('an SMTP server that refuses', () => {
  const cases: [string, number, boolean, SMTPServerOptions][] = [
    ['the sender', 451, false, { onMailFrom: (_, __, done) => done(answer(451)) }],
    ['the sender', 550, true, { onMailFrom: (_, __, done) => done(answer(550)) }],
    ['the recipient', 450, false, { onRcptTo: (_, __, done) => done(answer(450)) }],
    ['the recipient', 550, true, { onRcptTo: (_, __, done) => done(answer(550)) }],
    ['the text', 451, false, { onData: (stream, _, done) => stream.resume().on('end', () => done(answer(451))) }],
    ['the text', 554, true, { onData: (stream, _, done) => stream.resume().on('end', () => done(answer(554))) }],
    ['the connection', 554, false, { onConnect: (_, done) => done(answer(554)) }],
    ['the connection', 421, false, { onConnect: (_, done) => done(answer(421)) }],
  ];
  it.each(cases)('%s with %i: permanent is %s, and its words are not repeated', async (_, code, permanent, options) => {
    const { port } = await startSmtp(options);
    const sent = await channelAt(port).send(message('email'), attempt());
    expect(sent).toEqual({ ok: false, permanent, why: `the mail server answered ${code}` });
  });
});

describe('an SMTP server that breaks', () => {
  const dialogue: Record<string, string> = { EHLO: '250 loopback', MAIL: '250 ok', RCPT: '250 ok', DATA: '354 go on' };

  it('by taking the whole text and then dropping the connection: to be tried again', async () => {
    let taken = false;
    const { port } = await startTcp((line, socket) => {
      const reply = dialogue[line.slice(0, 4)];
      if (reply !== undefined) socket.write(`${reply}\r\n`);
      if (line === '.') {
        taken = true;
        socket.destroy();
      }
    });
    const sent = await channelAt(port).send(message('email'), attempt());
    expect(taken).toBe(true);
    expect(sent).toMatchObject({ ok: false, permanent: false });
  });

  it.each([
    ['before the greeting', '', ''],
    ['after the greeting', '220 loopback\r\n', 'EHLO'],
    ['after the text', '220 loopback\r\n', '.'],
  ])('by hanging %s: ends by the time-out, to be tried again', async (_, greeting, hangAt) => {
    const { port } = await startTcp((line, socket) => {
      const reply = dialogue[line.slice(0, 4)];
      if (reply !== undefined && !line.startsWith(hangAt || ' ')) socket.write(`${reply}\r\n`);
    }, greeting);
    const sent = await channelAt(port, {}, { timeoutMs: 40 }).send(message('email'), attempt());
    expect(sent).toEqual({ ok: false, permanent: false, why: 'mail server: no answer in time' });
  });

  it('by dripping one byte after another, which no idle time-out would end', async () => {
    const { port } = await startTcp((_, socket) => {
      const timer = setInterval(() => socket.writable && socket.write('2'), 2);
      socket.once('close', () => clearInterval(timer));
    });
    const sent = await channelAt(port, {}, { timeoutMs: 100 }).send(message('email'), attempt());
    expect(sent).toEqual({ ok: false, permanent: false, why: 'mail server: no answer in time' });
  });

  it('by not being there, or by talking nonsense', async () => {
    expect(await channelAt(await closedPort()).send(message('email'), attempt())).toMatchObject({
      ok: false,
      permanent: false,
    });
    const { port } = await startTcp(() => undefined, 'HTTP/1.1 200 OK\r\n');
    expect(await channelAt(port).send(message('email'), attempt())).toMatchObject({ ok: false, permanent: false });
  });
});

describe('TLS towards the mail server', () => {
  const SECURITY = ['starttls', 'tls'] as const;

  it.each(SECURITY)('%s: a certificate that cannot be checked gets no mail and no password', async (security) => {
    let logins = 0;
    const onAuth: SMTPServerOptions['onAuth'] = (_, __, done) => {
      logins += 1;
      done(null, { user: 'x' });
    };
    const { port, mails } = await startSmtp({ disabledCommands: [], secure: security === 'tls', onAuth });
    const settings = { security, user: 'desk', passwordFile: 'pw' } as const;
    const sent = await channelAt(port, settings, { readFile: files({ pw: 'x' }) }).send(message('email'), attempt());
    expect(sent).toMatchObject({ ok: false, permanent: false });
    expect([mails.length, logins]).toEqual([0, 0]);
  });

  it('nobody who listens, another kind of TLS and a certificate that cannot be checked are told apart', async () => {
    const [plain, sealed] = [await startSmtp(), await startSmtp({ secure: true })];
    const why = async (port: number, security: 'tls' | 'none') => {
      const sent = await channelAt(port, { security }).send(message('email'), attempt());
      return 'why' in sent ? sent.why : 'sent';
    };
    const failed = 'the connection to the mail server failed';
    expect(await why(await closedPort(), 'none')).toBe(`${failed} (ECONNREFUSED)`);
    expect(await why(plain.port, 'tls')).toBe(`${failed} (ERR_SSL_WRONG_VERSION_NUMBER)`);
    expect(await why(sealed.port, 'tls')).toMatch(/CERT/);
  });

  it('a server that offers no STARTTLS (or somebody who cut the offer out) gets no mail', async () => {
    const { port, mails } = await startSmtp();
    const sent = await channelAt(port, { security: 'starttls' }).send(message('email'), attempt());
    expect(sent).toMatchObject({ ok: false, permanent: false, why: expect.stringContaining('no encryption') });
    expect(mails).toEqual([]);
    // Teeth: the same server takes the mail from a sender who does not insist.
    expect((await channelAt(port, { security: 'none' }).send(message('email'), attempt())).ok).toBe(true);
  });

  it('a certificate file that is none is told, not thrown', async () => {
    const { port } = await startSmtp({ secure: true });
    const broken = channelAt(port, { security: 'tls', caFile: 'ca' }, { readFile: files({ ca: 'not a certificate' }) });
    expect(await broken.send(message('email'), attempt())).toMatchObject({ ok: false, permanent: false });
  });

  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
  it.skipIf(!hasOpenssl).each(SECURITY)('%s: a certificate of the in-house authority is enough', async (security) => {
    const folder = temporaryFolder();
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=loopback', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync('openssl', [...make, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    const files = { key: readFileSync(key), cert: readFileSync(cert) };
    const { port, mails } = await startSmtp({ disabledCommands: [], secure: security === 'tls', ...files });
    const sent = await channelAt(port, { security, caFile: cert }).send(message('email'), attempt());
    expect(sent.ok).toBe(true);
    expect(mails.map((mail) => mail.secure)).toEqual([true]);
  });
});
