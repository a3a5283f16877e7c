/** `serve`: the customers' pages in a browser (B91). It runs until it is stopped, and then answers what is under way. */
import * as z from 'zod';
import { refusal } from '../../errors.js';
import { type Command, type Context, command, type Given } from '../command.js';
import { block } from '../wording/results.js';

const OPTIONS = [
  '--listen <address>',
  { flags: '--tls-cert <file>', path: 'here' },
  { flags: '--tls-key <file>', path: 'here' },
  '--behind-proxy <address...>',
] as const;
const own = () => ({
  listen: z.string().default('127.0.0.1:8443'),
  behindProxy: z.array(z.union([z.ipv4(), z.ipv6()], { error: 'must be IP addresses' })).default([]),
});
type ServeGiven = Given<(typeof OPTIONS)[number], ReturnType<typeof own>>;

const serve = command({
  path: 'serve',
  access: 'store:manage',
  options: OPTIONS,
  own,
  run: async ({ context, desk, words }, given) => {
    const tls = (await tlsOf(context, given)) ?? (given.behindProxy.length === 0 ? desk.pagesTls() : null);
    const place = { ...placeOf(given, tls !== null), tls, proxies: given.behindProxy };
    const { servePages } = await import('../../pages/server.js');
    const tell = (line: string) => context.notice(`countersign: ${line}`);
    const served = await servePages({ ...place, desk, tell, words }).catch((error: Error) => {
      throw refusal('config', 'listen-failed', { listen: given.listen, why: error.message }, 'other-address');
    });
    await context.row({ serving: { address: served.address } });
    context.notice(words('serve.serving', { address: served.address }));
    const { signal } = context;
    if (!signal.aborted) await new Promise((stopped) => signal.addEventListener('abort', stopped, { once: true }));
    await served.close();
    return { view: [block.lines(words('serve.stopped'))], document: null, streamed: true };
  },
});

/** Without TLS of its own or before it, nothing but this machine is listened to. */
function placeOf({ listen, behindProxy }: ServeGiven, tls: boolean): { readonly host: string; readonly port: number } {
  const { host, port } = /^\[?(?<host>[\da-f:.]+|[\w.-]+)\]?:(?<port>\d{1,5})$/i.exec(listen)?.groups ?? {};
  if (host === undefined || Number(port) > 65_535) throw refusal('usage', 'listen-form', { listen }, 'listen-instance');
  if (!tls && behindProxy.length === 0 && !/^(127\.[\d.]+|::1|localhost)$/.test(host))
    throw refusal('usage', 'listen-needs-tls', { host }, 'give-tls');
  return { host, port: Number(port) };
}

async function tlsOf({ files }: Context, { tlsCert: cert, tlsKey: key }: ServeGiven) {
  if (cert !== undefined && key !== undefined)
    return { cert: await files.readText(cert), key: await files.readText(key) };
  if (cert === key) return null;
  const options = [cert === undefined ? '--tls-cert' : '--tls-key'];
  throw refusal('missing-option', 'options-missing', { options }, 'cert-and-key');
}

export const commands: readonly Command[] = [serve];
