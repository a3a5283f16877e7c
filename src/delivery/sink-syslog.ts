/**
 * Syslog (RFC 5424): one message for each entry, facility 13 (log audit), the entry as UTF-8 text after the byte order mark. Over TCP and a
 * Unix socket, messages are framed by octet counting (RFC 6587, section 3.4.1) and count as delivered when the other side closes after our
 * end. Over UDP each is one datagram, and nobody can tell whether it arrived.
 */
import { connect, isIP, type NetConnectOpts } from 'node:net';
import { type DeliveryEffects, TIMEOUT_MS } from './channel.js';
import { Interrupted, withinDeadline } from './deadline.js';
import type { Section } from './section.js';
import { type Sink, type SinkEntry, systemWhy } from './sink.js';

/** Facility 13 (log audit) × 8 + severity: notice for what was refused or failed, informational for the rest. */
const [NOTICE, INFORMATIONAL] = [13 * 8 + 5, 13 * 8 + 6];
/** The most one datagram can carry over IPv4. */
const DATAGRAM_BYTES = 65_507;

/** `hostname`: HOSTNAME of the messages; `-` if none is set. */
export function readSyslogSink(section: Section) {
  const address = section.text('address');
  if (address !== '' && targetOf(address) === undefined) {
    section.fault('address', 'must look like tcp://host:port, udp://host:port or unix:/path');
  }
  const hostname = section.optionalText('hostname') ?? '-';
  if (!/^[\x21-\x7e]{1,255}$/.test(hostname)) section.fault('hostname', 'must be a host name');
  return { address, hostname };
}

function targetOf(address: string) {
  if (/^unix:\/./.test(address)) return { way: 'stream', to: { path: address.slice('unix:'.length) } } as const;
  const [, kind, bracketed, plain, portText] =
    /^(tcp|udp):\/\/(?:\[([^\]]+)\]|([^:/[\]]+)):(\d{1,5})$/.exec(address) ?? [];
  const [host, port] = [bracketed ?? plain, Number(portText)];
  if (host === undefined || port < 1 || port > 65_535) return undefined;
  return kind === 'udp' ? ({ way: 'datagram', host, port } as const) : ({ way: 'stream', to: { host, port } } as const);
}

type SyslogConfig = ReturnType<typeof readSyslogSink>;

export function openSyslogSink(config: SyslogConfig, effects: Pick<DeliveryEffects, 'timeoutMs'>): Sink {
  const target = targetOf(config.address);
  const timeout = effects.timeoutMs ?? TIMEOUT_MS;
  return {
    place: `syslog ${config.address}`,
    async send(entries) {
      if (target === undefined) return { ok: false, why: 'the address of the syslog server is not valid' };
      const messages = entries.map((entry) => messageOf(entry, config.hostname));
      if (target.way === 'datagram' && messages.some(({ length }) => length > DATAGRAM_BYTES))
        return { ok: false, why: 'an entry is longer than a datagram can be: use tcp' };
      try {
        await withinDeadline(timeout, undefined, (signal) =>
          target.way === 'stream' ? overStream(target.to, messages, signal) : overUdp(target, messages),
        );
        return { ok: true };
      } catch (error) {
        if (error instanceof Interrupted) return { ok: false, why: `the syslog server: ${error.sentence}` };
        return systemWhy('the syslog server accepted nothing', error);
      }
    },
  };
}

/** `<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG` */
export function messageOf({ seq, body }: SinkEntry, hostname: string): Buffer {
  const { at, kind, outcome } = JSON.parse(body) as { at: number; kind: string; outcome: string };
  const priority = ['refused', 'failed'].includes(outcome) ? NOTICE : INFORMATIONAL;
  const messageId = kind.replace(/[^\x21-\x7e]/g, '_').slice(0, 32) || '-';
  const head = `<${priority}>1 ${new Date(at).toISOString()} ${hostname} countersign ${seq} ${messageId} - `;
  return Buffer.from(`${head}\ufeff${body}`, 'utf8');
}

function overStream(to: NetConnectOpts, messages: readonly Buffer[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(to);
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
    socket.on('error', reject);
    // No answer is expected, but unread bytes would hide the end of the connection.
    socket.resume();
    socket.on('connect', () => {
      for (const message of messages) {
        socket.write(`${message.length} `);
        socket.write(message);
      }
      socket.end();
    });
    socket.on('close', (failed) => {
      if (!failed) resolve();
    });
  });
}

async function overUdp({ host, port }: { host: string; port: number }, messages: readonly Buffer[]): Promise<void> {
  const { createSocket } = await import('node:dgram');
  const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
  try {
    for (const message of messages) {
      await new Promise<void>((resolve, reject) => {
        socket.send(message, port, host, (error) => (error === null ? resolve() : reject(error)));
      });
    }
  } finally {
    socket.close();
  }
}
