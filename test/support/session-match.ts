/**
 * Compares expected lines of a session with the real output. `...` matches any lines, `[..]` anything inside a line,
 * `<name:regex>` stores a value in a variable, `<name>` is the value of a variable stored before.
 */
import type { ExpectedLine } from './session-file.js';

export type Variables = ReadonlyMap<string, string>;

export type Comparison =
  | { readonly fits: true; readonly taken: Variables }
  | { readonly fits: false; readonly difference: string };

const PLACEHOLDER = /\[\.\.\]|<([A-Za-z][\w-]*)(?::((?:\\.|[^\\>])+))?>/g;

/** Puts the values of known variables in; other `<words>` stay as they are. */
export function fillIn(text: string, known: Variables): string {
  return text.replace(PLACEHOLDER, (all, name?: string, regex?: string) =>
    name !== undefined && regex === undefined ? (known.get(name) ?? all) : all,
  );
}

export function compare(expected: readonly ExpectedLine[], output: string, known: Variables): Comparison {
  const actual = output
    .replace(/\s+$/, '')
    .split('\n')
    .map((line) => line.replace(/\s+$/, ''));
  if (actual.length === 1 && actual[0] === '') actual.pop();
  const whole = wholePattern(expected, known);
  const match = whole.regex.exec(actual.map((line) => `${line}\n`).join(''));
  if (match === null) return { fits: false, difference: differenceOf(expected, actual, known) };
  return { fits: true, taken: takenFrom(match, whole.names) };
}

/** The pattern of one expected text anywhere on a screen, and how to take its values from a screen that has it. */
export function onScreen(text: string, known: Variables): { regex: RegExp; take(screen: string): Variables } {
  const names: string[] = [];
  const regex = new RegExp(linePattern(text, known, names), 'u');
  return {
    regex,
    take: (screen) => {
      const match = regex.exec(screen);
      return match === null ? new Map() : takenFrom(match, names);
    },
  };
}

/** One pattern for the whole block, so that `...` may stretch and a value stored above can be compared below. */
function wholePattern(
  expected: readonly ExpectedLine[],
  known: Variables,
): { regex: RegExp; names: readonly string[] } {
  const names: string[] = [];
  const parts = expected.map(({ text }) =>
    text.trim() === '...' ? '(?:[^\\n]*\\n)*?' : `${linePattern(text.trimEnd(), known, names)}\\n`,
  );
  return { regex: new RegExp(`^${parts.join('')}$`, 'u'), names };
}

function linePattern(text: string, known: Variables, names: string[]): string {
  let pattern = '';
  let from = 0;
  for (const found of text.matchAll(PLACEHOLDER)) {
    pattern += literal(text.slice(from, found.index));
    from = found.index + found[0].length;
    pattern += placeholder(found, known, names);
  }
  return pattern + literal(text.slice(from));
}

function placeholder([all, name, regex]: RegExpMatchArray, known: Variables, names: string[]): string {
  if (name === undefined) return '[^\\n]*';
  if (regex !== undefined) {
    names.push(name);
    return `(?<v${names.length - 1}>${regex})`;
  }
  const place = names.lastIndexOf(name);
  if (place >= 0) return `\\k<v${place}>`;
  return literal(known.get(name) ?? all);
}

function takenFrom(match: RegExpExecArray, names: readonly string[]): Variables {
  return new Map(names.map((name, place) => [name, match.groups?.[`v${place}`] ?? '']));
}

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/**
 * The two texts side by side as a person reads a diff: ` ` in both, `-` expected but missing (with its line number in the file),
 * `+` present but not expected. Finds the alignment with the fewest differences, by dynamic programming.
 */
function differenceOf(expected: readonly ExpectedLine[], actual: readonly string[], known: Variables): string {
  const anyLines = expected.map(({ text }) => text.trim() === '...');
  const here = new Set(
    expected.flatMap(({ text }) =>
      [...text.matchAll(PLACEHOLDER)].flatMap(([, name, regex]) =>
        name !== undefined && regex !== undefined ? [name] : [],
      ),
    ),
  );
  const fits = expected.map(({ text }, at) => (anyLines[at] === true ? undefined : loosePattern(text, known, here)));
  const cost = costs(expected.length, actual.length, anyLines, (i, j) => fits[i]?.test(actual[j] ?? '') === true);
  const lines: string[] = [];
  let [i, j] = [0, 0];
  const left = (a: number, b: number) => cost[a]?.[b] ?? Number.POSITIVE_INFINITY;
  while (i < expected.length || j < actual.length) {
    const now = left(i, j);
    if (anyLines[i] === true) {
      if (now === left(i + 1, j)) i += 1;
      else lines.push(`     ${''.padStart(4)}  ${actual[j++] ?? ''}`);
    } else if (
      i < expected.length &&
      j < actual.length &&
      now === left(i + 1, j + 1) &&
      fits[i]?.test(actual[j] ?? '') === true
    ) {
      lines.push(`     ${''.padStart(4)}  ${actual[j] ?? ''}`);
      [i, j] = [i + 1, j + 1];
    } else if (i < expected.length && now === left(i + 1, j) + 1) {
      lines.push(`   - ${String(expected[i]?.line).padStart(4)}  ${fillIn(expected[i]?.text ?? '', known)}`);
      i += 1;
    } else {
      lines.push(`   + ${''.padStart(4)}  ${actual[j++] ?? ''}`);
    }
  }
  const same = left(0, 0) === 0;
  return [...lines, ...(same ? ['   (every line fits, but a value taken above is not the same below)'] : [])].join(
    '\n',
  );
}

/** Only this line; a value stored elsewhere in the block may be anything. */
function loosePattern(text: string, known: Variables, takenHere: ReadonlySet<string>): RegExp {
  const loose = text.replace(PLACEHOLDER, (all, name?: string, regex?: string) =>
    name !== undefined && regex === undefined && takenHere.has(name) ? '[..]' : all,
  );
  return new RegExp(`^${linePattern(loose.trimEnd(), known, [])}$`, 'u');
}

/** `cost[i][j]`: the least number of differing lines from expected line i and actual line j on. */
function costs(
  rows: number,
  columns: number,
  anyLines: readonly boolean[],
  fits: (i: number, j: number) => boolean,
): number[][] {
  const cost = Array.from({ length: rows + 1 }, () => new Array<number>(columns + 1).fill(0));
  const at = (i: number, j: number) => cost[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = rows; i >= 0; i -= 1) {
    for (let j = columns; j >= 0; j -= 1) {
      if (i === rows && j === columns) continue;
      const row = cost[i];
      if (row === undefined) continue;
      if (anyLines[i] === true) row[j] = Math.min(at(i + 1, j), at(i, j + 1));
      else
        row[j] = Math.min(
          at(i + 1, j) + 1,
          at(i, j + 1) + 1,
          i < rows && j < columns && fits(i, j) ? at(i + 1, j + 1) : Number.POSITIVE_INFINITY,
        );
    }
  }
  return cost;
}
