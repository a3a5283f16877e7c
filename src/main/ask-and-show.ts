/** Asks and shows on the terminal of one run: whether a person can be asked, in which style, and the prompts. Part of main's room. */
import type { GlobalOptions } from '../config.js';
import { Refusal } from '../errors.js';
import { openProgress } from '../terminal/progress.js';
import { makeStyle, type Style } from '../terminal/style.js';
import type { Run, Surroundings } from './begin-run.js';

export function canAsk({ env, stdinIsTTY, stderr, terminal }: Surroundings, options: GlobalOptions): boolean {
  const told = truthy(env['CI']) || truthy(env['COUNTERSIGN_NO_INPUT']);
  return terminal !== null && options.input && stdinIsTTY && stderr.isTTY && !told;
}

/** At a terminal a secret would stay on the screen, and where nobody can be asked anything else would be waited for. Refusal `usage`. */
export const stdinOf = (around: Surroundings, options: GlobalOptions) => (secret?: string) => {
  if (!around.stdinIsTTY || (secret === undefined && canAsk(around, options))) return around.stdin();
  throw new Refusal('usage', `${secret ?? '-'} reads standard input, which is a terminal here`, {
    hint: 'Use a pipe or < FILE. Without the option, countersign asks for a secret itself.',
  });
};

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
    plain: options.plain || (stream === 'stderr' && around.env['TERM'] === 'dumb') || undefined,
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
  const { LiveScreen } = await import('../terminal/live-screen.js');
  const dumb = around.env['TERM'] === 'dumb';
  return new LiveScreen({
    ...around.terminal(),
    onSignal: around.onSignal,
    style: styleOf(run, 'stderr', options),
    plain: options.plain || always || dumb,
    clears: !dumb,
    now: around.now,
  });
}

export function progressOf({ env, stderr, now }: Surroundings, options: GlobalOptions, label: string, total: number) {
  const isTTY = stderr.isTTY && !options.plain && !options.quiet && env['TERM'] !== 'dumb';
  return openProgress({ isTTY, columns: stderr.columns, write: (text) => void stderr.write(text), now }, label, total);
}
