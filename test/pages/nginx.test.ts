/** The pages behind Debian's nginx, as data/help/operating.md has it: addresses, origin and cookies of the outside (B91). Skipped without it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PASSWORD } from '../procedures/portal/portal-place.js';
import { type PagesPlace, pagesPlace, tokenIn } from './visitor.js';

const NGINX = '/usr/sbin/nginx';

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const at = server.address();
      server.close(() => resolve(at !== null && typeof at === 'object' ? at.port : 0));
    });
  });

describe.skipIf(!existsSync(NGINX))('the pages behind nginx (B91)', () => {
  let place: PagesPlace;
  let proxy: ChildProcess;
  let folder: string;
  let port: number;
  beforeAll(async () => {
    place = await pagesPlace('sqlite', { proxies: ['127.0.0.1'], limits: { perMinute: 6 } });
    folder = mkdtempSync(join(tmpdir(), 'countersign-nginx-'));
    port = await freePort();
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const about = ['-subj', '/CN=desk.example', '-days', '2', '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...about], { stdio: 'ignore' });
    const help = readFileSync('data/help/operating.md', 'utf8');
    const headers = [...help.matchAll(/^ +(proxy_set_header .*;)$/gm)].map(([, line]) => line);
    expect(headers.length).toBeGreaterThan(1);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (one) => `${one}_temp_path ${folder}/${one};`,
    );
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; pid ${folder}/pid; error_log ${folder}/errors; events {}
http { access_log off; ${temporary.join(' ')}
server { listen 127.0.0.1:${port} ssl; ssl_certificate ${cert}; ssl_certificate_key ${key};
location / { proxy_pass ${place.address}; ${headers.join(' ')} } } }`,
    );
    proxy = spawn(NGINX, ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'errors')], { stdio: 'ignore' });
    await vi.waitFor(async () => expect((await ask('/healthz')).text).toBe('ok\n'), { timeout: 10_000 });
  }, 60_000);
  afterAll(async () => {
    proxy.kill('SIGTERM');
    await place.close();
    rmSync(folder, { recursive: true, force: true });
  });

  // With a port, as a browser says it of one that is not 443.
  const host = 'desk.example:8443';
  interface Got {
    readonly status: number;
    readonly text: string;
    readonly cookies: readonly string[];
  }
  const ask = (path: string, body?: URLSearchParams, more: Readonly<Record<string, string>> = {}): Promise<Got> =>
    new Promise((resolve, reject) => {
      const form =
        body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', origin: `https://${host}` };
      const options = {
        localAddress: '127.0.0.2',
        port,
        host: '127.0.0.1',
        path,
        method: body === undefined ? 'GET' : 'POST',
        rejectUnauthorized: false,
      };
      const sent = request({ ...options, headers: { host, ...form, ...more } }, (answer) => {
        let text = '';
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, text, cookies: answer.headers['set-cookie'] ?? [] }),
        );
      });
      sent.on('error', reject).end(body?.toString());
    });

  it('a sign-in from outside gets the cookie that only TLS sends; another origin is refused; an address that it names itself is not believed', async () => {
    const page = await ask('/sign-in');
    const [visitor = ''] = page.cookies;
    expect(visitor).toMatch(/^__Host-countersign=.*Secure/);
    const cookie = visitor.split(';')[0] ?? '';
    const form = { account: '200500', login: 'xena', password: PASSWORD, do: 'sign-in', token: tokenIn(page.text) };
    const fields = new URLSearchParams(form);
    expect((await ask('/sign-in', fields, { cookie, origin: 'https://evil.example' })).status).toBe(403);
    const inside = await ask('/sign-in', fields, { cookie });
    expect(inside.status).toBe(303);
    expect(inside.cookies.some((one) => one.startsWith('__Host-countersign=csp_'))).toBe(true);
    const statuses = [];
    for (let at = 0; at < 8; at += 1) {
      const said = { cookie, 'x-forwarded-for': `203.0.113.${at}` };
      statuses.push((await ask('/sign-in', fields, said)).status);
    }
    expect(statuses.at(-1)).toBe(429);
  });
});
