/** A wire between countersign and PostgreSQL that a test can cut at an exact moment: before a commit arrives, or before its answer does. */
import { createServer, connect as dial, type Socket } from 'node:net';

export interface Wire {
  /** The server's address, through this wire. */
  readonly url: string;
  /** Called with each piece that the client sends, numbered from 1; the piece waits for it. */
  watch(at: (piece: Buffer, n: number) => Promise<'pass' | 'cut' | 'cut the answer'>): void;
  readonly pieces: () => number;
  close(): Promise<void>;
}

export const isCommit = (piece: Buffer): boolean => piece.includes('commit\0');

export async function wireTo(serverUrl: string): Promise<Wire> {
  const target = new URL(serverUrl);
  const open = new Set<Socket>();
  let at: Parameters<Wire['watch']>[0] = async () => 'pass';
  let pieces = 0;
  const server = createServer((client) => {
    const upstream = dial(Number(target.port), target.hostname);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one);
      one.on('error', () => undefined).on('close', () => (open.delete(one), other.destroy()));
    }
    let silent = false;
    upstream.on('data', (answer) => (silent ? client.destroy() : client.write(answer)));
    let line = Promise.resolve();
    client.on('data', (piece) => {
      line = line.then(async () => {
        pieces += 1;
        const what = await at(piece, pieces);
        if (what === 'cut') return void client.destroy();
        silent = what === 'cut the answer';
        upstream.write(piece);
      });
    });
  });
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  const url = new URL(serverUrl);
  if (typeof address === 'object' && address !== null) url.port = String(address.port);
  return {
    url: url.href,
    watch: (next) => {
      at = next;
      pieces = 0;
    },
    pieces: () => pieces,
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((closed) => void server.close(() => closed()));
    },
  };
}
