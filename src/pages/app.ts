/**
 * The rules that hold for every page: headers, sizes, methods, whose form it is, how often and how many at once; and what becomes of a
 * refusal. A form that is answered by another page redirects to it; one that is refused shows its page again with the reason.
 */
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { html } from 'hono/html';
import { type ErrorCode, isRefusal, type Refusal } from '../errors.js';
import type { Site } from '../procedures/factors/challenges.js';
import { noteDenied } from '../procedures/portal/act-as-owner.js';
import { companyPages } from './company.js';
import { type Around, type Framed, frame } from './layout.js';
import { perAddress } from './limits.js';
import { methodPages } from './methods.js';
import { onwards, type Page } from './page.js';
import { profilePages } from './profile.js';
import { setUpPage } from './set-up.js';
import { signInPages } from './sign-in.js';
import { accepted, keyOf, refusedWords, type TextKey, textOf } from './text.js';
import { type Answering, nonceOf, openVisit, type Visit } from './visit.js';

export interface AppParts extends Answering {
  /** Addresses of the proxies whose `X-Forwarded-…` headers are believed. */
  readonly proxies: readonly string[];
  readonly perMinute: number;
  readonly atOnce: number;
  /** Of a bug, for the person who runs this: never with what a form said. */
  readonly tell: (line: string) => void;
}

const PAGES: readonly Page[] = [...signInPages, setUpPage, ...profilePages, ...methodPages, ...companyPages];

type At = Context<{ Bindings: HttpBindings }>;
type Status = 200 | 400 | 403 | 404 | 405 | 413 | 422 | 429 | 500 | 503;
const STATUS: Partial<Readonly<Record<ErrorCode, Status>>> = {
  ...({ forbidden: 403, 'not-found': 404, locked: 429, busy: 503, 'store-unreachable': 503 } as const),
};
const MOST_BYTES = 64 * 1024;

export function pagesApp(parts: AppParts): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const limit = perAddress(parts.perMinute);
  let inside = 0;
  app.use(async (c, next) => {
    await next();
    if (!c.res.headers.has('content-security-policy')) setHeaders(c, parts, '');
  });
  // Past the proxy there is no TLS.
  app.use(async (c, next) =>
    parts.proxies.length > 0 && !parts.proxies.includes(peerOf(c)) ? plain(c, parts, 403, 'from-elsewhere') : next(),
  );
  app.use(bodyLimit({ maxSize: MOST_BYTES, onError: (c) => plain(c, parts, 413, 'too-large') }));
  app.get('/healthz', (c) => c.text('ok\n'));
  app.get('/', (c) => c.redirect('/profile', 303));
  for (const page of PAGES) {
    app.get(page.path, (c) => show(c, parts, page));
    app.post(page.path, async (c) => {
      // Before anything is counted, read or set: another site's page must not use up an address, or end a session.
      // A browser says where a form stands; one that does not say it, or names another place, is not believed.
      if (c.req.header('origin') !== originOf(c, parts)) return plain(c, parts, 403, 'from-elsewhere');
      const wait = limit(addressOf(c, parts), parts.desk.now());
      if (wait > 0) return plain(c, parts, 429, 'too-often', wait);
      // Whoever sends slowly holds no place.
      await c.req.text();
      // Each may hash: a crowd waits outside, where it costs nothing.
      if (inside >= parts.atOnce) return plain(c, parts, 503, 'too-many', 2);
      inside += 1;
      return act(c, parts, page).finally(() => {
        inside -= 1;
      });
    });
  }
  for (const path of ['/healthz', '/', ...PAGES.map((page) => page.path)])
    app.all(path, (c) => {
      c.header('Allow', path === '/healthz' || path === '/' ? 'GET, HEAD' : 'GET, HEAD, POST');
      return plain(c, parts, 405, 'wrong-method');
    });
  app.notFound((c) => plain(c, parts, 404, 'no-page'));
  app.onError((error, c) => broken(c, parts, error));
  return app;
}

