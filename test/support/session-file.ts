/**
 * Reads a session file (test/sessions/README.md describes the format) into steps. It knows only the text: session-run.ts runs it,
 * session-match.ts compares.
 */

export interface ExpectedLine {
  /** Line number in the file, from 1. */
  readonly line: number;
  readonly text: string;
}

/** Something done to the pseudo-terminal of a `$$` command, in order. */
export type TerminalAct =
  | { readonly line: number; readonly kind: 'wait'; readonly pattern: string }
  | { readonly line: number; readonly kind: 'type'; readonly text: string }
  | { readonly line: number; readonly kind: 'key'; readonly key: string };

export interface CommandStep {
  readonly kind: 'command';
  readonly line: number;
  readonly command: string;
  /** On a pseudo-terminal; then `acts` apply and `stdout` is the last screen. */
  readonly terminal: boolean;
  readonly stdin: readonly string[];
  readonly acts: readonly TerminalAct[];
  readonly stdout: readonly ExpectedLine[];
  readonly stderr: readonly ExpectedLine[];
  readonly exit: number;
}

export interface DirectiveStep {
  readonly kind: 'env' | 'file' | 'code' | 'totp' | 'operator' | 'week-ago';
  readonly line: number;
  /** The text after the directive's name. */
  readonly text: string;
  /** Lines of an `@file`. */
  readonly body: readonly string[];
}

export type Step = CommandStep | DirectiveStep;

export interface Session {
  readonly engines: readonly ('sqlite' | 'postgres')[];
  /** The shipped policy at its own hashing costs, without a config file. */
  readonly shippedPolicy: boolean;
  /** Of the pseudo-terminal; 80 × 24 without it. */
  readonly window: { readonly cols: number; readonly rows: number } | undefined;
  readonly steps: readonly Step[];
}

/** A fault in the file itself. */
export class SessionFault extends Error {
  constructor(name: string, line: number, what: string) {
    super(`${name}:${line}: ${what}`);
    this.stack = this.message; // its place is in the session, not in the runner
  }
}

interface Draft extends Omit<CommandStep, 'exit'> {
  exit: number;
  readonly stdin: string[];
  readonly acts: TerminalAct[];
  readonly stdout: ExpectedLine[];
  readonly stderr: ExpectedLine[];
}

const DIRECTIVES = ['env', 'file', 'code', 'totp', 'operator', 'week-ago'] as const;

export function parseSession(name: string, source: string): Session {
  const lines = source.split('\n');
  const steps: Step[] = [];
  let engines: Session['engines'] = ['sqlite'];
  let shippedPolicy = false;
  let window: Session['window'];
  let draft: Draft | undefined;
  for (let at = 0; at < lines.length; at += 1) {
    const text = lines[at] ?? '';
    const line = at + 1;
    const fault = (what: string) => new SessionFault(name, line, what);
    if (text.startsWith('$ ') || text.startsWith('$$ ')) {
      draft = commandDraft(text, line);
      while (draft.command.endsWith(' \\'))
        draft = { ...draft, command: draft.command.slice(0, -1) + (lines[++at] ?? '').trim() };
      steps.push(draft);
    } else if (text.startsWith('@')) {
      draft = undefined;
      const [word = '', rest = ''] = splitOnce(text.slice(1));
      const kind = DIRECTIVES.find((known) => known === word);
      if (word === 'engines') engines = enginesOf(rest, fault);
      else if (word === 'policy' && rest === 'shipped') shippedPolicy = true;
      else if (word === 'window') window = windowOf(rest, fault);
      else if (kind === undefined) throw fault(`there is no @${word}`);
      else {
        const end = kind === 'file' ? lines.indexOf('@end', at) : at;
        if (end < 0) throw fault('@file without @end');
        steps.push({ kind, line, text: rest, body: lines.slice(at + 1, end) });
        at = end;
      }
    } else if (text === '#' || text.startsWith('# ')) {
      draft = undefined;
    } else if (draft !== undefined) {
      addLine(draft, text, line, fault);
    } else if (text.trim() !== '') {
      throw fault('this line belongs to no command; begin a comment with "# "');
    }
  }
  return { engines, shippedPolicy, window, steps: steps.map(trimmed) };
}

function commandDraft(text: string, line: number): Draft {
  const terminal = text.startsWith('$$');
  const command = text.slice(terminal ? 3 : 2);
  return { kind: 'command', line, command, terminal, stdin: [], acts: [], stdout: [], stderr: [], exit: 0 };
}

function addLine(draft: Draft, text: string, line: number, fault: (what: string) => SessionFault): void {
  const mark = text.slice(0, 1);
  const rest = text.slice(2);
  const marked = text.length === 1 || text[1] === ' ';
  if (marked && '?>^'.includes(mark) && mark !== '' && !draft.terminal)
    throw fault(`"${mark}" is for commands on a terminal ($$)`);
  if (marked && '<!'.includes(mark) && mark !== '' && draft.terminal)
    throw fault(`"${mark}" is for commands without a terminal ($)`);
  if (marked && mark === '=') draft.exit = Number(rest);
  else if (marked && mark === '<') draft.stdin.push(rest);
  else if (marked && mark === '!') draft.stderr.push({ line, text: rest });
  else if (marked && mark === '?') draft.acts.push({ line, kind: 'wait', pattern: rest });
  else if (marked && mark === '>') draft.acts.push({ line, kind: 'type', text: rest });
  else if (marked && mark === '^') draft.acts.push({ line, kind: 'key', key: rest });
  else draft.stdout.push({ line, text: text.startsWith('\\') ? text.slice(1) : text });
}

function enginesOf(text: string, fault: (what: string) => SessionFault): Session['engines'] {
  const names = text.split(' ').filter((name) => name !== '');
  if (names.length === 0 || names.some((name) => name !== 'sqlite' && name !== 'postgres'))
    throw fault('@engines takes sqlite, postgres or both');
  return names as Session['engines'];
}

function windowOf(text: string, fault: (what: string) => SessionFault): Session['window'] {
  const [, cols, rows] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (cols === undefined) throw fault('@window takes columns and rows, as 60x20');
  return { cols: Number(cols), rows: Number(rows) };
}

/** Blank lines at the end of a block only separate it from the next. */
function trimmed(step: Step): Step {
  if (step.kind !== 'command') return step;
  const last = step.stdout.findLastIndex((expected) => expected.text.trim() !== '');
  return { ...step, stdout: step.stdout.slice(0, last + 1) };
}

export function splitOnce(text: string): readonly [string, string] {
  const [first = '', ...rest] = text.trim().split(/\s+/);
  return [first, rest.join(' ')];
}
