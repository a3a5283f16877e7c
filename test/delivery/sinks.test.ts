import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readSinkConfig } from '../../src/delivery/sink-registry.js';
import { messageOf } from '../../src/delivery/sink-syslog.js';
import { effects, NOW, temporaryFolder } from './servers.js';

const entry = (seq: number, more: object = {}) => ({
  seq,
  body: JSON.stringify({
    at: NOW,
    by: { id: 'op_1' },
    kind: 'mfa.reset',
    outcome: 'done',
    reason: 'Zoë “lost” it',
    seq,
    ...more,
  }),
});
const entries = [entry(0), entry(1, { outcome: 'refused' }), entry(2)];

function open(sink: object, dataFolder = '/nonexistent') {
  const opened = readSinkConfig({ sink })?.(effects({ dataFolder, timeoutMs: 500 }));
  return opened ?? expect.fail('no sink');
}

describe('the settings of the sink', () => {
  it('none is no sink', () => {
    expect(readSinkConfig({})).toBeNull();
  });

  it.each([
    [{ kind: 'file' }, 'sink.path is missing'],
    [{ kind: 'carrier-pigeon', path: 'x' }, 'sink.kind must be one of file, syslog, webhook'],
    [{ kind: 'file', path: 'x', adress: 'y' }, 'sink.adress is not a known setting'],
    [{ kind: 'syslog' }, 'sink.address is missing'],
    [{ kind: 'syslog', address: 'localhost' }, 'must look like tcp://host:port'],
    [{ kind: 'syslog', address: 'tcp://localhost:0' }, 'must look like'],
    [{ kind: 'syslog', address: 'udp://localhost:514', hostname: 'a b' }, 'must be a host name'],
    [{ kind: 'webhook', url: 'http://example.com', secretFile: 'x' }, 'must begin with https://'],
  ])('%j is refused: %s', (sink, fault) => {
    expect(() => readSinkConfig({ sink })).toThrow(
      expect.objectContaining({
        code: 'config',
        problems: expect.arrayContaining([expect.objectContaining({ message: expect.stringContaining(fault) })]),
      }),
    );
  });
});

describe('the file sink', () => {
  it('appends one canonical entry a line, 0600, to what stands there', async () => {
    const folder = temporaryFolder();
    const sink = open({ kind: 'file', path: 'log/audit.ndjson' }, folder);
    expect(await sink.send(entries.slice(0, 2), NOW)).toEqual({ ok: true });
    expect(await sink.send(entries.slice(2), NOW)).toEqual({ ok: true });
    const path = join(folder, 'log/audit.ndjson');
    expect(readFileSync(path, 'utf8')).toBe(entries.map(({ body }) => `${body}\n`).join(''));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('does not write again what already ends the file, and ends half a line that a crash left', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'audit.ndjson');
    const sink = open({ kind: 'file', path: 'audit.ndjson' }, folder);
    await sink.send(entries.slice(0, 2), NOW);
    await sink.send(entries, NOW);
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(3);
    writeFileSync(path, `${entries[0]?.body}\n${entries[1]?.body.slice(0, 20)}`);
    await sink.send(entries.slice(1), NOW);
    expect(readFileSync(path, 'utf8').split('\n').slice(2)).toEqual([entries[1]?.body, entries[2]?.body, '']);
  });

  it('after a rollback other entries with the same numbers are written too', async () => {
    const folder = temporaryFolder();
    const sink = open({ kind: 'file', path: 'audit.ndjson' }, folder);
    await sink.send(entries, NOW);
    await sink.send([entry(1, { kind: 'store.restored' }), entry(2, { kind: 'store.other' })], NOW);
    expect(readFileSync(join(folder, 'audit.ndjson'), 'utf8').trimEnd().split('\n')).toHaveLength(5);
  });

  it('says so where it cannot be written', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'audit.ndjson'));
    const answer = await open({ kind: 'file', path: 'audit.ndjson' }, folder).send(entries, NOW);
    expect(answer).toEqual({ ok: false, why: 'the file of the sink could not be written (EISDIR)' });
  });
});

/** What RFC 5424 says of a message, taken apart by a reader of our own. */
function readMessage(text: string) {
  const form = /^<(\d+)>1 (\S+) (\S+) (\S+) (\S+) (\S+) - \ufeff(.*)$/su;
  const [, priority, time, host, app, processId, messageId, body] = form.exec(text) ?? expect.fail(text);
  return { priority: Number(priority), time, host, app, processId, messageId, body };
}

/** Frames by octet counting (RFC 6587). */
function readFrames(bytes: Buffer): string[] {
  const frames: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(' ', at);
    const end = space + 1 + Number(bytes.toString('ascii', at, space));
    frames.push(bytes.toString('utf8', space + 1, end));
    at = end;
  }
  return frames;
}

