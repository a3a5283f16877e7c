/**
 * Builds dist/ from src/main.ts: CommonJS chunks, split where the source says `import()`, and a V8 code cache for each.
 *
 * esbuild splits only ES modules, so the bundle is made as ES modules and each chunk is then converted to CommonJS. A command
 * loads only its own chunks, through bin/load.js with a code cache. Packages are bundled (one file instead of hundreds, and
 * packages that are only ES modules become loadable); native packages stay outside. The names in the code are kept, so that a
 * stack reads like the source.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { plugins } from './bundler-plugins.mjs';
import { licencesOf } from './licences.mjs';
import { makeCaches } from './make-caches.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const dist = path.join(root, 'dist');
const stamp = path.join(dist, '.built');

/** Not bundled, because they load a compiled file from their own folder. */
const NATIVE = ['argon2', 'pg-native'];

/**
 * Files of dist with several chunks: what their sources need at once, without what an earlier file has. `--version` loads the first, every
 * command the second; commands that open the desk load the third, which includes `verify`, because a caller waits for it.
 */
const PACKS = [
  ['src/main.ts'],
  ['src/main/files.ts', 'src/main/build-world.ts', 'src/commands/program.ts'],
  [
    'src/opening/open-desk.ts',
    'src/store/engines/sqlite.ts',
    'node_modules/better-sqlite3/lib/index.js',
    'src/procedures/operators/authenticate-operator.ts',
    'src/commands/calls/verify.ts',
  ],
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
  for (const file of [
    'package-lock.json',
    'bin/build.mjs',
    'bin/load.js',
    'bin/bundler-plugins.mjs',
    'bin/licences.mjs',
    'bin/make-caches.mjs',
    'bin/man.mjs',
    ...['data/demo', 'data/help', 'data/messages'].flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true })
        .filter((name) => /\.(json|md)$/.test(name))
        .map((name) => `${folder}/${name}`)
        .sort(),
    ),
  ]
    .map((name) => path.join(root, name))
    .concat(sources)) {
    hash.update(`\0${path.relative(root, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** Whether dist/ is up to date. */
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
    writeFileSync(path.join(fresh, 'THIRD-PARTY-LICENSES.txt'), licencesOf(root, inputs));
    await makeCaches(fresh);
    execFileSync(process.execPath, [path.join(root, 'bin', 'man.mjs'), path.join(fresh, 'man')], { stdio: 'pipe' });
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
  const short = { ...shared, minifyWhitespace: true, minifySyntax: true, lineLimit: 120 };
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
    plugins,
    define: { CHECKED_POLICY: JSON.stringify(await checkedPolicy(esbuild)) },
  });
  const chunks = new Map();
  for (const file of bundle.outputFiles) {
    const name = path.basename(file.path);
    // An .mjs name makes esbuild treat `import x from 'commonjs-package'` as Node does.
    const sourcefile = `${path.basename(name, '.cjs')}.mjs`;
    const chunk = await esbuild.transform(file.text, {
      ...shared,
      format: 'cjs',
      sourcefile,
      supported: { 'dynamic-import': false },
    });
    // Chunks import each other as ES modules, also a package that only has a default export.
    const code = chunk.code.replace(/__toESM\((require\("\.\/[^"]+\.cjs"\)), 1\)/g, '$1');
    chunks.set(name, onlyAscii((await esbuild.transform(importingLate(code), short)).code));
  }
  for (const [name, text] of packed(chunks, bundle.metafile.outputs)) writeFileSync(path.join(folder, name), text);
  return Object.keys(bundle.metafile.inputs);
}

/** The fingerprint of the policy in data/, checked with the sources that are being built; '' if it has faults. */
async function checkedPolicy(esbuild) {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['src/opening/load-policy.ts'],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
    logLevel: 'silent',
  });
  const module = { exports: {} };
  new Function('module', 'require', outputFiles[0].text)(module, createRequire(import.meta.url));
  try {
    module.exports.loadPolicy(path.join(root, 'data'));
    return module.exports.policyFingerprint(path.join(root, 'data'));
  } catch {
    // Each command then reports what is wrong with it.
    return '';
  }
}

/** esbuild itself escapes such characters in strings; outside strings only regular expressions contain them. */
const onlyAscii = (code) =>
  code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * Loads Node's own modules and the native packages on first use instead of at the top of the chunk: node:crypto alone is a
 * fortieth of the start-up time, and most commands that could hash do not. Loading them has no side effect, so it may happen
 * later.
 */
function importingLate(code) {
  const imports = /^var (import_\w+) = ((?:__toESM\()?require\("(?:node:[\w/]+|argon2)"\)(?:, 1\))?);$/gm;
  let late = code;
  for (const [line, name, load] of code.matchAll(imports)) {
    const uses = new RegExp(`\\b${name}\\b`, 'g');
    const members = new RegExp(`\\b${name}(?=\\.)`, 'g');
    // A module that is used as a value (`import * as`) stays as it is. One use is the declaration.
    if (code.match(uses).length !== (code.match(members)?.length ?? 0) + 1) continue;
    late = late.replace(line, `var ${name};`).replace(members, `(${name} ??= ${load})`);
  }
  return late;
}

/** The files of dist: the packs, and one file for each other chunk. The first file says which file has the chunks of later packs. */
function packed(chunks, outputs) {
  const files = new Map(chunks);
  const taken = new Set();
  const places = {};
  for (const [number, sources] of PACKS.entries()) {
    const names = sources.flatMap((source) => neededAtOnce(source, outputs)).filter((name) => !taken.has(name));
    for (const name of new Set(names)) {
      taken.add(name);
      if (name === 'main.cjs') continue;
      files.delete(name);
      if (number > 0) places[name] = `pack-${number}.cjs`;
    }
    files.set(number === 0 ? 'main.cjs' : `pack-${number}.cjs`, [...new Set(names)]);
  }
  const textOf = (file, code) => (Array.isArray(code) ? packText(file, code, chunks, places) : code);
  for (const [file, code] of files)
    files.set(file, `(function (exports, require, module, bring) {${textOf(file, code)}\n})`);
  return files;
}

function packText(file, names, chunks, places) {
  const others = names.filter((name) => name !== file);
  const members = others.map((name) => `"${name}": function (exports, require, module) {${chunks.get(name)}\n}`);
  const elsewhere = file === 'main.cjs' ? JSON.stringify(places) : '{}';
  return `bring({${members.join(',\n')}}, ${elsewhere});\n${chunks.get(file) ?? ''}`;
}

/** The chunk that begins with a source file, and what it imports before its first line runs. */
function neededAtOnce(source, outputs) {
  const first = Object.keys(outputs).find((name) => outputs[name].entryPoint?.endsWith(source));
  if (first === undefined) throw new Error(`${source} is named in PACKS, but nothing loads it by import()`);
  const found = new Set([first]);
  for (const name of found) {
    for (const { path: needed, kind, external } of outputs[name].imports) {
      if (kind === 'import-statement' && external !== true) found.add(needed);
    }
  }
  return [...found].map((name) => path.basename(name));
}

function replaceDist(fresh) {
  const old = `${dist}.old-${process.pid}`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
}

async function run() {
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
