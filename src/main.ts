/**
 * The one file that touches the process: streams, signals and the clock. It passes them to build-world, runs the program and returns
 * the exit status; bin sets `process.exitCode`. Nothing else reads the process.
 */
import { userInfo } from 'node:os';
import type { Environment } from './config.js';
import { Refusal } from './errors.js';
import type { InnerInput, InnerOutput, OutStream, ServedPages } from './house.js';
import type { Surroundings } from './main/begin-run.js';
import { captureStreams, isTerminal, outStream } from './main/streams.js';
import { versionIn } from './main/version.js';
import { pause } from './procedures/pause.js';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs one command line of this process; returns the exit status and never throws. `root`: folder of package.json; contains `data/`. */
export async function main(typed: Readonly<{ argv: readonly string[]; root: string }>): Promise<number> {
  const { argv, root } = typed;
  process.umask(0o077);
  const stdout = outStream(1, () => process.stdout, unprinted);
  // Scripts and installers ask for nothing more often, so it does not wait for the rest; a fault is reported there.
  if (String(argv) === '--version' && (await tellsVersion(root, stdout))) return 0;
  const stop = new AbortController();
  const offs = STOP_SIGNALS.map((name) => onSignal(name, () => interrupt(name)));
  // The first signal asks for an orderly end and restores the system's handling, so that a second one ends the process at once.
  const interrupt = (name: NodeJS.Signals) => {
    stop.abort(name);
    for (const off of offs) off();
  };
  const folders = (await import('./main/files.js')).temporaryFolders();
  const env = { ...process.env };
  // Where TERM is dumb, Node's readline takes backspace for text. What is drawn follows from `env`.
  if (env['TERM'] === 'dumb') delete process.env['TERM'];
  const around: Surroundings = {
    env,
    machine: {
      lock: { path: '/etc/countersign/config.toml', owner: 0 },
      uid: process.getuid?.(),
      parent: process.ppid,
      processes: '/proc',
      home: () => userInfo().homedir,
    },
    node: process.version,
    // The clock is read here and nowhere else.
    now: () => Date.now(),
    // Opened on first use, because opening it costs a few milliseconds.
    stdin: () => process.stdin,
    // Looked up on first use: few commands need it.
    get stdinIsTTY() {
      return isTerminal(0);
    },
    terminal: () => ({ input: process.stdin, output: process.stderr }),
    stdout,
    stderr: outStream(2, () => process.stderr),
    onSignal,
    signal: stop.signal,
    folders,
    root,
    run: (argv, given) => runInside(argv, around, given),
    servePages: (env) => serveInside(around, env),
    hand: (argv, env) => runIn({ ...around, env: { ...around.env, ...env } }, argv),
  };
  try {
    return await runIn(around, argv);
  } finally {
    for (const off of offs) off();
    folders.removeAll();
  }
}

const tellsVersion = (root: string, stdout: OutStream): Promise<boolean> =>
  stdout.write(`countersign ${versionIn(root)}\n`).then(
    () => true,
    () => false,
  );

async function runIn(around: Surroundings, argv: readonly string[]): Promise<number> {
  const { buildWorld } = await import('./main/build-world.js');
  const { runProgram } = await import('./commands/program.js');
  return runProgram(argv, buildWorld(around));
}

const unprinted = (code: string): Refusal =>
  new Refusal('delivery-failed', `standard output takes no more (${code}), so the answer is not complete`, {
    hint: 'What the command did stands: look before you repeat it. Make room, or send the output elsewhere.',
  });

function onSignal(name: NodeJS.Signals, handler: () => void): () => void {
  process.on(name, handler);
  return () => void process.off(name, handler);
}

/** Runs `serve` beside what else this process does. It says its address in its first line. */
async function serveInside(around: Surroundings, env: Environment): Promise<ServedPages | undefined> {
  const stopping = new AbortController();
  const signal = AbortSignal.any([around.signal, stopping.signal]);
  const captured = captureStreams('');
  const streams = { ...captured.streams, stdinIsTTY: false, terminal: null, env: { ...around.env, ...env }, signal };
  let ended = false;
  const served = runIn({ ...around, ...streams }, ['serve', '--listen', '127.0.0.1:0', '--json']);
  void served.finally(() => {
    ended = true;
  });
  let port: string | undefined;
  while (!ended && port === undefined) {
    await pause(20);
    port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(captured.texts().stdout)?.[1];
  }
  if (port === undefined) return undefined;
  // A passkey needs a name, not an address.
  const address = `http://localhost:${port}`;
  return {
    address,
    look: async () => {
      const answer = await fetch(`${address}/sign-in`);
      return `${answer.status} ${/<title>([^<]*)/.exec(await answer.text())?.[1] ?? ''}`;
    },
    stop: async () => {
      stopping.abort();
      await served;
    },
  };
}

/** Runs one command in this process with its own streams, as a script would: no terminal and no prompts. */
async function runInside(argv: readonly string[], around: Surroundings, given: InnerInput): Promise<InnerOutput> {
  const captured = captureStreams(given.stdin ?? '');
  const env = { ...around.env, ...given.env };
  const exit = await runIn({ ...around, ...captured.streams, stdinIsTTY: false, terminal: null, env }, argv);
  return { exit, ...captured.texts() };
}
