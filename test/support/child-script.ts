/**
 * Runs a script in separate processes: TypeScript given as text is bundled once (imports relative to the project root), then run
 * as often as a test needs. Unlike `buildScript` in pty.ts it may use the native packages, so it can open a store.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import vm from 'node:vm';
import { build } from 'esbuild';
import { repositoryRoot } from './test-desk.js';

export interface ChildScript {
  /** The bundle, and where it finds its native packages (NODE_PATH): for a test that starts it under another program. */
  readonly file: string;
  readonly packages: string;
  /** Starts one process. Its environment is PATH and what is given here. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): RunningScript;
  /** Ends the processes that still run and removes the bundle. */
  remove(): void;
}

export interface RunningScript {
  readonly child: ChildProcess;
  /** Resolves when the text is in its standard output; fails if the process ends before. */
  until(text: string): Promise<void>;
  /** Writes to its standard input. */
  tell(text: string): void;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** Runs the bundle with V8's code cache of it: hundreds of processes are started, and parsing took a third of the start of each. */
const STARTER = `
  const { readFileSync } = require('node:fs');
  const [filename, cache] = [__dirname + '/bundle.cjs', __dirname + '/bundle.cache'];
  const script = new (require('node:vm').Script)(readFileSync(filename, 'utf8'), { filename, cachedData: readFileSync(cache) });
  script.runInThisContext()(exports, require, module);
`;

export async function childScript(source: string): Promise<ChildScript> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-child-'));
  const [file, bundle] = [join(folder, 'script.cjs'), join(folder, 'bundle.cjs')];
  await build({
    stdin: { contents: source, resolveDir: repositoryRoot, loader: 'ts' },
    outfile: bundle,
    banner: { js: '(function (exports, require, module) {' },
    footer: { js: '})' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    supported: { 'dynamic-import': false },
    external: ['better-sqlite3', 'argon2', 'pg-native'],
    logLevel: 'error',
  });
  const cache = new vm.Script(readFileSync(bundle, 'utf8'), { filename: bundle }).createCachedData();
  writeFileSync(join(folder, 'bundle.cache'), cache);
  writeFileSync(file, STARTER);
  const running = new Set<ChildProcess>();
  const packages = join(repositoryRoot, 'node_modules');
  return {
    file,
    packages,
    start: (args, env = {}) => {
      const child = spawn(process.execPath, [file, ...args], {
        env: { PATH: process.env['PATH'], NODE_PATH: packages, ...env },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      running.add(child);
      child.on('exit', () => running.delete(child));
      return follow(child);
    },
    remove: () => {
      for (const child of running) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function follow(child: ChildProcess): RunningScript {
  const kept = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  child.stdout?.on('data', (chunk: Buffer) => {
    kept.stdout += chunk.toString();
    for (const check of watchers) check();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    kept.stderr += chunk.toString();
  });
  child.stdin?.on('error', () => undefined); // it ended first; `ended` says how
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, ...kept }));
  });
  return {
    child,
    ended,
    tell: (text) => void child.stdin?.write(text),
    until: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (kept.stdout.includes(text)) resolve();
        };
        watchers.add(check);
        void ended.then(({ code, stderr }) =>
          reject(new Error(`ended with ${code} before it said ${text}: ${stderr}`)),
        );
        check();
      }),
  };
}
