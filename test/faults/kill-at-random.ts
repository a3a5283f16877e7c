/** Starts a process of a script and ends it with SIGKILL at a random moment; answers what it had acknowledged by then. */
import type { ChildScript, RunningScript } from '../support/child-script.js';
import { amount } from '../support/long.js';

export interface Killed {
  /** False where it was done before the signal. */
  readonly killed: boolean;
  /** Lines acknowledged, whole ones only. */
  readonly lines: readonly number[];
  readonly stderr: string;
}

/** A repeatable stream of numbers in [0, 1): mulberry32. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A process is let go on for up to so many chunks, however slow the machine is, and then killed somewhere in the next one. In the short form a
 * job of 2,000 is not over before it has had its twenty kills; the second chunk goes through the same code as those after it.
 */
const MOST_CHUNKS = amount(2, 4);
/** One in so many is killed while it is still starting. */
const WHILE_STARTING = 8;

/** What this machine takes, learnt on the way, so that kills fall everywhere between two acknowledgements. */
export interface Pace {
  startMs: number;
  chunkMs: number;
}

/** A process that is let go on to its end. */
export const letGoOn = async (script: ChildScript, env: Readonly<Record<string, string>>): Promise<Killed> =>
  heardOf(await script.start([], env).ended);

export async function killAtRandom(
  script: ChildScript,
  env: Readonly<Record<string, string>>,
  chance: () => number,
  pace: Pace,
): Promise<Killed> {
  const starting = Math.floor(chance() * WHILE_STARTING) === 0;
  const chunks = Math.floor(chance() * MOST_CHUNKS);
  const where = chance();
  const running = script.start([], env);
  const begun = performance.now();
  if (!starting) {
    await running.until('ready').catch(() => undefined);
    const ready = performance.now();
    pace.startMs = mixed(pace.startMs, ready - begun);
    if (chunks > 0) {
      await running.until(`chunk ${chunks}\n`).catch(() => undefined);
      pace.chunkMs = mixed(pace.chunkMs, (performance.now() - ready) / chunks);
    }
  }
  const delay = where * 1.3 * (starting ? pace.startMs : pace.chunkMs);
  const timer = setTimeout(() => running.child.kill('SIGKILL'), delay);
  const ended = await running.ended;
  clearTimeout(timer);
  return heardOf(ended);
}

function heardOf({ code, stdout, stderr }: Awaited<RunningScript['ended']>): Killed {
  // What follows the last newline was cut off in the middle of being said.
  const whole = stdout.slice(0, stdout.lastIndexOf('\n') + 1);
  const lines = [...whole.matchAll(/^(\d+) reset$/gm)].map((match) => Number(match[1]));
  return { killed: code === null, lines, stderr };
}

/** Ends a process at this time, or as soon as `enough` says so: on a quick machine the work is not over before all kills are. Returns what stops it. */
export function killSoon({ child }: Pick<RunningScript, 'child'>, afterMs: number, enough: () => boolean): () => void {
  const kill = () => child.kill('SIGKILL');
  const timer = setTimeout(kill, afterMs);
  const look = setInterval(() => enough() && kill(), 10);
  return () => {
    clearTimeout(timer);
    clearInterval(look);
  };
}

const mixed = (known: number, seen: number): number => 0.7 * known + 0.3 * seen;
