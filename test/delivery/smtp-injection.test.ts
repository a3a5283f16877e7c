import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';

import { isPlainAddress } from '../../src/delivery/mail.js';
import { openSmtpChannel, type SmtpConfig } from '../../src/delivery/smtp.js';
import { attempt, CODE, effects, message, startSmtp } from './servers.js';

const SENDER = { name: 'Support desk', address: 'desk@example.com' };

function channelAt(port: number, name = SENDER.name) {
  const config: SmtpConfig = {
    channel: 'smtp',
    host: '127.0.0.1',
    port,
    security: 'none',
    user: null,
    passwordFile: null,
    caFile: null,
    pool: 5,
  };
  return openSmtpChannel(config, effects(), { ...SENDER, name });
}

describe('header and command injection', () => {
  const EVIL = 'x\r\nBcc: thief@evil.example';

  it('through the subject or the sender’s name adds no header', async () => {
    const { port, mails } = await startSmtp();
    const channel = channelAt(port, EVIL);
    for (const subject of [
      EVIL,
      'x\nBcc: thief@evil.example',
      'x\rBcc: t@e.example',
      'x\u2028Bcc: t@e.example',
      'x\u0000\r\n\r\nbody',
    ]) {
      expect((await channel.send(message('email', { subject }), attempt())).ok).toBe(true);
    }
    for (const { raw, to } of mails) {
      const mail = await PostalMime.parse(raw);
      expect(mail.bcc ?? []).toEqual([]);
      expect(to).toEqual(['ana@northwind.example']);
      expect(mail.text).toContain(CODE);
    }
    expect(mails).toHaveLength(5);
  });

  it.each([
    'a@x.example\r\nRCPT TO:<thief@evil.example>',
    'a@x.example,thief@evil.example',
    'a@x.example thief@evil.example',
    '<a@x.example>',
    'a@x.example>\r\n',
    '"a b"@x.example',
    'Ana <a@x.example>',
    'a@x.example;b@y.example',
    'a@@x.example',
    'group: a@x.example;',
    'a@x.example\u0000',
    'a\u202E@x.example',
    '@x.example',
    'a@',
    '',
    `${'a'.repeat(300)}@x.example`,
  ])('through the recipient %j is refused for good, before anything is said', async (to) => {
    const { port, mails } = await startSmtp();
    const sent = await channelAt(port).send(message('email', { to }), attempt());
    expect(sent).toEqual({ ok: false, permanent: true, why: 'the recipient is not one plain e-mail address' });
    expect(mails).toEqual([]);
  });

  it('an address that passes has one @ and nothing that ends or parts an address (property)', () => {
    const near = fc.stringMatching(/^[a-c@<>,;: "\r\n.\\()\u202e]{1,12}$/u);
    fc.assert(
      fc.property(near, (text) => {
        if (isPlainAddress(text)) expect(text).toMatch(/^[a-c.]+@[a-c.]+$/);
      }),
      { numRuns: 2_000 },
    );
  });

  it('a text that looks like the end of the mail stays text', async () => {
    const { port, mails } = await startSmtp();
    const body = `one\r\n.\r\nMAIL FROM:<thief@evil.example>\r\nRCPT TO:<thief@evil.example>\r\nDATA\r\n.\r\n\n.\ntwo`;
    await channelAt(port).send(message('email', { body }), attempt());
    expect(mails).toHaveLength(1);
    expect((await PostalMime.parse(mails[0]?.raw ?? '')).text).toContain('two');
  });

  it('a body that names a file or a URL is sent as these words', async () => {
    const { port, mails } = await startSmtp();
    await channelAt(port).send(message('email', { body: '/etc/passwd http://127.0.0.1/' }), attempt());
    expect(mails[0]?.raw).toContain('/etc/passwd http://127.0.0.1/');
  });
});
