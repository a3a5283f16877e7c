/**
 * Gets the compiled SQLite driver from the user's cache, or from npm (downloaded or compiled), and then caches it, so that the
 * next clone does not compile for a minute.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { npm, root, run, SetupFailure, step } from './run-npm.mjs';

const driverFile = path.join(root, 'node_modules', 'better-sqlite3', 'build', 'Release', 'better_sqlite3.node');

const PROBE = "new (require('better-sqlite3'))(':memory:').prepare('select sqlite_version()').get()";

async function driverWorks() {
  return existsSync(driverFile) && (await run(process.execPath, ['-e', PROBE])).ok;
}

export async function readyDriver() {
  const cached = cachedDriver();
  if (!(await driverWorks()) && !(await takeCached(cached))) await makeDriver();
  if (cached !== undefined && !existsSync(cached)) keepDriver(cached);
}

/** False if the cache has no driver. A driver that does not work is deleted from the cache. */
async function takeCached(cached) {
  if (cached === undefined || !isOwn(cached)) return false;
  mkdirSync(path.dirname(driverFile), { recursive: true });
  copyFileSync(cached, driverFile);
  if (await driverWorks()) return true;
  rmSync(cached, { force: true });
  return false;
}

async function makeDriver() {
  await step('Preparing the SQLite driver (takes about a minute if it must be compiled)', async () => {
    rmSync(driverFile, { force: true });
    const { ok, output } = await npm(['rebuild', 'better-sqlite3', '--ignore-scripts=false']);
    if (!ok || !existsSync(driverFile)) {
      const reason = 'The SQLite driver could not be downloaded, and it could not be compiled';
      throw new SetupFailure(`${reason} (this needs Python, make and a C++ compiler). npm says:`, output);
    }
    await requireLoads();
  });
}

/** A driver that was built can still fail to load, for example if it was built for another Node. The loader knows why. */
async function requireLoads() {
  const { ok, output } = await run(process.execPath, ['-e', PROBE]);
  if (ok) return;
  const reason = /^(?:\w*Error): .*(?:\n(?!\s+at ).*)*/m.exec(output)?.[0] ?? output;
  throw new SetupFailure(
    `The SQLite driver was built, but Node ${process.version} (interface ${process.versions.modules}) cannot load it:`,
    reason,
  );
}

/** The cached file for exactly this package content, this Node interface and this system; or undefined. */
function cachedDriver() {
  const home = process.env.XDG_CACHE_HOME;
  const folder = path.join(
    home !== undefined && path.isAbsolute(home) ? home : path.join(homedir(), '.cache'),
    'countersign',
    'drivers',
  );
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    return undefined;
  }
  if (!isOwn(folder)) return undefined;
  const { version, integrity } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages[
    'node_modules/better-sqlite3'
  ];
  const content = createHash('sha256').update(integrity).digest('hex').slice(0, 12);
  return path.join(
    folder,
    `better-sqlite3-${version}-${content}-node-v${process.versions.modules}-${platformName()}.node`,
  );
}

function platformName() {
  process.report.excludeNetwork = true;
  const glibc = process.platform === 'linux' ? process.report.getReport().header.glibcVersionRuntime : undefined;
  const libc = process.platform === 'linux' ? (glibc === undefined ? '-musl' : '-glibc') : '';
  return `${process.platform}${libc}-${process.arch}`;
}

/** Native code is only loaded from a place that no other user can write to. */
function isOwn(place) {
  if (!existsSync(place)) return false;
  const found = lstatSync(place);
  if (found.isSymbolicLink()) return false;
  return process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o022) === 0);
}

function keepDriver(cached) {
  const partial = `${cached}.${process.pid}`;
  try {
    copyFileSync(driverFile, partial);
    renameSync(partial, cached);
  } catch {
    // If the cache cannot be written, the next clone only takes a minute longer.
    rmSync(partial, { force: true });
  }
}
