/**
 * The other side of the wire for the delivery tests: a real SMTP server, a raw TCP server that misbehaves and an HTTP
 * server, all on loopback, all closed after the test; and messages to send.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { onTestFinished } from 'vitest';

import type { Attempt, DeliveryEffects, Message, MessageKind } from '../../src/delivery/channel.js';

export const NOW = Date.UTC(2026, 10, 22, 10, 0, 0);
/** Stands in every body; must never come back in a `why`. */
export const CODE = '493817';

const BODIES: Record<MessageKind, string> = {
  email: `Hello Ana,\n\nyour code is ${CODE}.\n`,
  sms: `${CODE} is your code.`,
  webhook: JSON.stringify({ user: 'usr_1', secret: CODE }),
  event: JSON.stringify({
    type: 'session-revoked',
    about: { account: 'acc_1', user: 'usr_1', session: null },
    at: NOW,
    transaction: null,
    claims: { initiating_entity: 'user', secret: CODE },
  }),
};
const ADDRESSES: Record<MessageKind, string> = {
  email: 'ana@northwind.example',
  sms: '+15550100100',
  webhook: '',
  event: '',
};

export function message(kind: MessageKind, changes: Partial<Message> = {}): Message {
  const subject = kind === 'webhook' ? 'mfa.reset' : kind === 'event' ? 'session-revoked' : 'Your code';
  return { id: 'msg_0190', kind, to: ADDRESSES[kind], subject, body: BODIES[kind], createdAt: NOW, ...changes };
}

export function attempt(changes: Partial<Attempt> = {}): Attempt {
  return { now: NOW, attempt: 1, ...changes };
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-delivery-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Effects with the real fetch and real files; host names resolve only where a test says so. */
export function effects(changes: Partial<DeliveryEffects> = {}): DeliveryEffects {
  return {
    dataFolder: '/nonexistent',
    fetch,
    signToken: (claims) => Buffer.from(JSON.stringify(claims)).toString('base64url'),
    resolveHost: async (host) => Promise.reject(new Error(`unplanned look-up of ${host}`)),
    readFile: async (path) => readFileSync(path, 'utf8'),
    timeoutMs: 2_000,
    ...changes,
  };
}

/** Secret files by name, and nothing else. */
export function files(contents: Readonly<Record<string, string>>): DeliveryEffects['readFile'] {
  return async (path) => contents[path] ?? Promise.reject(new Error('ENOENT'));
}

export interface ReceivedMail {
  readonly raw: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly user: string | undefined;
}

/** A real SMTP server; without options it takes everything, in clear, without login. */
export async function startSmtp(
  options: SMTPServerOptions = {},
): Promise<{ port: number; mails: ReceivedMail[]; drop: () => void }> {
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 50,
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        const to = rcptTo.map((each) => each.address);
        mails.push({
          raw: Buffer.concat(parts).toString('utf8'),
          from,
          to,
          secure: session.secure,
          user: session.user,
        });
        done();
      });
    },
    ...options,
  });
  // A client that walks away in the middle of a TLS handshake is part of the tests.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const sockets = new Set<Socket>();
  server.server.on('connection', (socket: Socket) => sockets.add(socket));
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.server.address() as AddressInfo).port, mails, drop };
}

/** A server that only does what `talk` does with each line; it greets unless told not to. */
export async function startTcp(
  talk: (line: string, socket: Socket) => void,
  greeting = '220 loopback ESMTP\r\n',
): Promise<{ port: number }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (greeting !== '') socket.write(greeting);
    socket.on('data', (data) => {
      for (const line of data.toString('utf8').split('\r\n').slice(0, -1)) talk(line, socket);
    });
  });
  return { port: await listen(server, () => sockets.forEach((socket) => void socket.destroy())) };
}

export interface ReceivedPost {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An HTTP server that keeps what it was sent and answers by `answer`. */
export async function startHttp(
  answer: (response: ServerResponse, post: ReceivedPost) => void = (response) => response.writeHead(200).end(),
): Promise<{ port: number; url: string; posts: ReceivedPost[] }> {
  const posts: ReceivedPost[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)]));
      const post = { path: request.url ?? '', headers, body: Buffer.concat(parts).toString('utf8') };
      posts.push(post);
      answer(response, post);
    });
  });
  const port = await listen(server, () => server.closeAllConnections());
  return { port, url: `http://127.0.0.1:${port}`, posts };
}

async function listen(server: Server, drop: () => void): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    drop();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return (server.address() as AddressInfo).port;
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
