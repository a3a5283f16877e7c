/**
 * The one file that touches the process: streams, signals and the clock. It passes them to build-world, runs the program and returns
 * the exit status; bin sets `process.exitCode`. Nothing else reads the process.
 */
import { userInfo } from 'node:os';
import { isatty } from 'node:tty';
import { runProgram } from './commands/program.js';
import { Refusal } from './errors.js';
import type { InnerInput, InnerOutput } from './house.js';
import { buildWorld, type Surroundings } from './main/build-world.js';
import { temporaryFolders } from './main/files.js';
import { captureStreams, outStream } from './main/streams.js';

export interface Invocation {
  readonly argv: readonly string[];
  /** Folder of package.json; contains `data/`. */
  readonly root: string;
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs one command line of this process; returns the exit status and never throws. */
export async function main(invocation: Invocation): Promise<number> {
  process.umask(0o077);
  const stop = new AbortController();
  const offs = STOP_SIGNALS.map((name) => onSignal(name, () => interrupt(name)));
  // The first signal asks for an orderly end and restores the system's handling, so that a second one ends the process at once.
  const interrupt = (name: NodeJS.Signals) => {
    stop.abort(name);
    for (const off of offs) off();
  };
  const folders = temporaryFolders();
  const around: Surroundings = {
    env: process.env,
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
    // Looked up on first use: few commands need it, and it loads a part of Node.
    get stdinIsTTY() {
      return isatty(0);
    },
    terminal: () => ({ input: process.stdin, output: process.stderr }),
    stdout: outStream(process.stdout, unprinted),
    stderr: outStream(process.stderr),
    onSignal,
    signal: stop.signal,
    folders,
    root: invocation.root,
    run: (argv, given) => runInside(argv, around, given),
    hand: (argv, env) => runProgram(argv, buildWorld({ ...around, env: { ...around.env, ...env } })),
  };
  try {
    return await runProgram(invocation.argv, buildWorld(around));
  } finally {
    for (const off of offs) off();
    folders.removeAll();
  }
}

const unprinted = (code: string): Refusal =>
  new Refusal('delivery-failed', `standard output takes no more (${code}), so the answer is not complete`, {
    hint: 'What the command did stands: look before you repeat it. Make room, or send the output elsewhere.',
  });

function onSignal(name: NodeJS.Signals, handler: () => void): () => void {
  process.on(name, handler);
  return () => void process.off(name, handler);
}

/** Runs one command in this process with its own streams, as a script would: no terminal and no prompts. */
async function runInside(argv: readonly string[], around: Surroundings, given: InnerInput): Promise<InnerOutput> {
  const captured = captureStreams(given.stdin ?? '');
  const env = { ...around.env, ...given.env };
  const exit = await runProgram(
    argv,
    buildWorld({ ...around, ...captured.streams, stdinIsTTY: false, terminal: null, env }),
  );
  return { exit, ...captured.texts() };
}
