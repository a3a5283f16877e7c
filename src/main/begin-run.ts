/** One run: what of the process it may use, what is open already, and how the rest is opened, once. Part of main's room. */
import { join } from 'node:path';
import type { Tongue } from '../commands/ports.js';
import type { Environment, GlobalOptions } from '../config.js';
import type { Desk, SignedOperator } from '../desk.js';
import type { House, InnerInput, InnerOutput, OutStream } from '../house.js';
import { readSettings } from '../opening/read-settings.js';
import type { temporaryFolders } from './files.js';
import { type Machine, outsideOf } from './machine.js';
import { openMessages } from './topic-files.js';
import { versionIn } from './version.js';

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

export type Run = ReturnType<typeof beginRun>;

export function beginRun(around: Surroundings) {
  const opened: {
    desk?: Promise<Desk>;
    signed?: SignedOperator;
    following?: { stop(): Promise<void> };
    /** The command works although the desk has not accepted the policy in force. */
    anyPolicy?: boolean;
  } = {};
  const dataFolder = join(around.root, 'data');
  const tongue: Tongue = { language: 'en', read: openMessages(dataFolder), now: around.now };
  const wordsIn = async (language: string) =>
    (await import('../commands/wording/words.js')).wordsOf({ tongue: { ...tongue, language } });
  const settings = once(async (options) => {
    const read = await readSettings(options, outsideOf(around.env, around.machine));
    const { language = 'en', deskName } = read.file;
    // Scripts read English, whoever runs them.
    tongue.language = options.json ? 'en' : language;
    if (deskName !== undefined || language === 'en') return read;
    return { ...read, deskName: (await wordsIn(language)).known(read.deskName) };
  });
  /** Keys, policy and notary. */
  const custody = once(async (options) => {
    const { openCustody } = await import('../opening/open-custody.js');
    const { now, clockAsGiven = false } = around;
    return openCustody({ settings: await settings(options), dataFolder, now, clockAsGiven });
  });
  const openDeskFor = async (options: GlobalOptions): Promise<Desk> => {
    const { openDesk } = await import('../opening/open-desk.js');
    const unaccepted = opened.anyPolicy === true ? 'shipped policy' : 'refuse';
    const desk = await openDesk(await custody(options), { unaccepted });
    const { readOnly } = desk.store;
    const warn = async (text: string) => {
      if (options.quiet) return;
      await around.stderr.write(`${(await wordsIn(tongue.language)).known(`warning: ${text}`)}\n`);
    };
    if (readOnly !== undefined) await warn(readOnly.message);
    if (!desk.pin.accepted)
      await warn('the desk has not accepted the policy in force (see: countersign policy accept)');
    if (desk.sink !== null) opened.following = (await import('../opening/open-sink.js')).followLog(desk, warn);
    return desk;
  };
  const desk = (options: GlobalOptions): Promise<Desk> => {
    opened.desk ??= openDeskFor(options);
    return opened.desk;
  };
  return { around, version: versionIn(around.root), dataFolder, tongue, settings, custody, desk, opened };
}

function once<T>(open: (options: GlobalOptions) => Promise<T>): typeof open {
  let opened: Promise<T> | undefined;
  return (options) => {
    opened ??= open(options);
    return opened;
  };
}
