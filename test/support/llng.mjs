/**
 * A real LemonLDAP::NG 2.16 (Debian 12) on loopback: portal and manager API, TOTP self-registration, forced enrolment. Nothing under /etc or
 * /var is read or written: LLNG_DEFAULTCONFFILE names our own ini, that names our own store, and that our own session folders, all in one
 * temporary folder that stop() removes.
 */
import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

// A file that each package brings. The last two do not come by themselves (one is only recommended, the other named nowhere): without them the portal starts, answers 500 to
// everything, and only its log names the Perl module. A stock portal also loads a picture captcha at start, used or not, and with
// it libgd-securityimage-perl and ImageMagick; an empty captcha module of four lines saves them. Mail modules are not needed.
const NEEDED = {
  'liblemonldap-ng-portal-perl': '/usr/share/perl5/Lemonldap/NG/Portal/Main.pm',
  'liblemonldap-ng-manager-perl': '/usr/share/perl5/Lemonldap/NG/Manager/Api/2F.pm',
  'libplack-perl': '/usr/share/perl5/Plack/Runner.pm',
  starman: '/usr/bin/starman',
  'libconvert-base32-perl': '/usr/share/perl5/Convert/Base32.pm',
  'libdigest-hmac-perl': '/usr/share/perl5/Digest/HMAC_SHA1.pm',
};

/** Debian packages that are not here; empty = startLlng() can run. */
export function missingPackages() {
  return Object.keys(NEEDED).filter((name) => !existsSync(NEEDED[name]));
}

export async function freePort() {
  const s = net.createServer();
  await new Promise((ok) => s.listen(0, '127.0.0.1', ok));
  const { port } = s.address();
  await new Promise((ok) => s.close(ok));
  return port;
}

const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

/**
 * people: more logins than the three built in (dwho, rtyler, msmith). A login's password is the login, as in the demo back end.
 * forced: enrolment is forced at sign-in (sfRequired). workers: starman processes for each of the two servers.
 */