function broken(c: Context, parts: AppParts, error: Error) {
  if (isRefusal(error) && hasEnded(error)) return c.redirect(`/sign-in?next=${encodeURIComponent(c.req.path)}`, 303);
  const status = isRefusal(error) ? STATUS[error.code] : undefined;
  if (status !== undefined) return plain(c, parts, status, 'not-now', 5);
  // Whoever hangs up, or sends too slowly, reads no answer.
  if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return plain(c, parts, 400, 'no-form');
  const place = error.stack?.split('\n').find((line) => /^\s+at /.test(line)) ?? '';
  // Not the message, which may say what was typed.
  parts.tell(`bug: ${c.req.method} ${c.req.path}: ${isRefusal(error) ? error.code : error.name}${place}`);
  return plain(c, parts, 500, 'bug');
}

async function show(c: At, parts: AppParts, page: Page): Promise<Response> {
  const visit = await openVisit(c, parts, new URLSearchParams(), siteOf(c, parts));
  const elsewhere = elsewhereFor(visit, page);
  if (elsewhere !== undefined) return c.redirect(elsewhere, 303);
  // A link on another site does not decide what this page says was done.
  const ours = ['same-origin', undefined].includes(c.req.header('sec-fetch-site'));
  const said = keyOf(`said.${visit.given('said')}`) ?? keyOf(`undone.${visit.given('undone')}`);
  return shown(c, parts, visit, page, { said: ours ? said : undefined });
}

type Told = Pick<Framed, 'said' | 'refused'> & { readonly status?: Status };

/** The page as it is now; where the page itself is refused (a role, a session that has ended), the reason alone. */
async function shown(c: At, parts: AppParts, visit: Visit, page: Page, told: Told): Promise<Response> {
  try {
    return answer(c, parts, visit, { title: page.title, body: await page.show(visit), ...told }, told.status ?? 200);
  } catch (error) {
    const { status, ...why } = refusedAs(error, visit);
    return answer(c, parts, visit, { title: page.title, body: html``, ...why }, status ?? 422);
  }
}

const hasEnded = ({ because }: Refusal): boolean => because?.reason === 'not-signed-in-to-portal';

async function act(c: At, parts: AppParts, page: Page): Promise<Response> {
  const form = new URLSearchParams(await c.req.text());
  const visit = await openVisit(c, parts, form, siteOf(c, parts));
  const elsewhere = elsewhereFor(visit, page);
  const [name = '', ...which] = visit.given('do').split(' ');
  if (elsewhere !== undefined && name !== 'sign-out')
    return c.redirect(`${elsewhere}${visit.login === undefined ? '&undone=session-over' : ''}`, 303);
  if (!parts.desk.digests.equal(visit.given('token'), visit.formToken)) {
    const refused = { message: visit.text('form-old'), more: [] };
    return shown(c, parts, visit, page, { refused, status: 403 });
  }
  if (name === 'sign-out') return visit.signOut().then(() => c.redirect('/sign-in?said=signed-out', 303));
  const wanted = Object.hasOwn(page.acts, name) ? page.acts[name] : undefined;
  if (wanted === undefined) return plain(c, parts, 400, 'no-form');
  try {
    const done = await wanted(visit, which.join(' '));
    if ('html' in done) {
      const { html: body, ...more } = done;
      return answer(c, parts, visit, { title: page.title, body, ...more }, 200);
    }
    if ('file' in done) {
      c.header('Content-Disposition', `attachment; filename="${done.file}"`);
      return c.text(done.lines);
    }
    const said = done.said === undefined ? '' : `${done.to.includes('?') ? '&' : '?'}${done.said.replace('.', '=')}`;
    return c.redirect(`${done.to}${said}`, 303);
  } catch (error) {
    if (isRefusal(error) && error.code === 'not-found' && visit.login !== undefined)
      await noteDenied(parts.desk, visit.login, error);
    return shown(c, parts, visit, page, refusedAs(error, visit));
  }
}

/** Refusals whose words name the place of the store: for whoever runs this, and for no visitor. */
const DESK_ONLY: readonly ErrorCode[] = ['store-unreachable', 'store-corrupt', 'audit-broken', 'config'];
const isForDesk = ({ code, because }: Refusal): boolean =>
  DESK_ONLY.includes(code) || (code === 'busy' && because === undefined);

