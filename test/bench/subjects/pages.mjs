/**
 * The customers' pages: what a signed-in page costs the server while fifty are asked for at once (no password is hashed), and the memory of
 * the process when nobody asks. All fifty share one thread, so a request's time is that of its fifty, divided by fifty.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { benchDesk, root } from '../bench-desk.mjs';

const USERS = 1_000;
const AT_ONCE = 50;
const BATCHES = 40;
const MOST_MS = 5;
const MOST_MB = 80;
/** After its start, until what that needed has been cleared away. */
const IDLE_MS = 5_000;
const REQUESTS = 15_000;
/** By then the collector of Node has found its size. */
const EARLY = 5_000;
const PASSWORD = 'harbour velvet 9317';
const SOCKET = { incoming: { socket: { remoteAddress: '127.0.0.1', localPort: 8443 } } };

let bench;
let desk;
let get;

async function prepare() {
  bench = await benchDesk([
    "export { pagesApp } from './src/pages/app.js';",
    "export { LIMITS } from './src/pages/limits.js';",
    "export { wordsOf } from './src/commands/wording/words.js';",
    "export { prepareApplicationPassword } from './src/procedures/portal/application-password.js';",
    "export { signInWithPassword } from './src/procedures/portal/sign-in-user.js';",
  ]);
  await bench.fill(USERS, false);
  desk = await bench.open();
  const { pagesApp, LIMITS, wordsOf } = bench.sources;
  const { token } = await signedIn();
  const read = (language, file) => JSON.parse(readFileSync(path.join(root, 'data/messages', language, `${file}.json`)));
  const words = wordsOf({ tongue: { language: 'en', read, now: Date.now } });
  const tell = (line) => process.stderr.write(`${line}\n`);
  const app = pagesApp({ desk, words, tell, secure: false, proxies: [], ...LIMITS });
  get = async (page) => {
    const request = new Request(`http://127.0.0.1:8443${page}`, { headers: { cookie: `countersign=${token}` } });
    const response = await app.fetch(request, SOCKET);
    const text = await response.text();
    if (response.status !== 200 || !text.includes('<h1>')) throw new Error(`${page} answered ${response.status}`);
  };
}

async function signedIn() {
  const { prepareApplicationPassword, signInWithPassword } = bench.sources;
  const user = await desk.store.read.users.byId('usr_00000007');
  const { verifier } = await prepareApplicationPassword(desk, user, PASSWORD);
  const entry = { kind: 'test.prepared', outcome: 'done', at: desk.now(), by: { kind: 'system', id: 'x', name: 'x' } };
  await desk.store.record(entry, (write) =>
    write.secrets.putApplicationPassword({ user_id: user.id, verifier, changed_at: desk.now() }),
  );
  const who = { account: user.accountId, login: user.login, password: PASSWORD, deviceTokens: [] };
  return signInWithPassword(desk, who);
}

/** Milliseconds for each request, in the slowest of forty batches. */
async function p99(page) {
  const times = [];
  for (let batch = -3; batch < BATCHES; batch++) {
    const begun = performance.now();
    await Promise.all(Array.from({ length: AT_ONCE }, () => get(page)));
    if (batch >= 0) times.push((performance.now() - begun) / AT_ONCE);
  }
  return times.sort((a, b) => a - b)[Math.floor(BATCHES * 0.99)];
}

/** The built command serves while the work runs, which gets its address and what memory it has, in MB. */
async function serving(work) {
  const { executable, env } = bench;
  const server = spawn(process.execPath, [executable, 'serve', '--listen', '127.0.0.1:0', '--json'], { env });
  const memory = () => {
    const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'));
    return Number(kilobytes) / 1024;
  };
  try {
    const address = await new Promise((ready, failed) => {
      server.stdout.on('data', (text) => ready(JSON.parse(text).serving.address));
      server.on('exit', (status) => failed(new Error(`serve ended with ${status}`)));
    });
    return await work(address, memory);
  } finally {
    server.kill('SIGTERM');
  }
}

/** When it has served one page and then nobody. */
const idleMemory = () =>
  serving(async (address, memory) => {
    await (await fetch(`${address}/sign-in`)).text();
    await wait(IDLE_MS);
    return memory();
  });

let early;

/** After the last of many requests; `early` is what it was after the first of them. */
const lateMemory = () =>
  serving(async (address, memory) => {
    for (let batch = 0; batch < REQUESTS / AT_ONCE; batch++) {
      if (batch === EARLY / AT_ONCE) early = memory();
      await Promise.all(Array.from({ length: AT_ONCE }, async () => (await fetch(`${address}/sign-in`)).text()));
    }
    return memory();
  });

async function prepareServe() {
  bench = await benchDesk();
  desk = undefined;
}

async function close() {
  await desk?.store.close();
  bench.close();
}

const page = (name) => ({
  name: `page: ${name}, ${AT_ONCE} at once, p99`,
  reach: 1,
  rounds: 1,
  prepare,
  floor: () => MOST_MS,
  figure: () => p99(`/${name}`),
  close,
});
const memory = { rounds: 1, unit: 'MB', prepare: prepareServe, close };

export const subjects = [
  page('profile'),
  page('users'),
  { ...memory, name: 'pages: memory of serve, idle', reach: 1, floor: () => MOST_MB, figure: idleMemory },
  { ...memory, name: 'pages: memory, 10,000 requests later', reach: 1.15, floor: () => early, figure: lateMemory },
];
