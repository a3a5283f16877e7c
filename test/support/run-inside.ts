/** Runs a whole command line in this process, with streams in memory and its own environment: as a script would, only quicker. */

import { runProgram } from '../../src/commands/program.js';
import type { Environment } from '../../src/config.js';
import type { Surroundings } from '../../src/main/begin-run.js';
import { buildWorld } from '../../src/main/build-world.js';
import { temporaryFolders } from '../../src/main/files.js';
import type { Machine } from '../../src/main/machine.js';
import { captureStreams } from '../../src/main/streams.js';
import { repositoryRoot } from './test-desk.js';
import { testMachine } from './test-machine.js';

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Given {
  readonly env?: Environment;
  /** All the input there will be; or the stream, opened when the command opens it. */
  readonly stdin?: string | Surroundings['stdin'];
  /** Standard input is a terminal, although nobody can be asked there. */
  readonly stdinIsTTY?: boolean;
  readonly machine?: Partial<Machine>;
  readonly now?: () => number;
}

/** Nothing of the test run's own environment is seen. */
export async function runInside(argv: readonly string[], given: Given = {}): Promise<Ran> {
  const { stdin = '' } = given;
  const captured = captureStreams(typeof stdin === 'string' ? stdin : '');
  const folders = temporaryFolders();
  const around: Surroundings = {
    ...captured.streams,
    ...(typeof stdin === 'string' ? {} : { stdin }),
    env: given.env ?? {},
    machine: testMachine(given.machine),
    node: process.version,
    now: given.now ?? Date.now,
    stdinIsTTY: given.stdinIsTTY ?? false,
    terminal: null,
    onSignal: () => () => undefined,
    signal: new AbortController().signal,
    folders,
    root: repositoryRoot,
    run: (inner, { env, stdin }) =>
      runInside(inner, { ...given, env: { ...given.env, ...env }, ...(stdin === undefined ? {} : { stdin }) }),
    servePages: async () => undefined,
    hand: async () => 2,
  };
  try {
    const exit = await runProgram(argv, buildWorld(around));
    return { exit, ...captured.texts() };
  } finally {
    folders.removeAll();
  }
}

/**
 * `run` and `must` of a built desk (`env`: its environment), for the same person, but in this process: for what leads up to what a test shows of
 * processes, and for looking afterwards.
 */
export function inside(env: Environment) {
  const machine = process.getuid === undefined ? {} : { uid: process.getuid() };
  const run = (args: readonly string[], stdin = '', more: Environment = {}): Promise<Ran> =>
    runInside(args, { env: { ...env, ...more }, stdin, machine });
  const must = async (
    args: readonly string[],
    stdin = '',
    more: Environment = {},
  ): Promise<Record<string, unknown>> => {
    const { exit, stdout, stderr } = await run(args, stdin, more);
    if (exit !== 0) throw new Error(`countersign ${args.join(' ')} ended with ${exit}: ${stdout}${stderr}`);
    return args.includes('--json') ? (JSON.parse(stdout) as Record<string, unknown>) : {};
  };
  return { run, must };
}
