/**
 * E-mail through an SMTP server (RFC 5321), by nodemailer. TLS is required: from the first byte (`tls`) or by STARTTLS before
 * anything else is sent (`starttls`, the default). Only a connection to a server on this machine may be unencrypted. A server whose
 * certificate cannot be checked gets no mail and no password.
 *
 * A 5xx answer to MAIL FROM, RCPT TO or DATA is a permanent failure. A 5xx in the greeting or to the login is about our settings, not about
 * the message, so it is temporary; so are login codes that a server sends later (RFC 4954).
 */

import type { Transporter } from 'nodemailer';
import type { SMTPTransportOptions } from 'nodemailer/lib/smtp-transport';

import { type Channel, type DeliveryEffects, makeChannel, permanent, TIMEOUT_MS, temporary } from './channel.js';
import { Interrupted, withinDeadline } from './deadline.js';
import { composeMail, isPlainAddress, messageIdOf, type Sender } from './mail.js';
import { readSecret, readWhole, SecretUnreadable } from './secret-file.js';
import { isLoopback, type Section } from './section.js';

export type SmtpConfig = ReturnType<typeof readSmtpConfig>;

/**
 * Reads `[mail]` with `channel = "smtp"`; faults go to the section's list. `caFile`: PEM of an in-house certificate authority, or null for the
 * authorities that Node trusts. `pool`: connections at most at a time.
 */
export function readSmtpConfig(section: Section) {
  const host = section.text('host');
  const local = isLoopback(host);
  const security = section.oneOf('security', ['tls', 'starttls', 'none'], local ? 'none' : 'starttls');
  if (security === 'none' && !local) section.fault('security', 'may be "none" only for a server on this machine');
  const port = section.integer('port', 1, 65_535, security === 'tls' ? 465 : 587);
  const user = section.optionalText('user');
  const passwordFile = section.optionalText('passwordFile');
  if (!section.has('from')) section.fault('from', 'is missing: the sender address of the desk');
  if ((user === null) !== (passwordFile === null)) section.fault('user', 'and passwordFile must be set together');
  const caFile = section.optionalText('caFile');
  const pool = section.integer('pool', 1, 20, 5);
  return { channel: 'smtp' as const, host, port, security, user, passwordFile, caFile, pool };
}

/** An SMTP dialogue has several steps with a time-out each. The whole attempt may take this many time-outs. */
const STEPS_AT_MOST = 4;
const ABOUT_THE_MESSAGE = ['MAIL FROM', 'RCPT TO', 'DATA'];
/** Bad sequence (503) and the login's own codes (RFC 4954, 5.3.4 of RFC 5248), which are not the message's fault. */
const NOT_ITS_FAULT = [503, 530, 534, 535, 538];

export function openSmtpChannel(config: SmtpConfig, effects: DeliveryEffects, sender: Sender): Channel {
  const timeoutMs = effects.timeoutMs ?? TIMEOUT_MS;
  const pool = pooled(() => transportOptions(config, timeoutMs, effects), config.pool);
  const attempt = (
    outer: AbortSignal | undefined,
    work: (transport: Transporter, signal: AbortSignal) => Promise<unknown>,
  ) => pool.use((transport) => withinDeadline(STEPS_AT_MOST * timeoutMs, outer, (signal) => work(transport, signal)));
  const channel = makeChannel({ name: 'smtp', carries: ['email'] }, async (message, context) => {
    if (!isPlainAddress(message.to)) return permanent('the recipient is not one plain e-mail address');
    const mail = composeMail(message, sender);
    const sent = attempt(context.signal, (transport, signal) => transport.sendMail({ ...mail, signal }));
    return sent.then(() => ({ ok: true, reference: messageIdOf(message, sender) }), outcomeOf);
  });
  const reach = () => attempt(undefined, (transport) => transport.verify()).then(() => undefined, outcomeOf);
  return { ...channel, hold: pool.hold, reach };
}

/** Connections for all mails that are on their way. They end with the last of these, unless they are held. */
function pooled(options: () => Promise<SMTPTransportOptions>, maxConnections: number) {
  let users = 0;
  let opening: Promise<Transporter> | undefined;
  const open = async () => {
    const { createTransport } = await import('nodemailer');
    return createTransport({ ...(await options()), pool: true, maxConnections });
  };
  const hold = () => {
    users += 1;
    return () => {
      users -= 1;
      if (users > 0) return;
      void opening?.then((transport) => transport.close()).catch(() => undefined);
      opening = undefined;
    };
  };
  return {
    hold,
    use: async <T>(work: (transport: Transporter) => Promise<T>): Promise<T> => {
      const release = hold();
      try {
        opening ??= open();
        const transport = await opening.catch((error) => {
          // The next mail reads the settings anew.
          opening = undefined;
          throw error;
        });
        return await work(transport);
      } finally {
        release();
      }
    },
  };
}

async function transportOptions(config: SmtpConfig, timeoutMs: number, effects: DeliveryEffects) {
  const { host, port, security, user, passwordFile, caFile } = config;
  const options: SMTPTransportOptions = {
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { minVersion: 'TLSv1.2', ...(caFile === null ? {} : { ca: await readWhole(effects, caFile, 'certificate') }) },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    // With a login configured, a server that offers no login is the wrong server.
    forceAuth: true,
  };
  if (user === null || passwordFile === null) return options;
  return { ...options, auth: { user, pass: await readSecret(effects, passwordFile, 'mail password') } };
}

function outcomeOf(error: unknown) {
  if (error instanceof Interrupted) return temporary(`mail server: ${error.sentence}`);
  if (error instanceof SecretUnreadable) return temporary(error.message);
  // The fields that nodemailer adds to its errors. `message` and `response` quote the server, so they are not used.
  const fields: Readonly<Record<string, unknown>> = Object(error instanceof Error ? error : {});
  const { code, originalCode, command, responseCode } = fields;
  // nodemailer and the system use codes like ETIMEDOUT. Another ERR_… code than TLS, or no code, is a bug of ours.
  if (typeof code !== 'string' || /^ERR_(?!TLS|SSL|OSSL)/.test(code)) throw error;
  if (typeof responseCode === 'number' && code !== 'ETLS') {
    const ours = !ABOUT_THE_MESSAGE.includes(String(command)) || NOT_ITS_FAULT.includes(responseCode);
    const refused = responseCode >= 500 && responseCode <= 599 && !ours;
    const why = `the mail server answered ${responseCode}${code === 'EAUTH' ? ' to the login' : ''}`;
    return refused ? permanent(why) : temporary(why);
  }
  // nodemailer itself refuses an international address that this server does not support (RFC 6531).
  if (code === 'EENVELOPE') return permanent('the mail server does not support this address');
  // ESOCKET stands for many: nobody listens, another kind of TLS, a certificate that cannot be checked.
  return temporary(WORDS[code] ?? `the connection to the mail server failed (${originalCode ?? code})`);
}

const WORDS: Readonly<Record<string, string>> = {
  ETIMEDOUT: 'mail server: no answer in time',
  ECONNECTION: 'the mail server closed the connection before it took the message',
  ETLS: 'the mail server offered no encryption, or none that could be trusted',
  EDNS: 'the mail server was not found',
  EAUTH: 'the mail server took no login',
};
