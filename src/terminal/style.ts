/**
 * Main decides about colour once per stream and passes the decision on as a Style.
 *
 * Chalk ignores NO_COLOR, so it is always told the level and never guesses. Only the sixteen colours of the terminal's theme
 * are used, so text is readable on dark and light. Colour repeats what a word already says and never has a meaning alone.
 */
import { Chalk } from 'chalk';

export type Style = ReturnType<typeof makeStyle>;

/** The facts that decide about colour and width; main reads them from one stream, the environment and the options. */
export interface StreamFacts {
  readonly isTTY: boolean;
  readonly columns?: number | undefined;
  readonly env: { readonly [name in 'NO_COLOR' | 'FORCE_COLOR' | 'TERM']?: string | undefined };
  /** `--no-color` */
  readonly noColor?: boolean | undefined;
  /** `--plain` */
  readonly plain?: boolean | undefined;
  readonly said?: (text: string) => string;
}

/** Below this width lines are not laid out; the terminal wraps them. */
const LEAST_COLUMNS = 20;

export function makeStyle(facts: StreamFacts) {
  const colours = wantsColour(facts);
  const chalk = new Chalk({ level: colours ? 1 : 0 });
  return {
    good: (text: string) => chalk.green(text),
    bad: (text: string) => chalk.red(text),
    warn: (text: string) => chalk.yellow(text),
    strong: (text: string) => chalk.bold(text),
    faint: (text: string) => chalk.dim(text),
    /** Names of keys: a pair of colours that every theme keeps apart, on dark and light. */
    keys: (text: string) => chalk.black.bgWhite(text),
    accent: (text: string) => chalk.cyan(text),
    colours,
    /** A text of this room in the reader's language (`terminal` in data/messages/<language>/screens.json); the same if it has none. */
    said: facts.said ?? ((text: string) => text),
    /** Columns to fill; 80 if the stream is not a terminal. */
    columns: facts.isTTY && facts.columns ? Math.max(LEAST_COLUMNS, facts.columns) : 80,
    /** True if the output is not a screen of known width (a pipe, a file): no rules, no cutting, no wrapping. */
    plain: facts.plain === true || !facts.isTTY,
  };
}

/**
 * `--no-color`, NO_COLOR (any value but the empty one, no-color.org) and TERM=dumb forbid; then FORCE_COLOR decides
 * (`0` and `false` forbid, any other value allows, even in a pipe); otherwise a terminal gets colour and a pipe does not.
 */
function wantsColour({ isTTY, env, noColor }: StreamFacts): boolean {
  if (noColor === true || env.NO_COLOR || env.TERM === 'dumb') return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return isTTY;
}
