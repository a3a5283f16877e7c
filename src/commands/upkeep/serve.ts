/** `serve`: the customers' pages in a browser (B91). It runs until it is stopped, and then answers what is under way. */
import * as z from 'zod';
import { refusal } from '../../errors.js';
import { type Command, type Context, command } from '../command.js';
import { block, exitWhenStopped } from '../wording/results.js';

const serve = command({
  path: 'serve',
  access: 'store:manage',
  options: [
    '--listen <address>',
    { flags: '--tls-cert <file>', path: 'here' },
    { flags: '--tls-key <file>', path: 'here' },
    '--behind-proxy <address...>',
  ],
  own: () => ({
    listen: z.string().default('127.0.0.1:8443'),
    behindProxy: z.array(z.union([z.ipv4(), z.ipv6()], { error: 'must be IP addresses' })).default([]),
  }),
  run: async ({ context, desk, words }, { listen, behindProxy: proxies, tlsCert, tlsKey }) => {
    const tls = (await tlsOf(context, tlsCert, tlsKey)) ?? (proxies.length === 0 ? desk.pagesTls() : null);
    const place = { ...placeOf(listen, tls !== null || proxies.length > 0), tls, proxies };
    const { servePages } = await import('../../pages/server.js');
    const tell = (line: string) => context.notice(`countersign: ${line}`);
    const served = await servePages({ ...place, desk, tell, words }).catch((error: Error) => {
      throw refusal('config', 'listen-failed', { listen, why: error.message }, 'other-address');
    });
    await context.row({ serving: { address: served.address } });
    context.notice(words('serve.serving', { address: served.address }));
    const { signal } = context;
    if (!signal.aborted) await new Promise((stopped) => signal.addEventListener('abort', stopped, { once: true }));
    await served.close();
    const view = [block.lines(words('serve.stopped'))];
    return { view, document: null, streamed: true, exit: exitWhenStopped(signal) };
  },
});

/** Without TLS of its own or before it, nothing but this machine is listened to. */
function placeOf(listen: string, safe: boolean): { readonly host: string; readonly port: number } {
  const { host, port } = /^\[?(?<host>[\da-f:.]+|[\w.-]+)\]?:(?<port>\d{1,5})$/i.exec(listen)?.groups ?? {};
  if (host === undefined || Number(port) > 65_535) throw refusal('usage', 'listen-form', { listen }, 'listen-instance');
  if (!safe && !/^(127\.[\d.]+|::1|localhost)$/.test(host))
    throw refusal('usage', 'listen-needs-tls', { host }, 'give-tls');
  return { host, port: Number(port) };
}

async function tlsOf({ files }: Context, cert: string | undefined, key: string | undefined) {
  if (cert !== undefined && key !== undefined)
    return { cert: await files.readText(cert), key: await files.readText(key) };
  if (cert === key) return null;
  const options = [cert === undefined ? '--tls-cert' : '--tls-key'];
  throw refusal('missing-option', 'options-missing', { options }, 'cert-and-key');
}

export const commands: readonly Command[] = [serve];