/** What is no refusal, or one that says that the session has ended, is thrown on. */
function refusedAs(error: unknown, { words }: Visit): Told {
  if (!isRefusal(error) || hasEnded(error) || isForDesk(error)) throw error;
  return { refused: refusedWords(error, words), status: STATUS[error.code] ?? 422 };
}

/** Where the browser is sent instead: a login that is not so far, or further, than the page is for. */
function elsewhereFor(visit: Visit, { states, path }: Page): string | undefined {
  const state = visit.login?.session.state;
  const again = path !== '/sign-in' || visit.given('again') !== '';
  if (states === 'nobody') return state === 'done' && !again ? onwards(visit) : undefined;
  if (state === undefined) return `/sign-in?next=${encodeURIComponent(path)}`;
  return states.includes(state) ? undefined : onwards(visit);
}

function answer(c: Context, parts: AppParts, visit: Around, framed: Framed & { script?: true }, status: Status) {
  const nonce = `'nonce-${visit.nonce}'; `;
  setHeaders(c, parts, `style-src ${nonce}${framed.script === undefined ? '' : `script-src ${nonce}`}`);
  return c.html(frame(visit, framed), status);
}

/** Without looking at who it is: for what no form and no link of ours leads to. `wait` in seconds. */
function plain(c: Context, parts: AppParts, status: Status, key: TextKey, wait = 0): Response | Promise<Response> {
  if (wait > 0) c.header('Retry-After', String(wait));
  const { desk, words } = parts;
  const own = words.in(accepted(c.req.header('accept-language') ?? ''), true);
  const text = textOf(own);
  const nobody = { desk, words: own, text, login: undefined, nonce: nonceOf(desk), path: c.req.path, formToken: '' };
  const body = html`<p>${text(key)}</p><p><a href="/profile">${text('to-start')}</a></p>`;
  return answer(c, parts, nobody, { title: 'problem', body }, status);
}

function setHeaders(c: Context, { secure }: AppParts, styles: string): void {
  const policy = `default-src 'none'; ${styles}form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;
  c.header('Content-Security-Policy', policy);
  c.header('Cache-Control', 'no-store');
  c.header('Cross-Origin-Opener-Policy', 'same-origin');
  c.header('Cross-Origin-Resource-Policy', 'same-origin');
  // With no-referrer a browser would say `Origin: null` of our own forms.
  c.header('Referrer-Policy', 'same-origin');
  c.header('X-Content-Type-Options', 'nosniff');
  c.header('X-Frame-Options', 'DENY');
  if (secure) c.header('Strict-Transport-Security', 'max-age=31536000');
}

function originOf(c: At, { proxies, secure }: AppParts): string {
  const named = proxies.includes(peerOf(c)) ? c.req.header('x-forwarded-host') : undefined;
  return `${secure ? 'https' : 'http'}://${named ?? c.req.header('host')}`;
}

/** The address of the settings, or else this machine by name: never what a browser says, or another site could have it signed for. */
function siteOf(c: At, parts: AppParts): Site | undefined {
  const local = `${parts.secure ? 'https' : 'http'}://localhost:${c.env.incoming.socket.localPort}`;
  const { origin, hostname } = new URL(parts.desk.pagesUrl ?? local);
  return origin === originOf(c, parts) ? { origin, host: hostname } : undefined;
}

/** As people write it: without a port, brackets, or the mapping of IPv4. */
const plainAddress = (one: string): string =>
  one
    .trim()
    .replace(/^\[([^\]]+)\](?::\d+)?$/, '$1')
    .replace(/^::ffff:(?=\d+\.)/i, '')
    .replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');

const peerOf = (c: At): string => plainAddress(c.env.incoming.socket.remoteAddress ?? '');

/** Of the list that proxies make, the last address that is none of ours: everything before it anybody could write. */
function addressOf(c: At, { proxies }: AppParts): string {
  const peer = peerOf(c);
  const named = proxies.includes(peer) ? (c.req.header('x-forwarded-for') ?? '') : '';
  return (
    named
      .split(',')
      .map(plainAddress)
      .findLast((one) => one !== '' && !proxies.includes(one)) ?? peer
  );
}
