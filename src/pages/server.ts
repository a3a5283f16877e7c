/** The server under the pages: where it listens, TLS, what it does not wait for, and how it stops. */
import { createServer as plainServer, type Server } from 'node:http';
import { createServer as tlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { type AppParts, pagesApp } from './app.js';
import { LIMITS } from './limits.js';

export interface Serving extends Pick<AppParts, 'desk' | 'tell' | 'proxies' | 'words'> {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Certificate chain and key, PEM; null for plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly limits?: Partial<typeof LIMITS & { readonly slowMs: number }>;
}

/** Rejects with the system's error where the address cannot be had. `close` takes no more requests and answers those under way. */
export async function servePages({ host, port, tls, limits, ...parts }: Serving) {
  const { slowMs, ...own } = { slowMs: 20_000, ...LIMITS, ...limits };
  const { fetch } = pagesApp({ ...parts, ...own, secure: tls !== null || parts.proxies.length > 0 });
  // Node answers 408 and closes.
  const patience = { headersTimeout: slowMs / 2, requestTimeout: slowMs, connectionsCheckingInterval: slowMs / 10 };
  const serverOptions = { ...patience, keepAliveTimeout: 5_000, maxHeaderSize: 16_384 };
  const server = createAdaptorServer(
    tls === null
      ? { fetch, createServer: plainServer, serverOptions }
      : { fetch, createServer: tlsServer, serverOptions: { ...serverOptions, ...tls, minVersion: 'TLSv1.2' } },
  ) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const at = server.address() as AddressInfo;
  const name = at.family === 'IPv6' ? `[${at.address}]` : at.address;
  return { address: `${tls === null ? 'http' : 'https'}://${name}:${at.port}`, close: () => closed(server) };
}

/** A connection that is kept alive ends as soon as its answer is out. */
async function closed(server: Server): Promise<void> {
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearInterval(idle);
}