async function listen(server: Server, place: number | string): Promise<{ port: number; received: () => Buffer }> {
  const pieces: Buffer[] = [];
  server.on('connection', (socket) => socket.on('data', (piece: Buffer) => pieces.push(piece)));
  if (typeof place === 'number') server.listen(place, '127.0.0.1');
  else server.listen(place);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return {
    port: typeof address === 'object' ? ((address as AddressInfo | null)?.port ?? 0) : 0,
    received: () => Buffer.concat(pieces),
  };
}

describe('the syslog sink (RFC 5424)', () => {
  it('writes facility, severity, time, host, number, kind and the entry in UTF-8', () => {
    expect(readMessage(messageOf(entries[0] as never, 'desk.example.com').toString('utf8'))).toEqual({
      priority: 110,
      time: '2026-11-22T10:00:00.000Z',
      host: 'desk.example.com',
      app: 'countersign',
      processId: '0',
      messageId: 'mfa.reset',
      body: entries[0]?.body,
    });
    expect(readMessage(messageOf(entries[1] as never, '-').toString('utf8'))).toMatchObject({
      priority: 109,
      host: '-',
    });
    const odd = entry(7, { kind: `x y\n${'z'.repeat(60)}` });
    expect(readMessage(messageOf(odd, '-').toString('utf8')).messageId).toMatch(/^x_y_z{28}$/);
  });

  it('goes over tcp in frames that a reader can tell apart', async () => {
    const { port, received } = await listen(createServer(), 0);
    expect(await open({ kind: 'syslog', address: `tcp://127.0.0.1:${port}` }).send(entries, NOW)).toEqual({ ok: true });
    expect(readFrames(received()).map((frame) => readMessage(frame).body)).toEqual(entries.map(({ body }) => body));
  });

  it('goes over a Unix socket', async () => {
    const path = join(temporaryFolder(), 'log');
    const { received } = await listen(createServer(), path);
    expect(await open({ kind: 'syslog', address: `unix:${path}` }).send(entries, NOW)).toEqual({ ok: true });
    expect(readFrames(received())).toHaveLength(3);
  });

  it('goes over udp, one datagram an entry; one that is too long is said', async () => {
    const server = createSocket('udp4');
    const got: string[] = [];
    server.on('message', (piece) => void got.push(piece.toString('utf8')));
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const sink = open({ kind: 'syslog', address: `udp://127.0.0.1:${server.address().port}` });
    expect(await sink.send(entries, NOW)).toEqual({ ok: true });
    await expect.poll(() => got.map((text) => readMessage(text).processId)).toEqual(['0', '1', '2']);
    expect(await sink.send([entry(3, { reason: 'x'.repeat(70_000) })], NOW)).toMatchObject({
      ok: false,
      why: expect.stringMatching(/use tcp/),
    });
  });

  it('a server that is not there, never closes, or breaks off did not take them', async () => {
    expect(await open({ kind: 'syslog', address: 'tcp://127.0.0.1:1' }).send(entries, NOW)).toMatchObject({
      why: expect.stringMatching(/ECONNREFUSED/),
    });
    const deaf = await listen(createServer({ allowHalfOpen: true }), 0);
    expect(await open({ kind: 'syslog', address: `tcp://127.0.0.1:${deaf.port}` }).send(entries, NOW)).toMatchObject({
      why: expect.stringMatching(/no answer in time/),
    });
    const rude = await listen(
      createServer((socket) => void socket.resetAndDestroy()),
      0,
    );
    expect(await open({ kind: 'syslog', address: `tcp://127.0.0.1:${rude.port}` }).send(entries, NOW)).toMatchObject({
      ok: false,
    });
  });
});

describe('the webhook sink', () => {
  const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
  const serve = async (status: number) => {
    const bodies: { headers: Record<string, string>; body: string }[] = [];
    const server = createHttp((request, response) => {
      let body = '';
      request.on('data', (piece: Buffer) => {
        body += piece.toString();
      });
      request.on('end', () => {
        bodies.push({ headers: request.headers as Record<string, string>, body });
        response.writeHead(status).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'secret'), secret);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/log`;
    return { bodies, sink: open({ kind: 'webhook', url, secretFile: join(folder, 'secret'), allowPrivate: true }) };
  };

  it('posts the entries as they were hashed, signed, under an id that names the range', async () => {
    const { bodies, sink } = await serve(204);
    expect(await sink.send(entries, Date.now())).toEqual({ ok: true });
    const { headers, body } = bodies[0] ?? expect.fail('nothing came');
    expect(headers['webhook-id']).toBe('aud_0-2');
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({ type: 'audit.entries' });
    for (const one of entries) expect(body).toContain(one.body);
  });

  it.each([400, 410, 500])('an answer of %i is no taking', async (status) => {
    const { sink } = await serve(status);
    expect(await sink.send(entries, NOW)).toEqual({ ok: false, why: `the receiver of the log answered ${status}` });
  });
});
