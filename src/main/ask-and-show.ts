/** Asks and shows on the terminal of one run: whether a person can be asked, in which style, and the prompts. Part of main's room. */
import type { Tongue } from '../commands/ports.js';
import type { OutStream } from '../commands/world.js';
import type { Environment, GlobalOptions, Settings } from '../config.js';
import type { Desk, SignedOperator } from '../desk.js';
import { Refusal } from '../errors.js';
import type { House, InnerInput, InnerOutput } from '../house.js';
import type { Custody } from '../opening/open-custody.js';
import { openProgress } from '../terminal/progress.js';
import { makeStyle, type Style } from '../terminal/style.js';
import type { temporaryFolders } from './files.js';
import type { Machine } from './machine.js';

/** Everything of the process that a run may use. A run inside the process (tour, smoke) has its own streams. */
export interface Surroundings {
  readonly env: Environment;
  readonly machine: Machine;
  readonly node: string;
  readonly now: () => number;
  /** As in opening/open-custody.ts. */
  readonly clockAsGiven?: boolean;
  readonly stdin: () => NodeJS.ReadableStream;
  readonly stdinIsTTY: boolean;
  /** The terminal for prompts; null inside another run. */
  readonly terminal: (() => { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream }) | null;
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  readonly onSignal: (name: NodeJS.Signals, handler: () => void) => () => void;
  readonly signal: AbortSignal;
  readonly folders: ReturnType<typeof temporaryFolders>;
  readonly root: string;
  readonly run: (argv: readonly string[], given: InnerInput) => Promise<InnerOutput>;
  readonly hand: (argv: readonly string[], env: Readonly<Record<string, string>>) => Promise<number>;
  readonly servePages: House['servePages'];
}

/** One run: what is open already, and how to open the rest. */
export interface Run {
  readonly around: Surroundings;
  readonly version: string;
  readonly dataFolder: string;
  readonly tongue: Tongue;
  settings(options: GlobalOptions): Promise<Settings>;
  /** Keys, policy and notary, opened once for the whole run. */
  custody(options: GlobalOptions): Promise<Custody>;
  desk(options: GlobalOptions): Promise<Desk>;
  readonly opened: {
    desk?: Promise<Desk>;
    signed?: SignedOperator;
    following?: { stop(): Promise<void> };
    /** The command works although the desk has not accepted the policy in force. */
    anyPolicy?: boolean;
  };
}

export function canAsk({ env, stdinIsTTY, stderr, terminal }: Surroundings, options: GlobalOptions): boolean {
  const told = truthy(env['CI']) || truthy(env['COUNTERSIGN_NO_INPUT']);
  return terminal !== null && options.input && stdinIsTTY && stderr.isTTY && !told;
}

const truthy = (value: string | undefined): boolean => value !== undefined && !['', '0', 'false'].includes(value);

export function styleOf({ around, tongue }: Run, stream: 'stdout' | 'stderr', options: GlobalOptions): Style {
  const { isTTY, columns } = around[stream];
  const said = (text: string) => {
    const screens = tongue.language === 'en' ? undefined : tongue.read(tongue.language, 'screens');
    const { terminal = {} } = (screens ?? {}) as { terminal?: Readonly<Record<string, string>> };
    // What a key does is said by its screen, its name here.
    return terminal[text] ?? text.replace(/^Ctrl-/, terminal['Ctrl-'] ?? '$&');
  };
  return makeStyle({
    isTTY,
    columns,
    env: around.env,
    noColor: !options.color,
    plain: options.plain || undefined,
    said,
  });
}

export async function promptsOf(run: Run, options: GlobalOptions, option: string) {
  const { around } = run;
  if (!canAsk(around, options) || around.terminal === null) {
    throw new Refusal('missing-option', `missing: ${option}`, {
      hint: `Give ${option}. countersign cannot ask here, because there is no terminal or prompts are off.`,
    });
  }
  const { openPrompts } = await import('../terminal/prompts.js');
  return openPrompts({ ...around.terminal(), onSignal: around.onSignal, style: styleOf(run, 'stderr', options) });
}

export async function screenOf(run: Run, options: GlobalOptions, always = false) {
  const { around } = run;
  if (!canAsk(around, options) || around.terminal === null) {
    throw new Refusal('missing-option', 'the console needs a terminal', {
      hint: 'Scripts use: countersign verify --account A --caller U --for ACTION --passphrase-stdin',
    });
  }
  const { openLiveScreen } = await import('../terminal/live-screen.js');
  const dumb = around.env['TERM'] === 'dumb';
  return openLiveScreen({
    ...around.terminal(),
    onSignal: around.onSignal,
    style: styleOf(run, 'stderr', options),
    plain: options.plain || always || dumb,
    clears: !dumb,
    now: around.now,
  });
}

export function progressOf({ stderr, now }: Surroundings, options: GlobalOptions, label: string, total: number) {
  const isTTY = stderr.isTTY && !options.plain && !options.quiet;
  return openProgress({ isTTY, columns: stderr.columns, write: (text) => void stderr.write(text), now }, label, total);
}