export async function startLlng({
  people = [],
  forced = true,
  workers = 2,
  portalPort,
  apiPort,
  keep = false,
  env = {},
} = {}) {
  const missing = missingPackages();
  if (missing.length)
    throw Object.assign(new Error(`missing Debian packages: ${missing.join(' ')}`), { code: 'MISSING', missing });
  const dir = mkdtempSync(path.join(os.tmpdir(), 'llng-'));
  const sub = (n) => {
    const p = path.join(dir, n);
    mkdirSync(p, { recursive: true, mode: 0o700 });
    return p;
  };
  const pPort = portalPort ?? (await freePort()),
    aPort = apiPort ?? (await freePort());
  const portal = `http://127.0.0.1:${pPort}/`,
    api = `http://127.0.0.1:${aPort}/api/v1/`;
  const cache = sub('cache'),
    conf = sub('conf'),
    sessions = sub('sessions'),
    psessions = sub('psessions');
  sub('sessions/lock');
  sub('psessions/lock');

  writeFileSync(
    path.join(dir, 'llng.ini'),
    `[all]
logLevel = notice
checkTime = 1
[configuration]
type = File
dirName = ${conf}
localStorage = Cache::FileCache
localStorageOptions = { 'namespace' => 'config', 'default_expires_in' => 600, 'directory_umask' => '007', 'cache_root' => '${cache}', 'cache_depth' => 3 }
[portal]
staticPrefix = /static
templateDir = /usr/share/lemonldap-ng/portal/templates
languages = en
[manager]
protection = none
staticPrefix = /static
templateDir = /usr/share/lemonldap-ng/manager/htdocs/templates
languages = en
enabledModules = api
`,
  );
  writeFileSync(
    path.join(conf, 'lmConf-1.json'),
    JSON.stringify({
      cfgNum: 1,
      cfgVersion: '2.16.1',
      cfgDate: Math.floor(Date.now() / 1000),
      cfgAuthor: 'test',
      portal,
      domain: '127.0.0.1',
      cookieName: 'lemonldap',
      securedCookie: 0,
      key: randomBytes(16).toString('hex'),
      authentication: 'Demo',
      userDB: 'Same',
      passwordDB: 'Demo',
      registerDB: 'Null',
      demoExportedVars: { cn: 'cn', mail: 'mail', uid: 'uid' },
      macros: { _whatToTrace: 'lc($_user)' },
      whatToTrace: '_whatToTrace',
      locationRules: { [`127.0.0.1:${pPort}`]: { default: 'accept' } },
      exportedHeaders: {},
      exportedVars: {},
      groups: {},
      applicationList: {},
      portalSkin: 'bootstrap',
      timeout: 72000,
      loginHistoryEnabled: 0,
      notification: 0,
      globalStorage: 'Apache::Session::File',
      globalStorageOptions: {
        Directory: sessions,
        LockDirectory: path.join(sessions, 'lock'),
        generateModule: 'Lemonldap::NG::Common::Apache::Session::Generate::SHA256',
      },
      persistentStorage: 'Apache::Session::File',
      persistentStorageOptions: { Directory: psessions, LockDirectory: path.join(psessions, 'lock') },
      localSessionStorage: 'Cache::FileCache',
      localSessionStorageOptions: {
        cache_root: cache,
        cache_depth: 3,
        default_expires_in: 600,
        directory_umask: '007',
        namespace: 'sessions',
      },
      totp2fActivation: 1,
      totp2fSelfRegistration: 1,
      totp2fUserCanRemoveKey: 1,
      sfRequired: forced ? 1 : 0,
      requireToken: 1, // the sign-in form carries a one-time token, as in production
      tokenUseGlobalStorage: 1, // must be 1 with more than one worker: the token lies where every worker sees it
      bruteForceProtection: 0,
      captcha: 'NoCaptcha',
      captcha_mail_enabled: 0,
      captcha_register_enabled: 0,
      portalDisplayResetPassword: 0,
      portalDisplayRegister: 0,
    }),
  );
  const perl = (o) =>
    '{' +
    Object.entries(o)
      .map(([k, v]) => `'${k}'=>'${String(v).replace(/['\\]/g, '')}'`)
      .join(',') +
    '}';
  writeFileSync(
    path.join(dir, 'NoCaptcha.pm'),
    `package NoCaptcha;
use Mouse;
extends 'Lemonldap::NG::Common::Module';
sub init { 1 } 1;
`,
  );
  writeFileSync(
    path.join(dir, 'portal.psgi'),
    `use lib '${dir}';
use Lemonldap::NG::Portal::UserDB::Demo;
${people.map((u) => `$Lemonldap::NG::Portal::UserDB::Demo::demoAccounts{'${u.replace(/['\\]/g, '')}'} = ${perl({ uid: u, cn: u, mail: `${u}@example.test` })};`).join('\n')}
use Lemonldap::NG::Portal::Main;
Lemonldap::NG::Portal::Main->run({});
`,
  );
  writeFileSync(
    path.join(dir, 'api.psgi'),
    `use Lemonldap::NG::Manager;
