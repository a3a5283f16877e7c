/**
 * The one file that touches the process: clock, streams, signals, environment and files. It builds the World, runs the
 * program and answers the exit status; bin sets `process.exitCode`. Everything else gets what it needs handed in.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Context, Finding } from './commands/command.js';
import { runProgram } from './commands/program.js';
import type { OutStream, World } from './commands/world.js';
import { configPath, type ConfigFile, type Environment, type GlobalOptions, readConfigFile, resolveSettings, type Settings } from './config.js';
import type { Desk, SignedOperator } from './desk.js';
import { Refusal } from './errors.js';
import { type Captured, captureStreams, outStream } from './streams.js';
import { openFiles, openSessions, temporaryFolders } from './files.js';
import { openProgress } from './terminal/progress.js';
import { makeStyle, type Style } from './terminal/style.js';

export interface Invocation {
  readonly argv: readonly string[];
  /** Folder of package.json; `data/` stands in it. */
  readonly root: string;
}

/** Everything of the process a run may use; a run inside the process (tour, smoke) gets its own. */
interface Surroundings {
  readonly env: Environment;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  readonly signal: AbortSignal;
  readonly folders: ReturnType<typeof temporaryFolders>;
  readonly root: string;
}

/** Runs one command line of this process; answers the exit status and never throws. */
export async function main(invocation: Invocation): Promise<number> {
  process.umask(0o077);
  const stop = new AbortController();
  const offs = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => onSignal(name, () => stop.abort(name)));
  const folders = temporaryFolders();
  try {
    return await run(invocation.argv, {
      env: process.env,
      stdin: process.stdin,
      stdout: outStream(process.stdout),
      stderr: outStream(process.stderr),
      signal: stop.signal,
      folders,
      root: invocation.root,
    });
  } finally {
    for (const off of offs) off();
    folders.removeAll();
  }
}

function onSignal(name: NodeJS.Signals, handler: () => void): () => void {
  process.on(name, handler);
  return () => void process.off(name, handler);
}

async function run(argv: readonly string[], around: Surroundings): Promise<number> {
  return runProgram(argv, buildWorld(around));
}

/** The clock is read here and nowhere else. */
const now = (): number => Date.now();

function buildWorld(around: Surroundings): World {
  const { env, stdout, stderr } = around;
  const version = packageVersion(around.root);
  const opened: { desk?: Promise<Desk>; settings?: Promise<Settings>; signed?: SignedOperator } = {};
  const canAsk = (options: GlobalOptions) =>
    options.input && around.stdin.isTTY === true && stderr.isTTY && !truthy(env['CI']) && !truthy(env['COUNTERSIGN_NO_INPUT']);
  const styleOf = (stream: 'stdout' | 'stderr', options: GlobalOptions): Style => {
    const { isTTY, columns } = stream === 'stdout' ? stdout : stderr;
    return makeStyle({ isTTY, columns, env, noColor: !options.color, plain: options.plain || undefined });
  };
  const settings = (options: GlobalOptions) => (opened.settings ??= readSettings(options, env));
  const dataFolder = join(around.root, 'data');
  const desk = (options: GlobalOptions) =>
    (opened.desk ??= (async () => (await import('./open-desk.js')).openDesk({ settings: await settings(options), dataFolder, now }))());

  const context = async (options: GlobalOptions): Promise<Context> => ({
    options,
    settings: () => settings(options),
    desk: () => desk(options),
    operator: () => {
      if (opened.signed === undefined) throw new Error('the command asked for an operator without saying so in `access`');
      return opened.signed;
    },
    ask: {
      possible: canAsk(options),
      prompts: async (option) => {
        if (!canAsk(options)) {
          throw new Refusal('missing-option', `missing: ${option}`, { hint: `There is nobody to ask; give ${option}.` });
        }
        const { openPrompts } = await import('./terminal/prompts.js');
        return openPrompts({ input: process.stdin, output: process.stderr, onSignal });
      },
    },
    files: openFiles(around.stdin),
    sessions: openSessions(async () => {
      const known = await settings(options);
      return { folder: join(known.folders.state, 'sessions'), store: known.store };
    }),
    row: async (value) => {
      if (!options.json) return;
      const { printableJson } = await import('./terminal/printable.js');
      await stdout.write(`${printableJson(value)}\n`);
    },
    notice: (text) => {
      if (!options.quiet) void stderr.write(`${text}\n`);
    },
    show: async (view) => {
      const { renderView } = await import('./terminal/render.js');
      await stderr.write(renderView(view, styleOf('stderr', options), { plain: options.plain || undefined }));
    },
    style: styleOf('stdout', options),
    progress: (label, total) =>
      openProgress({ isTTY: stderr.isTTY && !options.plain && !options.quiet, columns: stderr.columns, write: (text) => void stderr.write(text), now }, label, total),
    house: {
      version,
      node: process.version,
      dataFolder,
      found: async () => {
        const founded = await (await import('./open-desk.js')).foundDesk({ settings: await settings(options), dataFolder, now });
        opened.desk = Promise.resolve(founded.desk);
        return founded;
      },
      run: (argv, given) => runInside(argv, around, given ?? {}),
      temporaryFolder: async () => around.folders.make(),
      inspect: async () => inspect(options, env, dataFolder),
    },
    signal: around.signal,
  });

  return {
    version,
    stdout,
    stderr,
    style: styleOf,
    canAsk,
    context,
    authorise: async (spec, options) => {
      if (spec.access === 'anyone') return;
      const { authenticateOperator } = await import('./procedures/authenticate-operator.js');
      const known = await settings(options);
      const token = known.token ?? (await (await context(options)).sessions.read('operator', 'desk'));
      opened.signed = await authenticateOperator(await desk(options), {
        token, via: known.token === undefined ? 'session' : 'token', access: spec.access, command: spec.path,
      });
    },
    reference: () => now().toString(36),
    close: async () => {
      const desk = await opened.desk?.catch(() => undefined);
      await desk?.store.close();
    },
  };
}

/** One command in this process with streams of its own, as a script would run it: no terminal, nothing asked. */
async function runInside(
  argv: readonly string[], around: Surroundings, given: { stdin?: string; env?: Readonly<Record<string, string>> },
): Promise<{ exit: number; stdout: string; stderr: string }> {
  const captured: Captured = captureStreams(given.stdin ?? '');
  const exit = await run(argv, { ...around, ...captured.streams, env: { ...around.env, ...given.env } });
  return { exit, ...captured.texts() };
}

async function readSettings(options: GlobalOptions, env: Environment): Promise<Settings> {
  const { path, named } = configPath(options, env);
  return resolveSettings(options, env, await readConfig(path, named), dirname(path));
}

async function readConfig(path: string, named: boolean): Promise<ConfigFile> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (!named && error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw new Refusal('config', `the config file ${path} cannot be read`, { hint: 'Check the path and its permissions.', cause: error });
  }
  const { parse } = await import('smol-toml');
  try {
    return readConfigFile(parse(text), path);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('config', `the config file ${path} is not TOML: ${error instanceof Error ? error.message : ''}`);
  }
}

async function inspect(options: GlobalOptions, env: Environment, dataFolder: string): Promise<readonly Finding[]> {
  const { inspectSetup } = await import('./inspect-setup.js');
  return inspectSetup(() => readSettings(options, env), { dataFolder, now, node: process.versions.node, env });
}

function packageVersion(root: string): string {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

const truthy = (value: string | undefined): boolean => value !== undefined && value !== '' && value !== '0' && value !== 'false';
