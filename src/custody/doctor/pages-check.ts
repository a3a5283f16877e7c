/** Do the customers' pages answer at the address that mails name, past the proxy, and for how long is their certificate good (B91)? */
import { connect } from 'node:tls';
import { pagesUrlOf } from '../../opening/pages-url.js';
import { days, seconds } from '../../rules/duration.js';
import { dayOf } from '../../rules/moment.js';
import type { OpenedStore, Told } from './check.js';

const PATIENCE = seconds(3);
/** Time to renew by hand. */
const SOON = days(14);

export async function inspectPages({ store, custody: { settings } }: OpenedStore): Promise<readonly Told[]> {
  const url = pagesUrlOf(settings.file.pages);
  if (url === null) {
    const used = await store.read.audit.find({ kind: 'portal.token-renewed' }, -1, 1);
    const text = 'customers use them, but no mail names them, and passkeys work on this machine alone';
    return used.length === 0 ? [] : [{ state: 'note', text, mend: 'set url under [pages] in the config file' }];
  }
  try {
    const { status } = await fetch(`${url}/healthz`, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE) });
    if (status === 403) {
      const mend = 'name the proxy that answers there: countersign serve --behind-proxy ADDRESS';
      return [{ state: 'wrong', text: `${url} refuses its proxy`, mend }];
    }
    if (status !== 200) return [unanswered(`${url} answers ${status}`)];
  } catch (error) {
    const { cause, message } = error as Error & { readonly cause?: { readonly message?: string } };
    const why = cause?.message || message;
    const mend = /certificate/.test(why) ? { mend: 'put a certificate there that is good, with its whole chain' } : {};
    return [{ ...unanswered(`${url} does not answer: ${why}`), ...mend }];
  }
  const until = url.startsWith('https:') ? await goodUntil(new URL(url)) : null;
  if (until === null) return [{ state: 'ok', text: url }];
  const text = `${url}, certificate good until ${dayOf(until)}`;
  if (until - Date.now() > SOON) return [{ state: 'ok', text }];
  return [{ state: 'note', text, mend: 'renew the certificate, then start the pages or the proxy again' }];
}

const unanswered = (text: string): Told => ({ state: 'wrong', text, mend: 'start them: countersign serve' });

/** Null where it cannot be read. */
const goodUntil = ({ hostname, port }: URL): Promise<number | null> =>
  new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || 443), servername: hostname, timeout: PATIENCE });
    const end = (found: number | null) => {
      socket.destroy();
      resolve(found);
    };
    socket.once('secureConnect', () => end(Date.parse(socket.getPeerCertificate().valid_to) || null));
    for (const event of ['error', 'timeout']) socket.once(event, () => end(null));
  });