Lemonldap::NG::Manager->run({ enabledModules => 'api', protection => 'none' });
`,
  );

  const logFile = path.join(dir, 'log');
  const fd = openSync(logFile, 'a');
  // Its own process group: stop() ends master and workers together. The pipe on fd 3 closes when this process is gone, however
  // it went (kill -9 too); the small watcher then ends the group, so no test run leaves servers behind.
  const watch = '( cat <&3 >/dev/null; kill -TERM -$$ ) & exec 3<&-; exec "$@"';
  const up = (psgi, port) => {
    const k = spawn(
      '/bin/sh',
      [
        '-c',
        watch,
        'sh',
        '/usr/bin/starman',
        '--listen',
        `127.0.0.1:${port}`,
        '--workers',
        String(workers),
        '--preload-app',
        path.join(dir, psgi),
      ],
      {
        cwd: dir,
        detached: true,
        stdio: ['ignore', fd, fd, 'pipe'],
        env: {
          PATH: process.env.PATH,
          LANG: 'C.UTF-8',
          HOME: dir,
          TMPDIR: dir,
          LLNG_DEFAULTCONFFILE: path.join(dir, 'llng.ini'),
          ...env,
        },
      },
    );
    k.stdio[3].on('error', () => {});
    return k;
  };
  const kids = [up('portal.psgi', pPort), up('api.psgi', aPort)];
  let stopped = false;
  const log = () => {
    try {
      return readFileSync(logFile, 'utf8');
    } catch {
      return '';
    }
  };
  async function stop() {
    if (stopped) return;
    stopped = true;
    process.off('exit', last);
    closeSync(fd);
    await end(kids);
    if (!keep) rmSync(dir, { recursive: true, force: true });
  }
  async function end(kids) {
    const gone = kids.map((k) =>
      k.exitCode !== null || k.signalCode ? null : new Promise((ok) => k.once('exit', ok)),
    );
    const sig = (s) =>
      kids.forEach((k) => {
        try {
          process.kill(-k.pid, s);
        } catch {
          /* already gone */
        }
      });
    sig('SIGTERM');
    for (const k of kids) k.stdio[3].destroy();
    await Promise.race([Promise.all(gone), sleep(3000)]);
    sig('SIGKILL');
  }
  /** Its API alone goes down, and comes up again at the same address with what it stored. */
  const stopApi = () => end(kids.splice(1, 1));
  async function startApi() {
    kids.push(up('api.psgi', aPort));
    await ready('manager API', `${api}secondFactor/dwho`);
  }
  function last() {
    for (const k of kids) {
      try {
        process.kill(-k.pid, 'SIGKILL');
      } catch {
        /* gone */
      }
    }
    if (!keep) rmSync(dir, { recursive: true, force: true });
  }
  process.on('exit', last);

  // Ready = the API answers a list and the portal shows its form. The first request loads and checks the configuration.
  const fail = async (why) => {
    const l = log();
    const tail = [...new Set(l.match(/Can't locate \S+/g) ?? [])].join('\n') || l.split('\n').slice(-15).join('\n');
    await stop();
    throw new Error(`${why}\n${tail}`);
  };
  const t0 = Date.now();
  async function ready(what, url) {
    const since = Date.now();
    for (;;) {
      if (kids.some((k) => k.exitCode !== null)) await fail('LemonLDAP::NG stopped while starting');
      const r = await call(url, { timeoutMs: 15000 }).catch(() => null);
      if (r?.status === 200) break;
      if (r && r.status >= 500) await fail(`${what} answered ${r.status}; its log says`);
      if (Date.now() - since > 30000) await fail(`${what} did not come up in 30 s`);
      await sleep(50);
    }
  }
  await ready('manager API', `${api}secondFactor/dwho`);
  await ready('portal', portal);

  const self = {
    portal,
    api,
    dir,
    log,
    stop,
    stopApi,
    startApi,
    missing: [],
    startMs: Date.now() - t0,
    browser: () => new Browser(),
    signIn: (user, password = user) => signIn(portal, user, password),
    enrol: (browser, name = 'phone') => enrol(portal, browser, name),
    factors: async (user) => (await call(`${api}secondFactor/${encodeURIComponent(user)}`)).json,
    reset: async (user) => call(`${api}secondFactor/${encodeURIComponent(user)}`, { method: 'DELETE' }),
  };
  return self;
}

// ---------------------------------------------------------------- HTTP by hand
export function call(url, { method = 'GET', headers = {}, body, timeoutMs = 10000 } = {}) {
  return new Promise((ok, no) => {
    const q = http.request(
      url,
      {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
        agent: false,
      },
      (r) => {
        const parts = [];
        r.on('data', (c) => parts.push(c));
        r.on('error', no);
        r.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8');
          let json;
          try {
            json = JSON.parse(text);
          } catch {
            /* not JSON */
          }
          ok({ status: r.statusCode, headers: r.headers, text, json });
        });
      },
    );
    q.setTimeout(timeoutMs, () => q.destroy(new Error('time-out')));
    q.on('error', no);
    q.end(body);
  });
}

/** The little of a browser that a sign-in needs: cookies, forms, redirects. One host. */
export class Browser {
  cookies = new Map();
  async go(url, { form, headers = {}, method } = {}) {
    for (let hop = 0; hop < 8; hop++) {
      const h = { accept: 'text/html', ...headers };
      if (this.cookies.size) h.cookie = [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ');
      let body;
      if (form) {
        body = new URLSearchParams(form).toString();
        h['content-type'] = 'application/x-www-form-urlencoded';
      }
      const r = await call(url, { method: method ?? (form ? 'POST' : 'GET'), headers: h, body });
      for (const c of r.headers['set-cookie'] ?? []) {
        const [pair, ...attrs] = c.split(';');
        const i = pair.indexOf('=');
        const name = pair.slice(0, i).trim(),
          value = pair.slice(i + 1).trim();
        const dead = attrs.some(
          (a) => /^\s*max-age=0\b/i.test(a) || (/^\s*expires=/i.test(a) && Date.parse(a.split('=')[1]) < Date.now()),
        );
        if (dead || !value || value === '0') this.cookies.delete(name);
        else this.cookies.set(name, value);
      }
      if (r.status >= 300 && r.status < 400 && r.headers.location) {
        url = new URL(r.headers.location, url).href;
        form = undefined;
        method = undefined;
        continue;
      }
      return { ...r, url };
    }
    throw new Error('too many redirects');
  }
}
const unent = (s) =>
  s
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
/** Fields of the first form that has `marker` in it; null = no such form. */
export function formOf(html, marker) {
  for (const [, attrs, inner] of html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)) {
    if (marker && !inner.includes(`name="${marker}"`)) continue;
    const fields = {};
    for (const [tag] of inner.matchAll(/<input\b[^>]*>/gi)) {
      const n = /\bname="([^"]*)"/i.exec(tag)?.[1];
      if (n) fields[n] = unent(/\bvalue="([^"]*)"/i.exec(tag)?.[1] ?? '');
    }
    return { action: unent(/\baction="([^"]*)"/i.exec(attrs)?.[1] ?? ''), fields };
  }
  return null;
}

/** RFC 6238, SHA-1, 6 digits, 30 s: what LemonLDAP::NG's defaults use. */
export function totp(base32, at = Date.now(), step = 30, digits = 6) {
  let bits = 0,
    n = 0;
  const out = [];
  for (const c of base32.toUpperCase().replace(/[^A-Z2-7]/g, '')) {
    n = (n << 5) | 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push((n >> bits) & 255);
      n &= (1 << bits) - 1;
    }
  }
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 1000 / step)));
  const h = createHmac('sha1', Buffer.from(out)).update(counter).digest();
  const o = h[19] & 15;
  return String((h.readUInt32BE(o) & 0x7fffffff) % 10 ** digits).padStart(digits, '0');
}

/** → { where: 'set-up' | 'asks-code' | 'in' | 'refused', browser, page } */
export async function signIn(portal, user, password) {
  const browser = new Browser();
  const first = await browser.go(portal);
  const f = formOf(first.text, 'user');
  if (!f) throw new Error(`no sign-in form at ${portal}`);
  const page = await browser.go(new URL(f.action || '/', portal).href, { form: { ...f.fields, user, password } });
  const where = /\/2fregisters\b/.test(page.url)
    ? 'set-up'
    : formOf(page.text, 'code')
      ? 'asks-code'
      : browser.cookies.has('lemonldap')
        ? 'in'
        : 'refused';
  return { where, browser, page };
}

/** Enrols TOTP in a browser that stands at the forced set-up. → the secret. */
export async function enrol(portal, browser, name = 'phone') {
  const ajax = { accept: 'application/json', 'x-csrf-check': '1' }; // without this header the portal refuses with csrfError
  const key = await browser.go(`${portal}2fregisters/totp/getkey`, { form: {}, headers: ajax });
  if (key.status !== 200 || !key.json?.secret) throw new Error(`getkey: ${key.status} ${key.text.slice(0, 200)}`);
  const v = await browser.go(`${portal}2fregisters/totp/verify`, {
    form: { token: key.json.token, code: totp(key.json.secret), TOTPName: name },
    headers: ajax,
  });
  if (v.json?.result !== 1) throw new Error(`verify: ${v.status} ${v.text.slice(0, 200)}`); // a wrong code is a 200 with {"error":"badCode"}
  return key.json.secret;
}
