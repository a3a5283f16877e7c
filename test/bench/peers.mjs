/**
 * What others do for the same work: `npm run bench -- --peers`. They are no packages of this project: better-auth is looked for from the working
 * folder and from COUNTERSIGN_PEERS (a folder in which `npm install better-auth` was run), django-otp by the python3 of the PATH. What is not
 * there is skipped, and the table says so. The floor is theirs, so a ratio below 1 means that we are faster.
 */
import { spawnSync } from 'node:child_process';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { benchDesk } from './bench-desk.mjs';
import { BULK_LINES, bulkJob } from './bulk-job.mjs';

const CHECKS = 2_000;
const PEOPLE = 500;
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

/** Not installed: the table says what to install. */
export class Skip extends Error {}

async function betterAuth(name) {
  for (const folder of [process.cwd(), process.env.COUNTERSIGN_PEERS ?? process.cwd()]) {
    try {
      return await import(pathToFileURL(createRequire(path.join(folder, 'peers.cjs')).resolve(name)).href);
    } catch (error) {
      if (!['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(error.code)) throw error;
    }
  }
  throw new Skip('not installed: npm install better-auth, and COUNTERSIGN_PEERS=its folder');
}

const input = (code) => ({
  secret: SECRET,
  code,
  now: Date.now(),
  lastStep: null,
  settings: { digits: 6, stepSeconds: 30, stepsBack: 1 },
  hmacSha1: (key, data) => createHmac('sha1', key).update(data).digest(),
  equal: (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b)),
});

let bench;
let desk;
let job;
let theirs;

async function ours() {
  bench ??= await benchDesk([...BULK_LINES, "export { totp } from './src/factors/totp.js';"]);
}

/** Wrong codes, so that each window is tried to its end. */
async function checkOurs() {
  for (let i = 0; i < CHECKS; i += 1) await bench.sources.totp.check(input(String(100_000 + i)));
}

async function checkByBetterAuth() {
  for (let i = 0; i < CHECKS; i += 1) await theirs.createOTP(SECRET).verify(String(100_000 + i));
}

const DJANGO = `
import time
from django_otp.oath import TOTP
from base64 import b32decode
key = b32decode('${SECRET}')
start = time.perf_counter()
for i in range(${CHECKS}):
    TOTP(key).verify(100000 + i, tolerance=1)
print((time.perf_counter() - start) * 1000)`;

function checkByDjango() {
  const { stdout } = spawnSync('python3', ['-c', DJANGO], { encoding: 'utf8' });
  return Number(stdout);
}

/** Takes second factor and sessions from each of 500 people, as its own end points do: no notice, no code, no log. */
async function resetByBetterAuth() {
  const { auth, ids } = theirs;
  const { adapter, internalAdapter } = await auth.$context;
  for (const id of ids.splice(0, PEOPLE)) {
    await internalAdapter.updateUser(id, { twoFactorEnabled: false });
    await adapter.deleteMany({ model: 'twoFactor', where: [{ field: 'userId', value: id }] });
    await internalAdapter.deleteUserSessions(id);
  }
}

async function theirDesk(rounds) {
  const { betterAuth: make } = await betterAuth('better-auth');
  const { twoFactor } = await betterAuth('better-auth/plugins');
  const { getMigrations } = await betterAuth('better-auth/db/migration');
  const database = new Database(path.join(bench.folder, 'peer.db'));
  for (const pragma of ['journal_mode = WAL', 'synchronous = FULL']) database.pragma(pragma);
  const options = {
    database,
    secret: 'a secret of the benchmark, 32 or more',
    plugins: [twoFactor()],
    logger: { disabled: true },
  };
  await (await getMigrations(options)).runMigrations();
  const auth = make({ ...options, baseURL: 'http://127.0.0.1' });
  const { adapter, internalAdapter } = await auth.$context;
  const ids = [];
  for (let i = 0; i < PEOPLE * rounds; i += 1) {
    const user = await internalAdapter.createUser({ name: `P ${i}`, email: `p${i}@peer.example`, emailVerified: true });
    await adapter.create({ model: 'twoFactor', data: { userId: user.id, secret: 's', backupCodes: 'b' } });
    await internalAdapter.createSession(user.id);
    ids.push(user.id);
  }
  return { auth, ids };
}

const ROUNDS = 5;

export const peers = [
  {
    name: 'peers: 2,000 TOTP checks, better-auth',
    reach: 1,
    rounds: ROUNDS,
    prepare: async () => {
      theirs = await betterAuth('@better-auth/utils/otp');
      await ours();
    },
    floor: checkByBetterAuth,
    figure: checkOurs,
  },
  {
    name: 'peers: 2,000 TOTP checks, django-otp',
    reach: 1,
    rounds: ROUNDS,
    prepare: async () => {
      if (!(checkByDjango() > 0)) throw new Skip('not installed: pip install django-otp');
      await ours();
    },
    floor: checkByDjango,
    figure: checkOurs,
  },
  {
    name: 'peers: 500 resets, better-auth',
    reach: 1,
    rounds: ROUNDS,
    prepare: async () => {
      await betterAuth('better-auth');
      await ours();
      theirs = await theirDesk(ROUNDS + 1);
      desk = await bench.open();
      job = await bulkJob(bench, desk, PEOPLE * (ROUNDS + 1));
    },
    floor: resetByBetterAuth,
    figure: () => job.some(PEOPLE),
  },
];

export async function closePeers() {
  await desk?.store.close();
  bench?.close();
}
