/**
 * Builds dist/ from src/main.ts: CommonJS chunks, split where the source says `import()`, and a V8 code cache for each.
 *
 * esbuild splits ES modules only, so the bundle is made as ES modules and each chunk is then turned into CommonJS: a
 * command loads nothing but its own chunks, and all of them load through bin/load.js with a code cache. Packages are
 * bundled (one file instead of hundreds; the ones that are ES modules only become loadable); native ones stay outside.
 * The names in the code are kept, so that a stack reads like the source.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const dist = path.join(root, 'dist');
const stamp = path.join(dist, '.built');

/** Not bundled: they load a compiled file by its place in their own folder. */
const NATIVE = ['better-sqlite3', 'argon2', 'pg-native'];

/** Run once while the cache is made: what they compile is in the cache, what they do not is compiled when needed. */
const WARM_UP = [
  ['--version'],
  ['--help'],
  ['help', 'exit-codes'],
  ['verify', '--help'],
  ['verify', '--account', '1', '--json'],
];

/** Hash of everything the build depends on: sources, packages, this script, the version, and the V8 of the caches. */
export function fingerprint() {
  const hash = createHash('sha256');
  hash.update([process.versions.v8, process.platform, process.arch].join());
  hash.update(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).version);
  const sources = readdirSync(path.join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|json)$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  for (const file of ['package-lock.json', 'bin/build.mjs', 'bin/load.js']
    .map((name) => path.join(root, name))
    .concat(sources)) {
    hash.update(`\0${path.relative(root, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** Whether dist/ is what a build would make now. */
export function isBuilt() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint();
}

async function build() {
  const made = fingerprint();
  const fresh = `${dist}.new-${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  try {
    mkdirSync(fresh);
    const inputs = await writeChunks(fresh);
    writeFileSync(path.join(fresh, 'THIRD-PARTY-LICENSES.txt'), licencesOf(inputs));
    await makeCaches(fresh);
    writeFileSync(path.join(fresh, path.basename(stamp)), made);
    replaceDist(fresh);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Returns the paths of all files that went into the bundle. */
async function writeChunks(folder) {
  const esbuild = await import('esbuild');
  const shared = { platform: 'node', target: 'node20.19', legalComments: 'none', logLevel: 'silent' };
  const bundle = await esbuild.build({
    ...shared,
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    bundle: true,
    splitting: true,
    format: 'esm',
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    external: NATIVE,
    metafile: true,
    write: false,
  });
  for (const file of bundle.outputFiles) {
    // An .mjs name makes esbuild treat `import x from 'commonjs-package'` as Node does.
    const sourcefile = `${path.basename(file.path, '.cjs')}.mjs`;
    const chunk = await esbuild.transform(file.text, {
      ...shared,
      format: 'cjs',
      sourcefile,
      supported: { 'dynamic-import': false },
    });
    writeFileSync(file.path, importingLate(chunk.code));
  }
  return Object.keys(bundle.metafile.inputs);
}

/**
 * Loads Node's own modules and the native packages where they are first used instead of at the top of the chunk: node:crypto
 * alone is a fortieth of the start-up time, and most commands that could hash do not. Loading them has no effect
 * that anyone could see earlier or later.
 */
function importingLate(code) {
  const imports =
    /^var (import_\w+) = ((?:__toESM\()?require\("(?:node:[\w/]+|better-sqlite3|argon2)"\)(?:, 1\))?);$/gm;
  let late = code;
  for (const [line, name, load] of code.matchAll(imports)) {
    const uses = new RegExp(`\\b${name}\\b`, 'g');
    const members = new RegExp(`\\b${name}(?=\\.)`, 'g');
    // As a value of its own (`import * as`) it stays as it is; one use is the declaration.
    if (code.match(uses).length !== (code.match(members)?.length ?? 0) + 1) continue;
    late = late.replace(line, `var ${name};`).replace(members, `(${name} ??= ${load})`);
  }
  return late;
}

function replaceDist(fresh) {
  const old = `${dist}.old-${process.pid}`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
}

/** The licence texts of the bundled packages, which their licences ask for. */
function licencesOf(inputs) {
  const folders = new Set();
  for (const input of inputs) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match !== null) folders.add(match[1]);
  }
  return [...folders].sort().map(licenceOf).join('\n');
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(path.join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? `${license}\n` : readFileSync(path.join(root, folder, file), 'utf8');
  return `--- ${name} ${version} (${license})\n\n${text.trim()}\n`;
}

/** In a process of its own, whose folders are empty ones: the warm-up must see no desk of the person who builds. */
async function makeCaches(folder) {
  const home = mkdtempSync(path.join(tmpdir(), 'countersign-build-'));
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(COUNTERSIGN_|XDG_|NODE_OPTIONS$)/.test(name)),
  );
  Object.assign(env, { HOME: home, USERPROFILE: home, CI: 'true', NO_COLOR: '1' });
  try {
    const args = [fileURLToPath(import.meta.url), '--caches', folder];
    const child = spawn(process.execPath, args, { env, cwd: home, stdio: 'ignore', timeout: 60_000 });
    await new Promise((resolve) => child.on('close', resolve).on('error', resolve));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Runs the warm-up, loads the chunks it did not touch, and keeps what V8 has compiled by then. */
async function writeCaches(folder) {
  const scripts = [];
  let loadChunk;
  const { main } = createRequire(import.meta.url)('./load.js')(folder, (file, script, chunk) => {
    scripts.push({ file, script });
    loadChunk = chunk;
  });
  for (const argv of WARM_UP) await main({ argv, root }).catch(() => undefined);
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.cjs'))) {
    try {
      loadChunk(name);
    } catch {
      // A chunk that does not load has no cache; a test of what it is for will say so.
    }
  }
  process.umask(0o022); // main has set a narrow one, but who may run countersign may read its cache
  for (const { file, script } of scripts) writeFileSync(file, script.createCachedData());
}

async function run() {
  if (process.argv[2] === '--caches') return writeCaches(process.argv[3]);
  try {
    await build();
  } catch (error) {
    const reasons = error.errors?.map(({ text, location }) =>
      location ? `${location.file}:${location.line}: ${text}` : text,
    );
    process.stderr.write(`The build of src/main.ts failed:\n${reasons?.join('\n') ?? error.stack}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await run();
