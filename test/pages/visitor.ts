/** A browser without a screen: fetch with a cookie jar, which sends the forms of the page that it has just seen, as a person would. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { wordsOf } from '../../src/commands/wording/words.js';
import { servePages } from '../../src/pages/server.js';
import { PASSWORD, type PortalPlace, portalPlace } from '../procedures/portal/portal-place.js';
import { dataFolder, type EngineName } from '../support/test-desk.js';

export interface Seen {
  readonly status: number;
  /** Path and query where the browser is now. */
  readonly at: string;
  readonly text: string;
  readonly headers: Headers;
}

export interface Visitor {
  /** Name → value, and what the server said of each. */
  readonly cookies: Map<string, string>;
  readonly set: string[];
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Seen>;
  /** Sends a form of the last page, to it or to `to`; `token` and `origin` as a browser gives them unless said otherwise. */
  send(act: string, fields?: Readonly<Record<string, string>>, more?: SendMore): Promise<Seen>;
  signIn(login: string, more?: { readonly account?: string; readonly password?: string }): Promise<Seen>;
  readonly last: () => Seen;
}

export interface SendMore {
  readonly to?: string;
  readonly token?: string;
  readonly origin?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PagesPlace extends PortalPlace {
  readonly address: string;
  readonly told: string[];
  /** `by`: the name of this machine that the browser uses; a passkey needs `localhost`. */
  visitor(by?: string): Visitor;
}

type More = { readonly limits?: Parameters<typeof servePages>[0]['limits']; readonly proxies?: readonly string[] };

export async function pagesPlace(engine: EngineName, { limits, proxies = [] }: More = {}): Promise<PagesPlace> {
  const place = await portalPlace(engine);
  const told: string[] = [];
  const tell = (line: string) => void told.push(line);
  const read = (language: string, file: string): unknown =>
    JSON.parse(readFileSync(join(dataFolder, 'messages', language, `${file}.json`), 'utf8'));
  const words = wordsOf({ tongue: { language: 'en', read, now: place.clock.now } });
  const serving = { words, desk: place.desk, host: '127.0.0.1', port: 0, tls: null, proxies, tell };
  const served = await servePages(limits === undefined ? serving : { ...serving, limits });
  return {
    ...place,
    address: served.address,
    told,
    visitor: (by = '127.0.0.1') => visitor(served.address.replace('127.0.0.1', by)),
    close: async () => {
      await served.close();
      await place.close();
    },
  };
}

export const tokenIn = (text: string): string => /name="token" value="([^"]*)"/.exec(text)?.[1] ?? '';
const hiddenIn = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [
      name ?? '',
      value ?? '',
    ]),
  );

const FORM = 'application/x-www-form-urlencoded';

function visitor(address: string): Visitor {
  const cookies = new Map<string, string>();
  const set: string[] = [];
  let last: Seen = { status: 0, at: '/', text: '', headers: new Headers() };
  const ask = async (path: string, init: RequestInit, hops = 0): Promise<Seen> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(cookie === '' ? {} : { cookie }), ...(init.headers as Record<string, string>) };
    const response = await fetch(`${address}${path}`, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      set.push(line);
      const [pair = ''] = line.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const to = response.headers.get('location');
    if (response.status === 303 && to !== null && hops < 5) return ask(to, {}, hops + 1);
    last = { status: response.status, at: path, text: await response.text(), headers: response.headers };
    return last;
  };
  const self: Visitor = {
    cookies,
    set,
    last: () => last,
    get: (path, headers = {}) => ask(path, { headers }),
    send: (
      act,
      fields = {},
      { to = last.at.split('?')[0] ?? '/', token = tokenIn(last.text), origin = address, headers = {} } = {},
    ) =>
      ask(to, {
        method: 'POST',
        headers: { 'content-type': FORM, ...(origin === null ? {} : { origin }), ...headers },
        body: new URLSearchParams({ ...hiddenIn(last.text), ...fields, token, do: act }).toString(),
      }),
    signIn: async (login, { account = '200500', password = PASSWORD } = {}) => {
      if (!last.at.startsWith('/sign-in')) await self.get('/sign-in');
      return self.send('sign-in', { account, login, password }, { to: '/sign-in' });
    },
  };
  return self;
}
