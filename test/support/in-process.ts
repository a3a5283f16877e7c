/** Runs one command line in this process, as main does for the tour: with its own streams, a fixed environment, no terminal. */

import { runProgram } from '../../src/commands/program.js';
import type { Surroundings } from '../../src/main/begin-run.js';
import { buildWorld } from '../../src/main/build-world.js';
import { temporaryFolders } from '../../src/main/files.js';
import { captureStreams } from '../../src/main/streams.js';
import { repositoryRoot, type TestDesk } from './test-desk.js';
import { testMachine } from './test-machine.js';

export interface Answer {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it on the store of a test desk, by its clock, with its key. */
export async function runCommand(
  { settings, clock, folder }: TestDesk,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const captured = captureStreams('');
  const folders = temporaryFolders();
  const never = () => Promise.reject(new Error('no command inside a command here'));
  const around: Surroundings = {
    env: { HOME: folder, COUNTERSIGN_STORE: settings.store, COUNTERSIGN_KEY_FILE: `${folder}/master.key`, ...env },
    machine: testMachine(),
    node: process.version,
    now: clock.now,
    clockAsGiven: true,
    terminal: null,
    stdinIsTTY: false,
    onSignal: () => () => undefined,
    signal: new AbortController().signal,
    folders,
    root: repositoryRoot,
    run: never,
    servePages: async () => undefined,
    hand: never,
    ...captured.streams,
  };
  try {
    const exit = await runProgram(argv, buildWorld(around));
    return { exit, ...captured.texts() };
  } finally {
    folders.removeAll();
  }
}

/** The words after `countersign` in a line as a person would type it; quotes as the shell reads them. */
export function argvOf(line: string): readonly string[] {
  const command = line.slice(line.lastIndexOf('countersign ') + 'countersign '.length).split(/ {3,}|\s[|>]\s/)[0] ?? '';
  return (command.match(/'[^']*'|"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^(['"])(.*)\1$/, '$2'));
}
