/**
 * Writes the V8 code cache of each file in dist. A cache contains only code that was compiled before it is made; the rest is compiled
 * later, on use. So this script first runs the commands that people wait for, including the live call, on a desk in a temporary folder.
 * build.mjs runs it in processes of its own: `make-caches.mjs init|prepare|write FOLDER`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';

const self = fileURLToPath(import.meta.url);
const root = path.dirname(path.dirname(self));

const CALL = ['verify', '--account', '1', '--caller', 'ana', '--for', 'billing:change'];
const ANA = ['--name', 'Ana', '--email', 'ana@build.example', '--phone', '030-5550101', '--role', 'admin'];

/** Make the desk for the warm-up. They run in their own processes, so that their code does not get into the caches. */
const INIT = [['init', '--token', '--json']];
const PREPARE = [
  ['account', 'add', 'Build', '--number', '1', '--edition', 'x-series'],
  ['user', 'add', 'ana', '--account', '1', ...ANA],
];

const WARM_UP = [
  ['--version'],
  ['--help'],
  ['help', 'exit-codes'],
  ['verify', '--help'],
  ['verify', '--account', '1', '--json'],
  ['whoami'],
  [...CALL, '--forgot'],
  [...CALL, '--forgot', '--json'],
  [...CALL, '--passphrase-stdin'],
];

/** The new processes get empty folders, so that the warm-up never uses a desk of the person who builds. */
export async function makeCaches(folder) {
  const home = mkdtempSync(path.join(tmpdir(), 'countersign-build-'));
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(COUNTERSIGN_|XDG_|NODE_OPTIONS$)/.test(name)),
  );
  Object.assign(env, { HOME: home, USERPROFILE: home, CI: 'true', NO_COLOR: '1' });
  try {
    env.COUNTERSIGN_TOKEN = /"token": *"([^"]+)"/.exec(await runSelf('init', folder, env, ''))?.[1] ?? '';
    await runSelf('prepare', folder, env, '');
    await runSelf('write', folder, env, 'what the caller says\n');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Returns the output of the process. If it fails, the cache only contains less. */
function runSelf(what, folder, env, stdin) {
  const child = spawn(process.execPath, [self, what, folder], {
    env,
    cwd: env.HOME,
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: 60_000,
  });
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  child.stdin.on('error', () => undefined).end(stdin);
  return new Promise((resolve) => child.on('close', () => resolve(said)).on('error', () => resolve('')));
}

const load = createRequire(import.meta.url)('./load.js');

async function runEach(folder, commands) {
  const { main } = load(folder);
  for (const argv of commands) await main({ argv, root });
}

/** Runs the warm-up, loads the chunks that it did not use, and saves what V8 has compiled by then. */
async function write(folder) {
  const scripts = [];
  let loadChunk;
  // V8 discards code that it has not used for a while. Such code would be missing from the cache.
  v8.setFlagsFromString('--no-flush-bytecode');
  const { main } = load(folder, (file, script, chunk) => {
    scripts.push({ file, script });
    loadChunk = chunk;
  });
  for (const argv of WARM_UP) await main({ argv, root }).catch(() => undefined);
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.cjs'))) {
    try {
      loadChunk(name);
    } catch {
      // A chunk that does not load gets no cache. A test of its command shows the fault.
    }
  }
  // V8 accepts a cache only with the flags with which it was made.
  v8.setFlagsFromString('--flush-bytecode');
  process.umask(0o022); // main sets a narrow one, but everyone who may run countersign must be able to read its cache
  for (const { file, script } of scripts) writeFileSync(file, script.createCachedData());
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === self) {
  const [what, folder] = process.argv.slice(2);
  await (what === 'write' ? write(folder) : runEach(folder, what === 'init' ? INIT : PREPARE));
}
