/** What an attacker, a broken client or an impatient person sends to the pages (B91): one test a row of the attack table. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entriesOf } from '../support/directory-desk.js';
import { type PagesPlace, pagesPlace, tokenIn, type Visitor } from './visitor.js';

describe('attacks on the pages (B91)', () => {
  let place: PagesPlace;
  beforeAll(async () => {
    place = await pagesPlace('sqlite', { limits: { slowMs: 400, perMinute: 1_000 } });
  });
  afterAll(() => place.close());

  const signedIn = async (login = 'xena'): Promise<Visitor> => {
    const browser = place.visitor();
    expect((await browser.signIn(login)).at).toBe('/profile');
    return browser;
  };
  /** Sends bytes as they are; the status line of the answer. */
  const rawly = (text: string): Promise<string> =>
    new Promise((resolve) => {
      const url = new URL(place.address);
      let got = '';
      const socket = connect(Number(url.port), url.hostname, () => socket.write(text));
      socket.on('data', (chunk) => {
        got += chunk.toString();
      });
      socket.on('close', () => resolve(got.split('\r\n')[0] ?? ''));
      socket.on('error', () => undefined);
    });

  it('every answer forbids framing, scripts, storing and sniffing', async () => {
    const browser = await signedIn();
    for (const path of ['/profile', '/sign-in', '/nothing', '/healthz', '/methods']) {
      const { headers, text } = await browser.get(path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('strict-transport-security')).toBeNull();
      expect(text).not.toMatch(/<script|style="|onclick/);
    }
    const nonces = [await browser.get('/profile'), await browser.get('/profile')].map(
      ({ text }) => /nonce="([^"]+)"/.exec(text)?.[1],
    );
    expect(new Set(nonces).size).toBe(2);
    expect((await browser.get('/healthz')).text).toBe('ok\n');
  });

  it('cookies: HttpOnly, SameSite, no Domain; behind a TLS proxy with the prefix, Secure and HSTS', async () => {
    const browser = await signedIn();
    for (const line of browser.set)
      expect(line).toMatch(/^countersign=cs[pv]_[\w-]+; Path=\/; HttpOnly; SameSite=Lax$/);
    const behind = await pagesPlace('sqlite', { proxies: ['127.0.0.1'] });
    try {
      const { headers } = await behind.visitor().get('/sign-in');
      expect(headers.getSetCookie()[0]).toMatch(
        /^__Host-countersign=csv_[\w-]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      );
      expect(headers.get('strict-transport-security')).toContain('max-age');
    } finally {
      await behind.close();
    }
  });

  it('a form from another site is counted nowhere, sets no cookie, and ends no session', async () => {
    const limited = await pagesPlace('sqlite', { limits: { perMinute: 5 } });
    try {
      for (let n = 0; n < 20; n += 1) {
        const foreign = { method: 'POST', headers: { origin: 'https://evil.example' }, body: 'do=sign-in' };
        const { status, headers } = await fetch(`${limited.address}/sign-in`, foreign);
        expect([status, headers.getSetCookie()]).toEqual([403, []]);
      }
      const browser = limited.visitor();
      await browser.get('/sign-in');
      expect((await browser.send('sign-in', { account: 'none', login: 'none', password: 'none' })).status).toBe(422);
    } finally {
      await limited.close();
    }
  });

  it('whoever sends slowly keeps nobody out', async () => {
    const busy = await pagesPlace('sqlite', { limits: { atOnce: 2 } });
    const { hostname, port } = new URL(busy.address);
    const slow = Array.from({ length: 4 }, () => connect(Number(port), hostname));
    try {
      const head = `POST /sign-in HTTP/1.1\r\nHost: ${hostname}:${port}\r\nOrigin: ${busy.address}\r\nContent-Length: 100\r\n\r\nd`;
      await Promise.all(slow.map((socket) => new Promise<void>((sent) => void socket.write(head, () => sent()))));
      const browser = busy.visitor();
      await browser.get('/sign-in');
      expect((await browser.send('sign-in', { account: 'none', login: 'none', password: 'none' })).status).toBe(422);
    } finally {
      for (const socket of slow) socket.destroy();
      await busy.close();
    }
  });

  it('past the proxy there are no pages', async () => {
    const behind = await pagesPlace('sqlite', { proxies: ['10.0.0.5'] });
    try {
      expect((await behind.visitor().get('/sign-in')).status).toBe(403);
    } finally {
      await behind.close();
    }
  });

  it('fixation: the id changes at each rise of rights, and the ids of before open nothing', async () => {
    const browser = place.visitor();
    await browser.get('/sign-in');
    const ids = [browser.cookies.get('countersign')];
    await browser.signIn('xena');
    ids.push(browser.cookies.get('countersign'));
    await browser.get('/passphrase');
    place.clock.advance(6 * 60_000);
    await browser.get('/passphrase');
    await browser.send('look', { phrase: 'copper walrus under nineteen violins' });
    expect(browser.last().text).toContain('copper walrus');
    await browser.send('save', { password: 'harbour velvet 9317' });
    expect(browser.last().at).toBe('/passphrase?said=phrase-set');
    ids.push(browser.cookies.get('countersign'));
    expect(new Set(ids).size).toBe(3);
    for (const id of ids.slice(0, 2)) {
      const thief = place.visitor();
      thief.cookies.set('countersign', id ?? '');
      expect((await thief.get('/profile')).at).toMatch(/^\/sign-in/);
    }
  });

  it('CSRF: no token, a token of another session, a foreign or missing Origin do nothing', async () => {
    const [browser, other] = [await signedIn(), await signedIn('xavi')];
    const foreign = tokenIn((await other.get('/methods')).text);
    await browser.get('/methods');
    for (const more of [
      { token: '' },
      { token: foreign },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: null },
    ]) {
      await browser.get('/methods');
      expect((await browser.send('backup', {}, more)).status).toBe(403);
    }
    expect((await browser.get('/methods')).text).toContain('Codes left: 0');
    const victim = place.visitor();
    await victim.get('/sign-in');
    expect(
      (
        await victim.send(
          'sign-in',
          { account: '200500', login: 'xena', password: 'harbour velvet 9317' },
          { token: foreign },
        )
      ).status,
    ).toBe(403);
  });

  it('a form that is sent again makes no other codes; one after the sign-out leads to the sign-in', async () => {
    const browser = await signedIn('xavi');
    await browser.get('/methods');
    const token = tokenIn(browser.last().text);
    expect((await browser.send('backup')).text).toContain('<ol');
    const again = await browser.send('backup', {}, { token });
    expect([again.status, again.text.includes('<ol')]).toEqual([403, false]);
    await browser.send('sign-out');
    const late = await browser.send('backup', {}, { to: '/methods', token });
    expect(late.at).toBe('/sign-in?next=%2Fmethods&undone=session-over');
    expect(late.text).toContain('You were not signed in any more, so nothing was done.');
  });

  it('another customer’s ids, in each form that takes one, are not found and change nothing', async () => {
    await place.giveApp('xavi');
    const [factor] = await place.desk.store.read.factors.ofUser('usr_acc_200500_xavi');
    const [session] = await place.desk.store.read.portalSessions.ofUser('usr_acc_200500_xavi');
    const browser = await signedIn();
    await browser.get('/methods');
    expect((await browser.send(`remove ${factor?.id}`)).status).toBe(404);
    expect((await browser.send('begin totp', { replaces: factor?.id ?? '' })).status).toBe(404);
    expect(await place.desk.store.read.factors.ofUser('usr_acc_200500_xavi')).toHaveLength(1);
    expect(session).toBeDefined();
    const denied = await entriesOf(place, 'portal.denied');
    expect(denied.slice(0, 2)).toMatchObject(Array(2).fill({ user: 'usr_acc_200500_xena', reason: 'not-found' }));
  });

  it('what is sent or looked for in the address is escaped, and leads to no other place', async () => {
    const browser = place.visitor();
    const seen = await browser.get(
      '/sign-in?account=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&next=https://evil.example',
    );
    expect(seen.text).not.toContain('<script>');
    expect(seen.text).toContain('&lt;script&gt;');
    expect((await browser.signIn('xena')).at).toBe('/profile');
    expect((await browser.get('/profile?said=__proto__')).status).toBe(200);
    expect((await browser.get('/sign-in?next=%0d%0aSet-Cookie:x=1')).at).toBe('/profile');
    expect(browser.cookies.has('x')).toBe(false);
  });

  it('a link on another site does not decide what a page says was done; a word that no button has changes nothing', async () => {
    const browser = place.visitor();
    const app = await place.giveApp('xena');
    await place.requireMfa();
    await browser.signIn('xena');
    place.nextStep();
    await browser.send('answer', { code: place.code(app) });
    const from = (site: string) => browser.get('/security?said=mfa-off', { 'sec-fetch-site': site });
    expect((await from('same-origin')).text).toContain('role="status"');
    for (const site of ['cross-site', 'same-site', 'none'])
      expect((await from(site)).text).not.toContain('role="status"');
    const mfa = async () => (await place.desk.store.read.accounts.byId('acc_200500'))?.mfaRequiredAt;
    const since = await mfa();
    expect((await browser.send('save')).at).toBe('/security');
    expect([await mfa(), since]).toEqual([since, expect.any(Number)]);
    expect((await browser.send('save off')).at).toBe('/security?said=mfa-off');
    expect(await mfa()).toBeNull();
  });

  it('unknown pages are 404, wrong methods 405, unknown acts 400, too much 413', async () => {
    const browser = await signedIn();
    expect((await browser.get('/admin')).status).toBe(404);
    expect((await fetch(`${place.address}/profile`, { method: 'DELETE' })).status).toBe(405);
    expect((await fetch(`${place.address}/healthz`, { method: 'POST' })).headers.get('allow')).toBe('GET, HEAD');
    await browser.get('/methods');
    expect((await browser.send('constructor')).status).toBe(400);
    expect((await browser.send('backup', { more: 'x'.repeat(65 * 1024) })).status).toBe(413);
  });

  it('a request that comes too slowly gets 408: its head, and its body', async () => {
    expect(await rawly('GET /profile HTTP/1.1\r\nHost: x\r\n')).toContain('408');
    expect(
      await rawly('POST /sign-in HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nContent-Length: 10\r\n\r\nab'),
    ).toContain('408');
  });

  it('too many forms of one address wait, and nobody is locked out by it; too many at once wait too', async () => {
    const busy = await pagesPlace('sqlite', { limits: { perMinute: 3 } });
    const full = await pagesPlace('sqlite', { limits: { atOnce: 0 } });
    try {
      const browser = busy.visitor();
      const statuses = [];
      for (let at = 0; at < 4; at += 1) statuses.push((await browser.signIn('xena', { password: 'x' })).status);
      expect(statuses).toEqual([422, 422, 422, 429]);
      expect(Number(browser.last().headers.get('retry-after'))).toBeGreaterThan(0);
      busy.clock.advance(60_000);
      await browser.get('/sign-in');
      expect((await browser.signIn('xena')).at).toBe('/profile');
      const crowd = await full.visitor().signIn('xena');
      expect([crowd.status, crowd.headers.get('retry-after')]).toEqual([503, '2']);
    } finally {
      await busy.close();
      await full.close();
    }
  });

  it('nothing of all this was a bug', () => {
    expect(place.told).toEqual([]);
  });

  it('no page is larger than 14 KB: it comes with the first packets of a connection (RFC 6928)', async () => {
    const browser = await signedIn();
    const pages = ['/profile', '/passphrase', '/password', '/methods', '/devices', '/users', '/security'];
    const sizes = [];
    for (const path of [...pages, '/activate', '/sign-in?again=1']) {
      const { text, status } = await browser.get(path);
      sizes.push([path, status === 200 && Buffer.byteLength(text) < 14 * 1024]);
    }
    expect(sizes.filter(([, small]) => small !== true)).toEqual([]);
  });
});
