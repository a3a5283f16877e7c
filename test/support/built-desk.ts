/**
 * Runs the built command as separate processes, in a private home, for tests of what only whole processes show. It can found a
 * desk, on either engine. Every process gets a small fixed environment and nothing of the person who runs the tests.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { usePolicy } from './floor-policy.js';
import { createDatabase } from './postgres.js';
import { type EngineName, repositoryRoot } from './test-desk.js';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** Writes a line to its standard input and closes it. */
  say(line: string): void;
  readonly ended: Promise<Ended>;
}

export interface BuiltDesk {
  readonly home: string;
  /** The environment of each process. */
  readonly env: Readonly<Record<string, string>>;
  /** Path or address of the store, as the commands take it. */
  readonly store: string;
  readonly folders: { readonly data: string; readonly state: string; readonly config: string };
  /** Starts a process; its standard input stays open until `say`. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Running;
  /** Runs a process to its end, with this standard input. */
  run(args: readonly string[], stdin?: string, env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** As `run`, but anything except exit 0 is an error. With `--json` among the arguments it returns the document. */
  must(
    args: readonly string[],
    stdin?: string,
    env?: Readonly<Record<string, string>>,
  ): Promise<Record<string, unknown>>;
  close(): void;
}

let built = false;

/** `npm test` has built already; this is for running one file alone. */
export function requireBuilt(): void {
  if (built) return;
  const ended = spawnSync(process.execPath, [join(repositoryRoot, 'bin', 'ensure.mjs')], { encoding: 'utf8' });
  if (ended.status !== 0) throw new Error(`countersign could not be built:\n${ended.stderr}`);
  built = true;
}

/**
 * An empty home; on PostgreSQL with an empty database. `root` is where the program was built. Hashing is cheap, by a policy in the config
 * file, unless the shipped policy is asked for. With `like` it is a copy of that desk, store, keys and sessions, which no process has open: a
 * desk with people in it takes a dozen processes to make.
 */
export async function builtDesk(
  engine: EngineName,
  {
    root = repositoryRoot,
    policy = inject('floorPolicy'),
    like,
  }: { root?: string; policy?: 'shipped' | string; like?: BuiltDesk } = {},
): Promise<BuiltDesk> {
  const executable = join(root, 'bin', 'countersign.js');
  const home = mkdtempSync(join(tmpdir(), 'countersign-built-'));
  for (const name of ['data', 'state', 'config']) mkdirSync(join(home, name), { mode: 0o700 });
  if (policy !== 'shipped') usePolicy(join(home, 'config'), policy);
  if (like !== undefined) cpSync(like.home, home, { recursive: true });
  const store =
    engine === 'postgres'
      ? await createDatabase(inject('postgresUrl'), like?.store)
      : join(home, 'data', 'countersign', 'desk.db');
  const surroundings = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    XDG_DATA_HOME: join(home, 'data'),
    XDG_STATE_HOME: join(home, 'state'),
    XDG_CONFIG_HOME: join(home, 'config'),
    COUNTERSIGN_STORE: store,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
  };
  const running = new Set<ChildProcess>();
  const start: BuiltDesk['start'] = (args, env = {}) => {
    const child = spawn(process.execPath, [executable, ...args], {
      cwd: home,
      env: { ...surroundings, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    running.add(child);
    return {
      child,
      say: (line) => void child.stdin?.end(line === '' ? '' : `${line}\n`),
      ended: endOf(child, running),
    };
  };
  const run: BuiltDesk['run'] = (args, stdin = '', env = {}) => {
    const process_ = start(args, env);
    process_.say(stdin);
    return process_.ended;
  };
  return {
    home,
    env: surroundings,
    store,
    folders: {
      data: join(home, 'data', 'countersign'),
      state: join(home, 'state', 'countersign'),
      config: join(home, 'config', 'countersign'),
    },
    start,
    run,
    must: async (args, stdin, env) => {
      const { code, stdout, stderr } = await run(args, stdin, env);
      if (code !== 0) throw new Error(`countersign ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
      return args.includes('--json') ? (JSON.parse(stdout) as Record<string, unknown>) : {};
    },
    close: () => {
      for (const child of running) child.kill('SIGKILL');
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function endOf(child: ChildProcess, running: Set<ChildProcess>): Promise<Ended> {
  const kept = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    kept.stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    kept.stderr += chunk.toString();
  });
  child.stdin?.on('error', () => undefined); // it ended without reading; its exit says why
  return new Promise((resolve) => {
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code, ...kept });
    });
  });
}
