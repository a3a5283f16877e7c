/**
 * Runs a line of a session in this process: the same program, with the line's words, input, environment and folder, without the process that costs
 * most of a short command's time. test/sessions/README.md says which lines. What the process itself does (its streams, its exit status, the
 * bundle) each session shows in the lines that stay processes.
 */
import { type Ran, runInside } from './run-inside.js';

export interface SimpleLine {
  readonly argv: readonly string[];
  /** The `NAME=value` before `countersign`. */
  readonly env: Readonly<Record<string, string>>;
}

/** A word without anything that a shell would do more with than take the quotes off. */
const WORD = /(?:[^\s"'|<>;&$`*?(){}[\]~\\#]|"[^"$`\\]*"|'[^']*')+/y;

/** The line if it is only `countersign` and its words; undefined if a shell is needed. */
export function simpleLine(line: string): SimpleLine | undefined {
  const words = wordsOf(line);
  const at = words?.indexOf('countersign') ?? -1;
  if (words === undefined || at < 0) return undefined;
  const set = words.slice(0, at).map((word) => /^([A-Z_]+)=(.*)$/s.exec(word));
  if (set.includes(null)) return undefined;
  return { argv: words.slice(at + 1), env: Object.fromEntries(set.map((found) => [found?.[1], found?.[2]])) };
}

function wordsOf(line: string): string[] | undefined {
  const words: string[] = [];
  for (let at = 0; at < line.length; ) {
    WORD.lastIndex = at;
    const word = WORD.exec(line)?.[0];
    if (word === undefined) return undefined;
    words.push(
      word.replace(/"([^"]*)"|'([^']*)'/g, (_all, double?: string, single?: string) => double ?? single ?? ''),
    );
    at += word.length;
    while (line[at] === ' ') at += 1;
  }
  return words;
}

/** As a process of the same person would, in `folder`. */
export async function runSimple(
  { argv, env: added }: SimpleLine,
  { folder, env: given, stdin }: { folder: string; env: Readonly<Record<string, string>>; stdin: string },
): Promise<Ran> {
  const env = { ...given, ...added };
  const leave = enter(folder, env['TZ'] ?? 'UTC');
  try {
    const machine = {
      lock: { path: '/etc/countersign/config.toml', owner: 0 },
      uid: process.getuid?.(),
      parent: process.ppid,
      processes: '/proc',
      home: () => env['HOME'] ?? folder,
    };
    return await runInside(argv, { env, stdin, machine });
  } finally {
    leave();
  }
}

/** Folder, umask and time zone belong to the whole process. It runs one test at a time, and has its own again when the command ends. */
function enter(folder: string, zone: string): () => void {
  const before = { folder: process.cwd(), umask: process.umask(0o077), zone: process.env['TZ'] };
  process.chdir(folder);
  process.env['TZ'] = zone;
  return () => {
    process.chdir(before.folder);
    process.umask(before.umask);
    if (before.zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before.zone;
  };
}
