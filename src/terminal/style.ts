/**
 * One colour decision per stream, made once in main and handed on as a Style.
 *
 * Chalk itself ignores NO_COLOR, so its own guess is never used: it is told the level. Only the sixteen colours of the
 * terminal's own theme are used, so they are readable on dark and light. Colour repeats what a word already says and
 * never carries meaning alone.
 */
import { Chalk } from 'chalk';

export interface Style {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  strong(text: string): string;
  faint(text: string): string;
  accent(text: string): string;
  readonly colours: boolean;
  /** Columns to fill; 80 where the stream is no terminal. */
  readonly columns: number;
  /** True where nobody looks at a screen of known width (a pipe, a file): no rules, no cutting, no wrapping. */
  readonly plain?: boolean;
}

/** What decides about colour and width; main reads it from one stream, the environment and the options. */
export interface StreamFacts {
  readonly isTTY: boolean;
  readonly columns?: number | undefined;
  readonly env: { readonly [name in 'NO_COLOR' | 'FORCE_COLOR' | 'TERM']?: string | undefined };
  /** `--no-color` */
  readonly noColor?: boolean | undefined;
  /** `--plain` */
  readonly plain?: boolean | undefined;
}

/** Narrower than this nothing is laid out; the terminal folds instead. */
const LEAST_COLUMNS = 20;

export function makeStyle(facts: StreamFacts): Style {
  const colours = wantsColour(facts);
  const chalk = new Chalk({ level: colours ? 1 : 0 });
  return {
    good: (text) => chalk.green(text),
    bad: (text) => chalk.red(text),
    warn: (text) => chalk.yellow(text),
    strong: (text) => chalk.bold(text),
    faint: (text) => chalk.dim(text),
    accent: (text) => chalk.cyan(text),
    colours,
    columns: facts.isTTY && facts.columns ? Math.max(LEAST_COLUMNS, facts.columns) : 80,
    plain: facts.plain === true || !facts.isTTY,
  };
}

/**
 * `--no-color`, NO_COLOR (any value but the empty one, no-color.org) and TERM=dumb forbid; then FORCE_COLOR decides
 * (`0` and `false` forbid, anything else allows, a pipe too); then a terminal gets colour and a pipe none.
 */
function wantsColour({ isTTY, env, noColor }: StreamFacts): boolean {
  if (noColor === true || isSet(env.NO_COLOR) || env.TERM === 'dumb') return false;
  if (isSet(env.FORCE_COLOR)) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return isTTY;
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
