/**
 * Writes the V8 code cache of each file in dist: what was compiled by the time it is made is in it, the rest is compiled when
 * needed. So the commands that people wait for run here first, the live call among them, on a desk in a folder that is
 * thrown away. Run by build.mjs in processes of its own: `make-caches.mjs prepare|write FOLDER`.
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

/** Makes the desk that the warm-up works on; what only these commands need shall not stand in the cache of the others. */
const PREPARE = [
  ['init', '--token', '--json'],
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

/** The folders of the new processes are empty ones: the warm-up must see no desk of the person who builds. */
export async function makeCaches(folder) {
  const home = mkdtempSync(path.join(tmpdir(), 'countersign-build-'));
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(COUNTERSIGN_|XDG_|NODE_OPTIONS$)/.test(name)),
  );
  Object.assign(env, { HOME: home, USERPROFILE: home, CI: 'true', NO_COLOR: '1' });
  try {
    env.COUNTERSIGN_TOKEN = await runSelf('prepare', folder, env, '');
    await runSelf('write', folder, env, 'what the caller says\n');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Answers what the process has said. One that fails leaves less in the cache, and nothing else. */
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

/** Prints the token of the new desk's admin. */
async function prepare(folder) {
  const { main } = load(folder);
  for (const argv of PREPARE) {
    const said = await quietly(main, argv);
    if (argv[0] === 'init') process.env.COUNTERSIGN_TOKEN = JSON.parse(said).token;
  }
  process.stdout.write(process.env.COUNTERSIGN_TOKEN);
}

/** Runs the warm-up, loads the chunks it did not touch, and keeps what V8 has compiled by then. */
async function write(folder) {
  const scripts = [];
  let loadChunk;
  // V8 forgets code that is not used for a while; what is forgotten here would not be in the cache.
  v8.setFlagsFromString('--no-flush-bytecode');
  const { main } = load(folder, (file, script, chunk) => {
    scripts.push({ file, script });
    loadChunk = chunk;
  });
  for (const argv of WARM_UP) await quietly(main, argv).catch(() => undefined);
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.cjs'))) {
    try {
      loadChunk(name);
    } catch {
      // A chunk that does not load has no cache; a test of what it is for will say so.
    }
  }
  // A cache is only taken under the flags it was made with.
  v8.setFlagsFromString('--flush-bytecode');
  process.umask(0o022); // main has set a narrow one, but who may run countersign may read its cache
  for (const { file, script } of scripts) writeFileSync(file, script.createCachedData());
}

/** Answers what the command would have printed. */
async function quietly(main, argv) {
  const { write: print } = process.stdout;
  let said = '';
  process.stdout.write = (text, done) => {
    said += text;
    done?.();
    return true;
  };
  try {
    await main({ argv, root });
    return said;
  } finally {
    process.stdout.write = print;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === self) {
  const [what, folder] = process.argv.slice(2);
  await (what === 'prepare' ? prepare(folder) : write(folder));
}
