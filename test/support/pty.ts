/**
 * A real terminal for tests: a pseudo-terminal (node-pty) whose bytes are kept raw and drawn by a real terminal emulator
 * (xterm, headless), so that a test can look for a secret in every byte and read the screen as a person would.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { build } from 'esbuild';

export interface TerminalOptions {
  readonly cols?: number;
  readonly rows?: number;
  /** Added to a small fixed environment; `undefined` removes a name. Of the test run's own environment only PATH is inherited. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

export interface OpenTerminal {
  readonly pid: number;
  /** Resolves with the screen as soon as `pattern` is on it; fails with the screen in the message. */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<string>;
  /** Resolves with the screen as soon as `pattern` is no longer on it. */
  waitUntilGone(pattern: RegExp, timeoutMs?: number): Promise<string>;
  /** Sends the characters one write each, as a keyboard does. */
  type(text: string): void;
  /** Sends the text in one write, as a paste does. */
  paste(text: string): void;
  resize(cols: number, rows: number): void;
  kill(signal: NodeJS.Signals): void;
  /** What is visible, without trailing blanks. */
  screen(): string;
  /** Every byte that came out so far, as text. */
  raw(): string;
  cursorVisible(): boolean;
  /** Waits for the end: exit code, and the signal that killed it (0 for none). */
  exit(timeoutMs?: number): Promise<{ code: number; signal: number }>;
  /** Ends the process if it still runs; for `afterEach`. */
  close(): void;
}

export const KEYS = {
  enter: '\r',
  escape: '\u001b',
  ctrlC: '\u0003',
  ctrlD: '\u0004',
  ctrlF: '\u0006',
  ctrlP: '\u0010',
  ctrlR: '\u0012',
  ctrlS: '\u0013',
  f2: '\u001bOQ',
  f5: '\u001b[15~',
  ctrlT: '\u0014',
  ctrlZ: '\u001a',
  backspace: '\u007f',
  down: '\u001b[B',
} as const;

/** Only a failing test waits so long; on a busy machine a program takes seconds to start. */
const PATIENCE = 20_000;
const SHOW_CURSOR = '\u001b[?25h';
const HIDE_CURSOR = '\u001b[?25l';

export function openTerminal(file: string, args: readonly string[], options: TerminalOptions = {}): OpenTerminal {
  const { cols = 80, rows = 24 } = options;
  const emulator = new xterm.Terminal({ cols, rows, allowProposedApi: true });
  const child = spawn(file, [...args], {
    cols,
    rows,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { PATH: process.env['PATH'], TERM: 'xterm-256color', LANG: 'C.UTF-8', HOME: tmpdir(), ...options.env },
  });
  const watchers = new Set<() => void>();
  let raw = '';
  let running = true;
  child.onData((data) => {
    raw += data;
    emulator.write(data, () => {
      for (const check of watchers) check();
    });
  });
  const ended = new Promise<{ code: number; signal: number }>((resolve) => {
    child.onExit(({ exitCode, signal }) => {
      running = false;
      emulator.write('', () => resolve({ code: exitCode, signal: signal ?? 0 }));
    });
  });
  const screen = () => screenOf(emulator);
  const until = (what: string, holds: () => boolean, timeoutMs = PATIENCE) =>
    within<string>(
      timeoutMs,
      () => `${what}; the screen:\n${screen()}`,
      (settle) => {
        const check = () => {
          if (holds()) settle(screen());
        };
        watchers.add(check);
        check();
        return () => watchers.delete(check);
      },
    );

  return {
    pid: child.pid,
    waitFor: (pattern, timeoutMs) => until(`never saw ${pattern}`, () => pattern.test(screen()), timeoutMs),
    waitUntilGone: (pattern, timeoutMs) => until(`${pattern} stayed`, () => !pattern.test(screen()), timeoutMs),
    type: (text) => {
      for (const character of text) child.write(character);
    },
    paste: (text) => child.write(text),
    resize: (newCols, newRows) => {
      emulator.resize(newCols, newRows);
      child.resize(newCols, newRows);
    },
    kill: (signal) => process.kill(child.pid, signal),
    screen,
    raw: () => raw,
    cursorVisible: () => raw.lastIndexOf(HIDE_CURSOR) <= raw.lastIndexOf(SHOW_CURSOR),
    exit: (timeoutMs = PATIENCE) =>
      within<{ code: number; signal: number }>(
        timeoutMs,
        () => `still running; the screen:\n${screen()}`,
        (settle) => {
          void ended.then(settle);
          return () => {};
        },
      ),
    close: () => {
      if (running) child.kill('SIGKILL');
      emulator.dispose();
    },
  };
}

/**
 * Bundles TypeScript given as text (imports relative to the project root: `./src/terminal/prompts.js`) into a file that node can
 * run, so that a room can be tried in a separate process. `remove` deletes it.
 */
export async function buildScript(source: string): Promise<{ file: string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-script-'));
  const file = join(folder, 'script.mjs');
  await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL('../..', import.meta.url)), loader: 'ts' },
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
    // Some bundled packages are CommonJS and load node's modules with require.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  });
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function screenOf(emulator: InstanceType<typeof xterm.Terminal>): string {
  const buffer = emulator.buffer.active;
  const lines = Array.from({ length: emulator.rows }, (_, row) => {
    return buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? '';
  });
  return lines.join('\n').trimEnd();
}

/** Runs `begin` with a way to settle; fails with `late()` after the time. Calls what `begin` returned in either case. */
function within<T>(
  timeoutMs: number,
  late: () => string,
  begin: (settle: (value: T) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let leave: () => void = () => {};
    const timer = setTimeout(() => {
      leave();
      reject(new Error(late()));
    }, timeoutMs);
    leave = begin((value) => {
      clearTimeout(timer);
      queueMicrotask(() => leave());
      resolve(value);
    });
  });
}
